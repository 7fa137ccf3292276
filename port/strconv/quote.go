//go:build tinynetport

package strconv

// IsPrint tells what Go's tells: whether a rune shows as itself in a quoted string.
//
// The tables are pairs of a first and a last rune, and the exceptions in between.
// Only loops look into them, so that TinyGo leaves them in flash; a text that is
// quoted is rarely anything but ASCII.
func IsPrint(r rune) bool {
	switch {
	case r < 0x7f:
		return r >= ' '
	case r <= 0xff:
		return r >= 0xa1 && r != 0xad
	case r < 1<<16:
		for i := 0; i < len(isPrint16); i += 2 {
			if rune(isPrint16[i+1]) >= r {
				if rune(isPrint16[i]) > r {
					return false
				}
				for _, not := range isNotPrint16 {
					if rune(not) == r {
						return false
					}
				}
				return true
			}
		}
		return false
	}
	for i := 0; i < len(isPrint32); i += 2 {
		if rune(isPrint32[i+1]) >= r {
			if rune(isPrint32[i]) > r {
				return false
			}
			for _, not := range isNotPrint32 {
				if 0x10000+rune(not) == r {
					return false
				}
			}
			return true
		}
	}
	return false
}
