package main

import (
	"io"
	"testing/iotest"
)

// bytewise has serial ports read byte by byte: in Wine 8 a read ends only when all
// that it asks for is there, whatever the port's timeouts say.
func bytewise() {
	serialPort = func(port string, baud int) (io.ReadWriteCloser, error) {
		line, err := openSerial(port, baud)
		if err != nil {
			return nil, err
		}
		return struct {
			io.Reader
			io.WriteCloser
		}{iotest.OneByteReader(line), line}, nil
	}
}
