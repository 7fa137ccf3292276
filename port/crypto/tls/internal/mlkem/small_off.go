//go:build tinynetport && !port.smalltls

// Package mlkem is what crypto/tls needs of ML-KEM-768 (FIPS 203).
package mlkem

import "crypto/internal/fips140/mlkem"

// The sizes that crypto/tls compares with what peers send, in bytes.
const (
	CiphertextSize768       = mlkem.CiphertextSize768
	EncapsulationKeySize768 = mlkem.EncapsulationKeySize768
	SeedSize                = mlkem.SeedSize
)

// The keys are Go's.
type (
	DecapsulationKey768 = mlkem.DecapsulationKey768
	EncapsulationKey768 = mlkem.EncapsulationKey768
)

// NewDecapsulationKey768 makes a key of a seed.
func NewDecapsulationKey768(seed []byte) (*DecapsulationKey768, error) {
	return mlkem.NewDecapsulationKey768(seed)
}

// NewEncapsulationKey768 reads the key that a peer has sent.
func NewEncapsulationKey768(key []byte) (*EncapsulationKey768, error) {
	return mlkem.NewEncapsulationKey768(key)
}
