//go:build tinynetport && baremetal

package time

import "sync/atomic"

// runFunc runs a function of AfterFunc in a goroutine. One is kept for that: a new one
// takes a stack from the heap, whenever a timer ends, and on a small heap that was in
// use for a while there often is no piece that large. See docs/RATIONALE.md,
// "Goroutines that are kept".
func runFunc(f func()) {
	if funcs != nil {
		select {
		case funcs <- f:
			return
		default: // it is busy
		}
	}
	go workFuncs(f)
}

var (
	keeps atomic.Bool // the one that is kept is there
	funcs chan func() // to it
)

func workFuncs(f func()) {
	f()
	if keeps.Swap(true) {
		return
	}
	funcs = make(chan func())
	for {
		f = nil // what it holds may go
		f = <-funcs
		f()
	}
}
