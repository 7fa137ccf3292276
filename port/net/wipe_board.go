//go:build tinynetport && tinygo && baremetal && !xtensa

package net

import "unsafe"

// stackEnd is what TinyGo writes into the lowest word of each goroutine's stack, to
// notice when the stack is too small.
const stackEnd = uintptr(0x670c1333b83bf575 & uint64(^uintptr(0)))

// longestStack is how far below it is looked for.
const longestStack = 48 << 10

//go:linkname stackPointer runtime.getCurrentStackPointer
func stackPointer() uintptr

// heapBegins is a variable, and TinyGo's heap, in which stacks are, comes after those.
var heapBegins byte

// stackBegins is the address of the lowest word of a goroutine's stack, or 0. The
// goroutine asks for it at its beginning, when nothing below has been used: later there
// may be copies of stackEnd among what calls have left, as TinyGo compares with it.
//
//go:linkname stackBegins
//go:noinline
func stackBegins() uintptr {
	const size = unsafe.Sizeof(uintptr(0))
	top := stackPointer()
	least := max(uintptr(unsafe.Pointer(&heapBegins)), top-min(top, longestStack))
	for at := top - size; at > least; at -= size {
		if *(*uintptr)(unsafe.Pointer(at)) == stackEnd {
			return at
		}
	}
	return 0
}

// wipeStack overwrites what the calls that have returned have left on the stack, from
// there on, for a goroutine that is kept, when it has nothing to do: TinyGo's collector
// takes each word of a stack for an address, also those below the frames in use, and one
// of a TLS connection keeps 20 kB. Words that were never used stay zero, by which
// `tinynet run -stats` tells how deep a stack was. It returns where the first such
// leftovers were, or 0.
//
//go:linkname wipeStack
//go:noinline
func wipeStack(from uintptr) (deepest uintptr) {
	const size = unsafe.Sizeof(uintptr(0))
	top := stackPointer() // what is below is nobody's
	if from == 0 || from >= top {
		return 0
	}
	at := from + size
	for ; at < top && (top-at)%(16*size) != 0; at += size {
		wipeWord((*uintptr)(unsafe.Pointer(at)))
	}
	for ; at < top; at += 16 * size {
		w := (*[16]uintptr)(unsafe.Pointer(at))
		if w[0]|w[1]|w[2]|w[3]|w[4]|w[5]|w[6]|w[7]|w[8]|w[9]|w[10]|w[11]|w[12]|w[13]|w[14]|w[15] > 1 {
			break
		}
	}
	if at >= top {
		return 0
	}
	deepest = at
	for end := at + 16*size; at < end; at += size {
		wipeWord((*uintptr)(unsafe.Pointer(at)))
	}
	for ; at < top; at += 16 * size { // what is above was used, too
		w := (*[16]uintptr)(unsafe.Pointer(at))
		w[0], w[1], w[2], w[3], w[4], w[5], w[6], w[7] = 1, 1, 1, 1, 1, 1, 1, 1
		w[8], w[9], w[10], w[11], w[12], w[13], w[14], w[15] = 1, 1, 1, 1, 1, 1, 1, 1
	}
	return deepest
}

// wipeWord makes what may be an address none.
func wipeWord(word *uintptr) {
	if *word != 0 {
		*word = 1
	}
}
