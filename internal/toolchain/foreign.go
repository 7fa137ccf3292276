//go:build !plan9

package toolchain

import (
	"errors"
	"runtime"
	"syscall"
)

// foreign tells whether a program could not be started because it is for another
// system: what Linux says of it, macOS, and Windows.
func foreign(err error) bool {
	var no syscall.Errno
	return errors.As(err, &no) && (no == syscall.ENOEXEC || runtime.GOOS == "darwin" && no == 86 || runtime.GOOS == "windows" && (no == 193 || no == 216))
}
