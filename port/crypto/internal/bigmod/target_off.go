//go:build tinynetport && !((baremetal || tlssmall) && !tlsfull)

package bigmod

const targetBits = 2048
