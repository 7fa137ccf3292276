//go:build baremetal && tinygo

package main

import (
	"runtime"
	"time"
)

const setsClock = true

// setClock moves the clock. TinyGo's runtime has a call for it.
func setClock(by time.Duration) { runtime.AdjustTimeOffset(int64(by)) }
