// Mqttoverlneto is an MQTT client over lneto's own API, without net, to hold its size
// against that of mqttovernet: it asks for an address, looks the broker up, connects, and
// sends again what is lost, as mqttovernet does.
package main

import (
	"net/netip"
	"time"

	"github.com/soypat/lneto/tcp"

	"github.com/tinynet/tinynet/bench/lneto/internal/bare"
	"github.com/tinynet/tinynet/bench/lneto/internal/talk"
)

func main() {
	if err := run(); err != nil {
		println(err.Error())
	}
}

func run() error {
	stack, err := bare.Up()
	if err != nil {
		return err
	}
	blocking := stack.StackRetrying(bare.Wait)
	addrs, err := blocking.DoLookupIP(talk.Broker, talk.Patience, 3)
	if err != nil {
		return err
	}
	var conn tcp.Conn
	err = conn.Configure(tcp.ConnConfig{
		RxBuf:             make([]byte, 2920),
		TxBuf:             make([]byte, 2920),
		TxPacketQueueSize: 8,
		LossRecovery:      &tcp.RTO{},
		Nanotime:          func() int64 { return time.Now().UnixNano() },
	})
	if err != nil {
		return err
	}
	if err := blocking.DoDialTCP(&conn, uint16(stack.Prand32()>>17)+32768, netip.AddrPortFrom(addrs[0], talk.Port), talk.Patience, 3); err != nil {
		return err
	}
	defer conn.Close()
	return talk.Run(&conn)
}
