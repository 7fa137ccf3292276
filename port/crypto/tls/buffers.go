//go:build tinynetport && !port.elsewhere

package tls

import (
	"bytes"
	"io"
)

// readAhead is what a board's client or server has room for at least. Go has that
// much more than it needs, and twice the buffer it had before.
const readAhead = 5 + 512

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
		*b = *bytes.NewBuffer(append(make([]byte, 0, max(n, readAhead)), left...))
	}
}

// shaken gives back what the handshake has left: buffers, and words on the stack that
// TinyGo's collector would take for addresses.
func (c *Conn) shaken() {
	if !onBoard || c.quic != nil {
		return
	}
	if c.rawInput.Len() == 0 {
		c.rawInput = bytes.Buffer{}
	}
	wipeBelow()
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
