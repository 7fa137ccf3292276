package tether

// A ring is a queue of bytes. It grows as needed, up to most.
type ring struct {
	buf            []byte
	first, n, most int
}

// put appends p, and reports whether there was room for it.
func (r *ring) put(p []byte) bool {
	need := r.n + len(p)
	if need > r.most {
		return false
	}
	if need > len(r.buf) {
		size := max(len(r.buf), 128)
		for size < need {
			size *= 2
		}
		larger := make([]byte, min(size, r.most))
		n := r.n
		r.get(larger)
		r.buf, r.first, r.n = larger, 0, n
	}
	if len(p) > 0 {
		at := (r.first + r.n) % len(r.buf)
		copy(r.buf, p[copy(r.buf[at:], p):])
	}
	r.n = need
	return true
}

// get takes up to len(p) bytes.
func (r *ring) get(p []byte) int {
	p = p[:min(len(p), r.n)]
	copy(p[copy(p, r.buf[r.first:]):], r.buf)
	r.skip(len(p))
	return len(p)
}

func (r *ring) skip(n int) {
	if r.n -= n; r.n == 0 {
		r.first = 0
		return
	}
	r.first = (r.first + n) % len(r.buf)
}

func (r *ring) clear() { r.buf, r.first, r.n = nil, 0, 0 }
