// Bad ends in the way that how says. It uses no network.
package main

import (
	"os"
	"strings"
	"time"
	"unsafe"
)

// how is changed in the built file, so that one build does for all. It has the length
// of the longest.
var how = "bad:nothing"

// kept is where what is allocated stays.
var kept []*[1024]byte

func main() {
	time.Sleep(100 * time.Millisecond) // until somebody listens to what is printed
	println("bad: begins")
	if time.Now().Unix() < 0 {
		how = "" // so that no compiler takes it for a constant
	}
	switch strings.TrimRight(strings.TrimPrefix(how, "bad:"), " ") {
	case "exit":
		os.Exit(7)
	case "work":
		println("bad: worked", work(3_000_000))
		time.Sleep(100 * time.Millisecond)
		os.Exit(0)
	case "panic":
		giveUp()
	case "nil":
		deref(nil)
	case "map":
		store(nil)
	case "memory":
		for {
			kept = append(kept, new([1024]byte))
		}
	case "stack":
		println(deeper(1 << 20))
	case "fault":
		write(0x60000000)
	case "spin":
		spin()
	}
}

// work computes for a while.
//
//go:noinline
func work(n uint32) (sum uint32) {
	for i := range n {
		sum = sum*31 + i
	}
	return sum
}

//go:noinline
func giveUp() { panic("bad: it is broken") }

//go:noinline
func deref(p *int) { *p = 1 }

//go:noinline
func store(m map[string]int) { m["bad"] = 1 }

//go:noinline
func deeper(n int) int {
	var frame [64]int
	for i := range frame {
		frame[i] = n + i
	}
	if n == 0 {
		return frame[1]
	}
	time.Sleep(time.Microsecond) // where the scheduler looks at the stack
	return deeper(n-1) + frame[n%64]
}

//go:noinline
func write(address uintptr) { *(*uint32)(unsafe.Pointer(address)) = 1 }

//go:noinline
func spin() {
	for {
	}
}
