//go:build tinynetport && port.board

package http

import "sync/atomic"

// How deep the stack of a goroutine that is kept is wiped, in steps of some 200 bytes:
// less than any dial and handshake takes, and any request that is served, so there is
// room.
const (
	clientDepth = 16
	serverDepth = 11
)

// wipeStack is for a goroutine that is kept, when it has nothing more to do.
func wipeStack(depth int) { wiped.Store(int32(wipe(depth))) }

// wipe overwrites what was left on the stack by what has run: TinyGo's collector takes
// each word there for an address, and one of a TLS connection keeps 20 kB. What it
// returns is of the words that it writes, so that the compiler has to write them.
//
//go:noinline
func wipe(depth int) int {
	var words [48]int
	for i := range words {
		words[i] = depth
	}
	n := 0
	if depth > 0 {
		n = wipe(depth - 1)
	}
	return n + words[n%len(words)]
}

// wiped has what wipe returns, and is never read.
var wiped atomic.Int32
