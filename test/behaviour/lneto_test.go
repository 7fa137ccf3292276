//go:build tinynet_port && tinynet_lneto

package behaviour_test

import (
	"net/netip"
	"testing"

	"github.com/tinynet/tinynet/netdev/devtest"
	"github.com/tinynet/tinynet/netdev/lneto"
	"github.com/tinynet/tinynet/netdev/lneto/cable"
)

// The tests of netdev/lneto run these with the tag, in a workspace of both
// modules.
func init() { otherModules["netdev-lneto"] = overLneto }

// overLneto runs a test over a device that gives frames, on a wire with another
// one.
func overLneto(t *testing.T, f func(t *testing.T, w *world)) {
	t.Helper()
	wire := cable.New(cable.Faults{})
	plug := func(n byte) *lneto.Device {
		conf := lneto.Large()
		conf.MAC = [6]byte{2, 0, 0, 0, 0, n}
		conf.Addr = netip.PrefixFrom(netip.AddrFrom4([4]byte{10, 7, 0, n}), 24)
		conf.ProbeTime, conf.Seed = -1, uint64(n)
		conf.Sockets, conf.Conns, conf.Backlog = 200, 200, 128
		p := wire.Join()
		dev, err := lneto.New(p, conf)
		if err != nil {
			t.Fatal(err)
		}
		p.Receive(dev.Receive)
		t.Cleanup(func() {
			dev.Halt()
			p.Close()
		})
		return dev
	}
	dev, other := plug(1), plug(2)
	peer, err := devtest.Device(other)
	if err != nil {
		t.Fatal(err)
	}
	ip, _ := dev.Addr()
	run(t, &world{name: "netdev-lneto", ip: ip, peer: peer, datagram: 1472, memory: 2 * 17_000}, dev, f)
}
