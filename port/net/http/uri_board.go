//go:build tinynetport && port.board

package http

// plainURI splits what a request asks for, where nothing in it has to be unpacked.
func plainURI(raw string) (path, query string, ok bool) {
	if raw == "" || raw[0] != '/' {
		return "", "", false
	}
	mark := len(raw)
	for i := 1; i < len(raw); i++ {
		switch c := raw[i]; {
		case mark < i: // in the query, which stays as it is
			if c < ' ' || c == 0x7f {
				return "", "", false
			}
		case 'a' <= c|0x20 && c|0x20 <= 'z', '-' <= c && c <= '9', c == '_', c == '~':
		case c == '?' && i+1 < len(raw):
			mark = i
		default:
			return "", "", false
		}
	}
	if mark < len(raw) {
		query = raw[mark+1:]
	}
	return raw[:mark], query, true
}
