//go:build tinynetport && tlssmall && !tlsfull

package tls

import "crypto/internal/mlkem768"

// Where the package is left out it has no such functions.
func kyberKey([]byte) (*mlkem768.DecapsulationKey, error) { return mlkem768.NewKeyFromSeed(nil) }
func newKyberKey() (*mlkem768.DecapsulationKey, error)    { return mlkem768.NewKeyFromSeed(nil) }
