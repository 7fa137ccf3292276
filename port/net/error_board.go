//go:build tinynetport && port.wordless

package net

import (
	"syscall"
	"unsafe"
)

// sysError is the error of a call of a built-in device, as a system gives it.
func sysError(call string, e syscall.Errno) error { return &boardError{call, e} }

// sameError is err == target, for a target that is nil, a pointer, a number or
// empty: TinyGo keeps these in the interface value itself. What compares values of
// any type would take 5.5 kB. See docs/RATIONALE.md, "Errors compared by identity".
func sameError(err, target error) bool {
	return *(*[2]uintptr)(unsafe.Pointer(&err)) == *(*[2]uintptr)(unsafe.Pointer(&target))
}

// A boardError has the words for an Errno, which TinyGo knows on boards and in WebAssembly by
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
