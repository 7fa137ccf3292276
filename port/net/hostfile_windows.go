//go:build tinynetport && !nohostnet && !tinygo

package net

import (
	"os"
	"syscall"
)

// newWindowsFile is in os. Its file knows that it is a socket, which is not
// closed as other files are.
func newWindowsFile(h syscall.Handle, name string) *os.File

func (h *host) dup(sockfd int, name string) (*os.File, error) {
	s, err := h.sock(sockfd)
	if err != nil {
		return nil, err
	}
	// Two handles of a socket cannot share the completion port.
	if err := s.pfd.DisassociateIOCP(); err != nil {
		return nil, hostError("dup", err)
	}
	var copied syscall.Handle
	var failed error
	if err := s.pfd.RawControl(func(handle uintptr) { copied, failed = dupSocket(syscall.Handle(handle)) }); err != nil {
		return nil, hostError("dup", err)
	}
	if failed != nil {
		return nil, failed
	}
	return newWindowsFile(copied, name), nil
}

func hostDupFile(f *os.File) (hostHandle, error) { return dupFileSocket(f) }
