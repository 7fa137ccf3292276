//go:build !(tinynet_port && tlssmall)

package curves_test

const littleCode = false
