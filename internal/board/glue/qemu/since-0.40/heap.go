//go:build tinynetport && baremetal && tinynet_stats

package net

import (
	"runtime/volatile"
	"unsafe"
)

// What TinyGo's collector keeps of the heap since 0.40: it consists of blocks of 16
// bytes, each of which has two bits of state from gcStates on, and an object begins
// with a head of the collector's. How many blocks are in use it does not count.
//
//go:extern runtime.heapStart
var gcHeap uintptr

//go:extern runtime.metadataStart
var gcStates uintptr

//go:extern runtime.endBlock
var gcBlocks uintptr

//go:extern runtime.gcTotalAlloc
var gcAllocated uint64

//go:extern runtime.gcMallocs
var gcObjects uint64

// peakMagic are the first four bytes of a record about such a heap.
const peakMagic = "TNp2"

// stackAt tells whether a goroutine's stack may begin in a block, and where its
// lowest word is: behind the head, which is 8 bytes on ARM and 16 on RISC-V.
func stackAt(block uintptr) (low uintptr, ok bool) {
	for _, head := range [...]uintptr{8, 16} {
		low = gcHeap + block*gcBlock + head
		if *(*uint32)(unsafe.Pointer(low)) == stackMark {
			return low, true
		}
	}
	return 0, false
}

// gcState puts a block's state together: the lower bits of four blocks are in the
// lower half of a byte, the higher ones in the other.
func gcState(block uintptr) byte {
	b := volatile.LoadUint8((*byte)(unsafe.Pointer(gcStates+block/4))) >> (block % 4)
	return b&1 | b>>3&2
}

// What was known after the last count.
var gcCounted struct {
	inUse              uint32
	allocated, objects uint64
}

// gcMost is how many bytes are in use, or more: what was after the last count, and
// all that was allocated since, each with a head and a block that is not full.
func gcMost() uint32 {
	return gcCounted.inUse + uint32(gcAllocated-gcCounted.allocated) + uint32(gcObjects-gcCounted.objects)*2*gcBlock
}

// gcInUse is how many bytes are in use after a collection.
func gcInUse() uint32 {
	n := uint32(0)
	for b := nextUsed(0); b < gcBlocks; b = nextUsed(b + 1) {
		n += gcBlock
	}
	gcCounted.inUse, gcCounted.allocated, gcCounted.objects = n, gcAllocated, gcObjects
	return n
}
