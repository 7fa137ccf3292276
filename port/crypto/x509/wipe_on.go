//go:build tinynetport && port.smalltls && tinygo && baremetal

package x509

import _ "unsafe" // for go:linkname

// wipeBelow overwrites what calls have left on the goroutine's stack: a check of a
// signature leaves the addresses of 3 kB there, which TinyGo's collector would keep.
//
//go:linkname wipeBelow net.wipeBelow
func wipeBelow()
