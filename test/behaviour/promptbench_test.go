//go:build tinynet_port && !tinygo

package behaviour_test

import (
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/tinynet/tinynet/netdev"
	"github.com/tinynet/tinynet/netdev/devtest"
	"github.com/tinynet/tinynet/netdev/simdev"
)

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
