package tether

// A ring is a queue of bytes. It grows as needed, up to most, in small pieces: a heap
// whose free memory lies scattered, as TinyGo's does after a while, has no place for a
// large one.
type ring struct {
	head, tail *piece // head has the oldest bytes, tail the newest
	spare      *piece // what was emptied last, for the next bytes
	first      int    // where in head the oldest byte is
	n, most    int
}

// On a board a piece takes 256 bytes, with its pointer and its count.
type piece struct {
	next  *piece
	used  int // of bytes, from the start
	bytes [pieceSize]byte
}

const pieceSize = 256 - 8

// put appends p, and reports whether there was room for it.
func (r *ring) put(p []byte) bool {
	if r.n+len(p) > r.most {
		return false
	}
	r.n += len(p)
	for len(p) > 0 {
		if r.tail == nil || r.tail.used == pieceSize {
			r.grow()
		}
		n := copy(r.tail.bytes[r.tail.used:], p)
		r.tail.used += n
		p = p[n:]
	}
	return true
}

func (r *ring) grow() {
	next := r.spare
	if next == nil {
		next = new(piece)
	}
	r.spare = nil
	if r.tail == nil {
		r.head = next
	} else {
		r.tail.next = next
	}
	r.tail = next
}

// get takes up to len(p) bytes.
func (r *ring) get(p []byte) int {
	got := 0
	for got < len(p) && r.n > 0 {
		n := copy(p[got:], r.head.bytes[r.first:r.head.used])
		got += n
		r.skip(n)
	}
	return got
}

// skip drops the n oldest bytes.
func (r *ring) skip(n int) {
	r.n -= n
	for n > 0 {
		here := min(n, r.head.used-r.first)
		r.first += here
		n -= here
		if r.first < r.head.used {
			return
		}
		empty := r.head
		if r.head = empty.next; r.head == nil {
			r.tail = nil
		}
		// A conservative collector may still see the piece: it must lead to no others.
		empty.next, empty.used = nil, 0
		r.spare, r.first = empty, 0
	}
}

func (r *ring) clear() { *r = ring{most: r.most} }
