//go:build tinynetport && !port.board

package http

import (
	"context"
	"sync"
)

// What boards have beside Go's fields: see context_board.go.
type (
	boardConn     struct{}
	boardReader   struct{}
	boardResponse struct{}
)

func (c *conn) withLocalAddr(ctx context.Context) context.Context {
	return context.WithValue(ctx, LocalAddrContextKey, c.rwc.LocalAddr())
}

func (c *conn) withCancel(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithCancel(ctx)
}

func (c *conn) newReader() *connReader { return new(connReader) }

func (cr *connReader) newCond() *sync.Cond { return sync.NewCond(&cr.mu) }

func requestContext(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithCancel(ctx)
}

func (w *response) begin(context.Context) {}
func (w *response) end()                  { w.cancelCtx() }

func (cr *connReader) allowWatch() { cr.startBackgroundRead() }
func (cr *connReader) wantWatch()  {}
func (cr *connReader) unwatch()    {}
