//go:build tinynetport && port.smalltls && tinygo

package x509

import (
	"crypto/ecdsa"
	_ "unsafe" // for go:linkname
)

// verifyECDSA is ecdsa.VerifyASN1 for the curves that certificates name, in which
// no key has another. What multiplies points of any curve takes 15 kB.
//
//go:linkname verifyECDSA crypto/ecdsa.verifyNamed
func verifyECDSA(pub *ecdsa.PublicKey, hash, sig []byte) bool
