//go:build tinynet_port && notls

package secrecy_test

const mode = nowhere
