//go:build tinynetport && port.smalltls

package nistec

import "errors"

// What the check of a signature needs. All that it handles is public: the key,
// the signature and the hash. So it takes the fewest steps that these values let
// it take, and its time depends on them; nothing here is for secrets.

// BothX returns the x coordinate of u1 times the base point + u2 times q. The
// scalars are big-endian, and have as many bytes as a coordinate. It is on points
// only since callers know a curve by its points: p is not changed.
func (p *smallPoint[C]) BothX(u1 []byte, q *smallPoint[C], u2 []byte) ([]byte, error) {
	return p.curve().bothX(u1, &q.v, u2)
}

// PublicInverse returns 1/x modulo a prime m, of which x is no multiple. Both are
// big-endian, as is the result, and have as many bytes as a coordinate.
func (p *smallPoint[C]) PublicInverse(x, m []byte) []byte {
	f := &field{n: p.curve().n, size: len(m)}
	var a elem
	limbs(&f.p, m)
	limbs(&a, x)
	f.publicInverse(&a, &a)
	b := make([]byte, len(m))
	f.bytes(b, &a)
	return b
}

// publicInverse sets z to 1/x modulo p, of which x is no multiple, by Euclid's
// algorithm for bits. Neither is in Montgomery's form.
//
// It keeps u = bx and v = cx modulo p, with an odd v. Neither u nor v is ever 0,
// as their greatest common divisor is that of x and p, which is 1: if they are the
// same, they are 1, and v = 1 is the end.
func (f *field) publicInverse(z, x *elem) {
	u, v, b, c := new(elem), new(elem), new(elem), new(elem)
	*u, *v, b[0] = *x, f.p, 1
	for {
		for u[0]&1 == 0 {
			u.shift(f.n)
			f.halve(b)
		}
		above := f.n - 1 // the highest limb that differs
		for above > 0 && u[above] == v[above] {
			above--
		}
		if u[above] < v[above] {
			u, v, b, c = v, u, c, b
		}
		if f.isOne(v) {
			*z = *c
			return
		}
		f.sub(u, u, v)
		f.sub(b, b, c)
	}
}

func (f *field) isOne(x *elem) bool {
	if x[0] != 1 {
		return false
	}
	for _, v := range x[1:f.n] {
		if v != 0 {
			return false
		}
	}
	return true
}

// A multiples is a point's odd multiples, from 1 to 15 times, in Jacobian
// coordinates: they are enough for digits that have no other values.
type multiples struct {
	packed [8][]uint32
	flash  string // instead: x and y of each, in Montgomery's form, little-endian; z is 1
}

// load sets v to the multiple, and reports whether z is 1.
func (m *multiples) load(w *workspace, v *vector, which int) bool {
	if m.flash == "" {
		w.unpack(v, m.packed[which/2], 1)
		return false
	}
	at := m.flash[which/2*8*w.n:]
	for i := range w.n {
		v.x[i] = littleEndian(at[4*i:])
		v.y[i] = littleEndian(at[4*(w.n+i):])
	}
	return true
}

func littleEndian(b string) uint32 {
	return uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16 | uint32(b[3])<<24
}

// prepare sets m to the multiples of q, which is in homogeneous coordinates.
func (m *multiples) prepare(w *workspace, q *vector) {
	*w.at = *q
	w.toJacobian()
	m.packed[0] = w.pack(w.at)
	w.twice()
	*w.part = *w.at
	w.unpack(w.at, m.packed[0], 1)
	for i := range m.packed {
		if i > 0 {
			w.join(w.part, false, false)
			m.packed[i] = w.pack(w.at)
		}
	}
}

// digits takes a big-endian scalar apart into digits at powers of two, most of
// which are 0 and the others odd, from -15 to 15. After one that is not 0 come
// four that are. It returns those that are not 0, the lowest first: 32 times the
// power of two, and the digit + 16.
func digits(scalar []byte) []uint16 {
	n := 8 * len(scalar)
	bits := func(i int) int { // from i on, the lowest eight or less
		at := len(scalar) - 1 - i/8
		if at < 0 {
			return 0
		}
		v := int(scalar[at])
		if at > 0 {
			v |= int(scalar[at-1]) << 8
		}
		return v >> (i % 8)
	}
	// Nothing is carried beyond n: of less than five bits no digit is 16 or more.
	d := make([]uint16, 0, n/5+1)
	carry := 0
	for i := 0; i <= n; {
		v := bits(i)&31 + carry
		if v&1 == 0 {
			i++ // and the carry, if any, goes on: the bit was 1
			continue
		}
		carry = v >> 4 & 1
		d = append(d, uint16(i<<5+v-carry<<5+16))
		i += 5
	}
	return d
}

// join adds q to w.at, or subtracts it. Both are in Jacobian coordinates; affine
// tells that q's z is 1. q may be infinite, or w.at or its negative.
func (w *workspace) join(q *vector, minus, affine bool) {
	x, y, z := &w.at.x, &w.at.y, &w.at.z
	h, r, hh := w.h, w.s, w.zz
	if !affine && w.isZero(&q.z) == 1 {
		return
	}
	if w.isZero(z) == 1 {
		*w.at = *q
		if affine {
			*z = w.one
		}
		if minus {
			w.sub(y, &w.p, y) // no point of these curves has y = 0
		}
		return
	}
	w.square(hh, z)
	w.mul(h, &q.x, hh)
	w.mul(hh, hh, z)
	w.mul(r, &q.y, hh)
	if minus {
		w.sub(r, &w.p, r)
	}
	if !affine {
		// The same point, with z times q's z.
		w.square(hh, &q.z)
		w.mul(x, x, hh)
		w.mul(hh, hh, &q.z)
		w.mul(y, y, hh)
		w.mul(z, z, &q.z)
	}
	// Both points are over the same z now: (x, y) and (h, r).
	w.sub(h, h, x)
	w.sub(r, r, y)
	if w.isZero(h) == 1 {
		if w.isZero(r) == 1 {
			w.twice()
		} else {
			*z = elem{}
		}
		return
	}
	// With v = x h², it is
	//
	//	x = r² - h³ - 2v
	//	y = r (v - x) - y h³
	//	z = z h
	v := w.t
	w.square(hh, h)
	w.mul(z, z, h)
	w.mul(h, h, hh)
	w.mul(v, x, hh)
	w.square(x, r)
	w.sub(x, x, h)
	w.sub(x, x, v)
	w.sub(x, x, v)
	w.sub(v, v, x)
	w.mul(r, r, v)
	w.mul(y, y, h)
	w.sub(y, r, y)
}

func (c *curve) bothX(u1 []byte, q *vector, u2 []byte) ([]byte, error) {
	if len(u1) != c.size || len(u2) != c.size {
		return nil, errScalar
	}
	w := newWorkspace(c)
	base, key := &multiples{flash: c.odd}, new(multiples)
	w.base, w.key = base, key
	key.prepare(w, q)
	if base.flash == "" {
		base.prepare(w, &vector{c.gx, c.gy, c.one})
	}
	d1, d2 := digits(u1), digits(u2)
	w.at.z = elem{}
	for i := 8 * c.size; i >= 0; i-- {
		if w.isZero(&w.at.z) == 0 {
			w.twice()
		}
		d1 = w.digit(i, base, d1)
		d2 = w.digit(i, key, d2)
	}
	z := &w.at.z
	if w.isZero(z) == 1 {
		return nil, errors.New("the point at infinity has no coordinates")
	}
	// Montgomery's form of z is 2^(32n) times z, so that of 1/z is 2^(64n)
	// times the inverse.
	w.publicInverse(z, z)
	w.mul(z, z, &w.rr)
	w.mul(z, z, &w.rr)
	w.square(z, z)
	w.mul(z, z, &w.at.x)
	b := make([]byte, c.size)
	w.encode(b, z)
	w.forget()
	return b, nil
}

// digit adds the point that m is of, times the last digit if that is for the power
// i of two, to w.at. It returns the other digits.
func (w *workspace) digit(i int, m *multiples, digits []uint16) []uint16 {
	last := len(digits) - 1
	if last < 0 || int(digits[last]>>5) != i {
		return digits
	}
	d := int(digits[last]&31) - 16
	affine := m.load(w, w.part, max(d, -d))
	w.join(w.part, d < 0, affine)
	return digits[:last]
}
