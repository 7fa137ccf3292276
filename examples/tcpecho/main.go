//go:build !baremetal

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
// On a board, where there is no command line and it listens on port 8080:
//
//	tinynet tinygo flash -target=nano-rp2040 -stack-size=8kb \
//		-ldflags="-X main.ssid=NETWORK -X main.pass=PASSWORD" ./examples/tcpecho
//
// Boards with a Wi-Fi module that examples/internal/wifi knows join the network
// by themselves; on others the program first sets its network device.
package main

import (
	"flag"
	"net"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	addr := flag.String("addr", ":8080", "the `address` to listen on; port 0 takes a free one")
	flag.Parse()
	if flag.NArg() > 0 {
		report("it takes no arguments, only -addr ADDRESS")
		os.Exit(2)
	}

	// Asked for before anyone can know that the server is up, so that no signal is missed.
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, os.Interrupt, syscall.SIGTERM)

	ln, err := net.Listen("tcp", *addr)
	if err != nil {
		report(err.Error())
		os.Exit(1)
	}
	announce(ln.Addr().String())
	go func() {
		<-stop
		ln.Close()
	}()
	if err := serve(ln); err != nil {
		report(err.Error())
		os.Exit(1)
	}
}
