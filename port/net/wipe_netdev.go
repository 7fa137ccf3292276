//go:build tinynetport

package net

import _ "unsafe" // for go:linkname

// wipeBelow is for who waits on a connection that has become idle, and may do so for
// long: below the frames in use, its stack has words that TinyGo's collector takes for
// addresses. To wipe it at each call would take too long. A handshake of TLS, and the
// check of a chain, call it, too.
//
//go:linkname wipeBelow
func wipeBelow() { wipeStack(stackBegins()) }
