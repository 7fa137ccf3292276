package snippet

import (
	"machine"
	"net"
	"net/netip"

	"tinygo.org/x/drivers/netdev"
	"tinygo.org/x/drivers/w5500"

	"github.com/tinynet/tinynet/netdev/w5500mend"
)

func start(csPin machine.Pin, mac net.HardwareAddr, ip, mask, gateway netip.Addr) error {
	// SNIPPET
	return err
}
