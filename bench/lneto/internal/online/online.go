// Package online gives package net the device of netdev/lneto over the cable, with an
// address.
package online

import (
	"time"

	"tinygo.org/x/drivers/netdev"

	"github.com/tinynet/tinynet/bench/lneto/internal/wire"
	"github.com/tinynet/tinynet/netdev/lneto"
)

// Up starts the device and asks for its address.
func Up() error {
	cable := &wire.Cable{}
	dev, err := lneto.New(cable, lneto.Config{MAC: wire.MAC, Hostname: "tinynet"})
	if err != nil {
		return err
	}
	go func() {
		for {
			if frame := cable.Receive(); frame != nil {
				dev.Receive(frame)
			}
			time.Sleep(3 * time.Millisecond)
		}
	}()
	if err := dev.WaitUp(wire.Patience); err != nil {
		return err
	}
	netdev.UseNetdev(dev)
	return nil
}
