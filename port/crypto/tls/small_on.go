//go:build tinynetport && port.smalltls

package tls

import "slices"

// leavesOut tells whether what is large, and what no default handshake with
// today's public web servers needs, is left out. It is a constant, so that the
// linker sees it.
const leavesOut = true

// leftOutSuite tells whether a cipher suite cannot be used.
func leftOutSuite(id uint16) bool {
	if offersLeftOut {
		return false
	}
	switch id {
	case TLS_RSA_WITH_RC4_128_SHA, TLS_ECDHE_RSA_WITH_RC4_128_SHA, TLS_ECDHE_ECDSA_WITH_RC4_128_SHA,
		TLS_RSA_WITH_3DES_EDE_CBC_SHA, TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA:
		return true
	}
	return false
}

// offeredSuites takes out of a list of cipher suites those that cannot be used.
func offeredSuites(ids []uint16) []uint16 { return slices.DeleteFunc(ids, leftOutSuite) }
