//go:build !linux && !darwin && !windows && !freebsd && !openbsd

package main

import (
	"errors"
	"io"
	"os"
	"runtime"
)

// openSerial fails: go.bug.st/serial does not compile for this system. On NetBSD and
// DragonFly rawTerminal opens the port then, at the speed that it has.
func openSerial(port string, _ int) (io.ReadWriteCloser, error) {
	if _, err := os.Stat(port); err != nil {
		return nil, err
	}
	return nil, errors.New("tinynet sets up no serial ports on " + runtime.GOOS)
}

func serialPorts() []string { return nil }
