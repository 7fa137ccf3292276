//go:build tinynetport && baremetal && tinynet_stats

package net

import (
	"runtime"
	"runtime/volatile"
	"sync"
	"unsafe"
)

//go:extern _stack_top
var systemStackTop [0]byte

const (
	gcBlock = 16
	gcFree  = 0 // the state of a block that is not in use
	gcHead  = 1 // that of an object's first block
	gcTail  = 2 // that of its others

	// stackMark is the lowest word of a goroutine's stack. The rest of a stack is
	// zero at first.
	stackMark = 0xb83bf575

	// peakSlack is how much garbage may come together before the next collection
	// when the last found no new peak; without it a program at its peak would be
	// collected for each byte of its line.
	peakSlack = 512

	peakStart = 64 // of the record, in the page
)

// peak is the record that this computer reads. Package board knows it, too.
type peakRecord struct {
	magic       [4]byte
	heap        uint32 // bytes in use, the most there were
	stacks      uint32 // of these, in stacks of goroutines
	goroutines  uint32 // that had them
	deepest     uint32 // bytes used of a goroutine's stack
	collections uint32
	heapStart   uint32
	states      uint32
	blocks      uint32
	systemTop   uint32 // of the stack for interrupts and the scheduler
	allocated   uint64 // bytes in all
	slack       uint32 // above heap that is not looked into, after a collection in vain
}

func thePeak() *peakRecord {
	return (*peakRecord)(unsafe.Pointer(uintptr(pageAddress) + peakStart))
}

// peakLock is held by who keeps the record.
var peakLock sync.Mutex

// notePeak is called when something goes over the line or is waited for. What is
// in use is known only after a collection; one that could not find more than
// there was before is left out. What it reads of the heap stands still only as long
// as no other core allocates: the boards run with the scheduler "tasks".
func notePeak() {
	if !peakLock.TryLock() {
		return // another goroutine is about to note the same
	}
	defer peakLock.Unlock()
	p := thePeak()
	if string(p.magic[:]) != peakMagic {
		*p = peakRecord{
			heapStart: uint32(gcHeap), states: uint32(gcStates), blocks: uint32(gcBlocks),
			systemTop: uint32(uintptr(unsafe.Pointer(&systemStackTop))),
		}
		copy(p.magic[:], peakMagic)
	}
	p.allocated = gcAllocated
	if gcMost() <= p.heap+p.slack {
		return
	}
	p.lookAtStacks() // also at those that nobody needs any more
	runtime.GC()
	p.collections++
	p.slack = peakSlack
	if now := gcInUse(); now > p.heap {
		p.heap, p.slack = now, 0
		p.stacks, p.goroutines = p.lookAtStacks()
	}
}

// nextUsed is the first block from b on that is in use, or gcBlocks. Most of a machine's
// memory is free, so many blocks are passed over at once: a byte has the states of four.
func nextUsed(b uintptr) uintptr {
	for b < gcBlocks {
		states := gcStates + b/4
		switch {
		case b%4 == 0 && states%4 == 0 && b+16 <= gcBlocks && volatile.LoadUint32((*uint32)(unsafe.Pointer(states))) == 0:
			b += 16
		case b%4 == 0 && b+4 <= gcBlocks && volatile.LoadUint8((*byte)(unsafe.Pointer(states))) == 0:
			b += 4
		case gcState(b) != gcFree:
			return b
		default:
			b++
		}
	}
	return gcBlocks
}

func (p *peakRecord) lookAtStacks() (bytes, count uint32) {
	for b := nextUsed(0); b < gcBlocks; b = nextUsed(b + 1) {
		if gcState(b) != gcHead {
			continue
		}
		low, ok := stackAt(b)
		if !ok {
			continue
		}
		start := gcHeap + b*gcBlock
		size := uint32(gcBlock)
		for b++; b < gcBlocks && gcState(b) == gcTail; b++ {
			size += gcBlock
		}
		b--
		free := low + 4
		for free < start+uintptr(size) && *(*uint32)(unsafe.Pointer(free)) == 0 {
			free += 4
		}
		p.deepest = max(p.deepest, uint32(start+uintptr(size)-free))
		bytes += size
		count++
	}
	return bytes, count
}
