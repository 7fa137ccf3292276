package curves_test

import (
	"bytes"
	cryptorand "crypto/rand"
	"fmt"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"
)

// exchange checks what a secret key and a public one come to.
func (c *curve) exchange(t *testing.T, what string, d *big.Int, q point) {
	t.Helper()
	key, err := c.ecdh.NewPrivateKey(c.bytes(d))
	if err != nil {
		t.Errorf("%s: the key %d: %v", what, d, err)
		return
	}
	if got, want := key.PublicKey().Bytes(), c.encode(c.base(d)); !bytes.Equal(got, want) {
		t.Errorf("%s: the key %d has the public key %x, want %x", what, d, got, want)
	}
	peer, err := c.ecdh.NewPublicKey(c.encode(q))
	if err != nil {
		t.Errorf("%s: the public key %x, %x: %v", what, q.x, q.y, err)
		return
	}
	got, err := key.ECDH(peer)
	if err != nil {
		t.Errorf("%s: %d with %x, %x: %v", what, d, q.x, q.y, err)
		return
	}
	if want := c.bytes(c.mul(d, q).x); !bytes.Equal(got, want) {
		t.Errorf("%s: %d with %x, %x: %x, want %x", what, d, q.x, q.y, got, want)
	}
}

func eachExchange(t *testing.T, test func(t *testing.T, c *curve, random *rand.Rand)) {
	eachCurve(t, func(t *testing.T, c *curve, random *rand.Rand) {
		if c.ecdh == nil {
			t.Skip("crypto/ecdh does not have this curve")
		}
		test(t, c, random)
	})
}

// Special secret keys with special points.
func TestExchange(t *testing.T) {
	eachExchange(t, func(t *testing.T, c *curve, random *rand.Rand) {
		points := c.points()
		for i, d := range c.scalars() {
			if d.Sign() > 0 {
				c.exchange(t, "a special key", d, points[i%len(points)])
			}
		}
		// Points whose multiple is special: the secret is small, or has zeros
		// in front.
		for i, p := range points {
			c.exchange(t, fmt.Sprintf("special point %d", i), c.scalar(random), p)
			d := c.scalar(random)
			c.exchange(t, fmt.Sprintf("special secret %d", i), d, c.mul(new(big.Int).ModInverse(d, c.n), p))
		}
		for range 10 {
			d, q := c.scalar(random), c.base(c.scalar(random))
			c.exchange(t, "any key and point", d, q)
			c.exchange(t, "the opposite key", new(big.Int).Sub(c.n, d), q)
			a, err := c.ecdh.GenerateKey(cryptorand.Reader)
			if err != nil {
				t.Fatal(err)
			}
			c.exchange(t, "a key that was made", new(big.Int).SetBytes(a.Bytes()), q)
		}
	})
}

func TestExchangeKeys(t *testing.T) {
	eachExchange(t, func(t *testing.T, c *curve, random *rand.Rand) {
		all := plus(new(big.Int).Lsh(num(1), uint(8*c.size)), -1)
		for _, d := range []*big.Int{num(0), c.n, plus(c.n, 1), c.p, plus(c.p, -1), all} {
			if _, err := c.ecdh.NewPrivateKey(c.bytes(d)); err == nil {
				t.Errorf("the key %d is taken", d)
			}
		}
		one := c.bytes(num(1))
		for what, b := range map[string][]byte{
			"no bytes":       {},
			"one byte":       {1},
			"a byte less":    one[1:],
			"a byte more":    append([]byte{0}, one...),
			"a byte behind":  append(slices.Clone(one), 0),
			"twice as many":  append(make([]byte, c.size), one...),
			"a byte is less": c.bytes(c.scalar(random))[:c.size-1],
		} {
			if _, err := c.ecdh.NewPrivateKey(b); err == nil {
				t.Errorf("a key of %s is taken", what)
			}
		}
	})
}

// Public keys that are none: not on the curve, at infinity, not reduced, or
// wrongly encoded.
func TestExchangePoints(t *testing.T) {
	eachExchange(t, func(t *testing.T, c *curve, random *rand.Rand) {
		for what, b := range c.badEncodings(random) {
			if _, err := c.ecdh.NewPublicKey(b); err == nil {
				t.Errorf("%s: the public key %x is taken", what, b)
			}
		}
		// These are of the curve, but in forms that crypto/ecdh does not take.
		p := c.from(num(0))
		for what, b := range map[string][]byte{
			"compressed": c.compressed(p),
			"infinity":   {0},
			"hybrid":     append([]byte{6 | byte(p.y.Bit(0))}, c.encode(p)[1:]...),
		} {
			if _, err := c.ecdh.NewPublicKey(b); err == nil {
				t.Errorf("%s: the public key %x is taken", what, b)
			}
		}
		// A key of another curve is refused.
		for _, other := range allCurves {
			if other.ecdh == nil || other == c {
				continue
			}
			mine, err := c.ecdh.NewPrivateKey(c.bytes(num(2)))
			if err != nil {
				t.Fatal(err)
			}
			theirs, err := other.ecdh.NewPublicKey(other.encode(other.g))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := mine.ECDH(theirs); err == nil {
				t.Errorf("a point of %s is taken", other.name)
			}
		}
	})
}
