//go:build tinynetport && !((baremetal || tlssmall) && !tlsfull)

package x509

// leavesOut tells whether a board's set of algorithms is linked.
const leavesOut = false
