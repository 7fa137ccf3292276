//go:build baremetal

package main

import (
	"net"
	"os"

	"github.com/tinynet/tinynet/examples/internal/wifi"
)

// The Wi-Fi network to join, given with -ldflags="-X main.ssid=... -X main.pass=...".
var ssid, pass string

// A board has no command line: it listens on the port that browsers ask for
// when an address names none.
func main() {
	host, err := wifi.Join(ssid, pass)
	if err != nil {
		fail("joining the network: " + err.Error())
	}
	ln, err := net.Listen("tcp", ":80")
	if err != nil {
		fail(err.Error())
	}
	announce(ln, host)
	fail(newServer(new(site)).Serve(ln).Error())
}

func fail(why string) {
	os.Stdout.WriteString("webserver: " + why + "\n")
	select {} // there is nobody to return to
}
