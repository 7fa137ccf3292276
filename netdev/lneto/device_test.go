package lneto_test

import (
	"net/netip"
	"testing"

	"github.com/tinynet/tinynet/netdev/devtest"
	"github.com/tinynet/tinynet/netdev/lneto"
	"github.com/tinynet/tinynet/netdev/lneto/cable"
)

// at is a configuration for the n-th device of a network.
func at(n byte, conf lneto.Config) lneto.Config {
	conf.MAC = [6]byte{2, 0, 0, 0, 0, n}
	if !conf.Addr.IsValid() {
		conf.Addr = netip.PrefixFrom(netip.AddrFrom4([4]byte{10, 7, 0, n}), 24)
	}
	if conf.ProbeTime == 0 {
		conf.ProbeTime = -1
	}
	return conf
}

// plug makes a device on the wire.
func plug(t testing.TB, w *cable.Wire, conf lneto.Config) *lneto.Device {
	t.Helper()
	p := w.Join()
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

// TestRules holds the device against the rules of all drivers, with another one
// for a peer.
func TestRules(t *testing.T) {
	devtest.Run(t, func(t *testing.T) devtest.Setup {
		conf := lneto.Config{}
		w := cable.New(cable.Faults{})
		names := serveNames(t, w, 53, map[string]netip.Addr{"peer.example": netip.MustParseAddr("10.7.0.2")})
		conf.DNS = []netip.Addr{names}
		a, b := plug(t, w, at(1, conf)), plug(t, w, at(2, conf))
		peer, err := devtest.Device(b)
		if err != nil {
			t.Fatal(err)
		}
		return devtest.Setup{Dev: a, Peer: peer, Host: "peer.example"}
	})
}
