//go:build tinynetport && port.smalltls

package big

import "math/bits"

// leavesOut tells whether large numbers are printed by the same code as small ones.
const leavesOut = true

// digitsOf returns how many digits a number takes at most, of so many bits: as many as
// in the next smaller base that is a power of two. A tenth of them too many, for ten.
func digitsOf(n, base int) int { return n/(bits.Len(uint(base))-1) + 1 }
