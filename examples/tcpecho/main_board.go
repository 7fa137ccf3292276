//go:build baremetal

package main

import (
	"net"

	"github.com/tinynet/tinynet/examples/internal/wifi"
)

// The Wi-Fi network to join, given with -ldflags="-X main.ssid=... -X main.pass=...".
var ssid, pass string

func main() {
	host, err := wifi.Join(ssid, pass)
	if err != nil {
		report("joining the network: " + err.Error())
		select {} // there is nobody to return to
	}
	ln, err := net.Listen("tcp", ":8080")
	if err != nil {
		report(err.Error())
		select {}
	}
	announce(net.JoinHostPort(host, "8080"))
	if err := serve(ln); err != nil {
		report(err.Error())
	}
	select {}
}
