//go:build tinynetport && !port.elsewhere

package tls

import (
	"bytes"
	"io"
)

// readAhead is how much more than what is needed a board's client or server has
// room for. Go has 512 bytes, and twice the buffer it had before.
const readAhead = 512

// readAtLeast reads from r until c.rawInput has n bytes, with errors as Go's. Go's
// buffer is twice as large as it needs to be, and twice that again when a read fills
// it: 40 kB for a record of 16.
func (c *Conn) readAtLeast(r io.Reader, n int) error {
	for c.rawInput.Len() < n {
		c.makeRoom(n)
		room := c.rawInput.AvailableBuffer()
		got, err := r.Read(room[:cap(room)])
		c.rawInput.Write(room[:got])
		if c.rawInput.Len() >= n && err == io.EOF {
			return nil
		}
		if err == io.EOF {
			return io.ErrUnexpectedEOF
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// makeRoom makes c.rawInput large enough for n bytes.
func (c *Conn) makeRoom(n int) {
	b := &c.rawInput
	left := b.Bytes()
	switch {
	case len(left)+b.Available() >= n && len(left) > 0:
	case b.Cap() >= n:
		b.Reset()
		b.Write(left) // to its beginning
	default:
		*b = *bytes.NewBuffer(append(make([]byte, 0, n+readAhead), left...))
	}
}

// message returns a handshake message that may be kept: a copy, as long as c.hand,
// where it comes from, has more. Else it is all of that, which is left to it.
func (c *Conn) message(data []byte) []byte {
	if !onBoard || c.quic != nil || c.hand.Len() > 0 {
		return append([]byte(nil), data...)
	}
	c.hand = bytes.Buffer{}
	return data
}
