//go:build tinynetport && port.smalltls

package big

import "math/bits"

// leavesOut tells whether numbers of all lengths are printed by little code.
const leavesOut = true

// shortText is itoa, of a number that is not 0.
func (x nat) shortText(neg bool, base int) []byte {
	q := append(nat(nil), x...)
	s := make([]byte, len(q)*_W/(bits.Len(uint(base))-1)+3)
	i := len(s)
	const half = _W / 2 // a half word and a rest are no more than a word
	b := Word(base)
	for len(q) > 0 {
		var rest Word
		for j := len(q) - 1; j >= 0; j-- {
			high := rest<<half | q[j]>>half
			low := high%(b*b)<<half | q[j]&(1<<half-1)
			q[j] = high/(b*b)<<half | low/(b*b)
			rest = low % (b * b)
		}
		if q[len(q)-1] == 0 {
			q = q[:len(q)-1]
		}
		s[i-1], s[i-2] = digits[rest%b], digits[rest/b]
		i -= 2
	}
	if s[i] == '0' {
		i++
	}
	if neg {
		i--
		s[i] = '-'
	}
	return s[i:]
}
