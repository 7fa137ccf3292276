//go:build !baremetal

package tether

const (
	defaultBuffer = 64 << 10
	defaultFrame  = 1024
	defaultWindow = 32
)
