//go:build baremetal && cyw43439 && !ninafw && !wioterminal && !challenger_rp2040 && !comboat_fw && !w5500

package online

import (
	"errors"

	"github.com/tinynet/tinynet/netdev"
	"github.com/tinynet/tinynet/netdev/cyw43439"
)

// join joins the network with the radio of the Pico W and the Pico 2 W. The
// package is in a module of its own, on which this one does not depend: `tinynet
// tinygo` puts both into one workspace.
func join(ssid, pass string) (host string, err error) {
	if ssid == "" {
		return "", errors.New("no network was named: build with -ldflags=\"-X main.ssid=NETWORK -X main.pass=PASSWORD\"")
	}
	radio, err := cyw43439.Join(cyw43439.Config{SSID: ssid, Passphrase: pass})
	if err != nil {
		return "", err
	}
	device = radio
	netdev.Use(radio)
	addr, err := radio.Addr()
	if err != nil {
		return "", err
	}
	return addr.String(), nil
}
