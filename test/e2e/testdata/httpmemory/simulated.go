//go:build simulated

package main

import "github.com/tinynet/tinynet/netdev/simdev"

// What everything goes over, and where to listen: a device in memory whose calls
// can be interrupted.
var (
	device = simdev.New(simdev.Config{
		Name: "simulated", Methods: simdev.Interrupts, SendBuffer: 1024, RecvBuffer: 1024, LowestNumber: true,
	}).Netdever()
	address = "10.0.0.1:8000"
)
