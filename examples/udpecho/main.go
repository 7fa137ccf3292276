// Udpecho answers each datagram with its own bytes, whoever sent it: one socket
// for all, with ReadFrom and WriteTo.
//
// On this computer, over the port:
//
//	go run ./cmd/tinynet run ./examples/udpecho -- -addr 127.0.0.1:7007
//	socat - UDP:127.0.0.1:7007
//
// It prints "listening on ADDR" once that is true, and stops on an interrupt
// (Ctrl-C) or SIGTERM.
//
// On a board, whose driver has to tell who sent a datagram (see docs/drivers.md):
//
//	tinynet tinygo flash -target=pico -scheduler=tasks -tags=w5500 -stack-size=8kb ./examples/udpecho
//
// docs/boards.md says which boards join the network by themselves, and how.
package main

import (
	"errors"
	"net"
	"time"

	"github.com/tinynet/tinynet/examples/internal/online"
)

var (
	ssid, pass string // the Wi-Fi network that a board joins
	addr       string
)

func main() {
	host := online.Start(ssid, pass, online.Setting{
		Name: "addr", Value: &addr, Default: ":7007", Usage: "the `address` to listen on; port 0 takes a free one"})
	stopped := online.Stopped()
	conn, err := net.ListenPacket("udp", addr)
	if err != nil {
		online.Fail(err)
	}
	online.Say("listening on ", online.Where(conn.LocalAddr(), host))
	go func() {
		<-stopped
		conn.Close()
	}()
	echo(conn)
}

// echo answers until conn is closed.
func echo(conn net.PacketConn) {
	buf := make([]byte, 1472) // what an Ethernet frame holds
	for {
		n, from, err := conn.ReadFrom(buf)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err == nil {
			_, err = conn.WriteTo(buf[:n], from)
		}
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			// A peer that is gone, say: the others are still there.
			online.Say("udpecho: ", err.Error())
			time.Sleep(10 * time.Millisecond) // not a busy loop, whatever it is
		}
	}
}
