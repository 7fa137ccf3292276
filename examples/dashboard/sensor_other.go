//go:build !baremetal || !rp2040

package main

func chip() []sensor { return nil }
