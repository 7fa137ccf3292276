//go:build baremetal && (ninafw || wioterminal || challenger_rp2040 || comboat_fw)

package online

import (
	"tinygo.org/x/drivers/netlink"
	"tinygo.org/x/drivers/netlink/probe"
)

// join makes the board's Wi-Fi module the program's network device and joins
// the network.
func join(ssid, pass string) (host string, err error) {
	link, dev := probe.Probe() // which also hands dev to net
	device = dev
	if err := link.NetConnect(&netlink.ConnectParams{Ssid: ssid, Passphrase: pass}); err != nil {
		return "", err
	}
	addr, err := dev.Addr()
	if err != nil {
		return "", err
	}
	return addr.String(), nil
}
