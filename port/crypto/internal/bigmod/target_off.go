//go:build tinynetport && !((baremetal || tinygo || tlssmall) && !tlsfull)

package bigmod

const targetBits = 2048
