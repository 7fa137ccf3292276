package curves_test

import (
	"crypto/ecdh"
	"crypto/elliptic"
	"encoding/asn1"
	"math/big"
	"math/rand/v2"
	"testing"
)

// A curve is y² = x³ - 3x + b modulo p, and what Go has for it.
type curve struct {
	name string
	elliptic.Curve
	ecdh    ecdh.Curve     // nil for P-224
	generic elliptic.Curve // the same curve by Go's code for any curve, in math/big

	p, n, b *big.Int
	g       point
	doubles []point // of g: the i-th is 2^i g
	size    int     // bytes of a coordinate, and of a scalar
	bits    int     // of the order
}

func newCurve(c elliptic.Curve, e ecdh.Curve) *curve {
	params := *c.Params()
	r := &curve{
		name: params.Name, Curve: c, ecdh: e, generic: &params,
		p: params.P, n: params.N, b: params.B, g: point{params.Gx, params.Gy},
		size: (params.BitSize + 7) / 8, bits: params.N.BitLen(),
	}
	for p := r.g; len(r.doubles) < 8*r.size; p = r.add(p, p) {
		r.doubles = append(r.doubles, p)
	}
	return r
}

var allCurves = []*curve{
	newCurve(elliptic.P224(), nil),
	newCurve(elliptic.P256(), ecdh.P256()),
	newCurve(elliptic.P384(), ecdh.P384()),
	newCurve(elliptic.P521(), ecdh.P521()),
}

// eachCurve runs a test for each curve. The random numbers are others in each
// run; a failure names the seed.
func eachCurve(t *testing.T, test func(t *testing.T, c *curve, random *rand.Rand)) {
	for _, c := range allCurves {
		t.Run(c.name, func(t *testing.T) {
			if raceDetector {
				t.Skip("nothing in it is concurrent: without the race detector it is faster")
			}
			t.Parallel()
			seed := rand.Uint64()
			defer func() {
				if t.Failed() {
					t.Logf("with seed %d", seed)
				}
			}()
			test(t, c, rand.New(rand.NewPCG(seed, 0)))
		})
	}
}

// A point has affine coordinates; those of infinity are nil.
type point struct{ x, y *big.Int }

func (a point) infinite() bool { return a.x == nil }

func (a point) equal(b point) bool {
	if a.infinite() || b.infinite() {
		return a.infinite() == b.infinite()
	}
	return a.x.Cmp(b.x) == 0 && a.y.Cmp(b.y) == 0
}

func num(x int64) *big.Int              { return big.NewInt(x) }
func plus(x *big.Int, y int64) *big.Int { return new(big.Int).Add(x, num(y)) }

// right is the right side of the curve's equation.
func (c *curve) right(x *big.Int) *big.Int {
	z := new(big.Int).Mul(x, x)
	z.Sub(z, num(3)).Mul(z, x).Add(z, c.b)
	return z.Mod(z, c.p)
}

// has tells whether x and y are coordinates of a point of the curve.
func (c *curve) has(x, y *big.Int) bool {
	if x.Sign() < 0 || y.Sign() < 0 || x.Cmp(c.p) >= 0 || y.Cmp(c.p) >= 0 {
		return false
	}
	left := new(big.Int).Mul(y, y)
	return left.Mod(left, c.p).Cmp(c.right(x)) == 0
}

// lift is the point with an x and an odd or even y, if there is one.
func (c *curve) lift(x *big.Int, odd uint) (point, bool) {
	y := new(big.Int).ModSqrt(c.right(x), c.p)
	if y == nil {
		return point{}, false
	}
	p := point{new(big.Int).Set(x), y}
	if y.Bit(0) != odd {
		p = c.neg(p)
	}
	return p, true
}

// from is the point with the least x not below one that is given.
func (c *curve) from(x *big.Int) point {
	for x = new(big.Int).Set(x); ; x.Add(x, num(1)) {
		if p, ok := c.lift(x, 0); ok {
			return p
		}
	}
}

func (c *curve) neg(a point) point {
	if a.infinite() {
		return a
	}
	y := new(big.Int).Neg(a.y)
	return point{a.x, y.Mod(y, c.p)}
}

// add is the sum of the chord and tangent rule.
func (c *curve) add(a, b point) point {
	if a.infinite() {
		return b
	}
	if b.infinite() {
		return a
	}
	over, under := new(big.Int), new(big.Int)
	if a.x.Cmp(b.x) != 0 {
		over.Sub(b.y, a.y)
		under.Sub(b.x, a.x)
	} else {
		if a.y.Cmp(b.y) != 0 || a.y.Sign() == 0 {
			return point{}
		}
		over.Mul(a.x, a.x)
		over.Mul(over, num(3)).Sub(over, num(3))
		under.Lsh(a.y, 1)
	}
	under.ModInverse(under.Mod(under, c.p), c.p)
	slope := over.Mul(over, under)
	slope.Mod(slope, c.p)
	x := new(big.Int).Mul(slope, slope)
	x.Sub(x, a.x).Sub(x, b.x).Mod(x, c.p)
	y := new(big.Int).Sub(a.x, x)
	y.Mul(y, slope).Sub(y, a.y).Mod(y, c.p)
	return point{x, y}
}

// mul is k times a, bit by bit. k is not negative, and may be more than the
// order.
func (c *curve) mul(k *big.Int, a point) point {
	var r point
	for i := k.BitLen() - 1; i >= 0; i-- {
		r = c.add(r, r)
		if k.Bit(i) == 1 {
			r = c.add(r, a)
		}
	}
	return r
}

// base is k times the base point. k fits in the bytes of a scalar.
func (c *curve) base(k *big.Int) point {
	var r point
	for i := range k.BitLen() {
		if k.Bit(i) == 1 {
			r = c.add(r, c.doubles[i])
		}
	}
	return r
}

// mod is x modulo the order.
func (c *curve) mod(x *big.Int) *big.Int { return new(big.Int).Mod(x, c.n) }

func (c *curve) times(x, y *big.Int) *big.Int { return c.mod(new(big.Int).Mul(x, y)) }

// over is x/y modulo the order.
func (c *curve) over(x, y *big.Int) *big.Int { return c.times(x, new(big.Int).ModInverse(y, c.n)) }

// bytes is x in as many bytes as a coordinate has.
func (c *curve) bytes(x *big.Int) []byte { return x.FillBytes(make([]byte, c.size)) }

// encode is the uncompressed form of a point: SEC 1, section 2.3.3.
func (c *curve) encode(a point) []byte {
	if a.infinite() {
		return []byte{0}
	}
	return append(append([]byte{4}, c.bytes(a.x)...), c.bytes(a.y)...)
}

// number is what is signed for a hash: as many of its leftmost bits as the
// order has.
func (c *curve) number(hash []byte) *big.Int {
	e := new(big.Int).SetBytes(hash)
	if more := 8*len(hash) - c.bits; more > 0 {
		e.Rsh(e, uint(more))
	}
	return e
}

// hash is a hash for which e is signed.
func (c *curve) hash(e *big.Int) []byte { return c.bytes(new(big.Int).Lsh(e, uint(8*c.size-c.bits))) }

// verify tells whether r and s are a signature: SEC 1, section 4.1.4.
func (c *curve) verify(q point, hash []byte, r, s *big.Int) bool {
	if q.infinite() || !c.has(q.x, q.y) || r.Sign() <= 0 || s.Sign() <= 0 || r.Cmp(c.n) >= 0 || s.Cmp(c.n) >= 0 {
		return false
	}
	u1, u2 := c.over(c.number(hash), s), c.over(r, s)
	sum := c.add(c.base(u1), c.mul(u2, q))
	return !sum.infinite() && c.mod(sum.x).Cmp(r) == 0
}

// A pair is an encoded signature.
type pair struct{ R, S *big.Int }

func (v pair) encode() []byte {
	der, err := asn1.Marshal(v)
	if err != nil {
		panic(err)
	}
	return der
}

// decode gives what a signature encodes, if it does so in DER, of which there is
// one form only.
func decode(der []byte) (v pair, ok bool) {
	rest, err := asn1.Unmarshal(der, &v)
	if err != nil || len(rest) > 0 {
		return v, false
	}
	return v, string(v.encode()) == string(der)
}

// scalar is a random one, from 1 to the order less 1.
func (c *curve) scalar(random *rand.Rand) *big.Int {
	b := make([]byte, c.size+8)
	for i := range b {
		b[i] = byte(random.Uint32())
	}
	k := new(big.Int).SetBytes(b)
	return plus(k.Mod(k, plus(c.n, -1)), 1)
}

// scalars are those that have something special: they are small or close to the
// order or to half of it, or have a pattern that a table or a window meets at
// its ends. Zero is among them.
func (c *curve) scalars() []*big.Int {
	var all []*big.Int
	for i := range int64(18) {
		all = append(all, num(i), plus(c.n, -i-1))
	}
	half := new(big.Int).Rsh(c.n, 1)
	all = append(all, half, plus(half, 1))
	for _, i := range []uint{5, 31, 32, 33, 63, 64, 128, uint(c.bits) / 2, uint(c.bits) - 1} {
		one := new(big.Int).Lsh(num(1), i)
		all = append(all, one, plus(one, -1))
	}
	for _, b := range []byte{0x0f, 0xf0, 0x11, 0x77, 0x88, 0x55, 0xaa, 0x80, 0x01} {
		pattern := make([]byte, c.size)
		for i := range pattern {
			pattern[i] = b
		}
		all = append(all, c.mod(new(big.Int).SetBytes(pattern)))
	}
	return all
}

// points are those that have something special: coordinates that are small,
// close to the prime, between the order and the prime, or full of zeros or ones;
// small multiples of the base point, and those with the same x.
func (c *curve) points() []point {
	all := []point{c.g, c.neg(c.g)}
	for i := range int64(4) {
		all = append(all, c.base(num(i+2)))
	}
	half := new(big.Int).Rsh(c.n, 1)
	all = append(all, c.base(half), c.base(plus(half, 1)))
	at := []*big.Int{num(0), num(1), c.n, new(big.Int).Rsh(c.p, 1)}
	for _, i := range []uint{32, 64, 96, 128, 192, uint(c.p.BitLen()) - 1} {
		at = append(at, new(big.Int).Lsh(num(1), i))
	}
	for _, x := range at {
		p := c.from(x)
		all = append(all, p, c.neg(p))
	}
	for x, found := plus(c.p, -1), 0; found < 2; x.Sub(x, num(1)) {
		if p, ok := c.lift(x, 1); ok {
			all = append(all, p)
			found++
		}
	}
	for _, y := range []int64{0, 1, 2} {
		if p, ok := c.withY(num(y)); ok {
			all = append(all, p)
		}
	}
	return all
}

// withY is a point with this y, found as a root of x³ - 3x + b - y².
func (c *curve) withY(y *big.Int) (point, bool) {
	left := new(big.Int).Mul(y, y)
	left.Sub(c.b, left).Mod(left, c.p)
	x := c.root(left)
	if x == nil || !c.has(x, y) {
		return point{}, false
	}
	return point{x, y}, true
}

// root is a root of f = x³ - 3x + d modulo p, or nil. The greatest common
// divisor of f and x^p - x has all roots of f; with another power of a shifted x
// it is split until one is left.
func (c *curve) root(d *big.Int) *big.Int {
	f := poly{d, new(big.Int).Sub(c.p, num(3)), num(0), num(1)}
	h := c.power(poly{num(0), num(1)}, c.p, f)
	g := c.gcd(f, c.less(h, poly{num(0), num(1)}))
	half := new(big.Int).Rsh(c.p, 1)
	for shift := int64(1); len(g) > 2; shift++ {
		h = c.power(poly{num(shift), num(1)}, half, g)
		if part := c.gcd(g, c.less(h, poly{num(1)})); len(part) > 1 && len(part) < len(g) {
			g = part
		}
	}
	if len(g) != 2 {
		return nil
	}
	x := new(big.Int).ModInverse(g[1], c.p)
	x.Mul(x, g[0]).Neg(x)
	return x.Mod(x, c.p)
}

// A poly is a polynomial over the curve's field, the lowest coefficient first.
type poly []*big.Int

func (c *curve) trim(f poly) poly {
	for i := range f {
		f[i] = new(big.Int).Mod(f[i], c.p)
	}
	for len(f) > 0 && f[len(f)-1].Sign() == 0 {
		f = f[:len(f)-1]
	}
	return f
}

func (c *curve) less(f, g poly) poly {
	r := make(poly, max(len(f), len(g)))
	for i := range r {
		r[i] = new(big.Int)
		if i < len(f) {
			r[i].Add(r[i], f[i])
		}
		if i < len(g) {
			r[i].Sub(r[i], g[i])
		}
	}
	return c.trim(r)
}

// rest is f modulo g.
func (c *curve) rest(f, g poly) poly {
	f = c.trim(append(poly(nil), f...))
	lead := new(big.Int).ModInverse(g[len(g)-1], c.p)
	for len(f) >= len(g) {
		by := new(big.Int).Mul(f[len(f)-1], lead)
		at := len(f) - len(g)
		for i := range g {
			f[at+i] = new(big.Int).Sub(f[at+i], new(big.Int).Mul(by, g[i]))
		}
		f = c.trim(f)
	}
	return f
}

func (c *curve) gcd(f, g poly) poly {
	for len(g) > 0 {
		f, g = g, c.rest(f, g)
	}
	return f
}

// power is f to the power of e, modulo g.
func (c *curve) power(f poly, e *big.Int, g poly) poly {
	product := func(a, b poly) poly {
		r := make(poly, max(len(a)+len(b)-1, 0))
		for i := range r {
			r[i] = new(big.Int)
		}
		for i := range a {
			for j := range b {
				r[i+j].Add(r[i+j], new(big.Int).Mul(a[i], b[j]))
			}
		}
		return c.rest(r, g)
	}
	r := poly{num(1)}
	for i := e.BitLen() - 1; i >= 0; i-- {
		r = product(r, r)
		if e.Bit(i) == 1 {
			r = product(r, f)
		}
	}
	return r
}

// The reference against what follows from the curve's definition, and nothing
// else.
func TestReference(t *testing.T) {
	eachCurve(t, func(t *testing.T, c *curve, random *rand.Rand) {
		if !c.has(c.g.x, c.g.y) || !c.n.ProbablyPrime(20) || !c.p.ProbablyPrime(20) {
			t.Fatal("the base point is not of the curve, or the order or the field is not prime")
		}
		if !c.mul(c.n, c.g).infinite() || !c.mul(plus(c.n, -1), c.g).equal(c.neg(c.g)) {
			t.Error("the base point does not have the order n")
		}
		k, l := c.scalar(random), c.scalar(random)
		sum := c.add(c.mul(k, c.g), c.mul(l, c.g))
		if !c.has(sum.x, sum.y) || !sum.equal(c.mul(new(big.Int).Add(k, l), c.g)) {
			t.Errorf("%d G + %d G is not (%d + %d) G", k, l, k, l)
		}
		if !c.base(k).equal(c.mul(k, c.g)) {
			t.Errorf("%d G comes out in two ways", k)
		}
		for _, p := range c.points() {
			if !c.has(p.x, p.y) || !c.mul(c.n, p).infinite() {
				t.Errorf("%d, %d is not of the curve", p.x, p.y)
			}
		}
		if c.has(num(-1), c.g.y) || c.has(c.g.x, new(big.Int).Add(c.g.y, c.p)) || c.has(c.g.x, plus(c.g.y, 1)) {
			t.Error("what is no point is taken for one")
		}
	})
}
