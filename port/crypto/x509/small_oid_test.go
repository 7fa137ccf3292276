//go:build tinynetport

package x509

import (
	"math/big"
	"math/rand"
	"testing"
)

// slowOID is the text of an identifier, by package math/big.
func slowOID(arcs []*big.Int) (der []byte, text string) {
	text = arcs[0].String()
	arcs[1].Add(arcs[1], new(big.Int).Mul(arcs[0], big.NewInt(40)))
	for i, arc := range arcs[1:] {
		shown := arc
		if i == 0 {
			shown = new(big.Int).Sub(arc, new(big.Int).Mul(arcs[0], big.NewInt(40)))
		}
		text += "." + shown.String()
		n := max((arc.BitLen()+6)/7, 1)
		for j := n - 1; j >= 0; j-- {
			b := byte(new(big.Int).Rsh(arc, uint(7*j)).Bit(0))
			for k := 1; k < 7; k++ {
				b |= byte(arc.Bit(7*j+k)) << k
			}
			if j > 0 {
				b |= 0x80
			}
			der = append(der, b)
		}
	}
	return der, text
}

func TestOIDText(t *testing.T) {
	check := func(arcs ...*big.Int) {
		t.Helper()
		der, want := slowOID(arcs)
		if got := oidText(der); got != want {
			t.Errorf("oidText(%x): got %s, want %s", der, got, want)
		}
	}
	if got := oidText(nil); got != "" {
		t.Errorf("oidText(nil): got %q, want none", got)
	}
	for first := range int64(3) {
		for second := range int64(40) {
			check(big.NewInt(first), big.NewInt(second), big.NewInt(0), big.NewInt(127), big.NewInt(128))
		}
	}
	for _, second := range []int64{40, 47, 48, 79, 80, 100, 127, 128, 919, 920, 999, 1 << 40} {
		check(big.NewInt(2), big.NewInt(second), big.NewInt(113549))
	}
	r := rand.New(rand.NewSource(1))
	for range 1000 {
		random := func(bits int) *big.Int {
			return new(big.Int).Rand(r, new(big.Int).Lsh(big.NewInt(1), uint(1+r.Intn(bits))))
		}
		check(big.NewInt(2), random(200), random(200), random(70), random(20))
	}
}
