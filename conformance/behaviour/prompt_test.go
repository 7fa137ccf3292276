//go:build tinynet_port

package behaviour_test

import (
	"net"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/tinynet/tinynet/netdev"
	"github.com/tinynet/tinynet/netdev/devtest"
	"github.com/tinynet/tinynet/netdev/simdev"
)

// effects are the ways to end a call that waits. Each returns how much later
// than it should the call has ended, with the true polls of the devices.
var effects = []struct {
	name string
	late func(tb testing.TB, w *world) time.Duration
}{
	{"deadline", func(tb testing.TB, w *world) time.Duration {
		c := w.silent(tb)
		at := time.Now().Add(10 * time.Millisecond)
		c.SetReadDeadline(at)
		c.Read(make([]byte, 1))
		late := time.Since(at)
		c.Close()
		return late
	}},
	{"set", func(tb testing.TB, w *world) time.Duration {
		c := w.silent(tb)
		defer c.Close()
		return w.ends(c, func() { c.SetReadDeadline(past) })
	}},
	{"close", func(tb testing.TB, w *world) time.Duration {
		c := w.silent(tb)
		return w.ends(c, func() { c.Close() })
	}},
	{"dial", func(tb testing.TB, w *world) time.Duration {
		if w.dev == nil {
			return 0
		}
		at := time.Now().Add(10 * time.Millisecond)
		d := net.Dialer{Deadline: at}
		if c, err := d.Dial("tcp", nowhere); err == nil {
			c.Close()
		}
		return time.Since(at)
	}},
	{"accept", func(tb testing.TB, w *world) time.Duration {
		if !w.listens() {
			return 0
		}
		l, err := net.Listen("tcp", netip.AddrPortFrom(w.ip, 0).String())
		if err != nil {
			tb.Fatal(err)
		}
		ended := make(chan time.Time)
		go func() {
			l.Accept()
			ended <- time.Now()
		}()
		w.blocked(1)
		at := time.Now()
		l.Close()
		return (<-ended).Sub(at)
	}},
}

// silent is a connection over which nothing comes.
func (w *world) silent(tb testing.TB) net.Conn {
	c, err := net.DialTimeout("udp", netip.AddrPortFrom(w.peer.Addr(), 9).String(), patience)
	if err != nil {
		tb.Fatal(err)
	}
	return c
}

// ends returns how long after end begins a Read ends.
func (w *world) ends(c net.Conn, end func()) time.Duration {
	ended := make(chan time.Time)
	go func() {
		c.Read(make([]byte, 1))
		ended <- time.Now()
	}()
	w.blocked(1)
	at := time.Now()
	go end()
	return (<-ended).Sub(at)
}

// TestPrompt looks at the best of some tries, because other programs of a busy
// machine make no device slow. The benchmark has the precise times.
func TestPrompt(t *testing.T) {
	eachOf(t, 1, func(t *testing.T, w *world) {
		if w.greedy() || w.sockets() < 2 {
			t.Skip("the device can do only one thing at a time")
		}
		for _, e := range effects {
			const limit = 20 * time.Millisecond // a fifth of a poll
			var all []time.Duration
			for range 5 {
				late := e.late(t, w)
				if all = append(all, late); late < limit {
					break
				}
			}
			if best := slices.Min(all); best > limit {
				t.Errorf("%s takes effect only after %v", e.name, all)
			}
		}
	})
}

// BenchmarkEffect measures how late deadlines and Close take effect.
func BenchmarkEffect(b *testing.B) {
	for _, name := range []string{"host", "loopback", "good", "interrupting", "datagrams", "wifinina", "rtl8720dn", "w5500-like", "lneto"} {
		for _, e := range effects {
			b.Run(name+"/"+e.name, func(b *testing.B) {
				home := netip.MustParseAddr("127.0.0.1")
				w := &world{name: name, ip: home, peer: devtest.Computer(home)}
				switch name {
				case "host":
					netdev.Use(netdev.Host())
				case "loopback":
					netdev.Use(netdev.Loopback())
				default:
					conf := simdev.Profile(name)
					conf.MaxSockets = 1 << 20 // those of earlier rounds are still in the driver
					conf.ConnectTimeout = 30 * time.Millisecond
					dev := simdev.New(conf)
					defer dev.Halt()
					peer := netip.MustParseAddr("10.0.0.2")
					w = &world{name: name, dev: dev, conf: dev.Config(), ip: dev.Config().Addr, peer: devtest.Computer(peer)}
					netdev.Use(dev.Netdever())
				}
				defer netdev.Use(nil)
				var all []time.Duration
				for range b.N {
					all = append(all, e.late(b, w))
				}
				slices.Sort(all)
				us := func(d time.Duration) float64 { return float64(d) / 1000 }
				b.ReportMetric(0, "ns/op")
				b.ReportMetric(us(all[len(all)/2]), "µs-median")
				b.ReportMetric(us(all[len(all)*99/100]), "µs-99%")
			})
		}
	}
}
