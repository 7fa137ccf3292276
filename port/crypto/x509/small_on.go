//go:build tinynetport && port.smalltls

package x509

import "errors"

// leavesOut tells whether a board's set of algorithms is linked: all but
// Ed25519.
const leavesOut = true

// ed25519Key would return the key that grows from the seed. Naming its type as
// that of a value would link what signs with it.
func ed25519Key(seed []byte) (any, error) {
	return nil, errors.New("x509: a board has no Ed25519 keys (build tag tlsfull adds them)")
}
