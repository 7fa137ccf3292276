//go:build baremetal && tinygo

package main

import (
	"runtime"
	"time"
)

const setsClock = true

// setClock moves the clock. TinyGo's runtime has a call for it, which takes no
// lock: with the scheduler "cores", a goroutine that asks for the time on the other
// core at this very moment may see one half of the change. Programs for which that
// matters are built with -scheduler=tasks.
func setClock(by time.Duration) { runtime.AdjustTimeOffset(int64(by)) }
