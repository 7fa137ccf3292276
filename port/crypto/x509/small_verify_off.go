//go:build tinynetport && !(port.smalltls && tinygo)

package x509

import "crypto/ecdsa"

func verifyECDSA(pub *ecdsa.PublicKey, hash, sig []byte) bool {
	return ecdsa.VerifyASN1(pub, hash, sig)
}
