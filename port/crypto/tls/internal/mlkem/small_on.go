//go:build tinynetport && port.smalltls

// Package mlkem is what crypto/tls needs of ML-KEM-768 (FIPS 203) where there is
// none: it takes 270 to 430 kB of flash.
package mlkem

import "errors"

// The sizes that crypto/tls compares with what peers send, in bytes (FIPS 203,
// table 3).
const (
	CiphertextSize768       = 1088
	EncapsulationKeySize768 = 1184
	SeedSize                = 64
)

// The keys are what a board does not have.
type (
	DecapsulationKey768 struct{}
	EncapsulationKey768 struct{}
)

var errLeftOut = errors.New("mlkem: left out")

// NewDecapsulationKey768 fails.
func NewDecapsulationKey768([]byte) (*DecapsulationKey768, error) { return nil, errLeftOut }

// NewEncapsulationKey768 fails.
func NewEncapsulationKey768([]byte) (*EncapsulationKey768, error) { return nil, errLeftOut }

// EncapsulationKey returns none.
func (*DecapsulationKey768) EncapsulationKey() *EncapsulationKey768 { return nil }

// Decapsulate fails.
func (*DecapsulationKey768) Decapsulate([]byte) ([]byte, error) { return nil, errLeftOut }

// Bytes returns none.
func (*EncapsulationKey768) Bytes() []byte { return nil }

// Encapsulate returns nothing: nobody has such a key.
func (*EncapsulationKey768) Encapsulate() (sharedKey, ciphertext []byte) { return nil, nil }
