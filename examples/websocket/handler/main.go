// Handler serves WebSockets at /echo, which send back each message, and a page
// at / that tries it out. It uses golang.org/x/net/websocket, which takes its
// connections over from net/http (Hijack).
//
// On this computer, over the port:
//
//	go run ./cmd/tinynet run ./examples/websocket/handler
//
// It prints "listening on http://ADDR" once that is true, and stops on an
// interrupt (Ctrl-C) or SIGTERM.
//
// On a board, where it listens on port 80:
//
//	tinynet tinygo flash -target=nano-rp2040 -scheduler=tasks -stack-size=8kb \
//		-ldflags="-X main.ssid=NETWORK -X main.pass=PASSWORD" ./examples/websocket/handler
//
// docs/boards.md says which boards join the network by themselves, and how.
package main

import (
	"net"

	"github.com/tinynet/tinynet/examples/internal/online"
	"github.com/tinynet/tinynet/examples/internal/web"
)

var (
	ssid, pass string // the Wi-Fi network that a board joins
	addr       string
)

func main() {
	host := online.Start(ssid, pass, online.Setting{
		Name: "addr", Value: &addr, Default: online.WebAddr, Usage: "the `address` to listen on; port 0 takes a free one"})
	stopped := online.Stopped()
	ln, err := net.Listen("tcp", addr)
	if err != nil {
		online.Fail(err)
	}
	online.Say("listening on http://", online.Where(ln.Addr(), host))
	srv := web.NewServer(newHandler())
	if err := web.Run(srv, func() error { return srv.Serve(ln) }, stopped); err != nil {
		online.Fail(err)
	}
}
