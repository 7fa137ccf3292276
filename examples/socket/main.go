// Socket uses the network device directly, without net: it asks a web server
// for a page by the calls that a driver has. That is as small as it gets, and
// what net does for you shows by what is missing here.
//
// On this computer, where the device is the system's sockets:
//
//	go run ./cmd/tinynet run ./examples/socket -- -server 127.0.0.1:80
//
// On a board, which asks again every ten seconds:
//
//	tinynet tinygo flash -target=nano-rp2040 -scheduler=tasks -stack-size=8kb \
//		-ldflags="-X main.ssid=NETWORK -X main.pass=PASSWORD -X main.server=192.168.1.2:80" ./examples/socket
//
// docs/boards.md says which boards join the network by themselves, and how.
package main

import (
	"errors"
	"io"
	"net/netip"
	"os"
	"time"

	"github.com/tinynet/tinynet/examples/internal/online"
	"github.com/tinynet/tinynet/netdev"
)

var (
	ssid, pass string // the Wi-Fi network that a board joins
	server     string
)

func main() {
	online.Start(ssid, pass, online.Setting{
		Name: "server", Value: &server, Default: "example.com:80", Usage: "the `address` of a web server"})
	dev := online.Device()
	online.Run(func() error { return fetch(os.Stdout, dev, server, 20*time.Second) })
}

// fetch writes what the server answers to w, header and all. All of it has to
// be here within limit.
func fetch(w io.Writer, dev netdev.Netdever, server string, limit time.Duration) error {
	host, port, err := split(server)
	if err != nil {
		return err
	}
	// A device knows addresses; names it can look up.
	ip, err := netip.ParseAddr(host)
	if err != nil {
		if ip, err = dev.GetHostByName(host); err != nil {
			return err
		}
	}
	domain := netdev.AF_INET
	if ip.Is6() {
		domain = netdev.AF_INET6 // which few devices have
	}
	fd, err := dev.Socket(domain, netdev.SOCK_STREAM, netdev.IPPROTO_TCP)
	if err != nil {
		return err
	}
	defer dev.Close(fd)
	// Connect has no deadline: the device gives up when it thinks fit.
	if err := dev.Connect(fd, "", netip.AddrPortFrom(ip, port)); err != nil {
		return err
	}
	end := time.Now().Add(limit)
	request := []byte("GET / HTTP/1.0\r\nHost: " + host + "\r\n\r\n")
	for len(request) > 0 { // Send may take less than all
		n, err := dev.Send(fd, request, 0, end)
		if err != nil {
			return err
		}
		request = request[n:]
	}
	buf := make([]byte, 512)
	for {
		n, err := dev.Recv(fd, buf, 0, end)
		if n > 0 { // an error may come with the count -1
			if _, err := w.Write(buf[:n]); err != nil {
				return err
			}
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// split divides HOST:PORT; net.SplitHostPort is in net.
func split(server string) (host string, port uint16, err error) {
	if a, err := netip.ParseAddrPort(server); err == nil {
		return a.Addr().String(), a.Port(), nil
	}
	for i := len(server) - 1; i > 0; i-- {
		if server[i] != ':' {
			continue
		}
		// As an address with this port, it can be left to netip.
		a, err := netip.ParseAddrPort("0.0.0.0" + server[i:])
		return server[:i], a.Port(), err
	}
	return "", 0, errors.New("no HOST:PORT: " + server)
}
