// Webserver shows what a device's own web page is made of: a counter that all
// visitors share, an LED switch, a form, and a cookie. It is written against
// net and net/http as any Go program is, serves many visitors at once, and
// needs no JavaScript in the browser.
//
// On this computer, over the port:
//
//	go run ./cmd/tinynet run ./examples/webserver
//	go run ./cmd/tinynet run ./examples/webserver -- -addr 127.0.0.1:9000
//
// It prints "listening on http://ADDR" once that is true, and stops on an
// interrupt (Ctrl-C) or SIGTERM after it has answered what was asked.
//
// On a board, where it listens on port 80:
//
//	tinynet tinygo flash -target=nano-rp2040 -scheduler=tasks -stack-size=8kb \
//		-ldflags="-X main.ssid=NETWORK -X main.pass=PASSWORD" ./examples/webserver
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
	srv := newServer(new(site))
	if err := web.Run(srv, func() error { return srv.Serve(ln) }, stopped); err != nil {
		online.Fail(err)
	}
}
