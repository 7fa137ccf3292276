//go:build !simulated

package main

import "github.com/tinynet/tinynet/netdev"

// What everything goes over, and where to listen.
var (
	device  = netdev.Loopback()
	address = "127.0.0.1:0"
)
