//go:build tinynetport && baremetal

package net

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"runtime"
	"runtime/volatile"
	"sync"
	"unsafe"
)

// TinyGo has no source of random numbers for these machines and no idea of the
// date. Before the machine begins, 32 random bytes are put at pageAddress, again
// the same ones when it is reset. So that the numbers after a reset are others, the
// generator's key also depends on 32 bytes behind them, which a reset leaves alone
// and in which each run of the program leaves something for the next.
func init() {
	r := new(boardRandom)
	at := func(i int) *byte { return (*byte)(unsafe.Pointer(uintptr(pageAddress) + uintptr(i))) }
	for i := range r.key {
		r.key[i] = volatile.LoadUint8(at(i)) ^ volatile.LoadUint8(at(i+len(r.key)))
	}
	var next [len(r.key)]byte
	r.Read(next[:])
	for i, b := range next {
		volatile.StoreUint8(at(i+len(r.key)), b)
	}
	rand.Reader = r
	if now := boardDate(); now > 0 {
		runtime.AdjustTimeOffset(now)
	}
}

// A boardRandom makes random bytes of a key: the hashes of it and a counter. Each
// Read ends with a new key, the first of them.
type boardRandom struct {
	mu  sync.Mutex
	key [sha256.Size]byte
}

func (r *boardRandom) Read(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	var block [sha256.Size + 8]byte
	copy(block[:], r.key[:])
	r.key = sha256.Sum256(block[:])
	for n := 0; n < len(p); {
		count := block[sha256.Size:]
		binary.LittleEndian.PutUint64(count, binary.LittleEndian.Uint64(count)+1)
		sum := sha256.Sum256(block[:])
		n += copy(p[n:], sum[:])
	}
	return len(p), nil
}
