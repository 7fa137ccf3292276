//go:build tinynetport && (baremetal || tlssmall) && !tlsfull

package tls

// leavesOut tells whether what is large, and what no default handshake with
// today's public web servers needs, is left out. It is a constant, so that the
// linker sees it.
const leavesOut = true

// offeredEd25519 stands in the place of Ed25519 in what is offered: another one
// that is there already.
const offeredEd25519 = ECDSAWithP256AndSHA256

// leftOutSuite tells whether a cipher suite cannot be used.
func leftOutSuite(id uint16) bool {
	switch id {
	case TLS_RSA_WITH_RC4_128_SHA, TLS_ECDHE_RSA_WITH_RC4_128_SHA, TLS_ECDHE_ECDSA_WITH_RC4_128_SHA,
		TLS_RSA_WITH_3DES_EDE_CBC_SHA, TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA:
		return true
	}
	return false
}
