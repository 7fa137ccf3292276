package curves_test

import (
	"bytes"
	"crypto/ecdh"
	"encoding/hex"
	"fmt"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"
)

// prime25519 is the prime of X25519's field.
var prime25519 = plus(new(big.Int).Lsh(num(1), 255), -19)

// reversed is a number's 32 bytes, little-endian, or the number of them.
func reversed(x *big.Int) []byte {
	b := x.FillBytes(make([]byte, 32))
	slices.Reverse(b)
	return b
}

func unreversed(b []byte) *big.Int {
	b = slices.Clone(b)
	slices.Reverse(b)
	return new(big.Int).SetBytes(b)
}

// order8 returns the u coordinate of one of the two kinds of points of order 8.
func order8(i int) *big.Int {
	x, _ := new(big.Int).SetString([]string{
		"325606250916557431795983626356110631294008115727848805560023387167927233504",
		"39382357235489614581723060781553021112529911719440698176882885853963445705823",
	}[i], 10)
	return x
}

// montgomery is X25519 by the equation v² = u³ + 486662u² + u alone: the u
// coordinates of k P and (k+1) P, by the formulas for the sum of two points whose
// difference is known, with nothing of RFC 7748's ladder but that.
func montgomery(scalar, point []byte) []byte {
	mod := func(x *big.Int) *big.Int { return x.Mod(x, prime25519) }
	mul := func(x, y *big.Int) *big.Int { return mod(new(big.Int).Mul(x, y)) }
	add := func(x, y *big.Int) *big.Int { return mod(new(big.Int).Add(x, y)) }
	sub := func(x, y *big.Int) *big.Int { return mod(new(big.Int).Sub(x, y)) }
	k := unreversed(scalar)
	for _, bit := range []int{0, 1, 2, 255} {
		k.SetBit(k, bit, 0)
	}
	k.SetBit(k, 254, 1)
	u := unreversed(point)
	u.SetBit(u, 255, 0)
	mod(u)
	type ratio struct{ x, z *big.Int }
	double := func(p ratio) ratio {
		// x = (x² - z²)², z = 4xz (x² + 486662xz + z²)
		xx, zz, xz := mul(p.x, p.x), mul(p.z, p.z), mul(p.x, p.z)
		d := sub(xx, zz)
		return ratio{mul(d, d), mul(mul(num(4), xz), add(add(xx, mul(num(486662), xz)), zz))}
	}
	sum := func(p, q ratio) ratio {
		// x = (x x' - z z')², z = u (x z' - z x')²
		a, b := sub(mul(p.x, q.x), mul(p.z, q.z)), sub(mul(p.x, q.z), mul(p.z, q.x))
		return ratio{mul(a, a), mul(u, mul(b, b))}
	}
	low, high := ratio{num(1), num(0)}, ratio{u, num(1)}
	for i := 254; i >= 0; i-- {
		both := sum(low, high)
		if k.Bit(i) == 0 {
			low, high = double(low), both
		} else {
			low, high = both, double(high)
		}
	}
	inverse := new(big.Int).Exp(low.z, plus(prime25519, -2), prime25519)
	return reversed(mul(low.x, inverse))
}

func exchange25519(t *testing.T, what string, scalar, point []byte) {
	t.Helper()
	key, err := ecdh.X25519().NewPrivateKey(scalar)
	if err != nil {
		t.Fatal(err)
	}
	nine := append([]byte{9}, make([]byte, 31)...)
	if got, want := key.PublicKey().Bytes(), montgomery(scalar, nine); !bytes.Equal(got, want) {
		t.Errorf("%s: the key %x has the public key %x, want %x", what, scalar, got, want)
	}
	peer, err := ecdh.X25519().NewPublicKey(point)
	if err != nil {
		t.Fatal(err)
	}
	got, err := key.ECDH(peer)
	want := montgomery(scalar, point)
	if bytes.Equal(want, make([]byte, 32)) {
		if err == nil {
			t.Errorf("%s: %x with %x: %x, want an error", what, scalar, point, got)
		}
		return
	}
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("%s: %x with %x: %x, %v, want %x", what, scalar, point, got, err, want)
	}
}

// Points at and past the prime, of low order, on the curve and its twist, and with
// words at their ends, with keys that are special, too.
func TestX25519(t *testing.T) {
	random := rand.New(rand.NewPCG(25519, 1))
	any := func() []byte {
		b := make([]byte, 32)
		for i := range b {
			b[i] = byte(random.Uint32())
		}
		return b
	}
	top := plus(new(big.Int).Lsh(num(1), 256), -1)
	var points []*big.Int
	for i := range int64(40) {
		points = append(points, num(i), plus(prime25519, i-20), plus(top, -i))
	}
	for i := range 2 {
		points = append(points, order8(i), new(big.Int).Add(order8(i), prime25519))
	}
	for _, i := range []uint{31, 32, 63, 64, 128, 192, 224, 254, 255} {
		one := new(big.Int).Lsh(num(1), i)
		points = append(points, one, plus(one, -1), new(big.Int).Sub(prime25519, one))
	}
	words := []uint32{0, 1, 18, 19, 37, 38, 39, 1<<31 - 1, 1 << 31, 1<<32 - 39, 1<<32 - 38, 1<<32 - 19, 1<<32 - 1}
	for range 300 {
		x := new(big.Int)
		for range 8 {
			word := words[random.IntN(len(words))]
			if random.IntN(8) == 0 {
				word = random.Uint32()
			}
			x.Lsh(x, 32).Or(x, new(big.Int).SetUint64(uint64(word)))
		}
		points = append(points, x)
	}
	keys := [][]byte{make([]byte, 32), reversed(top), append([]byte{8}, make([]byte, 31)...)}
	for i, u := range points {
		u.And(u.Abs(u), top)
		exchange25519(t, fmt.Sprintf("point %d", i), any(), reversed(u))
		if i%8 == 0 {
			exchange25519(t, fmt.Sprintf("point %d, special key", i), keys[i/8%len(keys)], reversed(u))
		}
	}
	for range 100 {
		exchange25519(t, "any", any(), any())
	}
}

// The vectors of RFC 7748, section 5.2: two, and what comes of 9 when the result is
// the next key, and the key the next point, for 1,000 times.
func TestX25519Vectors(t *testing.T) {
	bytesOf := func(text string) []byte {
		b, err := hex.DecodeString(text)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	exchange := func(scalar, point []byte) []byte {
		key, err := ecdh.X25519().NewPrivateKey(scalar)
		if err != nil {
			t.Fatal(err)
		}
		peer, err := ecdh.X25519().NewPublicKey(point)
		if err != nil {
			t.Fatal(err)
		}
		shared, err := key.ECDH(peer)
		if err != nil {
			t.Fatalf("%x with %x: %v", scalar, point, err)
		}
		return shared
	}
	for _, v := range []struct{ scalar, point, want string }{
		{"a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4", "e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c", "c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552"},
		{"4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d", "e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493", "95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957"},
	} {
		if got := exchange(bytesOf(v.scalar), bytesOf(v.point)); !bytes.Equal(got, bytesOf(v.want)) {
			t.Errorf("%s with %s: got %x, want %s", v.scalar, v.point, got, v.want)
		}
	}
	point := append([]byte{9}, make([]byte, 31)...)
	scalar := point
	for i := range 1000 {
		scalar, point = exchange(scalar, point), scalar
		want := map[int]string{
			0:   "422c8e7a6227d7bca1350b3e2bb7279f7897b87bb6854b783c60e80311ae3079",
			999: "684cf59ba83309552800ef566f2f4d3c1c3887c49360e3875f2eb94d99532c51",
		}[i]
		if want != "" && !bytes.Equal(scalar, bytesOf(want)) {
			t.Errorf("after %d times: got %x, want %s", i+1, scalar, want)
		}
	}
}

// The points whose order divides 8, on the curve and its twist, in all encodings:
// what all of them share with anybody is 0, which has to be an error.
func TestX25519LowOrder(t *testing.T) {
	key, err := ecdh.X25519().NewPrivateKey(bytes.Repeat([]byte{0x77}, 32))
	if err != nil {
		t.Fatal(err)
	}
	points := []*big.Int{num(0), num(1), plus(prime25519, -1), order8(0), order8(1)}
	for _, u := range points {
		for _, more := range []*big.Int{num(0), prime25519} {
			v := new(big.Int).Add(u, more)
			for _, top := range []uint{0, 1} { // the highest bit counts for nothing
				if v.BitLen() > 255 {
					continue // p is not added to it: the sum would be another number
				}
				b := reversed(new(big.Int).SetBit(v, 255, top))
				peer, err := ecdh.X25519().NewPublicKey(b)
				if err != nil {
					t.Fatal(err)
				}
				if got, err := key.ECDH(peer); err == nil {
					t.Errorf("%x: got %x, want an error", b, got)
				}
			}
		}
	}
}

// On the port, X25519 is in little code, too: it has its numbers on the heap, in
// small pieces, where Go's has them on the stack.
func TestX25519LittleCode(t *testing.T) {
	key, err := ecdh.X25519().NewPrivateKey(bytes.Repeat([]byte{0x77}, 32))
	if err != nil {
		t.Fatal(err)
	}
	allocations := testing.AllocsPerRun(1, func() {
		if _, err := key.ECDH(key.PublicKey()); err != nil {
			t.Error(err)
		}
	})
	if little := allocations > 10; little != littleCode {
		t.Errorf("X25519 is in little code: got %v, want %v (%v allocations)", little, littleCode, allocations)
	}
}

// FuzzX25519 compares X25519 with the reference.
func FuzzX25519(f *testing.F) {
	f.Add([]byte{1}, []byte{9})
	f.Add(bytes.Repeat([]byte{255}, 32), reversed(prime25519))
	f.Fuzz(func(t *testing.T, scalar, point []byte) {
		size := func(b []byte) []byte { return append(slices.Clone(b), make([]byte, 32)...)[:32] }
		exchange25519(t, "fuzzed", size(scalar), size(point))
	})
}
