//go:build tinynet_port && tinygo

package behaviour_test

import "testing"

// skip does no more than say why: a test that TinyGo skips goes on, and fails.
func skip(t *testing.T, why string) { t.Log("skipped:", why) }

type left struct{}

// leave ends the test that called skip from deeper down.
func leave() { panic(left{}) }

// whole runs a test to its end, or until it leaves.
func whole(f func()) {
	defer func() {
		if r := recover(); r != nil {
			if _, ok := r.(left); !ok {
				panic(r)
			}
		}
	}()
	f()
}

// stacksOnHeap: TinyGo has the stack of each goroutine there, 64 kB on a computer,
// so what is in use of the heap says nothing.
const stacksOnHeap = true
