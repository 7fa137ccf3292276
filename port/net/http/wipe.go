//go:build tinynetport && port.board

package http

import _ "unsafe" // for go:linkname

// wipeStack is for a goroutine that is kept, when it has nothing more to do.
//
//go:linkname wipeStack net.wipeStack
func wipeStack()
