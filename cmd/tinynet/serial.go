//go:build linux || darwin || windows || freebsd || openbsd

package main

import (
	"io"

	// Serial ports, with the same calls on each of these systems.
	"go.bug.st/serial"
)

func openSerial(port string, baud int) (io.ReadWriteCloser, error) {
	line, err := serial.Open(port, &serial.Mode{BaudRate: baud})
	if err != nil {
		return nil, err
	}
	return serialLine{line}, nil
}

// serialPorts are the names of those that are here.
func serialPorts() []string {
	names, _ := serial.GetPortsList() // they are a hint only
	return names
}

// A serialLine says io.EOF for a port that is gone.
type serialLine struct{ serial.Port }

func (l serialLine) Read(p []byte) (int, error) {
	n, err := l.Port.Read(p)
	if n == 0 && err == nil {
		err = io.EOF // it has no timeout
	}
	return n, err
}

// Close drops what the port has not sent yet: the system would wait for half a
// minute for a board that takes nothing.
func (l serialLine) Close() error {
	l.Port.ResetOutputBuffer()
	return l.Port.Close()
}
