//go:build tinynetport && (baremetal || tinygo) && !tlssmall && !tlsfull

package tls

const (
	// offeredEd25519 stands in the place of Ed25519 in what is offered: another
	// one that is there already.
	offeredEd25519 = ECDSAWithP256AndSHA256

	offersLeftOut = false
)
