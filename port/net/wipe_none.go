//go:build tinynetport && !(tinygo && baremetal && !xtensa)

package net

import _ "unsafe" // for go:linkname

// wipeStack has nothing to do where the collector knows what is an address. The frames
// of Xtensa keep registers below them.
//
//go:linkname wipeStack
func wipeStack(uintptr) uintptr { return 0 }

// stackBegins is for it.
//
//go:linkname stackBegins
func stackBegins() uintptr { return 0 }
