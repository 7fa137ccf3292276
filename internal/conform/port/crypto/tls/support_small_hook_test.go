//go:build tinynetport && tlssmall && !tlsfull

package tls

func offerEd25519(as SignatureScheme) { offeredEd25519 = as }
