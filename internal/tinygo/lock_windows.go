package tinygo

import (
	"errors"
	"fmt"
	"path/filepath"
	"syscall"
)

// lock keeps other processes from changing a root: it opens a file so that
// nobody else can, and that goes away with the process.
func lock(root string) (unlock func(), err error) {
	name := filepath.Join(root, ".tinynet-lock")
	path, err := syscall.UTF16PtrFromString(name)
	if err != nil {
		return nil, err
	}
	const (
		alone         = 0
		deleteOnClose = 0x04000000
		inUse         = syscall.Errno(32) // ERROR_SHARING_VIOLATION
	)
	h, err := syscall.CreateFile(path, syscall.GENERIC_WRITE, alone, nil, syscall.OPEN_ALWAYS, syscall.FILE_ATTRIBUTE_NORMAL|deleteOnClose, 0)
	switch {
	case errors.Is(err, inUse):
		return nil, fmt.Errorf("another tinynet install or uninstall is at work there; try again when it has ended")
	case err != nil:
		return nil, writable(err)
	}
	return func() { syscall.CloseHandle(h) }, nil
}

// isReadOnly tells whether the disk can only be read.
func isReadOnly(err error) bool {
	const writeProtected = syscall.Errno(19)
	return errors.Is(err, writeProtected)
}
