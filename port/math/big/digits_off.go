//go:build tinynetport && !port.smalltls

package big

import "math"

// leavesOut tells whether large numbers are printed by the same code as small ones.
const leavesOut = false

// digitsOf returns how many digits a number takes at most, of so many bits.
func digitsOf(bits, base int) int { return int(float64(bits)/math.Log2(float64(base))) + 1 }
