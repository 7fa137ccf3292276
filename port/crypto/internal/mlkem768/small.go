//go:build tinynetport && port.smalltls

package mlkem768

import "errors"

// The sizes of ML-KEM-768 (FIPS 203, table 3), which crypto/tls compares with
// what peers send.
const (
	CiphertextSize       = 1088
	EncapsulationKeySize = 1184
	SeedSize             = 64
)

// A DecapsulationKey is what a board does not have.
type DecapsulationKey struct{}

var errLeftOut = errors.New("mlkem768: a board has no ML-KEM (build tag tlsfull adds it)")

// EncapsulationKey returns no key.
func (*DecapsulationKey) EncapsulationKey() []byte { return nil }

// NewKeyFromSeed fails.
func NewKeyFromSeed([]byte) (*DecapsulationKey, error) { return nil, errLeftOut }

// Encapsulate fails.
func Encapsulate([]byte) (ciphertext, sharedKey []byte, err error) { return nil, nil, errLeftOut }

// Decapsulate fails.
func Decapsulate(*DecapsulationKey, []byte) (sharedKey []byte, err error) { return nil, errLeftOut }
