//go:build tinynetport && !port.smalltls

package big

// leavesOut tells whether numbers of all lengths are printed by little code.
const leavesOut = false

func (x nat) shortText(neg bool, base int) []byte { panic("unreachable") }
