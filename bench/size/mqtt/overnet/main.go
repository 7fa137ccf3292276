// Overnet is an MQTT client over net and the device of netdev/lneto, to hold its size
// against that of overlneto.
package main

import (
	"net"
	"strconv"
	"time"

	"tinygo.org/x/drivers/netdev"

	"github.com/tinynet/tinynet/bench/size/mqtt/internal/talk"
	"github.com/tinynet/tinynet/bench/size/mqtt/internal/wire"
	"github.com/tinynet/tinynet/netdev/lneto"
)

func main() {
	if err := run(); err != nil {
		println(err.Error())
	}
}

func run() error {
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
	if err := dev.WaitUp(talk.Patience); err != nil {
		return err
	}
	netdev.UseNetdev(dev)
	conn, err := net.DialTimeout("tcp", talk.Broker+":"+strconv.Itoa(talk.Port), talk.Patience)
	if err != nil {
		return err
	}
	defer conn.Close()
	return talk.Run(conn)
}
