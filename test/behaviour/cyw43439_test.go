//go:build tinynet_port && tinynet_cyw43439

package behaviour_test

import (
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/tinynet/tinynet/netdev/cyw43439"
	"github.com/tinynet/tinynet/netdev/cyw43439/cyw43439sim"
	"github.com/tinynet/tinynet/netdev/devtest"
	"github.com/tinynet/tinynet/netdev/lneto"
	"github.com/tinynet/tinynet/netdev/lneto/cable"
)

// The tests of netdev/cyw43439 run these with the tag, in a workspace with its
// module.
func init() { otherModules["netdev-cyw43439"] = overRadio }

// joined is one simulated radio for all tests, for it takes its time to join,
// and a device behind its access point.
var joined = sync.OnceValues(func() (r *cyw43439.Radio, other *lneto.Device) {
	wire := cable.New(cable.Faults{})
	conf := func(n byte) lneto.Config {
		c := lneto.Large()
		c.MAC = [6]byte{2, 0, 0, 0, 0, n}
		c.Addr = netip.PrefixFrom(netip.AddrFrom4([4]byte{10, 7, 0, n}), 24)
		c.ProbeTime, c.Seed, c.PollEvery = -1, uint64(n), time.Millisecond
		c.Sockets, c.Conns, c.Backlog = 200, 200, 128
		return c
	}
	ap := cyw43439sim.AccessPoint{SSID: "home", Passphrase: "correct horse"}
	port := wire.Join()
	chip := cyw43439sim.New([6]byte{2, 0, 0, 0, 0, 1}, func(frame []byte) { port.Send(frame) }, ap)
	port.Receive(chip.Receive)
	r, err := cyw43439.JoinWith(chip.Driver(), cyw43439.Config{
		SSID: ap.SSID, Passphrase: ap.Passphrase, Device: conf(1),
	})
	if err != nil {
		panic(err)
	}
	p := wire.Join()
	if other, err = lneto.New(p, conf(2)); err != nil {
		panic(err)
	}
	p.Receive(other.Receive)
	return r, other
})

// overRadio runs a test over the Pico W's radio, simulated at its bus, with its
// driver.
func overRadio(t *testing.T, f func(t *testing.T, w *world)) {
	t.Helper()
	r, other := joined()
	peer, err := devtest.Device(other)
	if err != nil {
		t.Fatal(err)
	}
	ip, _ := r.Addr()
	run(t, &world{name: "netdev-cyw43439", ip: ip, peer: peer, datagram: 1472, memory: 2 * 17_000}, r, f)
}
