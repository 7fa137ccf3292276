//go:build baremetal

package tether

const (
	defaultBuffer = 4 << 10
	defaultFrame  = 512
	defaultWindow = 8
)
