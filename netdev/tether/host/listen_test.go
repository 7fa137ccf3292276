package host_test

import (
	"net"
	"net/netip"
	"strconv"
	"testing"

	"github.com/tinynet/tinynet/netdev/tether/host"
	"github.com/tinynet/tinynet/netdev/tether/internal/wire"
)

// TestListenIPv4: what is to be at 0.0.0.0 is not at IPv6 addresses, too, which
// are often the ones that the world can reach.
func TestListenIPv4(t *testing.T) {
	newTarget(t, "tcp6", "[::1]:0") // skips without IPv6
	for name, conf := range map[string]host.Config{
		"listen":  {Listen: netip.IPv4Unspecified()},
		"publish": {Publish: []host.Publish{{Addr: netip.IPv4Unspecified(), Board: 80}}},
	} {
		t.Run(name, func(t *testing.T) {
			at := make(chan netip.AddrPort, 2)
			conf.AnyPort = true
			conf.Listening = func(_ string, _ uint16, a netip.AddrPort) { at <- a }
			line, _ := serve(t, conf)
			b := newBoard(t, line)
			b.open(1, inet6, streams)
			b.bind(1, "[::]:80")
			if e, _ := b.call(wire.OpListen, func(m *wire.Builder) { m.U16(1).U16(5) }); e.Code != wire.ErrNone {
				t.Fatal(e)
			}
			a := <-at
			port := strconv.Itoa(int(a.Port()))
			if !a.Addr().Is4() {
				t.Errorf("the board's port is at %v", a)
			}
			if c, err := net.Dial("tcp", "[::1]:"+port); err == nil {
				c.Close()
				t.Error("what is published at 0.0.0.0 is at [::1], too")
			}
			if c, err := net.Dial("tcp", "127.0.0.1:"+port); err != nil {
				t.Error(err)
			} else {
				c.Close()
			}
			b.open(2, inet6, datagrams)
			if e, _ := b.bind(2, "[::]:80"); e.Code != wire.ErrNone {
				t.Fatal(e)
			}
			if a := <-at; !a.Addr().Is4() {
				t.Errorf("the board's port for datagrams is at %v", a)
			}
		})
	}
}
