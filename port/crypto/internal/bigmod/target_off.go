//go:build tinynetport && !port.smalltls

package bigmod

const targetBits = 2048
