//go:build tinynetport && port.board

package http

import (
	"context"
	"net"
	"sync"
	"time"
	"unsafe"
)

// Go's server makes two contexts for each connection and one for each request,
// with a channel and a map, whether or not somebody looks at them. Here they lie
// within what a connection and a request have anyway, and become such contexts
// when somebody asks for Done.
// See docs/RATIONALE.md, "Contexts that become Go's".

// A lazyContext ends with its parent, or by cancel.
type lazyContext struct {
	parent context.Context

	whole *wholeContext // once somebody has asked for Done
	mu    sync.Mutex
	ended bool

	// A watch's, which has them here where there is room for them.
	allowed bool // the body of the request has been read; guarded by connReader.mu
	wanted  bool // somebody has asked; guarded by connReader.mu
}

type wholeContext struct {
	context.Context
	cancel context.CancelFunc
}

func (c *lazyContext) Deadline() (time.Time, bool) { return c.parent.Deadline() }

func (c *lazyContext) Done() <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.whole == nil {
		ctx, cancel := context.WithCancel(c.parent)
		c.whole = &wholeContext{ctx, cancel}
		if c.ended {
			cancel()
		}
	}
	return c.whole.Done()
}

func (c *lazyContext) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.whole != nil:
		return c.whole.Err()
	case c.ended:
		return context.Canceled
	}
	return c.parent.Err()
}

// Value also gives package context its own context behind Done, so that one
// derived from here needs no goroutine.
func (c *lazyContext) Value(key any) any {
	c.mu.Lock()
	whole := c.whole
	c.mu.Unlock()
	if whole != nil {
		return whole.Value(key)
	}
	return c.parent.Value(key)
}

func (c *lazyContext) cancel() {
	c.mu.Lock()
	c.ended = true
	whole := c.whole
	c.mu.Unlock()
	if whole != nil {
		whole.cancel()
	}
}

// A connContext is the context of a connection: at first only the local address
// beside the parent, which TLS gets, then one that can end.
type connContext struct {
	conn net.Conn
	ends bool // guarded by lazyContext.mu
	lazyContext
}

func (c *connContext) Done() <-chan struct{} {
	c.mu.Lock()
	ends := c.ends
	c.mu.Unlock()
	if !ends {
		return c.parent.Done()
	}
	return c.lazyContext.Done()
}

func (c *connContext) Value(key any) any {
	if key == LocalAddrContextKey {
		return c.conn.LocalAddr()
	}
	return c.lazyContext.Value(key)
}

// What a conn has here beside Go's fields. All of it comes in one allocation.
type boardConn struct {
	context connContext
	reader  connReader
}

func (c *conn) withLocalAddr(ctx context.Context) context.Context {
	c.context.conn, c.context.parent = c.rwc, ctx
	return &c.context
}

func (c *conn) withCancel(context.Context) (context.Context, context.CancelFunc) {
	c.context.mu.Lock()
	c.context.ends = true
	c.context.mu.Unlock()
	return &c.context, c.context.cancel
}

func (c *conn) newReader() *connReader { return &c.reader }

// What a connReader has here beside Go's fields.
type boardReader struct {
	condition sync.Cond
	watch     *watch // of the request that is being answered
}

func (cr *connReader) newCond() *sync.Cond {
	cr.condition.L = &cr.mu
	return &cr.condition
}

// While a handler runs, a server reads from the connection, in a goroutine of
// its own, to see whether the client goes, which ends the request's context. On
// a board that goroutine's stack is the most memory that a request takes, and
// nearly no handler looks at its context. So there the server begins to read
// when somebody first asks the context, or CloseNotify. A context whose first
// question is Err may know only a moment later that the client has gone.

// A watch is the context of a request.
type watch struct {
	lazyContext
	conn unsafe.Pointer // *conn: see opaque.go
}

func requestContext(ctx context.Context) (context.Context, context.CancelFunc) { return ctx, nil }

// begin gives the request the context that ends with it.
func (w *response) begin(ctx context.Context) {
	w.context = requestWatch(w.req)
	w.context.parent, w.context.conn = ctx, unsafe.Pointer(w.conn)
	w.req.ctx = w.context
	cr := w.conn.r
	cr.lock()
	cr.watch = w.context
	cr.unlock()
}

// end ends the context of the request.
func (w *response) end() { w.context.cancel() }

func (w *watch) Done() <-chan struct{} {
	w.want()
	return w.lazyContext.Done()
}

func (w *watch) Err() error {
	w.want()
	return w.lazyContext.Err()
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

// unwatch is called when the request is answered.
func (cr *connReader) unwatch() { cr.watch = nil }

func (cr *connReader) watchLocked(c *conn) {
	if w := cr.watch; !w.allowed || !w.wanted || cr.inRead || cr.hasByte {
		return
	}
	cr.inRead = true
	c.rwc.SetReadDeadline(time.Time{})
	go cr.backgroundRead()
}
