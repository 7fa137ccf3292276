//go:build tinynet_port

package behaviour_test

import (
	"net/netip"
	"testing"

	"github.com/tinynet/tinynet/netdev"
	"github.com/tinynet/tinynet/netdev/devtest"
)

// TestDevices has the port's own devices under the test kit for drivers.
func TestDevices(t *testing.T) {
	t.Run("host", func(t *testing.T) {
		if netdev.Host() == nil {
			skip(t, "this system has no sockets")
			return
		}
		netdev.Use(netdev.Host())
		defer netdev.Use(nil)
		devtest.Run(t, func(t *testing.T) devtest.Setup {
			return devtest.Setup{Dev: netdev.Host(), Peer: devtest.Computer(netip.MustParseAddr("127.0.0.1"))}
		})
	})
	t.Run("loopback", func(t *testing.T) {
		devtest.Run(t, func(t *testing.T) devtest.Setup {
			peer, err := devtest.Device(netdev.Loopback())
			if err != nil {
				t.Fatal(err)
			}
			return devtest.Setup{Dev: netdev.Loopback(), Peer: peer, Host: "localhost"}
		})
	})
	checkGoroutines(t)
}
