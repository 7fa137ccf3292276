//go:build tinynetport

package http

// A replacer replaces bytes by strings. It stands in the place of
// strings.Replacer, whose four algorithms take 10 kB of a board's flash.
type replacer []string

// newReplacer takes pairs: what is replaced, of one byte, and by what.
func newReplacer(pairs ...string) replacer { return pairs }

// find returns what c is replaced by.
func (r replacer) find(c byte) (string, bool) {
	for i := 0; i < len(r); i += 2 {
		if r[i][0] == c {
			return r[i+1], true
		}
	}
	return "", false
}

// Replace returns s with all replaced.
func (r replacer) Replace(s string) string {
	var b []byte
	done := 0
	for i := range len(s) {
		if by, ok := r.find(s[i]); ok {
			b = append(append(b, s[done:i]...), by...)
			done = i + 1
		}
	}
	if done == 0 {
		return s
	}
	return string(append(b, s[done:]...))
}
