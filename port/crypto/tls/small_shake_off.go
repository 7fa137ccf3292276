//go:build tinynetport && !port.smalltls && !port.elsewhere

package tls

import "golang.org/x/crypto/sha3"

// What Kyber's draft hashes with.
var (
	newShake256 = sha3.NewShake256
	sum256      = sha3.Sum256
)
