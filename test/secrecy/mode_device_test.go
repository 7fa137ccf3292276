//go:build tinynet_port && tlsoffload

package secrecy_test

const mode = onDevice
