//go:build tinynetport && port.smalltls

package nistec

import (
	"errors"
	"sync/atomic"
)

// A curve is y² = x³ - 3x + b over a field.
type curve struct {
	field
	b, gx, gy elem
	odd       string // the base point's odd multiples, as multiples.flash has them, if there are any
}

// which tells a smallPoint its curve.
type which interface{ curve() *curve }

// A smallPoint is a point of a curve, in homogeneous coordinates: x/z and y/z are
// those of the affine point, and z = 0 is the point at infinity. Its methods are
// those that package nistec documents.
type smallPoint[C which] struct{ v vector }

type vector struct{ x, y, z elem }

// newSmall returns the point at infinity.
func newSmall[C which]() *smallPoint[C] {
	var c C
	return &smallPoint[C]{vector{y: c.curve().one}}
}

func (p *smallPoint[C]) curve() *curve {
	var c C
	return c.curve()
}

func (p *smallPoint[C]) calc() *calc { return &calc{curve: p.curve()} }

// SetGenerator sets p to the curve's base point.
func (p *smallPoint[C]) SetGenerator() *smallPoint[C] {
	c := p.curve()
	p.v = vector{c.gx, c.gy, c.one}
	return p
}

// Set sets p to q.
func (p *smallPoint[C]) Set(q *smallPoint[C]) *smallPoint[C] {
	p.v = q.v
	return p
}

// SetBytes sets p to an encoded point: SEC 1, version 2.0, section 2.3.4. If it
// is not one of the curve, p stays as it was.
func (p *smallPoint[C]) SetBytes(b []byte) (*smallPoint[C], error) {
	v, err := p.calc().decodePoint(b)
	if err != nil {
		return nil, err
	}
	p.v = *v
	return p, nil
}

// Bytes returns the uncompressed encoding of p, a zero byte for infinity.
func (p *smallPoint[C]) Bytes() []byte { return p.calc().encodePoint(&p.v, false) }

// BytesCompressed returns the compressed encoding of p, a zero byte for
// infinity.
func (p *smallPoint[C]) BytesCompressed() []byte { return p.calc().encodePoint(&p.v, true) }

// BytesX returns the encoding of p's x coordinate. Infinity has none.
func (p *smallPoint[C]) BytesX() ([]byte, error) {
	c := p.calc()
	b := c.encodePoint(&p.v, false)
	if len(b) == 1 {
		return nil, errors.New("the point at infinity has no coordinates")
	}
	return b[1 : 1+c.size], nil
}

// Add sets p to a + b.
func (p *smallPoint[C]) Add(a, b *smallPoint[C]) *smallPoint[C] {
	newWorkspace(p.curve()).sum(&p.v, &a.v, &b.v)
	return p
}

// Double sets p to a + a.
func (p *smallPoint[C]) Double(a *smallPoint[C]) *smallPoint[C] { return p.Add(a, a) }

// Negate sets p to -p if cond is 1.
func (p *smallPoint[C]) Negate(cond int) *smallPoint[C] {
	var minus elem
	c := p.curve()
	c.sub(&minus, &elem{}, &p.v.y)
	c.choose(&p.v.y, &minus, &p.v.y, uint32(cond))
	return p
}

var errScalar = errors.New("invalid scalar length")

// Select sets p to a if cond is 1, and to b if it is 0.
func (p *smallPoint[C]) Select(a, b *smallPoint[C], cond int) *smallPoint[C] {
	p.curve().pick(&p.v, &a.v, &b.v, uint32(cond))
	return p
}

// ScalarMult sets p to scalar times q. The scalar is big-endian.
func (p *smallPoint[C]) ScalarMult(q *smallPoint[C], scalar []byte) (*smallPoint[C], error) {
	w := newWorkspace(p.curve())
	w.times(&p.v, &q.v, scalar)
	w.forget()
	return p, nil
}

// ScalarBaseMult sets p to scalar times the base point. The scalar has as many
// bytes as a coordinate.
func (p *smallPoint[C]) ScalarBaseMult(scalar []byte) (*smallPoint[C], error) {
	if len(scalar) != p.curve().size {
		return nil, errScalar
	}
	return p.ScalarMult(new(smallPoint[C]).SetGenerator(), scalar)
}

func (c *curve) pick(z, x, y *vector, cond uint32) {
	c.choose(&z.x, &x.x, &y.x, cond)
	c.choose(&z.y, &x.y, &y.y, cond)
	c.choose(&z.z, &x.z, &y.z, cond)
}

// A workspace is the memory of an operation on points: not for a board's stack,
// and in small pieces, since a board's heap may have no large one left.
type workspace struct {
	*calc
	at, part               *vector
	xx, yy, zz, xy, yz, xz *elem
	g, h, i, s, t, two     *elem
	base, key              *multiples // in the check of a signature
}

func newWorkspace(c *curve) *workspace {
	w := &workspace{calc: &calc{curve: c}, at: new(vector), part: new(vector)}
	for _, e := range []**elem{&w.xx, &w.yy, &w.zz, &w.xy, &w.yz, &w.xz, &w.g, &w.h, &w.i, &w.s, &w.t, &w.two} {
		*e = new(elem)
	}
	return w
}

// spent is the workspace that was used last, empty.
var spent atomic.Pointer[workspace]

// forget lets go of the memory. An old word on a stack may look like an address
// in it, and would keep some 3 kB until it is overwritten. Since others can see the
// workspace then, the compiler cannot leave out what is done to it last.
func (w *workspace) forget() {
	if w.key != nil {
		*w.base, *w.key = multiples{}, multiples{}
	}
	*w = workspace{}
	spent.Store(w)
}

// sum sets r to p + q, whatever they are, equal and infinite ones too, by the
// complete formula for a = -3 of Renes, Costello and Batina, "Complete addition
// formulas for prime order elliptic curves", https://eprint.iacr.org/2015/1060.
func (w *workspace) sum(r, p, q *vector) {
	w.mul(w.xx, &p.x, &q.x)
	w.mul(w.yy, &p.y, &q.y)
	w.mul(w.zz, &p.z, &q.z)
	w.cross(w.xy, &p.x, &p.y, &q.x, &q.y, w.xx, w.yy)
	w.cross(w.yz, &p.y, &p.z, &q.y, &q.z, w.yy, w.zz)
	w.cross(w.xz, &p.x, &p.z, &q.x, &q.z, w.xx, w.zz)
	// g = 3(xz - b zz), h = 3(b xz - 3zz - xx), i = 3(xx - zz)
	w.mul(w.g, &w.b, w.zz)
	w.sub(w.g, w.xz, w.g)
	w.triple(w.g)
	w.mul(w.h, &w.b, w.xz)
	w.sub(w.h, w.h, w.xx)
	w.sub(w.i, w.xx, w.zz)
	w.triple(w.i)
	w.triple(w.zz)
	w.sub(w.h, w.h, w.zz)
	w.triple(w.h)
	// The sum is
	//
	//	x = xy (yy + g) - yz h
	//	y = (yy + g)(yy - g) + i h
	//	z = yz (yy - g) + xy i
	up, down := w.xz, w.zz
	w.add(up, w.yy, w.g)
	w.sub(down, w.yy, w.g)
	w.mul(w.s, w.xy, up)
	w.mul(w.t, w.yz, w.h)
	w.sub(&r.x, w.s, w.t)
	w.mul(w.s, up, down)
	w.mul(w.t, w.i, w.h)
	w.add(&r.y, w.s, w.t)
	w.mul(w.s, w.yz, down)
	w.mul(w.t, w.xy, w.i)
	w.add(&r.z, w.s, w.t)
}

// cross sets z to ae + bd, of which ad and be are known.
func (w *workspace) cross(z, a, b, d, e, ad, be *elem) {
	w.add(w.s, a, b)
	w.add(w.t, d, e)
	w.mul(z, w.s, w.t)
	w.sub(z, z, ad)
	w.sub(z, z, be)
}

func (w *workspace) triple(z *elem) {
	w.add(w.two, z, z)
	w.add(z, z, w.two)
}

// double sets w.at to 2^4 times itself. It goes through Jacobian coordinates, where
// doubling is cheaper: there the point is (x/z², y/z³). Doubling knows no special
// cases either, as no point of these curves is its own negative, but infinity,
// whose coordinates all become 0.
func (w *workspace) double() {
	x, y, z := &w.at.x, &w.at.y, &w.at.z
	w.toJacobian()
	for range 4 {
		w.twice()
	}
	w.mul(x, x, z)
	w.square(w.zz, z)
	w.mul(z, z, w.zz)
	w.choose(y, &w.one, y, w.isZero(z))
}

// toJacobian changes w.at from homogeneous coordinates to Jacobian ones.
func (w *workspace) toJacobian() {
	x, y, z := &w.at.x, &w.at.y, &w.at.z
	w.mul(x, x, z)
	w.square(w.zz, z)
	w.mul(y, y, w.zz)
}

// twice doubles w.at in Jacobian coordinates. With d = z², y = 2y, g = y² (four
// times that of before), h = x g, s = 3(x-d)(x+d), it is
//
//	x = s² - 2h
//	z = y z
//	y = s (h - x) - g²/2
func (w *workspace) twice() {
	x, y, z := &w.at.x, &w.at.y, &w.at.z
	w.square(w.zz, z)
	w.add(w.s, x, w.zz)
	w.sub(w.t, x, w.zz)
	w.mul(w.s, w.s, w.t)
	w.triple(w.s)
	w.add(y, y, y)
	w.mul(z, y, z)
	w.square(w.g, y)
	w.mul(w.h, x, w.g)
	w.square(x, w.s)
	w.sub(x, x, w.h)
	w.sub(x, x, w.h)
	w.sub(w.h, w.h, x)
	w.mul(y, w.s, w.h)
	w.square(w.g, w.g)
	w.halve(w.g)
	w.sub(y, y, w.g)
}

// times sets r to scalar times q. The scalar is big-endian. It takes four bits
// at a time: each time between -8 and 8 times q is added, which the four bits and
// the one below tell.
func (w *workspace) times(r, q *vector, scalar []byte) {
	var multiples [8][]uint32
	*w.part = *q
	for i := range multiples {
		if i > 0 {
			w.sum(w.part, w.part, q)
		}
		multiples[i] = w.pack(w.part)
	}
	*w.at = vector{y: w.one}
	for i := 2 * len(scalar); i >= 0; i-- {
		w.double()
		digit, minus := signed(scalar, i)
		*w.part = vector{y: w.one}
		for j, v := range multiples {
			differ := uint32(j+1) ^ digit
			w.unpack(w.part, v, 1-(differ|-differ)>>31)
		}
		w.sub(w.s, &elem{}, &w.part.y)
		w.choose(&w.part.y, w.s, &w.part.y, minus)
		w.sum(w.at, w.at, w.part)
	}
	*r = *w.at
}

// signed returns the scalar's digit i, and 1 if it is negative: bits 4i to 4i+3,
// less 16 if the highest is 1, plus 1 if the bit below is.
func signed(scalar []byte, i int) (digit, minus uint32) {
	var five uint32 // those bits
	at := len(scalar) - 1 - i/2
	switch {
	case i&1 == 1:
		five = uint32(scalar[at]) >> 3
	case at+1 < len(scalar):
		five = uint32(scalar[at+1]) >> 7
		fallthrough
	default:
		if at >= 0 {
			five |= uint32(scalar[at]) << 1 & 31
		}
	}
	minus = five >> 4
	return (five ^ (mask(minus) & 31) + 1) >> 1, minus
}

// pack returns the limbs of v that are in use.
func (w *workspace) pack(v *vector) []uint32 {
	limbs := make([]uint32, 3*w.n)
	for i, e := range [...]*elem{&v.x, &v.y, &v.z} {
		copy(limbs[i*w.n:], e[:w.n])
	}
	return limbs
}

// unpack sets v to what was packed if cond is 1, and leaves it if it is 0.
func (w *workspace) unpack(v *vector, limbs []uint32, cond uint32) {
	keep := mask(cond)
	for i, e := range [...]*elem{&v.x, &v.y, &v.z} {
		in := e[:w.n]
		for j, limb := range limbs[i*w.n : (i+1)*w.n] {
			in[j] ^= (in[j] ^ limb) & keep
		}
	}
}

// affine scales the vector to z = 1.
func (c *calc) affine(v *vector) (x, y elem) {
	var z elem
	c.invert(&z, &v.z)
	c.mul(&x, &v.x, &z)
	c.mul(&y, &v.y, &z)
	return x, y
}

func (c *calc) encodePoint(v *vector, compressed bool) []byte {
	if c.isZero(&v.z) == 1 {
		return []byte{0}
	}
	x, y := c.affine(v)
	b := make([]byte, 1+2*c.size)
	b[0] = 4
	c.encode(b[1:1+c.size], &x)
	c.encode(b[1+c.size:], &y)
	if compressed {
		b[0] = 2 | b[2*c.size]&1
		b = b[:1+c.size]
	}
	return b
}

var errPoint = errors.New("not the encoding of a point of the curve")

func (c *calc) decodePoint(b []byte) (*vector, error) {
	if len(b) == 1 && b[0] == 0 {
		return &vector{y: c.one}, nil
	}
	if len(b) < 1+c.size {
		return nil, errPoint
	}
	v := &vector{z: c.one}
	if !c.decode(&v.x, b[1:1+c.size]) {
		return nil, errPoint
	}
	// right is x³ - 3x + b
	var right, square, three elem
	c.square(&right, &v.x)
	c.mul(&right, &right, &v.x)
	c.add(&three, &v.x, &v.x)
	c.add(&three, &three, &v.x)
	c.sub(&right, &right, &three)
	c.add(&right, &right, &c.b)
	switch {
	case b[0] == 4 && len(b) == 1+2*c.size:
		if !c.decode(&v.y, b[1+c.size:]) {
			return nil, errPoint
		}
	case b[0]&^1 == 2 && len(b) == 1+c.size:
		if !c.sqrt(&v.y, &right) {
			return nil, errPoint
		}
		y := make([]byte, c.size)
		c.encode(y, &v.y)
		if y[c.size-1]&1 != b[0]&1 {
			c.sub(&v.y, &elem{}, &v.y)
		}
	default:
		return nil, errPoint
	}
	c.square(&square, &v.y)
	if c.equal(&square, &right) == 0 {
		return nil, errPoint
	}
	return v, nil
}
