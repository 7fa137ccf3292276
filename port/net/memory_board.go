//go:build tinynetport && port.wordmemory

package net

import "unsafe"

// TinyGo calls memset for each piece of the heap, to clear it, and memcpy for each value that a
// channel, a map or an interface gets. Those of the library that it links on boards, built
// for size, do a byte at a time, in five instructions and in seven. These are in their
// place: the linker takes from a library what is not there already. The chips of Espressif
// have some in ROM. See docs/RATIONALE.md, "Memory by words".
//
// They may be called for anything, so they must not call: no allocation, and no loop of a
// kind for which the compiler would put a call of themselves.

const wordSize = unsafe.Sizeof(uintptr(0))

// blockWords is how many words are done between two comparisons.
const blockWords = 8

//export memset
func memset(to unsafe.Pointer, value int32, n uintptr) unsafe.Pointer {
	at := uintptr(to)
	end := at + n
	word := uintptr(uint8(value)) * (^uintptr(0) / 255)
	for ; at < end && at%wordSize != 0; at++ {
		*(*uint8)(unsafe.Pointer(at)) = uint8(value)
	}
	for ; end-at >= blockWords*wordSize; at += blockWords * wordSize {
		w := (*[blockWords]uintptr)(unsafe.Pointer(at))
		w[0], w[1], w[2], w[3], w[4], w[5], w[6], w[7] = word, word, word, word, word, word, word, word
	}
	for ; end-at >= wordSize; at += wordSize {
		*(*uintptr)(unsafe.Pointer(at)) = word
	}
	for ; at < end; at++ {
		*(*uint8)(unsafe.Pointer(at)) = uint8(value)
	}
	return to
}

//export memcpy
func memcpy(to, from unsafe.Pointer, n uintptr) unsafe.Pointer {
	at, end := uintptr(to), uintptr(to)+n
	ahead := uintptr(from) - at
	if ahead%wordSize == 0 { // else words would be unaligned on one side
		for ; at < end && at%wordSize != 0; at++ {
			*(*uint8)(unsafe.Pointer(at)) = *(*uint8)(unsafe.Pointer(at + ahead))
		}
		for ; end-at >= wordSize; at += wordSize {
			*(*uintptr)(unsafe.Pointer(at)) = *(*uintptr)(unsafe.Pointer(at + ahead))
		}
	}
	for ; at < end; at++ {
		*(*uint8)(unsafe.Pointer(at)) = *(*uint8)(unsafe.Pointer(at + ahead))
	}
	return to
}
