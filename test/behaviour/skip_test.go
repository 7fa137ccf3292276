//go:build tinynet_port && !tinygo

package behaviour_test

import "testing"

// skip ends a test. Whoever calls it returns, for TinyGo's sake.
func skip(t *testing.T, why string) {
	t.Helper()
	t.Skip(why)
}

// leave is never reached.
func leave() {}

// whole runs a test to its end.
func whole(f func()) { f() }

// stacksOnHeap: what is in use of the heap says nothing.
const stacksOnHeap = false
