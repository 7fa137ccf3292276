// Tcpecho answers every TCP connection with the bytes that it sent, a
// goroutine for each. It is the smallest server there is over net, and a
// handy partner for measuring.
//
// On this computer, over the port:
//
//	go run ./cmd/tinynet run ./examples/tcpecho
//	go run ./cmd/tinynet run ./examples/tcpecho -- -addr 127.0.0.1:7007
//
// It prints "listening on ADDR" once that is true, and stops on an interrupt
// (Ctrl-C) or SIGTERM.
//
// On a board:
//
//	tinynet tinygo flash -target=nano-rp2040 -scheduler=tasks -stack-size=8kb \
//		-ldflags="-X main.ssid=NETWORK -X main.pass=PASSWORD" ./examples/tcpecho
//
// docs/boards.md says which boards join the network by themselves, and how.
package main

import (
	"net"

	"github.com/tinynet/tinynet/examples/internal/online"
)

var (
	ssid, pass string // the Wi-Fi network that a board joins
	addr       string
)

func main() {
	host := online.Start(ssid, pass, online.Setting{
		Name: "addr", Value: &addr, Default: ":8080", Usage: "the `address` to listen on; port 0 takes a free one"})
	stopped := online.Stopped()
	ln, err := net.Listen("tcp", addr)
	if err != nil {
		online.Fail(err)
	}
	online.Say("listening on ", online.Where(ln.Addr(), host))
	go func() {
		<-stopped
		ln.Close()
	}()
	if err := serve(ln); err != nil {
		online.Fail(err)
	}
}
