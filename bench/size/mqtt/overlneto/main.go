// Overlneto is an MQTT client over lneto's own API, without net, to hold its size
// against that of overnet: it asks for an address, looks the broker up, connects, and
// sends again what is lost, as overnet does.
package main

import (
	"crypto/rand"
	"encoding/binary"
	"net/netip"
	"time"

	"github.com/soypat/lneto/tcp"
	"github.com/soypat/lneto/x/xnet"

	"github.com/tinynet/tinynet/bench/size/mqtt/internal/talk"
	"github.com/tinynet/tinynet/bench/size/mqtt/internal/wire"
)

func main() {
	if err := run(); err != nil {
		println(err.Error())
	}
}

const pause = 3 * time.Millisecond

func run() error {
	cable := &wire.Cable{}
	var seed [8]byte
	if _, err := rand.Read(seed[:]); err != nil {
		return err
	}
	var stack xnet.StackAsync
	err := stack.Reset(xnet.StackConfig{
		HardwareAddress:   wire.MAC,
		RandSeed:          int64(binary.LittleEndian.Uint64(seed[:])),
		Hostname:          "tinynet",
		MaxActiveTCPPorts: 2,
		MaxActiveUDPPorts: 2,
		MTU:               1500,
	})
	if err != nil {
		return err
	}
	go func() {
		frame := make([]byte, 1514)
		for {
			if in := cable.Receive(); in != nil {
				stack.IngressEthernet(in)
			}
			if n, err := stack.EgressEthernet(frame); err == nil && n > 0 {
				cable.Send(frame[:n])
				continue
			}
			time.Sleep(pause)
		}
	}()
	blocking := stack.StackRetrying(func(uint) time.Duration { return pause })
	results, err := blocking.DoDHCPv4([4]byte{}, talk.Patience, 3)
	if err != nil {
		return err
	}
	if err := stack.AssimilateDHCPResults(results); err != nil {
		return err
	}
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
