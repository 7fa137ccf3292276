//go:build ninafw || wioterminal

// Package wifi brings the examples' boards onto the network, so that each
// example shows only what is its own.
package wifi

import (
	"tinygo.org/x/drivers/netlink"
	"tinygo.org/x/drivers/netlink/probe"
)

// Join makes the board's Wi-Fi module the program's network device, joins the
// network and returns the address that the board got there.
func Join(ssid, pass string) (host string, err error) {
	link, dev := probe.Probe()
	if err := link.NetConnect(&netlink.ConnectParams{Ssid: ssid, Passphrase: pass}); err != nil {
		return "", err
	}
	addr, err := dev.Addr()
	if err != nil {
		return "", err
	}
	return addr.String(), nil
}
