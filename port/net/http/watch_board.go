//go:build tinynetport && (baremetal || tinynet_board)

package http

import (
	"context"
	"time"
	"unsafe"
)

// While a handler runs, a server reads from the connection, in a goroutine of
// its own, to see whether the client goes, which ends the request's context. On
// a board that goroutine's stack is the most memory that a request takes, and
// nearly no handler looks at its context. So there the server begins to read
// when somebody first asks the context, or CloseNotify. A context whose first
// question is Err may know only a moment later that the client has gone.

// A watch is the context of a request.
type watch struct {
	context.Context
	conn unsafe.Pointer // *conn: see opaque.go

	allowed bool // the body of the request has been read; guarded by connReader.mu
	wanted  bool // somebody has asked; guarded by connReader.mu
}

// watched returns the context of the request that comes next.
func watched(ctx context.Context, c *conn) context.Context {
	w := &watch{Context: ctx, conn: unsafe.Pointer(c)}
	c.r.lock()
	c.r.watch = w
	c.r.unlock()
	return w
}

func (w *watch) Done() <-chan struct{} {
	w.want()
	return w.Context.Done()
}

func (w *watch) Err() error {
	w.want()
	return w.Context.Err()
}

func (w *watch) want() {
	cr := (*conn)(w.conn).r
	cr.lock()
	defer cr.unlock()
	if cr.watch == w {
		w.wanted = true
		cr.watchLocked((*conn)(w.conn))
	}
}

// wantWatch has the connection watched.
func (cr *connReader) wantWatch() {
	cr.lock()
	w := cr.watch
	cr.unlock()
	if w != nil {
		w.want()
	}
}

// allowWatch is called when nobody reads from the connection any more until the
// request is answered.
func (cr *connReader) allowWatch() {
	cr.lock()
	defer cr.unlock()
	if w := cr.watch; w != nil {
		w.allowed = true
		cr.watchLocked((*conn)(w.conn))
	}
}

func (cr *connReader) watchLocked(c *conn) {
	if w := cr.watch; !w.allowed || !w.wanted || cr.inRead || cr.hasByte {
		return
	}
	cr.inRead = true
	c.rwc.SetReadDeadline(time.Time{})
	go cr.backgroundRead()
}
