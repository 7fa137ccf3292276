//go:build tinynetport

package ecdsa

import "crypto/internal/fips140/bigmod"

// The two steps of a check that take longest. What they handle is public, so the
// curves in little code take fewer steps than with secrets.

// bothX returns the x coordinate of u1 times the base point + u2 times q.
func bothX[P Point[P]](p P, u1 []byte, q P, u2 []byte) ([]byte, error) {
	if at, ok := any(p).(interface {
		BothX(u1 []byte, q P, u2 []byte) ([]byte, error)
	}); ok {
		return at.BothX(u1, q, u2)
	}
	if _, err := p.ScalarBaseMult(u1); err != nil {
		return nil, err
	}
	if _, err := q.ScalarMult(q, u2); err != nil {
		return nil, err
	}
	return p.Add(p, q).BytesX()
}

// publicInverse sets w to 1/s modulo the curve's order. s is not 0.
func publicInverse[P Point[P]](c *Curve[P], w, s *bigmod.Nat) {
	if at, ok := any(c.newPoint()).(interface{ PublicInverse(x, m []byte) []byte }); ok {
		order := c.N.Nat().Bytes(c.N)
		if _, err := w.SetBytes(at.PublicInverse(s.Bytes(c.N), order), c.N); err == nil {
			return
		}
	}
	inverse(c, w, s)
}
