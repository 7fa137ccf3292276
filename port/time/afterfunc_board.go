//go:build tinynetport && baremetal

package time

import "sync/atomic"

// A goroutine is kept that runs the functions of AfterFunc: a new one takes a stack from
// the heap, whenever a timer ends, and on a small heap that was in use for a while there
// often is no piece that large. For the same reason it is made with the first timer, not
// with the first that ends. See docs/RATIONALE.md, "Goroutines that are kept".
var (
	runner atomic.Int32
	funcs  chan func() // to it
)

// States of runner.
const (
	noRunner int32 = iota
	madeRunner
	hasRunner // funcs is there
)

// keepRunner is called with each timer that has a function.
func keepRunner() {
	if runner.Load() == noRunner && runner.CompareAndSwap(noRunner, madeRunner) {
		funcs = make(chan func())
		go workFuncs(funcs)
		runner.Store(hasRunner)
	}
}

// runFunc runs a function of AfterFunc in a goroutine.
func runFunc(f func()) {
	if runner.Load() == hasRunner {
		select {
		case funcs <- f:
			return
		default: // it is busy
		}
	}
	go f()
}

func workFuncs(funcs chan func()) {
	for {
		runNext(funcs)
	}
}

// runNext is a call of its own, so that nothing of the function is left in workFuncs's
// frame.
//
//go:noinline
func runNext(funcs chan func()) { (<-funcs)() }
