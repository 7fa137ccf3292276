//go:build tinynetport

package unicode

import (
	"testing"
	"unicode"
)

// What case.go takes of Go's package.
const (
	UpperCase       = unicode.UpperCase
	LowerCase       = unicode.LowerCase
	MaxCase         = unicode.MaxCase
	MaxRune         = unicode.MaxRune
	ReplacementChar = unicode.ReplacementChar
)

var CaseRanges = unicode.CaseRanges

func TestCaseOf(t *testing.T) {
	for _, to := range []int{-1, UpperCase, LowerCase, unicode.TitleCase, MaxCase, MaxCase + 1} {
		for _, r := range []rune{-1 << 31, -1, 1<<31 - 1} {
			if got, want := caseOf(to, r), unicode.To(to, r); got != want {
				t.Errorf("%d in case %d is %d, want %d", r, to, got, want)
			}
		}
		for r := rune(0); r <= unicode.MaxRune+1; r++ {
			if got, want := caseOf(to, r), unicode.To(to, r); got != want {
				t.Fatalf("%U in case %d is %U, want %U", r, to, got, want)
			}
		}
	}
}
