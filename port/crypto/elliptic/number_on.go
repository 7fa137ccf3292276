//go:build tinynetport && port.smalltls

package elliptic

import (
	"math/big"
	"math/bits"
)

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
