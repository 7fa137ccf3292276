//go:build tinynetport

package http

import (
	"context"
)

// What a client's request and dial have in place of closures: TinyGo takes what those
// capture from the heap where it is declared, each by itself.

// A clientDial is a dial of the client for a goroutine of crew_board.go.
type clientDial struct {
	t *Transport
	w *wantConn
}

func (d *clientDial) run() {
	t, w := d.t, d.w
	t.dialConnFor(w)
	t.connsPerHostMu.Lock()
	w.cancelCtx = nil
	t.connsPerHostMu.Unlock()
}

// cancelFailed ends the context of a request that has no answer.
func cancelFailed(cancel context.CancelCauseFunc, err *error) {
	if *err != nil {
		cancel(*err)
	}
}
