//go:build tinynetport && port.smalltls

package nistec

// X25519 of RFC 7748, with the multiplication of limbs that the NIST curves have,
// which takes less on a board's processor than products of 64 bits.
//
// A number modulo p = 2^255 - 19 is one of eight limbs, and any below 2^256 will
// do: 2^256 is 38 modulo p, so what is carried out comes in below, 38 times. As in
// the curves, time does not depend on what the numbers are.

// X25519 sets dst to the u coordinate of scalar times the point whose u coordinate
// is given, each of 32 bytes, little-endian.
func X25519(dst, scalar, point []byte) {
	// It has a workspace only for its memory: no more of a curve is used than that
	// it has eight limbs.
	w := exchange{newWorkspace(&curve{field: field{n: 8}})}
	var k elem
	for i := range 8 {
		k[i] = little(scalar[4*i:])
		w.g[i] = little(point[4*i:])
	}
	w.g[7] &^= 1 << 31
	k[0] &^= 7
	k[7] = k[7]&^(1<<31) | 1<<30

	// RFC 7748, section 5: of two points whose difference is the given one, the
	// first is doubled and the second gets the sum, or the other way round.
	u := w.g
	x2, z2, x3, z3 := &w.at.x, &w.at.y, &w.part.x, &w.part.y
	x2[0], z3[0] = 1, 1
	*x3 = *u
	swapped := uint32(0)
	for i := 254; i >= 0; i-- {
		bit := k[i/32] >> (i % 32) & 1
		exchangeIf(x2, x3, swapped^bit)
		exchangeIf(z2, z3, swapped^bit)
		swapped = bit
		w.ladder(u, x2, z2, x3, z3)
	}
	// The lowest bits are 0, so that nothing is left to be exchanged.
	w.invert(w.h, z2)
	w.mul(x2, x2, w.h)
	w.canonical(x2)
	for i := range dst[:32] {
		dst[i] = byte(x2[i/4] >> (i % 4 * 8))
	}
	w.forget()
}

func little(b []byte) uint32 {
	return uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16 | uint32(b[3])<<24
}

// exchangeIf exchanges x and y if cond is 1.
func exchangeIf(x, y *elem, cond uint32) {
	keep := mask(cond)
	for i := range 8 {
		differ := (x[i] ^ y[i]) & keep
		x[i] ^= differ
		y[i] ^= differ
	}
}

// An exchange computes modulo 2^255 - 19.
type exchange struct{ *workspace }

// ladder is a step of the ladder: with the names of RFC 7748,
//
//	A = x2 + z2, B = x2 - z2, E = A² - B², C = x3 + z3, D = x3 - z3
//	x3 = (DA + CB)²
//	z3 = u (DA - CB)²
//	x2 = A² B²
//	z2 = E (A² + 121665 E)
func (w exchange) ladder(u, x2, z2, x3, z3 *elem) {
	a, b, c, d := w.h, w.i, w.s, w.t
	w.add(a, x2, z2)
	w.sub(b, x2, z2)
	w.add(c, x3, z3)
	w.sub(d, x3, z3)
	w.mul(d, d, a)
	w.mul(c, c, b)
	w.add(x3, d, c)
	w.square(x3, x3)
	w.sub(z3, d, c)
	w.square(z3, z3)
	w.mul(z3, z3, u)
	w.square(a, a)
	w.square(b, b)
	w.mul(x2, a, b)
	w.sub(b, a, b)
	w.scale(z2, b)
	w.add(z2, z2, a)
	w.mul(z2, z2, b)
}

// wrap brings what was carried out of z, which is a few million times 2^256 at
// most, or -1 times that, in below. The second time z is as small as that product
// was, or as large as a small number below 0 is, so that nothing is carried beyond
// the lowest limb.
func wrap(z *elem, carry int64) {
	carry *= 38
	for i := range 8 {
		carry += int64(z[i])
		z[i] = uint32(carry)
		carry >>= 32
	}
	z[0] += 38 * uint32(carry)
}

func (w exchange) add(z, x, y *elem) {
	var carry uint64
	for i := range 8 {
		carry += uint64(x[i]) + uint64(y[i])
		z[i] = uint32(carry)
		carry >>= 32
	}
	wrap(z, int64(carry))
}

func (w exchange) sub(z, x, y *elem) {
	var carry int64
	for i := range 8 {
		carry += int64(x[i]) - int64(y[i])
		z[i] = uint32(carry)
		carry >>= 32
	}
	wrap(z, carry)
}

// scale sets z to 121665x.
func (w exchange) scale(z, x *elem) {
	var carry uint64
	for i := range 8 {
		carry += 121665 * uint64(x[i])
		z[i] = uint32(carry)
		carry >>= 32
	}
	wrap(z, int64(carry))
}

func (w exchange) mul(z, x, y *elem) {
	w.multiply(x, y)
	w.fold(z)
}

func (w exchange) square(z, x *elem) {
	w.multiplySame(x)
	w.fold(z)
}

// fold sets z to the product in w.calc.t, whose lower half it clears.
func (w exchange) fold(z *elem) {
	low, high := (*[8]uint32)(w.calc.t[pad:]), (*[8]uint32)(w.calc.t[pad+8:])
	var carry uint64
	for i := range 8 {
		carry += uint64(low[i]) + 38*uint64(high[i])
		low[i] = 0
		z[i] = uint32(carry)
		carry >>= 32
	}
	wrap(z, int64(carry))
}

// invert sets z to 1/x, or 0 if x is 0: to x^(p-2), by Fermat. p-2 is 250 ones
// and 01011, in bits.
func (w exchange) invert(z, x *elem) {
	const ones = 250
	power := w.i
	*z = *x
	// z is x to as many ones as the bits of 250 say that were looked at.
	for i := 6; i >= 0; i-- {
		*power = *z
		for range ones >> (i + 1) {
			w.square(power, power)
		}
		w.mul(z, z, power)
		if ones>>i&1 == 1 {
			w.square(z, z)
			w.mul(z, z, x)
		}
	}
	for i := 4; i >= 0; i-- {
		w.square(z, z)
		if 0b01011>>i&1 == 1 {
			w.mul(z, z, x)
		}
	}
}

// canonical makes x less than p: it takes 2^255 from it, and p once more if x+19
// is not less than 2^255 then.
func (w exchange) canonical(x *elem) {
	w.above(x, 0)
	w.above(x, 19)
}

// above adds 19 to x for the bit 255 of x + more, and takes the bit from x. So it
// takes p from x if x + more has that bit, and nothing if it has not: 19 is what
// is missing of p to 2^255.
func (w exchange) above(x *elem, more uint32) {
	carry := uint64(more)
	var top uint32
	for i := range 8 {
		carry += uint64(x[i])
		top = uint32(carry)
		carry >>= 32
	}
	carry = 19 * uint64(top>>31)
	for i := range 8 {
		carry += uint64(x[i])
		x[i] = uint32(carry)
		carry >>= 32
	}
	x[7] &^= 1 << 31
}
