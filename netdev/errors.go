package netdev

import (
	"errors"
	"os"
	"syscall"
)

// Errors for drivers to return. A driver can as well return its own, those of
// tinygo.org/x/drivers/netdev, or those of syscall.
var (
	// ErrTimeout is for a call whose deadline has passed, and for one that was
	// interrupted. It is an os.ErrDeadlineExceeded.
	ErrTimeout error = &timeoutError{}

	// ErrHostUnknown is for a name that does not exist. The *net.DNSError that
	// comes of it has IsNotFound set.
	ErrHostUnknown error = &hostUnknownError{}

	// ErrNotSupported is for what the device cannot do. It is an
	// errors.ErrUnsupported.
	ErrNotSupported error = &unsupportedError{"not supported by the network device"}
	// ErrFamilyNotSupported is for a domain that the device lacks.
	ErrFamilyNotSupported error = &unsupportedError{"address family not supported by the network device"}
	// ErrProtocolNotSupported is for a type or protocol that the device lacks,
	// IPPROTO_TLS above all.
	ErrProtocolNotSupported error = &unsupportedError{"socket type or protocol not supported by the network device"}

	// ErrNoMoreSockets is for Socket, Connect and Accept when all sockets are in
	// use. It is a syscall.EMFILE: net/http's client then closes an idle
	// connection, and its server waits for one to end.
	ErrNoMoreSockets error = &noSocketError{}
	// ErrInvalidSocketFd is for a number that is not an open socket's.
	ErrInvalidSocketFd = errors.New("invalid socket number")
)

type timeoutError struct{}

func (*timeoutError) Error() string        { return "i/o timeout" }
func (*timeoutError) Timeout() bool        { return true }
func (*timeoutError) Temporary() bool      { return true }
func (*timeoutError) Is(target error) bool { return target == os.ErrDeadlineExceeded }

type unsupportedError struct{ text string }

func (e *unsupportedError) Error() string        { return e.text }
func (e *unsupportedError) Is(target error) bool { return target == errors.ErrUnsupported }

type hostUnknownError struct{}

func (*hostUnknownError) Error() string  { return "Host unknown" }
func (*hostUnknownError) NotFound() bool { return true }

type noSocketError struct{}

func (*noSocketError) Error() string        { return "no more sockets on the network device" }
func (*noSocketError) Temporary() bool      { return true }
func (*noSocketError) Timeout() bool        { return false }
func (*noSocketError) Is(target error) bool { return target == error(syscall.EMFILE) }
