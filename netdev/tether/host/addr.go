package host

import (
	"net"
	"net/netip"
	"strings"
)

// This file is the one place where what a board says of an address or a name
// becomes what the rules judge and what the system is given. Nothing else in
// this package parses what a board says, and what is given to the system is
// never text that a board has made up.

var (
	loopback4 = netip.AddrFrom4([4]byte{127, 0, 0, 1})
	loopback6 = netip.IPv6Loopback()
)

// canonical gives the one form of an address: IPv4 is never in an IPv6 address,
// the unspecified address is the loopback one, for which systems take it when
// something is sent there, and only a link-local address has a zone, which says
// nothing about any other.
func canonical(a netip.Addr) netip.Addr {
	a = a.Unmap()
	switch a.WithZone("") {
	case netip.IPv4Unspecified():
		return loopback4
	case netip.IPv6Unspecified():
		return loopback6
	}
	if zone := a.Zone(); zone != "" && (!a.IsLinkLocalUnicast() && !a.IsLinkLocalMulticast() && !a.IsInterfaceLocalMulticast() || !isZone(zone)) {
		a = a.WithZone("")
	}
	return a
}

// isZone tells whether a zone could be the name or number of an interface.
func isZone(s string) bool {
	for _, c := range []byte(s) {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '-', c == '_', c == '.':
		default:
			return false
		}
	}
	return s != "" && len(s) <= 32
}

// bare is an address as rules see it.
func bare(a netip.Addr) netip.Addr { return a.WithZone("") }

// canonicalName gives the one form of a name: small letters and no dot at its
// end. It reports false for what is no name: above all for every spelling of an
// address (a resolver reads 127.1, 0x7f.1 and 2130706433 as one), and for what
// no DNS name is made of.
func canonicalName(s string) (string, bool) {
	s = strings.ToLower(strings.TrimSuffix(s, "."))
	if s == "" || len(s) > 253 {
		return "", false
	}
	labels := strings.Split(s, ".")
	for _, l := range labels {
		if l == "" || len(l) > 63 || l[0] == '-' || l[len(l)-1] == '-' {
			return "", false
		}
		for _, c := range []byte(l) {
			if !('a' <= c && c <= 'z' || '0' <= c && c <= '9' || c == '-' || c == '_') {
				return "", false
			}
		}
	}
	// A last label that is a number makes an address of it, see the URL standard.
	last := labels[len(labels)-1]
	digits, hex := strings.CutPrefix(last, "0x")
	number := true
	for _, c := range []byte(digits) {
		if !('0' <= c && c <= '9' || hex && 'a' <= c && c <= 'f') {
			number = false
		}
	}
	return s, !number
}

// addrOf is an address of package net's.
func addrOf(a net.Addr) netip.AddrPort {
	var p netip.AddrPort
	switch a := a.(type) {
	case *net.TCPAddr:
		p = a.AddrPort()
	case *net.UDPAddr:
		p = a.AddrPort()
	}
	return netip.AddrPortFrom(p.Addr().Unmap(), p.Port())
}

// outside is an address at which others reach this computer, if there is one.
func outside() netip.Addr {
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		return loopback4
	}
	for _, a := range addrs {
		if n, ok := a.(*net.IPNet); ok && n.IP.IsGlobalUnicast() && n.IP.To4() != nil {
			ip, _ := netip.AddrFromSlice(n.IP.To4())
			return ip
		}
	}
	return loopback4
}
