//go:build tinynetport && (baremetal || tlssmall) && !tlsfull

package x509

// leavesOut tells whether a board's set of algorithms is linked: all but
// Ed25519.
const leavesOut = true
