//go:build tinynet_port

package behaviour_test

import (
	"io"
	"net"
	"net/netip"
	"testing"

	"github.com/tinynet/tinynet/netdev"
	"github.com/tinynet/tinynet/netdev/simdev"
)

// TestAllocations counts what a Write and a Read cost in net, over drivers that
// cost nothing themselves.
func TestAllocations(t *testing.T) {
	for name, methods := range map[string]simdev.Methods{"bare": simdev.Bare, "interrupting": simdev.Interrupts, "deadlines": simdev.All} {
		t.Run(name, func(t *testing.T) {
			netdev.Use(newEchoDevice(methods))
			defer netdev.Use(nil)
			c, err := net.Dial("tcp", "10.0.0.2:7")
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			p := make([]byte, 100)
			roundTrip := func() {
				if _, err := c.Write(p); err != nil {
					t.Fatal(err)
				}
				if _, err := io.ReadFull(c, p); err != nil {
					t.Fatal(err)
				}
			}
			if n := testing.AllocsPerRun(1000, roundTrip); n != 0 {
				t.Errorf("a Write and a Read allocate %v times", n)
			}
			u, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(echoAddr, 0)))
			if err != nil {
				t.Fatal(err)
			}
			defer u.Close()
			if methods == simdev.Bare {
				return
			}
			to := netip.MustParseAddrPort("10.0.0.2:7")
			if n := testing.AllocsPerRun(1000, func() {
				if _, err := u.WriteToUDPAddrPort(p, to); err != nil {
					t.Fatal(err)
				}
				if _, from, err := u.ReadFromUDPAddrPort(p); err != nil || from != to {
					t.Fatal(from, err)
				}
			}); n != 0 {
				t.Errorf("a WriteToUDPAddrPort and a ReadFromUDPAddrPort allocate %v times", n)
			}
		})
	}
}
