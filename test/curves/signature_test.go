package curves_test

//lint:file-ignore SA1019 the tests are about what the old functions call, too

import (
	"bytes"
	"crypto/ecdh"
	"crypto/ecdsa"
	cryptorand "crypto/rand"
	"fmt"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"
)

// A vector is a signature, and whether it is one.
type vector struct {
	what string
	q    point
	hash []byte
	pair
	good bool
}

// judge has a vector judged by all.
func (c *curve) judge(t *testing.T, v vector) {
	t.Helper()
	say := func(who string, got bool) {
		t.Helper()
		if got != v.good {
			t.Errorf("%s: %s: valid %v, want %v\nkey %x %x\nhash %x\nr %x\ns %x", v.what, who, got, v.good, v.q.x, v.q.y, v.hash, v.R, v.S)
		}
	}
	say("the reference", c.verify(v.q, v.hash, v.R, v.S))
	key := c.public(v.q)
	say("ecdsa.Verify", ecdsa.Verify(key, v.hash, v.R, v.S))
	if !v.good { // else the encoding is what Verify makes, too
		say("ecdsa.VerifyASN1", ecdsa.VerifyASN1(key, v.hash, v.encode()))
	}
	// Go's code for any curve, which checks no key, is one more opinion where
	// its code for these is not there.
	if littleCode && !v.q.infinite() && c.has(v.q.x, v.q.y) {
		key.Curve = c.generic
		say("ecdsa.Verify with Go's code for any curve", ecdsa.Verify(key, v.hash, v.R, v.S))
	}
}

func (c *curve) public(q point) *ecdsa.PublicKey {
	if q.infinite() {
		q = point{new(big.Int), new(big.Int)} // as crypto/elliptic has it
	}
	return &ecdsa.PublicKey{Curve: c.Curve, X: q.x, Y: q.y}
}

// with makes a signature of a key for which the check comes to u1 G + u2 Q. It
// fails for those without one.
func (c *curve) with(what string, q point, u1, u2 *big.Int) (vector, bool) {
	sum := c.add(c.base(u1), c.mul(u2, q))
	if u2.Sign() == 0 || sum.infinite() || c.mod(sum.x).Sign() == 0 {
		return vector{}, false
	}
	r := c.mod(sum.x)
	s := c.over(r, u2)
	return vector{what, q, c.hash(c.times(u1, s)), pair{r, s}, true}, true
}

// to makes a signature, with a key for it, for which the check comes to a point
// that is given.
func (c *curve) to(what string, sum point, r, s, e *big.Int) vector {
	q := c.add(c.mul(s, sum), c.neg(c.base(e)))
	return vector{what, c.mul(new(big.Int).ModInverse(r, c.n), q), c.hash(e), pair{r, s}, true}
}

func (v vector) but(what string, r, s *big.Int) vector {
	v.what, v.pair, v.good = what, pair{r, s}, false
	return v
}

// The two factors of the check, at their ends and with patterns, and with keys
// for which the two products meet.
func TestSignatureFactors(t *testing.T) {
	eachCurve(t, func(t *testing.T, c *curve, random *rand.Rand) {
		all := c.scalars()
		keys := []point{c.g, c.neg(c.g), c.base(num(2)), c.base(c.scalar(random))}
		for i, u := range all {
			other := c.scalar(random)
			if i%2 == 0 {
				other = all[random.IntN(len(all))]
			}
			for _, f := range []struct {
				q      point
				u1, u2 *big.Int
			}{
				{keys[i%len(keys)], u, other},
				{keys[(i+2)%len(keys)], other, u},
				{keys[i%2], u, u}, // u1 G = u2 Q, or -u2 Q
			} {
				if v, ok := c.with(fmt.Sprintf("u1 = %d, u2 = %d", f.u1, f.u2), f.q, f.u1, f.u2); ok {
					c.judge(t, v)
				}
			}
		}
	})
}

// Factors that differ in their low bits only, of a base point and a key that are
// small multiples of each other: on the way the sum is again and again the point
// that is added, its negative, or infinity, for each multiple that a table has.
func TestSignatureMeeting(t *testing.T) {
	eachCurve(t, func(t *testing.T, c *curve, random *rand.Rand) {
		for k := int64(1); k <= 17; k++ {
			for _, q := range []point{c.base(num(k)), c.neg(c.base(num(k)))} {
				high := new(big.Int).Rsh(c.scalar(random), 9)
				high.Lsh(high, 8)
				for _, f := range [][2]*big.Int{
					{num(k), num(1)}, {num(16 * k), num(16)}, {num(k), num(2)}, {num(1 + random.Int64N(32)), num(1 + random.Int64N(32))},
					{c.mod(c.times(high, num(k))), high},
					{c.mod(plus(c.times(high, num(k)), 1+random.Int64N(32))), plus(high, 1+random.Int64N(32))},
				} {
					if v, ok := c.with(fmt.Sprintf("key %x, u1 = %d, u2 = %d", q.x, f[0], f[1]), q, f[0], f[1]); ok {
						c.judge(t, v)
					}
				}
			}
		}
	})
}

// The sum of the check: a doubling, infinity, and special points.
func TestSignatureSums(t *testing.T) {
	eachCurve(t, func(t *testing.T, c *curve, random *rand.Rand) {
		d, k := c.scalar(random), c.scalar(random)
		q := c.base(d)
		r := c.mod(c.base(k).x)
		rd := c.times(r, d)
		minus := c.mod(new(big.Int).Neg(rd))
		s := c.over(new(big.Int).Lsh(rd, 1), k)
		c.judge(t, vector{"u1 G = u2 Q", q, c.hash(rd), pair{r, s}, true})
		c.judge(t, vector{"u1 G = u2 Q, another r", q, c.hash(rd), pair{c.mod(plus(r, 1)), s}, false})
		for _, s := range []*big.Int{num(1), s, plus(c.n, -1)} {
			c.judge(t, vector{"u1 G = -u2 Q", q, c.hash(minus), pair{r, s}, false})
		}
		c.judge(t, vector{"u1 = 0", q, c.hash(num(0)), pair{r, c.over(rd, k)}, true})
		c.judge(t, vector{"r = 0 and e = 0", q, c.hash(num(0)), pair{num(0), s}, false})
		// A sum at infinity, where code could take x = 0 or 1 from.
		for _, r := range []*big.Int{num(0), num(1), c.g.x} {
			e := c.mod(new(big.Int).Neg(c.times(r, d)))
			c.judge(t, vector{"infinity, r = " + r.String(), q, c.hash(e), pair{c.mod(r), num(1)}, false})
		}
		for i, p := range c.points() {
			x, e := c.mod(p.x), c.scalar(random)
			if x.Sign() == 0 {
				// No r is right for it.
				q := c.add(c.mul(s, p), c.neg(c.base(e)))
				for _, r := range []*big.Int{num(0), num(1), plus(c.n, -1)} {
					c.judge(t, vector{"sum with x = 0", q, c.hash(e), pair{r, s}, false})
				}
				continue
			}
			v, ok := c.to(fmt.Sprintf("special sum %d", i), p, x, c.scalar(random), e), false
			c.judge(t, v)
			c.judge(t, v.but("another r for it", c.mod(plus(x, 1)), v.S))
			if v, ok = c.with(fmt.Sprintf("special key %d", i), p, e, c.scalar(random)); ok {
				c.judge(t, v)
			}
		}
	})
}

// Signatures whose sum has an x that the order is taken from.
func TestSignatureLargeX(t *testing.T) {
	eachCurve(t, func(t *testing.T, c *curve, random *rand.Rand) {
		if c.n.Cmp(c.p) >= 0 {
			t.Fatal("no x is as large as the order")
		}
		between := new(big.Int).Sub(c.p, c.n)
		for _, x := range []*big.Int{c.n, plus(c.n, 1), new(big.Int).Add(c.n, new(big.Int).Rsh(between, 1)), plus(c.p, -1000)} {
			sum := c.from(x)
			r := c.mod(sum.x)
			if r.Sign() == 0 {
				continue
			}
			v := c.to("x = r + n", sum, r, c.scalar(random), c.scalar(random))
			c.judge(t, v)
			c.judge(t, v.but("x itself", sum.x, v.S))
			c.judge(t, v.but("r + 1", plus(r, 1), v.S))
			if r.Cmp(num(1)) > 0 {
				c.judge(t, v.but("r - 1", plus(r, -1), v.S))
			}
		}
		// The same with x = r, where r + n would be an x, too.
		sum := c.from(num(1))
		v := c.to("x = r, small", sum, sum.x, c.scalar(random), c.scalar(random))
		c.judge(t, v)
		c.judge(t, v.but("x + n", new(big.Int).Add(sum.x, c.n), v.S))
		// An r without a point, while r + n has one, and the other way round.
		for x := num(1); ; x.Add(x, num(1)) {
			_, low := c.lift(x, 0)
			_, high := c.lift(new(big.Int).Add(x, c.n), 0)
			if low != high {
				c.judge(t, vector{"r of one point only", c.g, c.hash(c.scalar(random)), pair{x, c.scalar(random)}, false})
				break
			}
		}
	})
}

// r and s out of their range, and in it but wrong.
func TestSignatureRange(t *testing.T) {
	eachCurve(t, func(t *testing.T, c *curve, random *rand.Rand) {
		v, ok := c.with("right", c.base(c.scalar(random)), c.scalar(random), c.scalar(random))
		if !ok {
			t.Fatal("no signature")
		}
		c.judge(t, v)
		minus := v.but("n - s", v.R, new(big.Int).Sub(c.n, v.S))
		minus.good = true
		c.judge(t, minus)
		c.judge(t, v.but("n - r", new(big.Int).Sub(c.n, v.R), v.S))
		c.judge(t, v.but("swapped", v.S, v.R))
		all := new(big.Int).Lsh(num(1), uint(8*c.size))
		values := []*big.Int{num(-1), num(0), num(1), num(2), plus(c.n, -1), c.n, plus(c.n, 1), plus(c.p, -1), c.p, plus(c.p, 1),
			new(big.Int).Lsh(c.n, 1), plus(all, -1), all, new(big.Int).Lsh(all, 32), new(big.Int).Mul(c.n, c.n), new(big.Int).Neg(c.n)}
		for _, x := range values {
			c.judge(t, v.but(fmt.Sprintf("r = %d", x), x, v.S))
			c.judge(t, v.but(fmt.Sprintf("s = %d", x), v.R, x))
			for _, y := range values {
				c.judge(t, v.but(fmt.Sprintf("r = %d, s = %d", x, y), x, y))
			}
		}
		for _, more := range []*big.Int{c.n, new(big.Int).Neg(c.n), c.p, all, new(big.Int).Neg(all)} {
			c.judge(t, v.but(fmt.Sprintf("r + %d", more), new(big.Int).Add(v.R, more), v.S))
			c.judge(t, v.but(fmt.Sprintf("s + %d", more), v.R, new(big.Int).Add(v.S, more)))
		}
		c.judge(t, v.but("-r", new(big.Int).Neg(v.R), v.S))
		c.judge(t, v.but("-s", v.R, new(big.Int).Neg(v.S)))
	})
}

// Hashes of all lengths and with special numbers. Since Go 1.27 none may be empty.
func TestSignatureHash(t *testing.T) {
	eachCurve(t, func(t *testing.T, c *curve, random *rand.Rand) {
		d := c.scalar(random)
		q := c.base(d)
		sign := func(what string, hash []byte) vector {
			k := c.scalar(random)
			r := c.mod(c.base(k).x)
			return vector{what, q, hash, pair{r, c.over(new(big.Int).Add(c.number(hash), c.times(r, d)), k)}, true}
		}
		for _, n := range []int{1, 2, 20, c.size - 1, c.size, c.size + 1, 1000} {
			for what, fill := range map[string]func() byte{
				"zeros": func() byte { return 0 },
				"ones":  func() byte { return 0xff },
				"any":   func() byte { return byte(random.Uint32()) },
			} {
				hash := make([]byte, n)
				for i := range hash {
					hash[i] = fill()
				}
				v := sign(fmt.Sprintf("%d bytes of %s", n, what), hash)
				c.judge(t, v)
				if what != "any" {
					continue
				}
				// What is cut off does not count, all else does.
				if n > c.size {
					v.hash = slices.Clone(hash)
					v.hash[n-1] ^= 1
					c.judge(t, v)
				}
				v.hash = slices.Clone(hash)
				v.hash[0] ^= 0x80
				v.good = false
				c.judge(t, v)
				// A zero in front moves all bits of a hash that is cut.
				v = sign("a shorter hash", hash)
				v.hash = append([]byte{0}, hash...)
				v.good = c.number(v.hash).Cmp(c.number(hash)) == 0
				c.judge(t, v)
			}
		}
		for _, e := range []*big.Int{plus(c.n, -1), c.n, plus(c.n, 1), plus(new(big.Int).Lsh(num(1), uint(c.bits)), -1)} {
			v := sign(fmt.Sprintf("e = %d", e), c.hash(e))
			c.judge(t, v)
			// The order does not show in what is signed.
			v.hash = c.hash(c.mod(e))
			c.judge(t, v)
		}
	})
}

// Keys that are none.
func TestSignatureKeys(t *testing.T) {
	eachCurve(t, func(t *testing.T, c *curve, random *rand.Rand) {
		// A small x, so that x + p is not too large for its bytes.
		key := c.from(num(0))
		v, ok := c.with("right", key, c.scalar(random), c.scalar(random))
		if !ok {
			t.Fatal("no signature")
		}
		c.judge(t, v)
		none := num(1)
		for ; ; none.Add(none, num(1)) {
			if _, ok := c.lift(none, 0); !ok {
				break // x of a point of the twist
			}
		}
		for what, q := range map[string]point{
			"infinity":            {},
			"another y":           {key.x, plus(key.y, 1)},
			"another x":           {plus(key.x, 1), key.y},
			"swapped":             {key.y, key.x},
			"x + p":               {new(big.Int).Add(key.x, c.p), key.y},
			"y + p":               {key.x, new(big.Int).Add(key.y, c.p)},
			"x - p":               {new(big.Int).Sub(key.x, c.p), key.y},
			"y - p":               {key.x, new(big.Int).Sub(key.y, c.p)},
			"negative y":          {key.x, new(big.Int).Neg(key.y)},
			"y = 0":               {key.x, num(0)},
			"(0, 1)":              {num(0), num(1)},
			"of the twist":        {none, num(1)},
			"(p, p)":              {c.p, c.p},
			"more bytes":          {new(big.Int).Add(key.x, new(big.Int).Lsh(num(1), uint(8*c.size))), key.y},
			"many more bytes":     {new(big.Int).Lsh(num(1), 4000), key.y},
			"the opposite":        c.neg(key),
			"of another equation": {num(2), num(3)},
		} {
			v.what, v.q, v.good = what, q, false
			c.judge(t, v)
		}
		other := allCurves[(slices.Index(allCurves, c)+1)%len(allCurves)]
		v.what, v.q = "of another curve", other.g
		c.judge(t, v)
	})
}

// Encodings of a right signature that are not DER.
func TestSignatureEncoding(t *testing.T) {
	eachCurve(t, func(t *testing.T, c *curve, random *rand.Rand) {
		key := c.base(c.scalar(random))
		// One with a leading zero byte in both numbers, and one without.
		find := func(bit int, length int) vector {
			for {
				v, ok := c.with("right", key, c.scalar(random), c.scalar(random))
				if !ok {
					continue
				}
				fits := true
				for _, x := range []*big.Int{v.R, v.S} {
					top := (x.BitLen() + 7) / 8 * 8
					fits = fits && top == 8*length && int(x.Bit(top-1)) == bit
				}
				if fits {
					return v
				}
			}
		}
		full := (c.bits + 7) / 8
		vectors := []vector{}
		if c.bits%8 == 0 {
			vectors = append(vectors, find(1, full), find(0, full))
		} else {
			vectors = append(vectors, find(0, full))
		}
		tlv := func(tag byte, parts ...[]byte) []byte {
			body := bytes.Join(parts, nil)
			switch n := len(body); {
			case n < 0x80:
				return append([]byte{tag, byte(n)}, body...)
			case n < 0x100:
				return append([]byte{tag, 0x81, byte(n)}, body...)
			default:
				return append([]byte{tag, 0x82, byte(n >> 8), byte(n)}, body...)
			}
		}
		for _, v := range vectors {
			pub := c.public(v.q)
			der := v.encode()
			if !ecdsa.VerifyASN1(pub, v.hash, der) {
				t.Fatalf("the signature %x is not right", der)
			}
			integer := func(x *big.Int) []byte { // its content
				b := x.Bytes()
				if b[0]&0x80 != 0 {
					b = append([]byte{0}, b...)
				}
				return b
			}
			r, s := integer(v.R), integer(v.S)
			ir, is := tlv(2, r), tlv(2, s)
			seq := func(parts ...[]byte) []byte { return tlv(0x30, parts...) }
			if !bytes.Equal(seq(ir, is), der) {
				t.Fatalf("%x is encoded as %x", seq(ir, is), der)
			}
			long := func(tag byte, octets int, body []byte) []byte { // a length of so many octets
				b := []byte{tag, 0x80 | byte(octets)}
				for i := octets - 1; i >= 0; i-- {
					b = append(b, byte(uint64(len(body))>>(8*i)))
				}
				return append(b, body...)
			}
			body := append(slices.Clone(ir), is...)
			null, zero := []byte{5, 0}, []byte{0}
			bad := map[string][]byte{
				"nothing":                           {},
				"no numbers":                        seq(),
				"r only":                            seq(ir),
				"s only":                            seq(is),
				"three numbers":                     seq(ir, is, is),
				"a byte behind":                     append(slices.Clone(der), 0),
				"null behind":                       append(slices.Clone(der), 5, 0),
				"twice":                             append(slices.Clone(der), der...),
				"zero behind in the sequence":       seq(ir, is, zero),
				"null behind in the sequence":       seq(ir, is, null),
				"null in front":                     seq(null, ir, is),
				"null between":                      seq(ir, null, is),
				"null for r":                        seq(null, is),
				"null for s":                        seq(ir, null),
				"a sequence around":                 seq(der),
				"a sequence around r":               seq(seq(ir), is),
				"zeros in front of r":               seq(tlv(2, zero, zero, r), is),
				"zeros in front of s":               seq(ir, tlv(2, zero, zero, s)),
				"empty r":                           seq(tlv(2), is),
				"empty s":                           seq(ir, tlv(2)),
				"a byte behind r":                   seq(tlv(2, r, zero), is),
				"a byte behind s":                   seq(ir, tlv(2, s, zero)),
				"s cut":                             seq(ir, tlv(2, s[:len(s)-1])),
				"r cut":                             seq(tlv(2, r[:len(r)-1]), is),
				"r with ones in front":              seq(tlv(2, []byte{0xff}, r), is),
				"s with ones in front":              seq(ir, tlv(2, []byte{0xff}, s)),
				"real infinity":                     seq([]byte{9, 1, 0x40}, is),
				"boolean":                           seq([]byte{1, 1, 0xff}, is),
				"a set":                             append([]byte{0x31}, der[1:]...),
				"a sequence not constructed":        append([]byte{0x10}, der[1:]...),
				"an octet string":                   append([]byte{4}, der[1:]...),
				"a tag in two bytes":                append([]byte{0x3f, 0x10}, der[1:]...),
				"r as an octet string":              seq(tlv(4, r), is),
				"s as an octet string":              seq(ir, tlv(4, s)),
				"r as an enumerated":                seq(tlv(10, r), is),
				"r constructed":                     seq(tlv(0x22, r), is),
				"context tag":                       append([]byte{0xa0}, der[1:]...),
				"indefinite":                        append(append([]byte{0x30, 0x80}, body...), 0, 0),
				"indefinite without an end":         append([]byte{0x30, 0x80}, body...),
				"indefinite r":                      seq(append(append([]byte{2, 0x80}, r...), 0, 0), is),
				"a length in two bytes":             long(0x30, 2, body),
				"a length in four bytes":            long(0x30, 4, body),
				"a length in eight bytes":           long(0x30, 8, body),
				"a length in nine bytes":            long(0x30, 9, body),
				"r with a length in one more byte":  seq(long(2, 1, r), is),
				"s with a length in one more byte":  seq(ir, long(2, 1, s)),
				"r with a length in four bytes":     seq(long(2, 4, r), is),
				"a length of 2^31 - 1":              append([]byte{0x30, 0x84, 0x7f, 0xff, 0xff, 0xff}, body...),
				"a length of 2^32 - 1":              append([]byte{0x30, 0x84, 0xff, 0xff, 0xff, 0xff}, body...),
				"a length of 2^64 - 1":              append([]byte{0x30, 0x88, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, body...),
				"a length of 2^40 + the right one":  append([]byte{0x30, 0x86, 1, 0, 0, 0, 0, byte(len(body))}, body...),
				"r with a length of 2^32 - 1":       seq(append([]byte{2, 0x84, 0xff, 0xff, 0xff, 0xff}, r...), is),
				"the length that may not be":        append([]byte{0x30, 0xff}, body...),
				"a length and nothing":              {0x30, 1},
				"a tag and nothing":                 {0x30},
				"two numbers without a sequence":    body,
				"the numbers one after the other":   append(c.bytes(v.R), c.bytes(v.S)...),
				"zeros only":                        make([]byte, len(der)),
				"r, and s as zeros":                 seq(ir, make([]byte, len(is))),
				"the signature as a string of bits": tlv(3, zero, der),
			}
			if len(body) < 0x80 {
				bad["a length in one more byte"] = long(0x30, 1, body)
			}
			if r[0] == 0 {
				bad["r without its zero"] = seq(tlv(2, r[1:]), is)
				bad["s without its zero"] = seq(ir, tlv(2, s[1:]))
			} else {
				bad["a zero in front of r"] = seq(tlv(2, zero, r), is)
				bad["a zero in front of s"] = seq(ir, tlv(2, zero, s))
			}
			for i := range der {
				bad[fmt.Sprintf("the first %d bytes", i)] = der[:i]
				bad[fmt.Sprintf("without the first %d bytes", i+1)] = der[i+1:]
				bad[fmt.Sprintf("without byte %d", i)] = append(slices.Clone(der[:i]), der[i+1:]...)
				bad[fmt.Sprintf("with a zero before byte %d", i)] = append(append(slices.Clone(der[:i]), 0), der[i:]...)
			}
			for what, sig := range bad {
				// Some may be DER of other numbers.
				other, ok := decode(sig)
				want := ok && c.verify(v.q, v.hash, other.R, other.S)
				if want {
					t.Errorf("%s: the reference says that %x is right", what, sig)
				}
				if ecdsa.VerifyASN1(pub, v.hash, sig) {
					t.Errorf("%s: the signature %x is taken", what, sig)
				}
			}
			// Each byte changed.
			for i := range der {
				sig := slices.Clone(der)
				sig[i] ^= 1 << random.IntN(8)
				if ecdsa.VerifyASN1(pub, v.hash, sig) {
					t.Errorf("byte %d changed: the signature %x is taken", i, sig)
				}
			}
		}
	})
}

// What is signed here is right for the reference, and the other way round; and
// so is what is wrong.
func TestSignatureRandom(t *testing.T) {
	eachCurve(t, func(t *testing.T, c *curve, random *rand.Rand) {
		for range 20 {
			d := c.scalar(random)
			key := &ecdsa.PrivateKey{PublicKey: *c.public(c.base(d)), D: d}
			hash := make([]byte, 1+random.IntN(80))
			for i := range hash {
				hash[i] = byte(random.Uint32())
			}
			sig, err := ecdsa.SignASN1(cryptorand.Reader, key, hash)
			if err != nil {
				t.Fatal(err)
			}
			v, ok := decode(sig)
			if !ok {
				t.Fatalf("the signature %x is not DER", sig)
			}
			c.judge(t, vector{"signed", point{key.X, key.Y}, hash, v, true})
			c.judge(t, vector{"another s", point{key.X, key.Y}, hash, pair{v.R, c.scalar(random)}, false})
			made, err := ecdsa.GenerateKey(c.Curve, cryptorand.Reader)
			if err != nil {
				t.Fatal(err)
			}
			if q := c.base(made.D); !q.equal(point{made.X, made.Y}) {
				t.Errorf("the key %x has the public key %x, %x", made.D, made.X, made.Y)
			}
		}
	})
}

// On the port, the tests are about the little code, which words this error in
// its own way.
func TestLittleCode(t *testing.T) {
	key := make([]byte, 97)
	key[0] = 4
	_, err := ecdh.P384().NewPublicKey(key)
	if err == nil {
		t.Fatal("a key of zeros is taken")
	}
	if little := err.Error() == "not the encoding of a point of the curve"; little != littleCode {
		t.Errorf("the curves are in little code: %v, want %v (%v)", little, littleCode, err)
	}
}
