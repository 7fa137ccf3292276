//go:build tinynetport

package net

// The queue of bytes in which the built-in loopback keeps what nobody has read.

// A ring is a queue of bytes that grows as far as loopBuffer.
type ring struct {
	buf   []byte
	first int
	n     int
}

func (r *ring) room() int { return loopBuffer - r.n }

// put appends as much of p as there is room for.
func (r *ring) put(p []byte) int {
	if most := r.room(); len(p) > most {
		p = p[:most]
	}
	if need := r.n + len(p); need > len(r.buf) {
		size := max(len(r.buf), 64)
		for size < need {
			size *= 2
		}
		larger := make([]byte, min(size, loopBuffer))
		n := r.n
		r.get(larger)
		r.buf, r.first, r.n = larger, 0, n
	}
	at := r.first + r.n
	if at >= len(r.buf) {
		at -= len(r.buf)
	}
	n := copy(r.buf[at:], p)
	copy(r.buf, p[n:])
	r.n += len(p)
	return len(p)
}

// get removes up to len(p) bytes.
func (r *ring) get(p []byte) int {
	if len(p) > r.n {
		p = p[:r.n]
	}
	n := copy(p, r.buf[r.first:])
	copy(p[n:], r.buf)
	r.skip(len(p))
	return len(p)
}

func (r *ring) skip(n int) {
	r.n -= n
	if r.first += n; r.first >= len(r.buf) {
		r.first -= len(r.buf)
	}
	if r.n == 0 {
		r.first = 0
	}
}
