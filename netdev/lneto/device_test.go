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

// TestConfig has what no device can be like: New says so.
func TestConfig(t *testing.T) {
	for what, bad := range map[string]lneto.Config{
		"a group's MAC":             {MAC: [6]byte{1, 0, 0, 0, 0, 1}},
		"a small MTU":               {MTU: 500},
		"a large MTU":               {MTU: 1501},
		"a small buffer":            {SendBuffer: 100},
		"a large buffer":            {RecvBuffer: 65536},
		"more segments than bytes":  {SendBuffer: 256, Segments: 257},
		"negative sockets":          {Sockets: -1},
		"negative connections":      {Conns: -1},
		"a negative backlog":        {Backlog: -1},
		"negative early ones":       {Held: -1},
		"a small datagram buffer":   {DatagramBuffer: 100},
		"IPv6":                      {Addr: netip.MustParsePrefix("fd00::1/64")},
		"no address":                {Addr: netip.MustParsePrefix("0.0.0.0/24")},
		"a group's address":         {Addr: netip.MustParsePrefix("224.0.0.1/24")},
		"the loopback's address":    {Addr: netip.MustParsePrefix("127.0.0.1/8")},
		"all addresses":             {Addr: netip.MustParsePrefix("10.7.0.1/0")},
		"a gateway of IPv6":         {Gateway: netip.MustParseAddr("fd00::1")},
		"a server of IPv6":          {DNS: []netip.Addr{netip.MustParseAddr("fd00::1")}},
		"a negative ConnectTimeout": {ConnectTimeout: -1},
		"a negative RetryTimeout":   {RetryTimeout: -1},
		"a negative CloseTimeout":   {CloseTimeout: -1},
		"a negative LookupTimeout":  {LookupTimeout: -1},
		"a negative PollEvery":      {PollEvery: -1},
	} {
		if bad.MAC == ([6]byte{}) {
			bad.MAC = [6]byte{2, 0, 0, 0, 0, 1}
		}
		if dev, err := lneto.New(nowhere{}, bad); err == nil {
			dev.Halt()
			t.Errorf("New takes %s", what)
		}
	}
	if _, err := lneto.New(nowhere{}, lneto.Config{}); err == nil {
		t.Error("New takes no MAC")
	}
	if _, err := lneto.New(nil, at(1, lneto.Config{})); err == nil {
		t.Error("New takes no link")
	}
}
