//go:build tinynetport

package net

import _ "unsafe" // for linkname

// hostNetdev is Host of tinynet's package netdev.
//
//go:linkname hostNetdev
func hostNetdev() netdever {
	if d := hostDevice(); d != nil {
		return d.netdever
	}
	return nil
}

// loopbackNetdev is Loopback of tinynet's package netdev.
//
//go:linkname loopbackNetdev
func loopbackNetdev() netdever { return theLoopback() }

// ownDevice gives net's own device for a value of the two above, nil for any
// other.
func ownDevice(dev netdever) *device {
	if _, ok := dev.(*loopback); ok {
		return loopbackDevice()
	}
	if _, ok := dev.(systemSockets); ok {
		return hostDevice()
	}
	return nil
}
