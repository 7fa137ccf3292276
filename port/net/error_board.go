//go:build tinynetport && baremetal

package net

import "syscall"

// sysError is the error of a call of a built-in device, as a system gives it.
func sysError(call string, e syscall.Errno) error { return &boardError{call, e} }

// A boardError has the words for an Errno, which TinyGo knows on boards by
// number only.
type boardError struct {
	call  string
	errno syscall.Errno
}

func (e *boardError) Error() string {
	text := e.errno.Error()
	switch e.errno {
	case syscall.ECONNREFUSED:
		text = "connection refused"
	case syscall.ECONNRESET:
		text = "connection reset by peer"
	case syscall.EPIPE:
		text = "broken pipe"
	case syscall.EADDRINUSE:
		text = "address already in use"
	case syscall.EADDRNOTAVAIL:
		text = "cannot assign requested address"
	case syscall.EMSGSIZE:
		text = "message too long"
	case syscall.EAFNOSUPPORT:
		text = "address family not supported by protocol"
	case syscall.EPROTONOSUPPORT:
		text = "protocol not supported"
	case syscall.EINVAL:
		text = "invalid argument"
	}
	return e.call + ": " + text
}

func (e *boardError) Unwrap() error { return e.errno }
func (e *boardError) Timeout() bool { return e.errno.Timeout() }
