//go:build tinynetport && tlssmall && !tlsfull

package tls

// placeOfEd25519 is where it is in the list.
var placeOfEd25519 = func() int {
	seen := false
	for i, s := range defaultSupportedSignatureAlgorithms {
		if s == offeredEd25519 && seen {
			return i
		}
		seen = seen || s == offeredEd25519
	}
	panic("there is nothing in the place of Ed25519")
}()

func offerEd25519(as SignatureScheme) {
	offeredEd25519 = as
	defaultSupportedSignatureAlgorithms[placeOfEd25519] = as
}
