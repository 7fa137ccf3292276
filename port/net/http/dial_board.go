//go:build tinynetport && port.board

package http

import (
	"context"
	"time"
	_ "unsafe" // for go:linkname
)

//go:linkname boardWithCancel net.ctxWithCancel
func boardWithCancel(parent context.Context) (context.Context, context.CancelFunc)

// newDialContext makes the context of a dial, which goes on when its request has ended.
// Package context's would be ten pieces of the heap, with the map of what is derived
// from it, and four more for each value that is asked for.
func newDialContext(request context.Context) (context.Context, context.CancelFunc) {
	return boardWithCancel(detachedContext{request})
}

// A detachedContext has the values of its parent, and never ends.
type detachedContext struct{ context.Context }

func (detachedContext) Deadline() (time.Time, bool) { return time.Time{}, false }
func (detachedContext) Done() <-chan struct{}       { return nil }
func (detachedContext) Err() error                  { return nil }

// Value leaves out the context behind the parent, for which package context asks with a
// key that is an *int, to find out why a context has ended.
func (c detachedContext) Value(key any) any {
	v := c.Context.Value(key)
	if _, ok := key.(*int); ok {
		if _, ok := v.(context.Context); ok {
			return nil
		}
	}
	return v
}
