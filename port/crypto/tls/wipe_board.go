//go:build tinynetport && port.board && !port.elsewhere

package tls

import (
	_ "net"    // has wipeBelow
	_ "unsafe" // for go:linkname
)

// wipeBelow overwrites what calls that have returned have left on the goroutine's stack:
// TinyGo's collector takes each word there for an address, and so kept a quarter of what
// a handshake had in use. See docs/RATIONALE.md, "A handshake wipes its stack".
//
//go:linkname wipeBelow net.wipeBelow
func wipeBelow()
