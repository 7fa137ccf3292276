//go:build tinynetport && !nohostnet && !tinygo

package net

import (
	"os"
	"syscall"
)

func (fd *hostFD) init(network string) error {
	call, err := fd.FD.Init(network, true)
	return hostError(call, err)
}

// Go's net makes no files of sockets on Windows before Go 1.25.

func (h *host) dup(int, string) (*os.File, error) { return nil, syscall.EWINDOWS }

func hostDupFile(*os.File) (hostHandle, error) { return syscall.InvalidHandle, syscall.EWINDOWS }
