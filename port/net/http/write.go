//go:build tinynetport

package http

import (
	"bufio"
	"io"
)

// writeStrings writes a line of a request. A writer with a buffer gets its pieces,
// which takes no memory, any other all of it in one Write.
func writeStrings(w io.Writer, pieces ...string) (n int, err error) {
	b, ok := w.(*bufio.Writer)
	if !ok {
		var all []byte
		for _, piece := range pieces {
			all = append(all, piece...)
		}
		return w.Write(all)
	}
	for _, piece := range pieces {
		m, err := b.WriteString(piece)
		if n += m; err != nil {
			return n, err
		}
	}
	return n, nil
}

// writeAnyBody is writeBody, which under TinyGo takes from the heap what its closures
// capture, also where there is nothing to write.
func (t *transferWriter) writeAnyBody(w io.Writer) error {
	if t.Body == nil && t.BodyCloser == nil && t.ContentLength == 0 && len(t.TransferEncoding) == 0 {
		return nil
	}
	return t.writeBody(w)
}

// continueIfAsked is waitForContinue, of which the same can be said.
func (pc *persistConn) continueIfAsked(continued <-chan struct{}) func() bool {
	if continued == nil {
		return nil
	}
	return pc.waitForContinue(continued)
}
