// Package execfile writes files that are run at once.
package execfile

import (
	"os"
	"syscall"
)

// Write writes a program.
func Write(name string, data []byte) error {
	defer Hold()()
	return os.WriteFile(name, data, 0o777)
}

// Hold keeps this process from starting children until release is called. A child that
// another goroutine starts while a program is written would have it open for writing
// for a moment, and a file that somebody writes cannot be run ("text file busy").
func Hold() (release func()) {
	syscall.ForkLock.RLock()
	return syscall.ForkLock.RUnlock
}
