//go:build tinynetport

package unicode

// caseOf tells what To tells: r in another case.
func caseOf(to int, r rune) rune {
	if to < 0 || to >= MaxCase {
		return ReplacementChar
	}
	if at := caseRangeOf(r); at >= 0 {
		return caseAt(to, r, at)
	}
	return r
}

// caseRangeOf is the place in CaseRanges of the range that r is in, or -1. Only this
// and caseAt look into them, and neither hands a pointer on.
func caseRangeOf(r rune) int {
	first, end := 0, len(CaseRanges)
	for first < end {
		at := first + (end-first)/2
		switch {
		case r < rune(CaseRanges[at].Lo):
			end = at
		case r > rune(CaseRanges[at].Hi):
			first = at + 1
		default:
			return at
		}
	}
	return -1
}

// caseAt is r in another case, where r is in the range at that place. Where the delta
// is UpperLower, which is more than any rune, letters of upper and of lower case take turns from the first on.
func caseAt(to int, r rune, at int) rune {
	delta := CaseRanges[at].Delta[to]
	if delta <= MaxRune {
		return r + delta
	}
	first := rune(CaseRanges[at].Lo)
	pair := (r - first) / 2
	if to == LowerCase {
		return first + 2*pair + 1
	}
	return first + 2*pair
}
