//go:build tinynetport && !(baremetal || tinynet_board)

package http

import "context"

// A watch is what boards have: see watch_board.go.
type watch struct{}

func watched(ctx context.Context, _ *conn) context.Context { return ctx }

func (cr *connReader) allowWatch() { cr.startBackgroundRead() }
func (cr *connReader) wantWatch()  {}
