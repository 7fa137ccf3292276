//go:build tinynetport && port.smalltls

package elliptic

import (
	"math/big"
	"math/bits"
	"sync"
)

var once224, once256, once384, once521 sync.Once

// initCurve makes one curve.
func initCurve(size int) {
	switch size {
	case 224:
		once224.Do(initP224)
	case 256:
		once256.Do(initP256)
	case 384:
		once384.Do(initP384)
	case 521:
		once521.Do(initP521)
	}
}

// setString reads a number of a curve: digits only, in lower case.
func setString(s string, base uint) (*big.Int, bool) {
	var words []big.Word
	for i := range len(s) {
		carry := uint(s[i] - '0')
		if s[i] >= 'a' {
			carry = uint(s[i] - 'a' + 10)
		}
		if carry >= base {
			return nil, false
		}
		for j, w := range words {
			hi, lo := bits.Mul(uint(w), base)
			lo, over := bits.Add(lo, carry, 0)
			words[j], carry = big.Word(lo), hi+over
		}
		if carry > 0 {
			words = append(words, big.Word(carry))
		}
	}
	return new(big.Int).SetBits(words), len(s) > 0
}
