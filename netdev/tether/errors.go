package tether

import (
	"errors"

	"github.com/tinynet/tinynet/netdev/internal/errno"
	"github.com/tinynet/tinynet/netdev/tether/internal/wire"
)

// A netError is an error of the other end: its text, and the number by which
// programs know it.
type netError struct {
	text string
	no   errno.Errno // 0 if there is none
}

func (e *netError) Error() string { return e.text }

func (e *netError) Unwrap() error {
	if e.no == 0 {
		return nil
	}
	return e.no
}

// Timeout is true also for a connection that was not answered in time.
func (e *netError) Timeout() bool   { return e.no == errno.ETIMEDOUT }
func (e *netError) Temporary() bool { return e.Timeout() }

func (e *netError) Is(target error) bool {
	return target == errors.ErrUnsupported && (e.no == errno.ENOTSUP || e.no == errno.EAFNOSUPPORT || e.no == errno.EPROTONOSUPPORT)
}

var (
	errReset        error = &netError{"the tether's other end was reset", errno.ECONNRESET}
	errClosed       error = &netError{"the socket was closed", errno.EBADF}
	errNoSocket     error = &netError{"invalid socket number", errno.EBADF}
	errFamily       error = &netError{"address family not supported by the tether", errno.EAFNOSUPPORT}
	errProtocol     error = &netError{"socket type or protocol not supported by the tether", errno.EPROTONOSUPPORT}
	errNoMore       error = &netError{"no more sockets on the tether", errno.EMFILE}
	errInvalid      error = &netError{"invalid argument", errno.EINVAL}
	errConnected    error = &netError{"the socket is already connected", errno.EISCONN}
	errNotConnected error = &netError{"the socket is not connected", errno.ENOTCONN}
	errPipe         error = &netError{"broken pipe", errno.EPIPE}
	errTooLong      error = &netError{"message too long", errno.EMSGSIZE}

	// The text is how package net knows it.
	errUnknownHost error = &netError{text: "Host unknown"}
	errNetwork     error = &netError{text: "unknown network: want ip, ip4 or ip6"}
	errBadReply          = errors.New("tether: the other end gives no sense")
)

// errorOf gives an error from the line its number.
func errorOf(e wire.Error) error {
	var no errno.Errno
	switch e.Code {
	case wire.ErrNone:
		return nil
	case wire.ErrUnknownHost:
		return errUnknownHost
	case wire.ErrTimeout:
		no = errno.ETIMEDOUT
	case wire.ErrRefused:
		no = errno.ECONNREFUSED
	case wire.ErrReset:
		no = errno.ECONNRESET
	case wire.ErrAddrInUse:
		no = errno.EADDRINUSE
	case wire.ErrAddrNotAvailable:
		no = errno.EADDRNOTAVAIL
	case wire.ErrNetUnreachable:
		no = errno.ENETUNREACH
	case wire.ErrHostUnreachable:
		no = errno.EHOSTUNREACH
	case wire.ErrDenied:
		no = errno.EACCES
	case wire.ErrNotSupported:
		no = errno.ENOTSUP
	case wire.ErrInvalid:
		no = errno.EINVAL
	case wire.ErrPipe:
		no = errno.EPIPE
	case wire.ErrTooMany:
		no = errno.EMFILE
	case wire.ErrTooLong:
		no = errno.EMSGSIZE
	case wire.ErrAborted:
		no = errno.ECONNABORTED
	case wire.ErrNotConnected:
		no = errno.ENOTCONN
	}
	return &netError{e.Text[:min(len(e.Text), mostText)], no}
}
