//go:build tinynetport && tlssmall && !tlsfull

package tls

// Tests that replay recorded handshakes change these two: in the records all is
// offered, as Go does.
var (
	// offeredEd25519 stands in the place of Ed25519 in what is offered: another
	// one that is there already.
	offeredEd25519 = ECDSAWithP256AndSHA256

	offersLeftOut bool
)
