//go:build tinynetport && !port.smalltls

package x509

import "crypto/ed25519"

// leavesOut tells whether a board's set of algorithms is linked.
const leavesOut = false

// ed25519Key returns the key that grows from the seed.
func ed25519Key(seed []byte) (any, error) { return ed25519.NewKeyFromSeed(seed), nil }
