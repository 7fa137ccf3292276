//go:build tinynetport

package ascii

// lowered writes ASCII in small letters.
func lowered(s string) string {
	for i := range len(s) {
		if s[i] != lower(s[i]) {
			b := []byte(s)
			for j, c := range b {
				b[j] = lower(c)
			}
			return string(b)
		}
	}
	return s
}
