package lneto

import "testing"

// TestSipHash holds the hash against the numbers that its authors give for the
// key 00 01 ... 0f, and messages 00 01 02 ... of 0, 8 and 16 bytes.
func TestSipHash(t *testing.T) {
	k := key{0x0706050403020100, 0x0f0e0d0c0b0a0908}
	words := []uint64{0x0706050403020100, 0x0f0e0d0c0b0a0908}
	for n, want := range []uint64{0x726fdb47dd0e0e31, 0x93f5f5799a932462, 0x3f2acc7f57c29bdb} {
		if got := k.hash(words[:n]...); got != want {
			t.Errorf("the hash of %d bytes is %#x, want %#x", 8*n, got, want)
		}
	}
}
