//go:build linux && tinynet_get && !tinynet_plain

package main

import _ "unsafe" // for linkname

//go:linkname useNetdev net.useNetdev
func useNetdev(dev netdever)

// serverName is the address of this computer on the devices' network. It is not
// 127.0.0.1, which is the port's own, and none of tinygo-net's.
const serverName = "192.0.2.1"

func ways() []way {
	over := func(dev netdever) func() { return func() { useNetdev(dev) } }
	return []way{
		{"get", over(systemDevice{}), false},
		{"get-close", over(systemDevice{}), true},
		{"get-deadline", over(newDeadlineDevice()), false},
		{"get-interrupt", over(newInterruptDevice()), false},
		{"get-module", over(newModuleDevice()), false},
	}
}
