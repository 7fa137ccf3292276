package tether

import "io"

// A Port is a serial port as TinyGo's package machine has them. One over USB
// has no Read.
type Port interface {
	io.Writer
	ReadByte() (byte, error)
	Buffered() int // how many bytes ReadByte has
}

// Serial makes a line for [New] of a serial port, such as machine.Serial.
func Serial(port Port) io.ReadWriter { return serial{port} }

type serial struct{ Port }

// Read returns what is there, and does not wait for more.
func (s serial) Read(p []byte) (n int, err error) {
	for n < len(p) && s.Buffered() > 0 {
		if p[n], err = s.ReadByte(); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}
