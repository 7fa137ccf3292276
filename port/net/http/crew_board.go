//go:build tinynetport && baremetal

package http

import (
	"context"
	"sync"
	_ "unsafe" // for go:linkname
)

//go:linkname useAfterFunc net.useAfterFunc
func useAfterFunc(f func(context.Context, func()) (stop func() bool))

// Without it, package net has a goroutine wait for the end of each dial's context.
func init() { useAfterFunc(context.AfterFunc) }

// crewIdle is how many goroutines of the client are kept when they have nothing to do:
// as many as an https request has at once, one that dials and later two that read and
// write, or one for the handshake.
const crewIdle = 3

// crew has the goroutines that a Transport has beside its callers'. One that is done
// waits for what comes next: under TinyGo a new one takes a new stack from the heap,
// and that of one that has ended often stays, since old words on other stacks lead to
// it. See docs/RATIONALE.md, "Goroutines that are kept".
var crew struct {
	mu      sync.Mutex
	idle    [crewIdle]chan func()
	count   int  // of idle
	leaving bool // nobody waits until somebody spawns again
}

// spawn runs f in a goroutine.
func spawn(f func()) {
	var next chan func()
	crew.mu.Lock()
	crew.leaving = false
	if crew.count > 0 {
		crew.count--
		next = crew.idle[crew.count]
	}
	crew.mu.Unlock()
	if next == nil {
		next = make(chan func(), 1) // who spawns does not wait
		go crewWork(next)
	}
	next <- f
}

// crewWork is not given its first function as an argument: TinyGo keeps a goroutine's
// arguments on its stack until it ends.
func crewWork(next chan func()) {
	w := stackWiper{begins: stackBegins()}
	for crewDo(next) {
		w.wipe()
	}
}

// A stackWiper wipes the stack of a goroutine. To look through 8 kB of it for what a
// job has left takes longer than to wipe the part that jobs use, so most times it looks
// only little deeper than they went before. A job may go deeper and leave that much
// unused on the way, so now and then it looks at all.
type stackWiper struct {
	begins, deepest uintptr
	jobs            uint8
}

func (w *stackWiper) wipe() {
	const below = 1 << 10
	from := w.begins
	if w.jobs++; w.jobs > 4 && w.jobs%8 != 0 && from != 0 && w.deepest > from+below {
		from = w.deepest - below
	}
	if at := wipeStack(from); at != 0 && (w.deepest == 0 || at < w.deepest) {
		w.deepest = at
	}
}

// crewDo does the next function, and reports whether there will be another one. It is a
// call of its own, so that nothing of the function is left in crewWork's frame.
//
//go:noinline
func crewDo(next chan func()) (stay bool) {
	f := <-next
	if f == nil {
		return false
	}
	f()
	crew.mu.Lock()
	stay = !crew.leaving && crew.count < len(crew.idle)
	if stay {
		crew.idle[crew.count] = next
		crew.count++
	}
	crew.mu.Unlock()
	return stay
}

// dismiss ends the goroutines that have nothing to do, and those that are done before
// the next one is spawned, and lets go of buffers.
func dismiss() {
	spareReader.Store(nil)
	spareWriter.Store(nil)
	crew.mu.Lock()
	crew.leaving = true
	for ; crew.count > 0; crew.count-- {
		crew.idle[crew.count-1] <- nil
	}
	crew.mu.Unlock()
}
