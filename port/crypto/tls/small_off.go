//go:build tinynetport && !((baremetal || tlssmall) && !tlsfull)

package tls

// leavesOut tells whether what is large is left out. See small_on.go.
const leavesOut = false

const offeredEd25519 = Ed25519

func leftOutSuite(uint16) bool { return false }
