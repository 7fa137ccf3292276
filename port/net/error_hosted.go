//go:build tinynetport && !port.wordless

package net

import (
	"os"
	"syscall"
)

// sysError is the error of a call of a built-in device, as a system gives it.
func sysError(call string, e syscall.Errno) error { return os.NewSyscallError(call, e) }

func sameError(err, target error) bool { return err == target }
