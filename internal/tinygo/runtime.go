package tinygo

import "strings"

// A mending changes an expression of a file of TinyGo's. Where the file does not have it
// exactly once, as in a TinyGo that has mended it itself, the file stays as it is.
type mending struct{ match, with string }

// mendings are for files below src without which programs of the port end by
// themselves, whatever they do: docs/tinygo.md has the faults one by one.
var mendings = map[string]mending{
	// A deadline is a timer that is set and stopped. With the scheduler that TinyGo has for
	// computers since 0.38, one that was just stopped was asked how long to wait for it, which ended
	// the program. It is asked while it cannot be stopped.
	"runtime/scheduler_threads.go": {
		match: "timerQueueLock.Unlock()\n\t\t\ttimeout := ticksToNanoseconds(timerQueue.whenTicks() - now)",
		with:  "timeout := ticksToNanoseconds(timerQueue.whenTicks() - now)\n\t\t\ttimerQueueLock.Unlock()",
	},
}

// mended is the text of a file below src with its mending, and whether it has one.
func mended(name string, text []byte) ([]byte, bool) {
	m, ok := mendings[name]
	if !ok || strings.Count(string(text), m.match) != 1 {
		return nil, false
	}
	return []byte(strings.Replace(string(text), m.match, m.with, 1)), true
}
