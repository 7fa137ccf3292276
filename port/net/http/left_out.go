//go:build tinynetport

package http

// A leftOut is what an answer has in its header and does not send. It is one value, for
// under TinyGo each variable that a closure captures takes a piece of the heap.
type leftOut struct {
	header Header
	owned  bool            // header is no longer the handler's
	names  map[string]bool // nil while there are none
}

// out leaves the field out, if there is one.
func (l *leftOut) out(key string) {
	if l.owned {
		l.header.Del(key)
	} else if _, ok := headerValues(l.header, key); ok {
		l.name(key)
	}
}

func (l *leftOut) name(key string) {
	if l.names == nil {
		l.names = make(map[string]bool)
	}
	l.names[key] = true
}
