//go:build tinynetport

package ecdsa

import (
	"crypto/elliptic"
	"crypto/internal/fips140/ecdsa"
)

// verifyNamed checks a signature for a key on a curve that has a name. VerifyASN1 does
// it for keys on any curve. crypto/tls and crypto/x509 call it, by go:linkname.
func verifyNamed(pub *PublicKey, hash, sig []byte) bool {
	on := func(curve elliptic.Curve) bool { return pub.Curve.Params() == curve.Params() }
	return on(elliptic.P256()) && verifyFIPS(ecdsa.P256(), pub, hash, sig) ||
		on(elliptic.P384()) && verifyFIPS(ecdsa.P384(), pub, hash, sig) ||
		on(elliptic.P521()) && verifyFIPS(ecdsa.P521(), pub, hash, sig) ||
		on(elliptic.P224()) && verifyFIPS(ecdsa.P224(), pub, hash, sig)
}
