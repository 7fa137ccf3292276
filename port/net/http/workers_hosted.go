//go:build tinynetport && !port.board

package http

import (
	"context"
	"sync"
)

// A connWorkers is what boards have: see workers_board.go.
type connWorkers struct{}

func newConnWorkers() connWorkers { return connWorkers{} }

func (connWorkers) serve(c *conn, ctx context.Context) { go c.serve(ctx) }
func (connWorkers) end()                               {}

type bufferPool = sync.Pool
