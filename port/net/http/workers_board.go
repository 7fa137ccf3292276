//go:build tinynetport && port.board

package http

import (
	"context"
	"sync"
)

// idleWorkers is how many goroutines a server keeps that have no connection.
const idleWorkers = 1

// connWorkers serves connections in goroutines that serve the next one when one
// is done: under TinyGo each new goroutine takes a new stack from the heap.
// See docs/RATIONALE.md, "Goroutines that are kept".
type connWorkers struct {
	jobs chan connJob

	mu    sync.Mutex
	idle  int // workers that wait for a job, or are about to
	ended bool
}

type connJob struct {
	conn *conn
	ctx  context.Context
}

func newConnWorkers() *connWorkers { return &connWorkers{jobs: make(chan connJob)} }

// serve has a worker serve the connection. One goroutine calls this and end.
func (w *connWorkers) serve(c *conn, ctx context.Context) {
	j := connJob{c, ctx}
	w.mu.Lock()
	idle := w.idle > 0
	if idle {
		w.idle--
	}
	w.mu.Unlock()
	if !idle {
		go w.work()
	}
	w.jobs <- j
}

// end has the workers leave that wait.
func (w *connWorkers) end() {
	w.mu.Lock()
	w.ended = true
	w.mu.Unlock()
	close(w.jobs)
}

// work is not given its first job as an argument: see crewWork.
func (w *connWorkers) work() {
	begins := stackBegins()
	for w.do() {
		wipeStack(begins)
	}
}

// do serves the next connection, and reports whether the worker is to stay. It is a call
// of its own, so that nothing of the connection is left in work's frame.
//
//go:noinline
func (w *connWorkers) do() (stay bool) {
	j, ok := <-w.jobs
	if !ok {
		return false
	}
	j.conn.serve(j.ctx)
	w.mu.Lock()
	stay = !w.ended && w.idle < idleWorkers
	if stay {
		w.idle++
	}
	w.mu.Unlock()
	return stay
}

// A bufferPool keeps a few buffers for the next connection. Those of sync.Pool
// go with each garbage collection, or, under TinyGo, never, however many there
// were at once.
type bufferPool struct {
	mu   sync.Mutex
	idle [2]any
}

func (p *bufferPool) Get() (v any) {
	p.mu.Lock()
	for i := range p.idle {
		if v = p.idle[i]; v != nil {
			p.idle[i] = nil
			break
		}
	}
	p.mu.Unlock()
	return v
}

func (p *bufferPool) Put(v any) {
	p.mu.Lock()
	for i := range p.idle {
		if p.idle[i] == nil {
			p.idle[i] = v
			break
		}
	}
	p.mu.Unlock()
}
