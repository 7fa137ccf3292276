//go:build plan9 || errno_own

package errno

import (
	"errors"
	"io/fs"
	"strings"
)

// An Errno is a number of ours: it goes from one end of a tether to the other, and
// the system never returns one.
type Errno int

const (
	_ Errno = iota
	EACCES
	EADDRINUSE
	EADDRNOTAVAIL
	EAFNOSUPPORT
	EALREADY
	EBADF
	ECONNABORTED
	ECONNREFUSED
	ECONNRESET
	EHOSTUNREACH
	EINVAL
	EISCONN
	EMFILE
	EMSGSIZE
	ENETUNREACH
	ENOBUFS
	ENOMEM
	ENOTCONN
	ENOTSUP
	EPERM
	EPIPE
	EPROTONOSUPPORT
	ETIMEDOUT
)

var texts = [...]string{
	EACCES:          "permission denied",
	EADDRINUSE:      "address already in use",
	EADDRNOTAVAIL:   "cannot assign requested address",
	EAFNOSUPPORT:    "address family not supported by protocol",
	EALREADY:        "operation already in progress",
	EBADF:           "bad file descriptor",
	ECONNABORTED:    "software caused connection abort",
	ECONNREFUSED:    "connection refused",
	ECONNRESET:      "connection reset by peer",
	EHOSTUNREACH:    "no route to host",
	EINVAL:          "invalid argument",
	EISCONN:         "transport endpoint is already connected",
	EMFILE:          "too many open files",
	EMSGSIZE:        "message too long",
	ENETUNREACH:     "network is unreachable",
	ENOBUFS:         "no buffer space available",
	ENOMEM:          "cannot allocate memory",
	ENOTCONN:        "transport endpoint is not connected",
	ENOTSUP:         "operation not supported",
	EPERM:           "operation not permitted",
	EPIPE:           "broken pipe",
	EPROTONOSUPPORT: "protocol not supported",
	ETIMEDOUT:       "connection timed out",
}

func (e Errno) Error() string   { return texts[e] }
func (e Errno) Timeout() bool   { return e == ETIMEDOUT }
func (e Errno) Temporary() bool { return e == ETIMEDOUT || e == EMFILE }

func (e Errno) Is(target error) bool {
	switch target {
	case fs.ErrPermission:
		return e == EACCES || e == EPERM
	case errors.ErrUnsupported:
		return e == ENOTSUP || e == EAFNOSUPPORT || e == EPROTONOSUPPORT
	}
	return false
}

// said has what the system says of an error: it is a text with one of these in it.
var said = map[Errno]string{
	ECONNREFUSED: "connection refused",
	EADDRINUSE:   "in use",
	EHOSTUNREACH: "no route",
	EPIPE:        "hungup channel",
	ETIMEDOUT:    "timed out",
	EACCES:       "permission denied",
}

// Is tells whether the error is what the number stands for, or says so.
func Is(err, target error) bool {
	if errors.Is(err, target) {
		return true
	}
	no, ok := target.(Errno)
	return ok && said[no] != "" && err != nil && strings.Contains(err.Error(), said[no])
}
