//go:build tinynetport && !nohostnet && !tinygo

package net

func (fd *hostFD) init(network string) error { return fd.FD.Init(network, true) }
