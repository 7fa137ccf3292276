//go:build tinynetport

package strconv

import (
	"testing"
	"unicode"
)

func TestPrint15(t *testing.T) {
	for _, r := range []rune{-1, -1 << 31, unicode.MaxRune + 1, 1<<31 - 1} {
		if isPrint15(r) {
			t.Errorf("%d can be printed", r)
		}
	}
	if unicode.Version != "15.0.0" {
		t.Skip("this Go has Unicode " + unicode.Version)
	}
	for r := rune(0); r <= unicode.MaxRune; r++ {
		if r >= 0x33000 && r>>12 != 0xe0 && r%101 > 0 {
			continue // nothing of what is there can be printed, and to look takes longest
		}
		if want := unicode.IsPrint(r); isPrint15(r) != want {
			t.Fatalf("%U can be printed: %v, want %v; the table would be\n%q", r, !want, want, ranges())
		}
	}
}

// ranges makes ranges15.
func ranges() []byte {
	var parts []byte
	last, is := rune(0x100), false
	for r := last; r <= unicode.MaxRune; r++ {
		if unicode.IsPrint(r) == is {
			continue
		}
		size := r - last
		last, is = r, !is
		more := 0
		for size>>(3*more) > 7 {
			more++
		}
		for ; more >= 0; more-- {
			part := byte(size>>(3*more)) & 7
			if more > 0 {
				part |= 8
			}
			parts = append(parts, part)
		}
	}
	if len(parts)%2 > 0 {
		parts = append(parts, 0)
	}
	var all []byte
	for i := 0; i < len(parts); i += 2 {
		all = append(all, parts[i]<<4|parts[i+1])
	}
	return all
}
