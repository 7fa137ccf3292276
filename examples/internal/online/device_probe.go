//go:build baremetal && (ninafw || wioterminal || challenger_rp2040 || comboat_fw)

package online

import (
	"tinygo.org/x/drivers/netlink"
	"tinygo.org/x/drivers/netlink/probe"
)

var link netlink.Netlinker

// join makes the board's Wi-Fi module the program's network device and joins
// the network.
func join(ssid, pass string) (host string, err error) {
	if device == nil { // else it is another try
		link, device = probe.Probe() // which also hands device to net
	}
	if err := link.NetConnect(&netlink.ConnectParams{Ssid: ssid, Passphrase: pass}); err != nil {
		return "", err
	}
	addr, err := device.Addr()
	if err != nil {
		return "", err
	}
	return addr.String(), nil
}
