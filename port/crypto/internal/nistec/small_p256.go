//go:build tinynetport && port.smalltls

package nistec

// P256Point is a point of P-256.
type P256Point = smallPoint[smallP256]

// NewP256Point returns the point at infinity of P-256.
func NewP256Point() *P256Point { return newSmall[smallP256]() }
