// Signers signs with many keys, each of which it then forgets, and says how much
// memory is still in use.
package main

import (
	"crypto/ed25519"
	"runtime"
)

func main() {
	sign(100)
	before := inUse()
	sign(3000)
	println("grown by", int64(inUse()-before)/3000, "bytes a key")
	println("end")
}

func sign(keys int) {
	seed := make([]byte, ed25519.SeedSize)
	for i := range keys {
		seed[0], seed[1] = byte(i), byte(i>>8)
		key := ed25519.NewKeyFromSeed(seed)
		if !ed25519.Verify(key.Public().(ed25519.PublicKey), seed, ed25519.Sign(key, seed)) {
			println("FAIL: the signature is not its own")
		}
	}
}

func inUse() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapInuse
}
