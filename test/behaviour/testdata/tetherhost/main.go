// Tetherhost is the computer's end of a tether, on its standard input and output.
// It is a program of its own because its sockets have to be those of Go's own net,
// while the board's end, in the test, has the port's.
package main

import (
	"context"
	"flag"
	"fmt"
	"net/netip"
	"os"

	"github.com/tinynet/tinynet/netdev/tether/host"
)

type line struct{}

func (line) Read(p []byte) (int, error)  { return os.Stdin.Read(p) }
func (line) Write(p []byte) (int, error) { return os.Stdout.Write(p) }
func (line) Close() error                { return os.Stdin.Close() }

func main() {
	var conf host.Config
	flag.TextVar(&conf.Addr, "addr", netip.Addr{}, "the board's `address`")
	flag.TextVar(&conf.Self, "self", netip.Addr{}, "the computer's `address`")
	dns := flag.String("dns", "", "the `address` of a DNS server")
	flag.Parse()
	conf.Loopback, conf.AnyPort = true, true
	conf.Servers = []netip.AddrPort{netip.MustParseAddrPort(*dns)}
	h := host.New(conf)
	err := h.Serve(context.Background(), line{})
	h.Close()
	fmt.Fprintln(os.Stderr, err)
}
