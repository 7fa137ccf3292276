//go:build tinynetport

package http

// What a server's connection does without while no request comes.

// awaitRequest is Peek(4) of the connection's reader, which waits for the next request.
// On a board the connection gives its buffers back for as long as it takes until the
// first byte: they are most of what an idle connection has.
func (c *conn) awaitRequest() ([]byte, error) {
	if idleWithoutBuffers && c.bufr.Buffered() == 0 {
		c.finalFlush()
		if err := c.r.awaitByte(c); err != nil {
			return nil, err
		}
		c.bufr = newBufioReader(c.r.ref())
		c.bufw = newBufioWriterSize(c.writer(), connWriterSize)
	}
	return c.bufr.Peek(4)
}

// awaitByte reads a byte, unless there is one that a watch on the connection has read.
// The next Read returns it.
func (cr *connReader) awaitByte(c *conn) error {
	cr.lock()
	has := cr.hasByte
	cr.unlock()
	for !has {
		n, err := c.rwc.Read(cr.byteBuf[:])
		if has = n > 0; has {
			cr.lock()
			cr.hasByte = true
			cr.unlock()
		} else if err != nil {
			return err
		}
	}
	return nil
}
