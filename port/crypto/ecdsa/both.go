//go:build tinynetport

package ecdsa

// multiplyBoth sets p to u1 times the base point + u2 times q. What it handles
// is public: it is for checking a signature.
func multiplyBoth[P nistPoint[P]](p P, u1 []byte, q P, u2 []byte) error {
	// The curves in little code do it at once.
	if at, ok := any(p).(interface {
		MultiplyBoth(u1 []byte, q P, u2 []byte) error
	}); ok {
		return at.MultiplyBoth(u1, q, u2)
	}
	if _, err := p.ScalarBaseMult(u1); err != nil {
		return err
	}
	if _, err := q.ScalarMult(q, u2); err != nil {
		return err
	}
	p.Add(p, q)
	return nil
}
