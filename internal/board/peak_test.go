package board

import (
	"encoding/binary"
	"testing"
)

// TestDeepest makes a heap of ten blocks: a stack of three of which 20 bytes are
// used, one of two that is full, a mark in what is no object's beginning, and an
// object with no mark.
func TestDeepest(t *testing.T) {
	heap := make([]byte, 10*gcBlock)
	states := make([]byte, 3)
	set := func(block int, state byte) { states[block/4] |= state << (block % 4 * 2) }
	mark := func(block int) { binary.LittleEndian.PutUint32(heap[block*gcBlock:], stackMark) }
	for block, state := range []byte{gcHead, gcTail, gcTail, gcHead, gcTail, 0, gcHead, gcTail, gcTail, gcTail} {
		set(block, state)
	}
	mark(0)
	for i := 3*gcBlock - 20; i < 3*gcBlock; i++ {
		heap[i] = 1
	}
	if n := deepest(heap, states); n != 20 {
		t.Errorf("%d bytes of the first stack", n)
	}
	mark(3)
	for i := 3*gcBlock + 4; i < 5*gcBlock; i++ {
		heap[i] = 1
	}
	mark(5) // not in use
	mark(7) // within another
	for i := 6 * gcBlock; i < 7*gcBlock; i++ {
		heap[i] = 1
	}
	if n := deepest(heap, states); n != 2*gcBlock-4 {
		t.Errorf("%d bytes of the deepest stack", n)
	}
}
