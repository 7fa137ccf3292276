// Dashboard plots what sensors measure, live, in any browser: the page gets each
// value as it comes, by server-sent events, an answer of net/http that does not
// end. On a board with an RP2040 the sensor is the chip's thermometer; everywhere
// there is the memory that the program has in use.
//
// On this computer, over the port:
//
//	go run ./cmd/tinynet run ./examples/dashboard
//
// It prints "listening on http://ADDR" once that is true, and stops on an
// interrupt (Ctrl-C) or SIGTERM.
//
// On a board, where it listens on port 80:
//
//	tinynet tinygo flash -target=nano-rp2040 -scheduler=tasks -stack-size=8kb \
//		-ldflags="-X main.ssid=NETWORK -X main.pass=PASSWORD" ./examples/dashboard
//
// docs/boards.md says which boards join the network by themselves, and how.
package main

import (
	"errors"
	"net"
	"time"

	"github.com/tinynet/tinynet/examples/internal/online"
	"github.com/tinynet/tinynet/examples/internal/web"
)

var (
	ssid, pass  string // the Wi-Fi network that a board joins
	addr, every string
)

func main() {
	host := online.Start(ssid, pass,
		online.Setting{Name: "addr", Value: &addr, Default: online.WebAddr, Usage: "the `address` to listen on; port 0 takes a free one"},
		online.Setting{Name: "every", Value: &every, Default: "1s", Usage: "the `time` between two measurements, 20ms or more"})
	interval, err := time.ParseDuration(every)
	if err == nil && interval < 20*time.Millisecond {
		err = errors.New("-every " + every + " is too often")
	}
	if err != nil {
		online.Fail(err)
	}
	stopped := online.Stopped()
	ln, err := net.Listen("tcp", addr)
	if err != nil {
		online.Fail(err)
	}
	online.Say("listening on http://", online.Where(ln.Addr(), host))

	b := newBoard(sensors)
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	go b.measure(ticker.C)
	srv := web.NewServer(b.handler())
	srv.RegisterOnShutdown(b.close) // else the viewers would hold it up
	if err := web.Run(srv, func() error { return srv.Serve(ln) }, stopped); err != nil {
		online.Fail(err)
	}
}
