package curves_test

//lint:file-ignore SA1019 the tests are about what the old functions call, too

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"math/big"
	"testing"
)

// FuzzSignature compares what the reference and the curves say about a key, a
// hash and a signature, and about one that is right: that for which the check's
// factors are u1 and u2.
func FuzzSignature(f *testing.F) {
	for i := range allCurves {
		f.Add(byte(i), []byte{1}, []byte("hash"), []byte{0x30, 6, 2, 1, 1, 2, 1, 1}, []byte{1}, []byte{1})
		f.Add(byte(i), []byte{7}, []byte{0}, []byte{0x30, 6, 2, 1, 0, 2, 1, 0}, []byte{0}, allCurves[i].n.Bytes())
	}
	f.Fuzz(func(t *testing.T, which byte, key, hash, sig, u1, u2 []byte) {
		c := allCurves[int(which)%len(allCurves)]
		if len(key)+len(u1)+len(u2) > 1000 || len(hash) == 0 {
			return // takes long, and is reduced anyway; or is refused since Go 1.27
		}
		q := c.base(c.mod(new(big.Int).SetBytes(key)))
		v, ok := decode(sig)
		want := ok && c.verify(q, hash, v.R, v.S)
		if got := ecdsa.VerifyASN1(c.public(q), hash, sig); got != want {
			t.Errorf("%s: key %x %x, hash %x, signature %x: valid %v, want %v", c.name, q.x, q.y, hash, sig, got, want)
		}
		if q.infinite() {
			return
		}
		if v, ok := c.with("made of its factors", q, c.mod(new(big.Int).SetBytes(u1)), c.mod(new(big.Int).SetBytes(u2))); ok {
			c.judge(t, v)
		}
	})
}

// FuzzPoint compares what the reference and the curves make of the encoding of a
// point, and of its multiple.
func FuzzPoint(f *testing.F) {
	for i, c := range allCurves {
		f.Add(byte(i), c.encode(c.g), []byte{3})
		f.Add(byte(i), c.compressed(c.g), c.n.Bytes())
		f.Add(byte(i), c.encode(c.from(num(0))), plus(c.n, -1).Bytes())
	}
	f.Fuzz(func(t *testing.T, which byte, encoded, scalar []byte) {
		c := allCurves[int(which)%len(allCurves)]
		if len(scalar) > c.size {
			return // is reduced by crypto/elliptic
		}
		// The coordinates are taken as they are, if there is a point with them,
		// and else the next one: a fuzzer does not find one by itself.
		x, y := elliptic.Unmarshal(c.Curve, encoded)
		if len(encoded) == 1+2*c.size && encoded[0] == 4 {
			rx, ry := new(big.Int).SetBytes(encoded[1:1+c.size]), new(big.Int).SetBytes(encoded[1+c.size:])
			if c.has(rx, ry) != (x != nil) {
				t.Errorf("%s: %x is taken: %v", c.name, encoded, x != nil)
			}
		} else if x != nil {
			t.Errorf("%s: %x is taken", c.name, encoded)
		}
		at := new(big.Int).SetBytes(encoded)
		p := c.from(at.Mod(at, plus(c.p, -100)))
		if x != nil {
			p = point{x, y}
		}
		k := new(big.Int).SetBytes(scalar)
		if rx, ry := c.ScalarMult(p.x, p.y, scalar); !c.mul(k, p).equal(fromXY(rx, ry)) {
			t.Errorf("%s: %x (%x, %x) = %x, %x", c.name, scalar, p.x, p.y, rx, ry)
		}
		if c.ecdh == nil || k.Sign() == 0 || k.Cmp(c.n) >= 0 {
			return
		}
		mine, err := c.ecdh.NewPrivateKey(c.bytes(k))
		if err != nil {
			t.Fatal(err)
		}
		theirs, err := c.ecdh.NewPublicKey(c.encode(p))
		if err != nil {
			t.Fatal(err)
		}
		secret, err := mine.ECDH(theirs)
		if want := c.bytes(c.mul(k, p).x); err != nil || !bytes.Equal(secret, want) {
			t.Errorf("%s: %d with %x, %x: %x, %v, want %x", c.name, k, p.x, p.y, secret, err, want)
		}
	})
}
