//go:build !plan9 && !errno_own

// Package errno has the numbers of errors by which drivers and programs know what went
// wrong. They are the system's, but on Plan 9, which has none.
package errno

import (
	"errors"
	"syscall"
)

type Errno = syscall.Errno

const (
	EACCES          = syscall.EACCES
	EADDRINUSE      = syscall.EADDRINUSE
	EADDRNOTAVAIL   = syscall.EADDRNOTAVAIL
	EAFNOSUPPORT    = syscall.EAFNOSUPPORT
	EALREADY        = syscall.EALREADY
	EBADF           = syscall.EBADF
	ECONNABORTED    = syscall.ECONNABORTED
	ECONNREFUSED    = syscall.ECONNREFUSED
	ECONNRESET      = syscall.ECONNRESET
	EHOSTUNREACH    = syscall.EHOSTUNREACH
	EINVAL          = syscall.EINVAL
	EISCONN         = syscall.EISCONN
	EMFILE          = syscall.EMFILE
	EMSGSIZE        = syscall.EMSGSIZE
	ENETUNREACH     = syscall.ENETUNREACH
	ENOBUFS         = syscall.ENOBUFS
	ENOMEM          = syscall.ENOMEM
	ENOTCONN        = syscall.ENOTCONN
	ENOTSUP         = syscall.ENOTSUP
	EPERM           = syscall.EPERM
	EPIPE           = syscall.EPIPE
	EPROTONOSUPPORT = syscall.EPROTONOSUPPORT
	ETIMEDOUT       = syscall.ETIMEDOUT
)

// Is tells whether the error is what the number stands for.
func Is(err, target error) bool { return errors.Is(err, target) }
