package online

import (
	"net"
	"strconv"
)

// Where is the address of a listener that others can use. One on all addresses
// names none: host, from Start, stands in.
func Where(a net.Addr, host string) string {
	var ip net.IP
	var port int
	switch a := a.(type) {
	case *net.TCPAddr:
		ip, port = a.IP, a.Port
	case *net.UDPAddr:
		ip, port = a.IP, a.Port
	}
	if ip == nil || !ip.IsUnspecified() {
		return a.String()
	}
	return net.JoinHostPort(host, strconv.Itoa(port))
}
