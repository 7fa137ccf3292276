//go:build tinynetport

package net

import _ "unsafe" // for linkname

// hostNetdev is Host of tinynet's package netdev.
//
//go:linkname hostNetdev
func hostNetdev() netdever {
	if d := hostDevice(); d != nil {
		return d.driver
	}
	return nil
}

// loopbackNetdev is Loopback of tinynet's package netdev.
//
//go:linkname loopbackNetdev
func loopbackNetdev() netdever { return theLoopback() }

// builtin is what only the loopback has. To ask for its type would link the
// type.
type builtin interface{ builtin() }

func (*loopback) builtin() {}

// ownDevice gives net's own device for a value of the two above, nil for any
// other.
func ownDevice(dev netdever) *device {
	if _, ok := dev.(builtin); ok {
		return loopbackDevice()
	}
	if hosted {
		if _, ok := dev.(systemSockets); ok {
			return hostDevice()
		}
	}
	return nil
}
