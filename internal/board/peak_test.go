package board

import (
	"encoding/binary"
	"testing"
)

// TestDeepest makes a heap of ten blocks: a stack of three of which 20 bytes are
// used, one of two that is full, a mark in what is no object's beginning, and an
// object with no mark.
func TestDeepest(t *testing.T) {
	t.Run("before 0.40", func(t *testing.T) { testDeepest(t, false, 0) })
	t.Run("ARM", func(t *testing.T) { testDeepest(t, true, 8) })
	t.Run("RISC-V", func(t *testing.T) { testDeepest(t, true, 16) })
}

// testDeepest has objects with a head of so many bytes.
func testDeepest(t *testing.T, since040 bool, head int) {
	heap := make([]byte, 10*gcBlock)
	states := make([]byte, 3)
	set := func(block int, state byte) {
		if since040 {
			states[block/4] |= (state&1 | state>>1<<4) << (block % 4)
		} else {
			states[block/4] |= state << (block % 4 * 2)
		}
	}
	mark := func(block int) { binary.LittleEndian.PutUint32(heap[block*gcBlock+head:], stackMark) }
	for block, state := range []byte{gcHead, gcTail, gcTail, gcHead, gcTail, 0, gcHead, gcTail, gcTail, gcTail} {
		set(block, state)
	}
	mark(0)
	for i := 3*gcBlock - 20; i < 3*gcBlock; i++ {
		heap[i] = 1
	}
	if n := deepest(heap, states, since040); n != 20 {
		t.Errorf("%d bytes of the first stack, want 20", n)
	}
	mark(3)
	for i := 3*gcBlock + head + 4; i < 5*gcBlock; i++ {
		heap[i] = 1
	}
	mark(5) // not in use
	mark(7) // within another
	for i := 6 * gcBlock; i < 7*gcBlock; i++ {
		heap[i] = 1
	}
	want := 20 // of the first one, if the other has room for less
	if full := 2*gcBlock - head - 4; full > want {
		want = full
	}
	if n := deepest(heap, states, since040); n != want {
		t.Errorf("%d bytes of the deepest stack, want %d", n, want)
	}
}
