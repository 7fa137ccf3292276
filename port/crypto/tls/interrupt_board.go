//go:build tinynetport && port.board && !port.elsewhere

package tls

import "context"

// afterContext tells whether a handshake that has a context does without a goroutine
// that waits for its end. It is a constant, so that the linker sees it.
// See docs/RATIONALE.md, "Goroutines that are kept".
const afterContext = true

// closeAfter has the connection closed when ctx ends. The handshake calls stop when it
// is over, which returns the context's error if that came first.
func (c *Conn) closeAfter(ctx context.Context) (stop func() error) {
	closed := make(chan error, 1)
	cancel := context.AfterFunc(ctx, func() {
		c.conn.Close()
		closed <- ctx.Err()
	})
	return func() error {
		if cancel() {
			return nil
		}
		return <-closed
	}
}
