//go:build tinynetport && baremetal && tinynet_stats

package net

import (
	"runtime/volatile"
	"unsafe"
)

// What TinyGo's collector keeps of the heap before 0.40: it consists of blocks of
// 16 bytes, each of which has two bits of state from gcStates on.
//
//go:extern runtime.heapStart
var gcHeap uintptr

//go:extern runtime.metadataStart
var gcStates uintptr

//go:extern runtime.endBlock
var gcBlocks uintptr

//go:extern runtime.gcTotalBlocks
var gcTaken uint64

//go:extern runtime.gcFreedBlocks
var gcFreed uint64

//go:extern runtime.gcTotalAlloc
var gcAllocated uint64

// peakMagic are the first four bytes of a record about such a heap.
const peakMagic = "TNp1"

// stackAt tells whether a goroutine's stack may begin in a block, and where its
// lowest word is.
func stackAt(block uintptr) (low uintptr, ok bool) {
	low = gcHeap + block*gcBlock
	return low, *(*uint32)(unsafe.Pointer(low)) == stackMark
}

func gcState(block uintptr) byte {
	b := volatile.LoadUint8((*byte)(unsafe.Pointer(gcStates + block/4)))
	return b >> (block % 4 * 2) & 3
}

// gcMost is how many bytes are in use, or more.
func gcMost() uint32 { return gcInUse() }

// gcInUse is how many bytes are in use after a collection.
func gcInUse() uint32 { return uint32(gcTaken-gcFreed) * gcBlock }
