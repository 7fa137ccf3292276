package tether

import (
	"errors"
	"syscall"

	"github.com/tinynet/tinynet/netdev/tether/internal/wire"
)

// A netError is an error of the other end: its text, and the number by which
// programs know it.
type netError struct {
	text string
	no   syscall.Errno // 0 if there is none
}

func (e *netError) Error() string { return e.text }

func (e *netError) Unwrap() error {
	if e.no == 0 {
		return nil
	}
	return e.no
}

// Timeout is true also for a connection that was not answered in time.
func (e *netError) Timeout() bool   { return e.no == syscall.ETIMEDOUT }
func (e *netError) Temporary() bool { return e.Timeout() }

func (e *netError) Is(target error) bool {
	return target == errors.ErrUnsupported && (e.no == syscall.ENOTSUP || e.no == syscall.EAFNOSUPPORT || e.no == syscall.EPROTONOSUPPORT)
}

var (
	errReset        error = &netError{"the tether's other end was reset", syscall.ECONNRESET}
	errClosed       error = &netError{"the socket was closed", syscall.EBADF}
	errNoSocket     error = &netError{"invalid socket number", syscall.EBADF}
	errFamily       error = &netError{"address family not supported by the tether", syscall.EAFNOSUPPORT}
	errProtocol     error = &netError{"socket type or protocol not supported by the tether", syscall.EPROTONOSUPPORT}
	errNoMore       error = &netError{"no more sockets on the tether", syscall.EMFILE}
	errInvalid      error = &netError{"invalid argument", syscall.EINVAL}
	errConnected    error = &netError{"the socket is already connected", syscall.EISCONN}
	errNotConnected error = &netError{"the socket is not connected", syscall.ENOTCONN}
	errPipe         error = &netError{"broken pipe", syscall.EPIPE}
	errTooLong      error = &netError{"message too long", syscall.EMSGSIZE}

	// The text is how package net knows it.
	errUnknownHost error = &netError{text: "Host unknown"}
	errNetwork     error = &netError{text: "unknown network: want ip, ip4 or ip6"}
	errBadReply          = errors.New("tether: the other end gives no sense")
)

// errorOf gives an error from the line its number.
func errorOf(e wire.Error) error {
	var no syscall.Errno
	switch e.Code {
	case wire.ErrNone:
		return nil
	case wire.ErrUnknownHost:
		return errUnknownHost
	case wire.ErrTimeout:
		no = syscall.ETIMEDOUT
	case wire.ErrRefused:
		no = syscall.ECONNREFUSED
	case wire.ErrReset:
		no = syscall.ECONNRESET
	case wire.ErrAddrInUse:
		no = syscall.EADDRINUSE
	case wire.ErrAddrNotAvailable:
		no = syscall.EADDRNOTAVAIL
	case wire.ErrNetUnreachable:
		no = syscall.ENETUNREACH
	case wire.ErrHostUnreachable:
		no = syscall.EHOSTUNREACH
	case wire.ErrDenied:
		no = syscall.EACCES
	case wire.ErrNotSupported:
		no = syscall.ENOTSUP
	case wire.ErrInvalid:
		no = syscall.EINVAL
	case wire.ErrPipe:
		no = syscall.EPIPE
	case wire.ErrTooMany:
		no = syscall.EMFILE
	case wire.ErrTooLong:
		no = syscall.EMSGSIZE
	case wire.ErrAborted:
		no = syscall.ECONNABORTED
	case wire.ErrNotConnected:
		no = syscall.ENOTCONN
	}
	return &netError{e.Text[:min(len(e.Text), mostText)], no}
}
