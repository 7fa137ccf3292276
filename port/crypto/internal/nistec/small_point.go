//go:build tinynetport && (baremetal || tlssmall) && !tlsfull

package nistec

import "errors"

// A curve is y² = x³ - 3x + b over a field.
type curve struct {
	field
	b, gx, gy elem
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
	v, err := p.curve().decode(b)
	if err != nil {
		return nil, err
	}
	p.v = *v
	return p, nil
}

// Bytes returns the uncompressed encoding of p, a zero byte for infinity.
func (p *smallPoint[C]) Bytes() []byte { return p.curve().encode(&p.v, false) }

// BytesCompressed returns the compressed encoding of p, a zero byte for
// infinity.
func (p *smallPoint[C]) BytesCompressed() []byte { return p.curve().encode(&p.v, true) }

// BytesX returns the encoding of p's x coordinate. Infinity has none.
func (p *smallPoint[C]) BytesX() ([]byte, error) {
	c := p.curve()
	b := c.encode(&p.v, false)
	if len(b) == 1 {
		return nil, errors.New("the point at infinity has no coordinates")
	}
	return b[1 : 1+c.size], nil
}

// Add sets p to a + b.
func (p *smallPoint[C]) Add(a, b *smallPoint[C]) *smallPoint[C] {
	p.curve().sum(&p.v, &a.v, &b.v)
	return p
}

// Double sets p to a + a.
func (p *smallPoint[C]) Double(a *smallPoint[C]) *smallPoint[C] { return p.Add(a, a) }

// Negate sets p to -p if cond is 1.
func (p *smallPoint[C]) Negate(cond int) *smallPoint[C] {
	var minus elem
	p.curve().sub(&minus, &elem{}, &p.v.y)
	choose(&p.v.y, &minus, &p.v.y, uint32(cond))
	return p
}

// Select sets p to a if cond is 1, and to b if it is 0.
func (p *smallPoint[C]) Select(a, b *smallPoint[C], cond int) *smallPoint[C] {
	pick(&p.v, &a.v, &b.v, uint32(cond))
	return p
}

// ScalarMult sets p to scalar times q. The scalar is big-endian.
func (p *smallPoint[C]) ScalarMult(q *smallPoint[C], scalar []byte) (*smallPoint[C], error) {
	p.curve().multiply(&p.v, &q.v, scalar)
	return p, nil
}

// ScalarBaseMult sets p to scalar times the base point.
func (p *smallPoint[C]) ScalarBaseMult(scalar []byte) (*smallPoint[C], error) {
	return p.ScalarMult(new(smallPoint[C]).SetGenerator(), scalar)
}

func pick(z, x, y *vector, cond uint32) {
	choose(&z.x, &x.x, &y.x, cond)
	choose(&z.y, &x.y, &y.y, cond)
	choose(&z.z, &x.z, &y.z, cond)
}

// sum sets r to p + q, whatever they are, equal and infinite ones too, by the
// complete formula for a = -3 of Renes, Costello and Batina, "Complete addition
// formulas for prime order elliptic curves", https://eprint.iacr.org/2015/1060.
func (c *curve) sum(r, p, q *vector) {
	var xx, yy, zz, xy, yz, xz, s, t elem
	c.mul(&xx, &p.x, &q.x)
	c.mul(&yy, &p.y, &q.y)
	c.mul(&zz, &p.z, &q.z)
	// cross sets z to ad + bc, of which ac and bd are known.
	cross := func(z, a, b, c1, d, ac, bd *elem) {
		c.add(&s, a, b)
		c.add(&t, c1, d)
		c.mul(z, &s, &t)
		c.sub(z, z, ac)
		c.sub(z, z, bd)
	}
	cross(&xy, &p.x, &p.y, &q.x, &q.y, &xx, &yy)
	cross(&yz, &p.y, &p.z, &q.y, &q.z, &yy, &zz)
	cross(&xz, &p.x, &p.z, &q.x, &q.z, &xx, &zz)
	triple := func(z *elem) {
		c.add(&s, z, z)
		c.add(z, z, &s)
	}
	// g = 3(xz - b zz), h = 3(b xz - 3zz - xx), i = 3(xx - zz)
	var g, h, i elem
	c.mul(&g, &c.b, &zz)
	c.sub(&g, &xz, &g)
	triple(&g)
	c.mul(&h, &c.b, &xz)
	c.sub(&h, &h, &xx)
	c.sub(&i, &xx, &zz)
	triple(&i)
	triple(&zz)
	c.sub(&h, &h, &zz)
	triple(&h)
	// The sum is
	//
	//	x = xy (yy + g) - yz h
	//	y = (yy + g)(yy - g) + i h
	//	z = yz (yy - g) + xy i
	var up, down elem
	c.add(&up, &yy, &g)
	c.sub(&down, &yy, &g)
	c.mul(&s, &xy, &up)
	c.mul(&t, &yz, &h)
	c.sub(&r.x, &s, &t)
	c.mul(&s, &up, &down)
	c.mul(&t, &i, &h)
	c.add(&r.y, &s, &t)
	c.mul(&s, &yz, &down)
	c.mul(&t, &xy, &i)
	c.add(&r.z, &s, &t)
}

// multiply sets r to scalar times q, four bits of the scalar at a time.
func (c *curve) multiply(r, q *vector, scalar []byte) {
	multiples := new([16]vector) // 3.3 kB: not for a board's stack
	multiples[0].y = c.one
	for i := 1; i < len(multiples); i++ {
		c.sum(&multiples[i], &multiples[i-1], q)
	}
	at, part := multiples[0], new(vector)
	for _, b := range scalar {
		for _, nibble := range [2]byte{b >> 4, b & 15} {
			for range 4 {
				c.sum(&at, &at, &at)
			}
			for i := range multiples {
				differ := uint32(i) ^ uint32(nibble)
				pick(part, &multiples[i], part, 1-(differ|-differ)>>31)
			}
			c.sum(&at, &at, part)
		}
	}
	*r = at
}

// affine scales the vector to z = 1.
func (c *curve) affine(v *vector) (x, y elem) {
	var z elem
	c.invert(&z, &v.z)
	c.mul(&x, &v.x, &z)
	c.mul(&y, &v.y, &z)
	return x, y
}

func (c *curve) encode(v *vector, compressed bool) []byte {
	if c.isZero(&v.z) == 1 {
		return []byte{0}
	}
	x, y := c.affine(v)
	b := make([]byte, 1+2*c.size)
	b[0] = 4
	c.field.encode(b[1:1+c.size], &x)
	c.field.encode(b[1+c.size:], &y)
	if compressed {
		b[0] = 2 | b[2*c.size]&1
		b = b[:1+c.size]
	}
	return b
}

var errPoint = errors.New("not the encoding of a point of the curve")

func (c *curve) decode(b []byte) (*vector, error) {
	if len(b) == 1 && b[0] == 0 {
		return &vector{y: c.one}, nil
	}
	if len(b) < 1+c.size {
		return nil, errPoint
	}
	v := &vector{z: c.one}
	if !c.field.decode(&v.x, b[1:1+c.size]) {
		return nil, errPoint
	}
	// right is x³ - 3x + b
	var right, square, three elem
	c.mul(&right, &v.x, &v.x)
	c.mul(&right, &right, &v.x)
	c.add(&three, &v.x, &v.x)
	c.add(&three, &three, &v.x)
	c.sub(&right, &right, &three)
	c.add(&right, &right, &c.b)
	switch {
	case b[0] == 4 && len(b) == 1+2*c.size:
		if !c.field.decode(&v.y, b[1+c.size:]) {
			return nil, errPoint
		}
	case b[0]&^1 == 2 && len(b) == 1+c.size:
		if !c.sqrt(&v.y, &right) {
			return nil, errPoint
		}
		y := make([]byte, c.size)
		c.field.encode(y, &v.y)
		if y[c.size-1]&1 != b[0]&1 {
			c.sub(&v.y, &elem{}, &v.y)
		}
	default:
		return nil, errPoint
	}
	c.mul(&square, &v.y, &v.y)
	if c.equal(&square, &right) == 0 {
		return nil, errPoint
	}
	return v, nil
}
