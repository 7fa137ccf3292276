// Webstatic serves the files of a folder that is part of the program: HTML,
// style, a picture, a text. It is http.FileServer, so ranges, HEAD, types and
// index.html are as on any web server. Each file has an ETag, so a browser that
// comes back fetches nothing twice.
//
// On this computer, over the port:
//
//	go run ./cmd/tinynet run ./examples/webstatic
//
// It prints "listening on http://ADDR" once that is true, and stops on an
// interrupt (Ctrl-C) or SIGTERM.
//
// On a board, where it listens on port 80:
//
//	tinynet tinygo flash -target=nano-rp2040 -scheduler=tasks -stack-size=8kb \
//		-ldflags="-X main.ssid=NETWORK -X main.pass=PASSWORD" ./examples/webstatic
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
	srv, err := newServer()
	if err != nil {
		online.Fail(err)
	}
	stopped := online.Stopped()
	ln, err := net.Listen("tcp", addr)
	if err != nil {
		online.Fail(err)
	}
	online.Say("listening on http://", online.Where(ln.Addr(), host))
	if err := web.Run(srv, func() error { return srv.Serve(ln) }, stopped); err != nil {
		online.Fail(err)
	}
}
