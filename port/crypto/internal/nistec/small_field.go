//go:build tinynetport && port.smalltls

package nistec

import "math/bits"

// The NIST curves P-224, P-256, P-384 and P-521 for boards, in as little code
// as they can share, and with no table of points in flash: one loop multiplies
// for all fields, and one formula adds on all curves. Only the reduction of a
// product is written out for each field, since the primes are made for that.
// Limbs have 32 bits, as have the processors that this is for.
//
// What is done with secrets takes a time that depends on their size only, as
// far as the compiler and the processor's multiplication do not spoil it: loops
// have fixed bounds, choices are made by masks, and the formulas have no special
// cases.

// maxLimbs is what the largest field takes, that of P-521.
const maxLimbs = 17

// An elem is an element x of a curve's field, as x*2^(32n) modulo p where n is
// the number of limbs (Montgomery's form), the least significant limb first.
// It is always less than p.
type elem [maxLimbs]uint32

// A field is the integers modulo a prime p.
type field struct {
	n    int  // limbs in use: 7, 8, 12 or 17
	size int  // bytes of an encoded element
	p    elem // not in Montgomery's form
	one  elem
	rr   elem // 2^(64n) mod p, as an integer
}

func (f *field) init(p []byte) {
	f.size = len(p)
	f.n = (len(p) + 3) / 4
	limbs(&f.p, p)
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

// restore adds p to z if again is all ones, and nothing if it is 0.
func (f *field) restore(z []uint32, again uint32) {
	p := f.p[:len(z)]
	var carry uint32
	for i, v := range z {
		sum := uint64(v) + uint64(p[i]&again) + uint64(carry)
		z[i] = uint32(sum)
		carry = uint32(sum >> 32)
	}
}

// add sets z to x+y.
func (f *field) add(z, x, y *elem) {
	a, b, p, sum := x[:f.n], y[:f.n], f.p[:f.n], z[:f.n]
	var carry int64
	for i, v := range a {
		carry += int64(v) + int64(b[i]) - int64(p[i])
		sum[i] = uint32(carry)
		carry >>= 32
	}
	f.restore(sum, uint32(carry))
}

// sub sets z to x-y.
func (f *field) sub(z, x, y *elem) {
	a, b, difference := x[:f.n], y[:f.n], z[:f.n]
	var carry int64
	for i, v := range a {
		carry += int64(v) - int64(b[i])
		difference[i] = uint32(carry)
		carry >>= 32
	}
	f.restore(difference, uint32(carry))
}

// halve sets z to z/2: it makes z even, by p, and shifts.
func (f *field) halve(z *elem) {
	a, p := z[:f.n], f.p[:f.n]
	odd := mask(a[0] & 1)
	var carry uint64
	var low uint32
	for i, v := range a {
		carry += uint64(v) + uint64(p[i]&odd)
		if i > 0 {
			a[i-1] = low>>1 | uint32(carry)<<31
		}
		low = uint32(carry)
		carry >>= 32
	}
	a[len(a)-1] = low>>1 | uint32(carry)<<31
}

// addMul adds x*m to t, which is as long, and returns what is carried out of it.
func addMul(t, x []uint32, m uint32) uint32 {
	var carry uint32
	for i, v := range x {
		sum := uint64(v)*uint64(m) + uint64(t[i]) + uint64(carry)
		t[i] = uint32(sum)
		carry = uint32(sum >> 32)
	}
	return carry
}

// addMul4 adds x*m + high to t, and sets the four limbs of t that follow those
// of x. Four limbs of m at once need half of the loads and stores that one after
// the other would need. high is what the four limbs on the way have been given
// already.
//
// No sum is too large for 64 bits, since (b-1)² + 2(b-1) = b²-1.
func addMul4(t, x []uint32, m, high *[4]uint32) {
	m0, m1, m2, m3 := m[0], m[1], m[2], m[3]
	h0, h1, h2, h3 := high[0], high[1], high[2], high[3]
	at := t[:len(x)]
	for i, v := range x {
		sum := uint64(v)*uint64(m0) + uint64(h0) + uint64(at[i])
		at[i] = uint32(sum)
		sum = uint64(v)*uint64(m1) + uint64(h1) + sum>>32
		h0 = uint32(sum)
		sum = uint64(v)*uint64(m2) + uint64(h2) + sum>>32
		h1 = uint32(sum)
		sum = uint64(v)*uint64(m3) + uint64(h3) + sum>>32
		h2 = uint32(sum)
		h3 = uint32(sum >> 32)
	}
	*(*[4]uint32)(t[len(x):]) = [4]uint32{h0, h1, h2, h3}
}

// A product is that of two elements, before it is reduced. Zeros stand before it,
// and in its place when there is none.
type product [pad + 2*maxLimbs]uint32

// pad is how many limbs reduce looks back.
const pad = 7

// A calc computes in a curve's field. It is apart from the curve, which all
// goroutines use; and from the stack, since clearing a product would take as long
// as reducing it.
type calc struct {
	*curve
	t product
}

// mul sets z to x*y.
func (c *calc) mul(z, x, y *elem) {
	c.multiply(x, y)
	c.reduce(z)
}

// square sets z to x*x.
func (c *calc) square(z, x *elem) {
	c.multiplySame(x)
	c.reduce(z)
}

// multiply sets c.t, whose lower half is 0, to x*y.
func (c *calc) multiply(x, y *elem) {
	n, t := c.n, c.t[pad:]
	i := 0
	for ; i+4 <= n; i += 4 {
		addMul4(t[i:], x[:n], (*[4]uint32)(y[i:]), &[4]uint32{})
	}
	for ; i < n; i++ {
		t[i+n] = addMul(t[i:i+n], x[:n], y[i])
	}
}

// multiplySame sets c.t, whose lower half is 0, to x*x, with little more than half
// of the products of limbs.
func (c *calc) multiplySame(x *elem) {
	n, t := c.n, c.t[pad:]
	i := 0
	for ; i+4 <= n; i += 4 {
		// Among these four limbs are six products; what goes further than the
		// first of them is the beginning of those with the limbs above.
		m, at := (*[4]uint32)(x[i:]), (*[4]uint32)(t[2*i:])
		sum := uint64(m[0])*uint64(m[1]) + uint64(at[1])
		at[1] = uint32(sum)
		sum = uint64(m[0])*uint64(m[2]) + uint64(at[2]) + sum>>32
		at[2] = uint32(sum)
		sum = uint64(m[0])*uint64(m[3]) + uint64(at[3]) + sum>>32
		other := uint64(m[1])*uint64(m[2]) + uint64(uint32(sum))
		at[3] = uint32(other)
		other = uint64(m[1])*uint64(m[3]) + sum>>32 + other>>32
		sum = uint64(m[2])*uint64(m[3]) + other>>32
		addMul4(t[2*i+4:], x[i+4:n], m, &[4]uint32{uint32(other), uint32(sum), uint32(sum >> 32)})
	}
	for ; i < n; i++ {
		t[i+n] = addMul(t[2*i+1:i+n], x[i+1:n], x[i])
	}
	// Twice that, and the squares of the limbs.
	var carry uint64
	var out uint32
	for i, v := range x[:n] {
		two := (*[2]uint32)(t[2*i:])
		low, high, square := two[0], two[1], uint64(v)*uint64(v)
		carry += uint64(low<<1|out) + uint64(uint32(square))
		two[0] = uint32(carry)
		carry = carry>>32 + uint64(high<<1|low>>31) + square>>32
		two[1] = uint32(carry)
		carry >>= 32
		out = high >> 31
	}
}

// reduce sets z to c.t/2^(32n) modulo p, by Montgomery's reduction: it adds m*p to t
// with the m that makes the lower half 0. The primes are, with b = 2^32,
//
//	P-224: b^7 - b^3 + 1
//	P-256: b^8 - b^7 + b^6 + b^3 - 1
//	P-384: b^12 - b^4 - b^3 + b - 1
//	P-521: 2^9 b^16 - 1
//
// so that a limb of m*p is the sum of few limbs of m; and the next limb of m is
// the one that makes the sum with t 0. It is put in the place of t's, and zeros
// into the upper half, for limbs of m that there are not. In the end all is zero.
func (c *calc) reduce(z *elem) {
	t, p, sum := &c.t, &c.p, z[:c.n]
	var carry int64
	switch c.n {
	case 7:
		for i := range 7 {
			m := t[i : i+pad+1]
			carry += int64(m[7]) - int64(m[4])
			m[7] = -uint32(carry)
			carry = (carry + int64(m[7])) >> 32
		}
		for i := range 7 {
			m := t[i+7 : i+7+pad+1]
			carry += int64(m[7]) - int64(m[4]) + int64(m[0]) - int64(p[i])
			m[0], m[7] = 0, 0
			sum[i] = uint32(carry)
			carry >>= 32
		}
	case 8:
		for i := range 8 {
			m := t[i : i+pad+1]
			carry += int64(m[7]) + int64(m[4]) + int64(m[1]) - int64(m[0])
			m[7] = uint32(carry)
			carry >>= 32
		}
		for i := range 8 {
			m := t[i+8 : i+8+pad+1]
			carry += int64(m[7]) + int64(m[4]) + int64(m[1]) - int64(m[0]) + int64(t[pad+i]) - int64(p[i])
			t[pad+i], m[7] = 0, 0
			sum[i] = uint32(carry)
			carry >>= 32
		}
	case 12:
		for i := range 12 {
			m := t[i : i+pad+1]
			carry += int64(m[7]) + int64(m[6]) - int64(m[4]) - int64(m[3])
			m[7] = uint32(carry)
			carry >>= 32
		}
		for i := range 12 {
			m := t[i+12 : i+12+pad+1]
			carry += int64(m[7]) + int64(m[6]) - int64(m[4]) - int64(m[3]) + int64(t[pad+i]) - int64(p[i])
			t[pad+i], m[7] = 0, 0
			sum[i] = uint32(carry)
			carry >>= 32
		}
	case 17:
		// All lower limbs of m are t's, but one.
		carry = int64(t[pad+16]) + int64(t[pad]<<9)
		t[pad+16] = uint32(carry)
		carry >>= 32
		for i := range 17 {
			m := t[pad+i : pad+i+18]
			carry += int64(m[17]) + int64(m[1]<<9|m[0]>>23) - int64(p[i])
			m[0], m[17] = 0, 0
			sum[i] = uint32(carry)
			carry >>= 32
		}
	}
	// That is the sum less p, which is less than p.
	c.restore(sum, uint32(carry))
}

// pow sets z to x to the power of e, which is no secret.
func (c *calc) pow(z, x, e *elem) {
	base, r := *x, c.one
	for i := 32*c.n - 1; i >= 0; i-- {
		c.square(&r, &r)
		if e[i/32]>>(i%32)&1 == 1 {
			c.mul(&r, &r, &base)
		}
	}
	*z = r
}

// invert sets z to 1/x, or 0 if x is 0 (Fermat).
func (c *calc) invert(z, x *elem) {
	var e elem
	less := uint32(2)
	for i := range c.n {
		var borrow uint32
		e[i], borrow = bits.Sub32(c.p[i], less, 0)
		less = borrow
	}
	c.pow(z, x, &e)
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
func (f *field) choose(z, x, y *elem, cond uint32) {
	a, b, chosen := x[:f.n], y[:f.n], z[:f.n]
	keep := mask(cond)
	for i, v := range a {
		chosen[i] = v&keep | b[i]&^keep
	}
}

// decode sets z to a big-endian number, and reports whether it is less than p.
func (c *calc) decode(z *elem, b []byte) bool {
	var x elem
	limbs(&x, b)
	var borrow uint32
	for i := range c.n {
		_, borrow = bits.Sub32(x[i], c.p[i], borrow)
	}
	c.mul(z, &x, &c.rr)
	return borrow == 1
}

func (c *calc) encode(b []byte, x *elem) {
	var plain elem
	c.mul(&plain, x, &elem{1})
	c.bytes(b, &plain)
}

// bytes puts x, which is not in Montgomery's form, into b.
func (f *field) bytes(b []byte, x *elem) {
	for i := range f.size {
		at := f.size - 1 - i
		b[i] = byte(x[at/4] >> (at % 4 * 8))
	}
}

// sqrt sets z to a square root of x, if there is one (Tonelli and Shanks). x is
// no secret.
func (c *calc) sqrt(z, x *elem) bool {
	// p is 2^s q + 1, with an odd q; but for P-224, s is 1.
	q, s := c.p, 0
	for q[0]--; q[0]&1 == 0; s++ {
		q.shift(c.n)
	}
	half := q
	half.shift(c.n)
	// root² is x rest, and the order of rest is 2^i. Each step makes i less.
	var root, rest, power, other elem
	c.pow(&power, x, &half)
	c.mul(&root, &power, x)
	c.mul(&rest, &root, &power)
	for range 11 { // no square in P-224
		c.add(&other, &other, &c.one)
	}
	if s > 1 {
		c.pow(&other, &other, &q)
	}
	for {
		i := 0
		for power = rest; i < s && c.equal(&power, &c.one) == 0; i++ {
			c.square(&power, &power)
		}
		if i == s {
			return false
		}
		if i == 0 {
			*z = root
			return true
		}
		for range s - i - 1 {
			c.square(&other, &other)
		}
		c.mul(&root, &root, &other)
		c.square(&other, &other)
		c.mul(&rest, &rest, &other)
		s = i
	}
}

// shift halves x, as an integer of n limbs.
func (x *elem) shift(n int) {
	for i := range n - 1 {
		x[i] = x[i]>>1 | x[i+1]<<31
	}
	x[n-1] >>= 1
}
