//go:build tinynetport

package textproto

// find looks a key up in a header. TinyGo puts the key of each look into a map on the
// heap, so it goes through a small one. One with many keys may be of somebody who
// wants to keep the board busy.
func find(h MIMEHeader, key string) []string {
	switch n := len(h); {
	case n == 0:
		return nil
	case n > 8:
		return h[key]
	}
	for k, v := range h {
		if k == key {
			return v
		}
	}
	return nil
}
