package curves_test

//lint:file-ignore SA1019 the tests are about what the old functions call, too

import (
	"bytes"
	"crypto/elliptic"
	"fmt"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"
)

// compressed is the compressed form of a point: SEC 1, section 2.3.3.
func (c *curve) compressed(p point) []byte {
	return append([]byte{2 | byte(p.y.Bit(0))}, c.bytes(p.x)...)
}

// xy is a point as crypto/elliptic has it: infinity is 0, 0.
func (p point) xy() (x, y *big.Int) {
	if p.infinite() {
		return new(big.Int), new(big.Int)
	}
	return p.x, p.y
}

func fromXY(x, y *big.Int) point {
	if x.Sign() == 0 && y.Sign() == 0 {
		return point{}
	}
	return point{x, y}
}

// badEncodings are encodings of no point of the curve.
func (c *curve) badEncodings(random *rand.Rand) map[string][]byte {
	raw := func(tag byte, x, y *big.Int) []byte {
		return append(append([]byte{tag}, c.bytes(x)...), c.bytes(y)...)
	}
	p := c.from(num(0))
	any := c.base(c.scalar(random))
	right := c.encode(any)
	none := num(1)
	for {
		if _, ok := c.lift(none, 0); !ok {
			break
		}
		none.Add(none, num(1))
	}
	top := plus(new(big.Int).Lsh(num(1), uint(8*c.size)), -1)
	bad := map[string][]byte{
		"no bytes":                   {},
		"tag 4 only":                 {4},
		"tag 2 only":                 {2},
		"infinity with coordinates":  raw(0, num(0), num(0)),
		"infinity twice":             {0, 0},
		"all zeros":                  raw(4, num(0), num(0)),
		"y = 0":                      raw(4, any.x, num(0)),
		"another y":                  raw(4, any.x, plus(any.y, 1)),
		"swapped":                    raw(4, any.y, any.x),
		"of the twist":               raw(4, none, num(1)),
		"x of the twist, compressed": append([]byte{2}, c.bytes(none)...),
		"y + p":                      nil,
		"x = p":                      raw(4, c.p, any.y),
		"y = p":                      raw(4, any.x, c.p),
		"x and y as large as can be": raw(4, top, top),
		"x = p, compressed":          append([]byte{2}, c.bytes(c.p)...),
		"x too large, compressed":    append([]byte{3}, c.bytes(top)...),
		"a byte less":                right[:len(right)-1],
		"a byte more":                append(slices.Clone(right), 0),
		"no tag":                     right[1:],
		"x only":                     right[:1+c.size],
		"compressed and a byte":      append(c.compressed(any), 0),
		"compressed less a byte":     c.compressed(any)[:c.size],
		"compressed with two":        raw(2|byte(any.y.Bit(0)), any.x, any.y),
		"hybrid":                     raw(6|byte(any.y.Bit(0)), any.x, any.y),
		"hybrid, wrong":              raw(7^byte(any.y.Bit(0)), any.x, any.y),
	}
	// Coordinates that are not reduced, where they fit.
	fits := func(x *big.Int) bool { return x.Cmp(top) <= 0 }
	delete(bad, "y + p")
	if x := new(big.Int).Add(p.x, c.p); fits(x) {
		bad["x + p"] = raw(4, x, p.y)
		bad["x + p, compressed"] = append([]byte{2 | byte(p.y.Bit(0))}, c.bytes(x)...)
	}
	for _, y := range []int64{1, 2, 3, 4, 5, 6, 7, 8} {
		if q, ok := c.withY(num(y)); ok {
			bad["y + p"] = raw(4, q.x, new(big.Int).Add(q.y, c.p))
			break
		}
	}
	for _, tag := range []byte{1, 5, 8, 0x14, 0x44, 0x84, 0xff} {
		bad[fmt.Sprintf("tag %d", tag)] = raw(tag, any.x, any.y)
		bad[fmt.Sprintf("tag %d, compressed", tag)] = append([]byte{tag}, c.bytes(any.x)...)
	}
	for i := range c.size {
		b := slices.Clone(right)
		b[1+c.size+i] ^= 1 << random.IntN(8)
		bad[fmt.Sprintf("byte %d of y changed", i)] = b
	}
	return bad
}

func TestPointEncoding(t *testing.T) {
	eachCurve(t, func(t *testing.T, c *curve, random *rand.Rand) {
		for what, b := range c.badEncodings(random) {
			if x, y := elliptic.Unmarshal(c.Curve, b); x != nil || y != nil {
				t.Errorf("%s: Unmarshal takes %x", what, b)
			}
			if x, y := elliptic.UnmarshalCompressed(c.Curve, b); x != nil || y != nil {
				t.Errorf("%s: UnmarshalCompressed takes %x", what, b)
			}
		}
		for _, p := range append(c.points(), c.base(c.scalar(random))) {
			for _, p := range []point{p, c.neg(p)} {
				b := elliptic.Marshal(c.Curve, p.x, p.y)
				if !bytes.Equal(b, c.encode(p)) {
					t.Errorf("%x, %x is encoded as %x", p.x, p.y, b)
				}
				if x, y := elliptic.Unmarshal(c.Curve, b); x == nil || !p.equal(point{x, y}) {
					t.Errorf("%x is decoded as %x, %x", b, x, y)
				}
				if !c.IsOnCurve(p.x, p.y) || c.IsOnCurve(p.x, plus(p.y, 1)) || c.IsOnCurve(p.x, new(big.Int).Add(p.y, c.p)) {
					t.Errorf("IsOnCurve is wrong about %x, %x, or about another y", p.x, p.y)
				}
				b = elliptic.MarshalCompressed(c.Curve, p.x, p.y)
				if !bytes.Equal(b, c.compressed(p)) {
					t.Errorf("%x, %x is compressed to %x", p.x, p.y, b)
				}
				if x, y := elliptic.UnmarshalCompressed(c.Curve, b); x == nil || !p.equal(point{x, y}) {
					t.Errorf("%x is decoded as %x, %x", b, x, y)
				}
			}
		}
	})
}

// Sums, also those that formulas have special cases for.
func TestPointSums(t *testing.T) {
	eachCurve(t, func(t *testing.T, c *curve, random *rand.Rand) {
		points := append(c.points(), point{}, c.base(c.scalar(random)))
		for i, a := range points {
			ax, ay := a.xy()
			if x, y := c.Double(ax, ay); !c.add(a, a).equal(fromXY(x, y)) {
				t.Errorf("2 (%x, %x) = %x, %x", ax, ay, x, y)
			}
			others := []point{a, c.neg(a), {}, c.add(a, a), c.neg(c.add(a, a)), points[random.IntN(len(points))]}
			if i < 3 {
				others = points
			}
			for _, b := range others {
				bx, by := b.xy()
				if x, y := c.Add(ax, ay, bx, by); !c.add(a, b).equal(fromXY(x, y)) {
					t.Errorf("(%x, %x) + (%x, %x) = %x, %x", ax, ay, bx, by, x, y)
				}
			}
		}
	})
}

// Multiples, by special scalars and by those that are not less than the order.
func TestPointMultiples(t *testing.T) {
	eachCurve(t, func(t *testing.T, c *curve, random *rand.Rand) {
		check := func(p point, k *big.Int, scalar []byte) {
			t.Helper()
			px, py := p.xy()
			if x, y := c.ScalarMult(px, py, scalar); !c.mul(k, p).equal(fromXY(x, y)) {
				t.Errorf("%x (%x, %x) = %x, %x", scalar, px, py, x, y)
			}
			if !p.equal(c.g) {
				return
			}
			if x, y := c.ScalarBaseMult(scalar); !c.mul(k, p).equal(fromXY(x, y)) {
				t.Errorf("%x G = %x, %x", scalar, x, y)
			}
		}
		top := plus(new(big.Int).Lsh(num(1), uint(8*c.size)), -1)
		large := []*big.Int{c.n, plus(c.n, 1), plus(c.n, 2), c.p, top, plus(top, -1), plus(new(big.Int).Lsh(num(1), uint(c.bits)), -1)}
		if x := new(big.Int).Lsh(c.n, 1); x.Cmp(top) <= 0 {
			large = append(large, plus(x, -1), x, plus(x, 1))
		}
		any := c.base(c.scalar(random))
		for i, k := range append(c.scalars(), large...) {
			check(c.g, k, c.bytes(k))
			if i%4 == 0 || k.Cmp(plus(c.n, -4)) >= 0 {
				check(any, k, c.bytes(k))
				check(point{}, k, c.bytes(k))
			}
		}
		for _, p := range c.points() {
			for _, k := range []*big.Int{num(0), num(1), num(2), plus(c.n, -1), c.n, plus(c.n, 1), c.scalar(random)} {
				check(p, k, c.bytes(k))
			}
		}
		// Shorter and longer scalars.
		check(c.g, num(0), nil)
		check(c.g, num(0), []byte{0})
		check(c.g, num(7), []byte{7})
		check(c.g, num(7), append(make([]byte, 2*c.size), 7))
		check(c.g, c.mod(new(big.Int).Lsh(top, 64)), append(c.bytes(top), make([]byte, 8)...))
	})
}

// Coordinates whose words are at their ends, for which carries go far and which
// are reduced in rare ways: by their roots, doubles and sums.
func TestPointWords(t *testing.T) {
	eachCurve(t, func(t *testing.T, c *curve, random *rand.Rand) {
		words := []uint32{0, 1, 2, 1<<31 - 1, 1 << 31, 1<<32 - 2, 1<<32 - 1}
		var last point
		for range 200 {
			x := new(big.Int)
			for range (c.size + 3) / 4 {
				word := words[random.IntN(len(words))]
				if random.IntN(8) == 0 {
					word = random.Uint32()
				}
				x.Lsh(x, 32).Or(x, new(big.Int).SetUint64(uint64(word)))
			}
			x.And(x, plus(new(big.Int).Lsh(num(1), uint(c.p.BitLen())), -1))
			if random.IntN(2) == 0 {
				// These are the words in Montgomery's form of x.
				form := new(big.Int).Lsh(num(1), uint((c.size+3)/4*32))
				x.Mul(x, form.ModInverse(form, c.p)).Mod(x, c.p)
			}
			b := append([]byte{2}, c.bytes(x)...)
			rx, ry := elliptic.UnmarshalCompressed(c.Curve, b)
			p, ok := point{}, false
			if x.Cmp(c.p) < 0 {
				p, ok = c.lift(x, 0)
			}
			if ok != (rx != nil) || ok && !p.equal(point{rx, ry}) {
				t.Errorf("%x is decoded as %x, %x, want %x, %x", b, rx, ry, p.x, p.y)
			}
			if !ok {
				continue
			}
			if x, y := c.Double(p.x, p.y); !c.add(p, p).equal(fromXY(x, y)) {
				t.Errorf("2 (%x, %x) = %x, %x", p.x, p.y, x, y)
			}
			lx, ly := last.xy()
			if x, y := c.Add(p.x, p.y, lx, ly); !c.add(p, last).equal(fromXY(x, y)) {
				t.Errorf("(%x, %x) + (%x, %x) = %x, %x", p.x, p.y, lx, ly, x, y)
			}
			last = p
		}
	})
}
