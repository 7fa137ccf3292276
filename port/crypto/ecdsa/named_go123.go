//go:build tinynetport

package ecdsa

import "crypto/elliptic"

// verifyNamed checks a signature for a key on a curve that has a name. VerifyASN1 does
// it for keys on any curve. crypto/tls and crypto/x509 call it, by go:linkname.
func verifyNamed(pub *PublicKey, hash, sig []byte) bool {
	on := func(curve elliptic.Curve) bool { return pub.Curve.Params() == curve.Params() }
	return on(elliptic.P256()) && verifyNISTEC(p256(), pub, hash, sig) ||
		on(elliptic.P384()) && verifyNISTEC(p384(), pub, hash, sig) ||
		on(elliptic.P521()) && verifyNISTEC(p521(), pub, hash, sig) ||
		on(elliptic.P224()) && verifyNISTEC(p224(), pub, hash, sig)
}
