//go:build !baremetal

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
// On a board, where there is no command line and it listens on port 80:
//
//	tinynet tinygo flash -target=nano-rp2040 -stack-size=8kb \
//		-ldflags="-X main.ssid=NETWORK -X main.pass=PASSWORD" ./examples/webserver
//
// Boards with a Wi-Fi module that examples/internal/wifi knows join the network
// by themselves; on others the program first sets its network device.
package main

import (
	"context"
	"flag"
	"net"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	addr := flag.String("addr", ":8080", "the `address` to listen on; port 0 takes a free one")
	flag.Parse()
	if flag.NArg() > 0 {
		os.Stderr.WriteString("webserver: it takes no arguments, only -addr ADDRESS\n")
		os.Exit(2)
	}
	if err := run(*addr); err != nil {
		os.Stderr.WriteString("webserver: " + err.Error() + "\n")
		os.Exit(1)
	}
}

func run(addr string) error {
	// Asked for before anyone can know that the server is up, so that no signal is missed.
	ctx, restore := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer restore()

	ln, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	srv := newServer(new(site))
	served := make(chan error, 1)
	announce(ln, "localhost")
	go func() { served <- srv.Serve(ln) }()

	select {
	case err := <-served:
		return err
	case <-ctx.Done():
	}
	restore() // a second signal ends the program at once
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if srv.Shutdown(ctx) != nil {
		return srv.Close() // somebody kept a request open: it has had its time
	}
	return nil
}
