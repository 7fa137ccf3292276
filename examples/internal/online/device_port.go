//go:build baremetal || tinynet

package online

import "github.com/tinynet/tinynet/netdev"

var device netdev.Netdever

// Device is the network device, for the example that does without net.
func Device() netdev.Netdever { return device }
