//go:build tinynet_port && !notls && !tlsoffload

package secrecy_test

const mode = inSoftware
