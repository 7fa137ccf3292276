//go:build tinynetport && port.board

package http

import _ "unsafe" // for go:linkname

// wipeStack is for a goroutine that is kept, when it has nothing more to do. It is given
// what stackBegins told when the goroutine began, and returns where the first leftovers
// were, or 0.
//
//go:linkname wipeStack net.wipeStack
func wipeStack(from uintptr) (deepest uintptr)

//go:linkname stackBegins net.stackBegins
func stackBegins() uintptr
