package host

import (
	"errors"
	"net"
	"strings"

	"github.com/tinynet/tinynet/netdev/internal/errno"
	"github.com/tinynet/tinynet/netdev/tether/internal/wire"
)

// A refusal is an error of the host's own: its text, and what it is like.
type refusal struct {
	text string
	like errno.Errno
}

func (e *refusal) Error() string { return e.text }
func (e *refusal) Unwrap() error { return e.like }

// A deniedError is for what the configuration does not allow.
type deniedError struct{ text string }

func (e *deniedError) Error() string { return e.text }
func (e *deniedError) Unwrap() error { return errno.EACCES }

// codes has the errors that have a code on the wire.
var codes = []struct {
	err  error
	code byte
}{
	{errno.ECONNREFUSED, wire.ErrRefused},
	{errno.ECONNRESET, wire.ErrReset},
	{errno.EADDRINUSE, wire.ErrAddrInUse},
	{errno.EADDRNOTAVAIL, wire.ErrAddrNotAvailable},
	{errno.ENETUNREACH, wire.ErrNetUnreachable},
	{errno.EHOSTUNREACH, wire.ErrHostUnreachable},
	{errno.EACCES, wire.ErrDenied},
	{errno.EPERM, wire.ErrDenied},
	{errno.EINVAL, wire.ErrInvalid},
	{errno.EPIPE, wire.ErrPipe},
	{errno.EMFILE, wire.ErrTooMany},
	{errno.EMSGSIZE, wire.ErrTooLong},
	{errno.ECONNABORTED, wire.ErrAborted},
	{errno.ENOTCONN, wire.ErrNotConnected},
	{errno.EISCONN, wire.ErrInvalid},
	{errno.EALREADY, wire.ErrInvalid},
	{errno.ETIMEDOUT, wire.ErrTimeout},
	{errno.EAFNOSUPPORT, wire.ErrNotSupported},
	{errors.ErrUnsupported, wire.ErrNotSupported},
}

// wireError finds the code for an error.
func wireError(err error) wire.Error {
	text := err.Error()
	var op *net.OpError
	if errors.As(err, &op) && op.Err != nil {
		text = op.Err.Error() // the board's own net puts the rest before it
	}
	e := wire.Error{Code: wire.ErrOther, Text: text}
	var dns *net.DNSError
	var addr *net.AddrError
	switch {
	case errors.As(err, &dns):
		switch {
		case dns.IsNotFound:
			e.Code = wire.ErrUnknownHost
		case dns.IsTimeout:
			e.Code = wire.ErrTimeout
		}
		e.Text = dns.Err
	case errors.As(err, &addr): // a name with no address of the family
		e.Code, e.Text = wire.ErrUnknownHost, addr.Err
	default:
		e.Code = codeOf(err)
	}
	if len(e.Text) > mostErrText {
		e.Text = strings.ToValidUTF8(e.Text[:mostErrText], "")
	}
	return e
}

func codeOf(err error) byte {
	for _, known := range codes {
		if errno.Is(err, known.err) {
			return known.code
		}
	}
	var t net.Error
	if errors.As(err, &t) && t.Timeout() {
		return wire.ErrTimeout
	}
	return wire.ErrOther
}
