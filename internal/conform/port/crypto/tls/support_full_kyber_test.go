//go:build tinynetport && !(tlssmall && !tlsfull)

package tls

import "crypto/internal/mlkem768"

func kyberKey(encoded []byte) (*mlkem768.DecapsulationKey, error) {
	return mlkem768.NewKeyFromExtendedEncoding(encoded)
}

func newKyberKey() (*mlkem768.DecapsulationKey, error) { return mlkem768.GenerateKey() }
