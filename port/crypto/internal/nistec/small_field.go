//go:build tinynetport && (baremetal || tlssmall) && !tlsfull

package nistec

import "math/bits"

// The NIST curves P-224, P-256, P-384 and P-521 for boards, in as
// little code as they can share: one loop for all fields, one formula for all
// additions, no tables. It is slower than code that is written out for a curve,
// by a factor of 2 to 5.
//
// What is done with secrets takes a time that depends on their size only, as
// far as the compiler and the processor's multiplication do not spoil it: loops
// have fixed bounds, choices are made by masks, and the addition formulas have
// no special cases.

// maxLimbs is what the largest field takes, that of P-521.
const maxLimbs = 17

// An elem is an element x of a curve's field, as x*2^(32n) modulo p where n is
// the number of limbs (Montgomery's form), the least significant limb first.
// It is always less than p.
type elem [maxLimbs]uint32

// A field is the integers modulo a prime p.
type field struct {
	n    int  // limbs in use
	size int  // bytes of an encoded element
	p    elem // not in Montgomery's form
	k    uint32
	one  elem
	rr   elem // 2^(64n) mod p, as an integer
}

func (f *field) init(p []byte) {
	f.size = len(p)
	f.n = (len(p) + 3) / 4
	limbs(&f.p, p)
	// k is -1/p modulo 2^32: each round doubles how many bits are right.
	inverse := f.p[0]
	for range 5 {
		inverse *= 2 - f.p[0]*inverse
	}
	f.k = -inverse
	x := elem{1}
	for i := range 64 * f.n {
		if i == 32*f.n {
			f.one = x
		}
		f.add(&x, &x, &x)
	}
	f.rr = x
}

// limbs takes a big-endian number apart.
func limbs(x *elem, b []byte) {
	*x = elem{}
	for i, v := range b {
		at := len(b) - 1 - i
		x[at/4] |= uint32(v) << (at % 4 * 8)
	}
}

// mask is all ones if bit is 1, and 0 if it is 0.
func mask(bit uint32) uint32 { return -bit }

// reduce sets z to x, or x-p if x is not less than p. The limb above x is top.
func (f *field) reduce(z *elem, x []uint32, top uint32) {
	var less elem
	var borrow uint32
	for i := range x {
		less[i], borrow = bits.Sub32(x[i], f.p[i], borrow)
	}
	_, borrow = bits.Sub32(top, 0, borrow)
	keep := mask(borrow)
	for i := range x {
		z[i] = x[i]&keep | less[i]&^keep
	}
}

func (f *field) add(z, x, y *elem) {
	var sum elem
	var carry uint32
	for i := range f.n {
		sum[i], carry = bits.Add32(x[i], y[i], carry)
	}
	f.reduce(z, sum[:f.n], carry)
}

func (f *field) sub(z, x, y *elem) {
	var borrow, carry uint32
	for i := range f.n {
		z[i], borrow = bits.Sub32(x[i], y[i], borrow)
	}
	again := mask(borrow)
	for i := range f.n {
		z[i], carry = bits.Add32(z[i], f.p[i]&again, carry)
	}
}

// mul is Montgomery's multiplication: one limb of x at a time is multiplied in,
// and a multiple of p added that makes the lowest limb 0, which is shifted out.
func (f *field) mul(z, x, y *elem) {
	var t [maxLimbs + 2]uint32
	n := f.n
	for i := range n {
		carry := addMul(t[:n], y[:n], x[i])
		var over uint32
		t[n], over = bits.Add32(t[n], carry, 0)
		t[n+1] = over
		carry = addMul(t[:n], f.p[:n], t[0]*f.k)
		t[n], over = bits.Add32(t[n], carry, 0)
		t[n+1] += over
		copy(t[:n+1], t[1:n+2])
	}
	f.reduce(z, t[:n], t[n])
}

// addMul adds x*m to t and returns what is carried out of it.
func addMul(t, x []uint32, m uint32) (carry uint32) {
	for i := range t {
		v := uint64(x[i])*uint64(m) + uint64(t[i]) + uint64(carry)
		t[i], carry = uint32(v), uint32(v>>32)
	}
	return carry
}

// pow sets z to x to the power of e, which is no secret.
func (f *field) pow(z, x *elem, e *elem) {
	base, r := *x, f.one
	for i := 32*f.n - 1; i >= 0; i-- {
		f.mul(&r, &r, &r)
		if e[i/32]>>(i%32)&1 == 1 {
			f.mul(&r, &r, &base)
		}
	}
	*z = r
}

// invert sets z to 1/x, or 0 if x is 0 (Fermat).
func (f *field) invert(z, x *elem) {
	var e elem
	less := uint32(2)
	for i := range f.n {
		var borrow uint32
		e[i], borrow = bits.Sub32(f.p[i], less, 0)
		less = borrow
	}
	f.pow(z, x, &e)
}

// isZero returns 1 if x is 0, else 0.
func (f *field) isZero(x *elem) uint32 {
	var any uint32
	for _, v := range x[:f.n] {
		any |= v
	}
	return 1 - (any|-any)>>31
}

func (f *field) equal(x, y *elem) uint32 {
	var d elem
	f.sub(&d, x, y)
	return f.isZero(&d)
}

// choose sets z to x if cond is 1, and to y if it is 0.
func choose(z, x, y *elem, cond uint32) {
	keep := mask(cond)
	for i := range z {
		z[i] = x[i]&keep | y[i]&^keep
	}
}

// decode sets z to a big-endian number, and reports whether it is less than p.
func (f *field) decode(z *elem, b []byte) bool {
	var x elem
	limbs(&x, b)
	var borrow uint32
	for i := range f.n {
		_, borrow = bits.Sub32(x[i], f.p[i], borrow)
	}
	f.mul(z, &x, &f.rr)
	return borrow == 1
}

func (f *field) encode(b []byte, x *elem) {
	var plain elem
	f.mul(&plain, x, &elem{1})
	for i := range f.size {
		at := f.size - 1 - i
		b[i] = byte(plain[at/4] >> (at % 4 * 8))
	}
}

// sqrt sets z to a square root of x, if there is one. For p = 1 mod 4, which is
// P-224's case, it knows none.
func (f *field) sqrt(z, x *elem) bool {
	if f.p[0]&3 != 3 {
		return false
	}
	// x^((p+1)/4): p+1 has no carry beyond its limbs but in P-521, whose top
	// limb has room.
	var e elem
	carry := uint32(1)
	for i := range f.n {
		e[i], carry = bits.Add32(f.p[i], 0, carry)
	}
	for i := range f.n {
		next := carry
		if i+1 < f.n {
			next = e[i+1]
		}
		e[i] = e[i]>>2 | next<<30
	}
	var root, square elem
	f.pow(&root, x, &e)
	f.mul(&square, &root, &root)
	if f.equal(&square, x) == 0 {
		return false
	}
	*z = root
	return true
}
