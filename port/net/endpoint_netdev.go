//go:build tinynetport

package net

// Addresses of package net in the form that devices take, and back.

import (
	"net/netip"
)

// An endpoint is an address of package net in the form that a netdev takes.
// The zero endpoint is no address at all; one with only set is a wildcard.
type endpoint struct {
	set  bool
	ip   IP
	port int
	zone string
}

func (a *TCPAddr) endpoint() endpoint {
	if a == nil {
		return endpoint{}
	}
	return endpoint{true, a.IP, a.Port, a.Zone}
}

func (a *UDPAddr) endpoint() endpoint {
	if a == nil {
		return endpoint{}
	}
	return endpoint{true, a.IP, a.Port, a.Zone}
}

func (a *IPAddr) endpoint() endpoint {
	if a == nil {
		return endpoint{}
	}
	return endpoint{true, a.IP, 0, a.Zone}
}

func (e endpoint) wildcard() bool {
	return len(e.ip) == 0 || e.ip.IsUnspecified()
}

func (e endpoint) is4() bool {
	return len(e.ip) <= IPv4len || e.ip.To4() != nil
}

// in gives the endpoint as an address of the family. IPv4 addresses are
// written as IPv4-mapped ones in the IPv6 family (RFC 4291, 2.5.5.2).
func (e endpoint) in(family int) (netip.AddrPort, error) {
	if e.port < 0 || e.port > 0xffff {
		return netip.AddrPort{}, &AddrError{Err: "invalid port", Addr: (&TCPAddr{IP: e.ip, Port: e.port}).String()}
	}
	var ip netip.Addr
	if family == ndAF_INET {
		switch ip4 := e.ip.To4(); {
		case len(e.ip) == 0:
			ip = netip.IPv4Unspecified()
		case ip4 == nil:
			return netip.AddrPort{}, &AddrError{Err: "non-IPv4 address", Addr: e.ip.String()}
		default:
			ip = netip.AddrFrom4([4]byte(ip4))
		}
	} else {
		switch ip16 := e.ip.To16(); {
		case len(e.ip) == 0 || e.ip.Equal(IPv4zero):
			ip = netip.IPv6Unspecified()
		case ip16 == nil:
			return netip.AddrPort{}, &AddrError{Err: "non-IPv6 address", Addr: e.ip.String()}
		default:
			ip = netip.AddrFrom16([16]byte(ip16)).WithZone(e.zone)
		}
	}
	return netip.AddrPortFrom(ip, uint16(e.port)), nil
}

// plain is the endpoint without a family, for choosing a device.
func (e endpoint) plain() netip.AddrPort {
	if !e.set {
		return netip.AddrPort{}
	}
	ip, ok := netip.AddrFromSlice(e.ip)
	if !ok {
		ip = netip.IPv6Unspecified()
	}
	return netip.AddrPortFrom(ip, uint16(e.port))
}

// inFamily converts to the form that sockets of the family take.
func inFamily(a netip.AddrPort, family int) (netip.AddrPort, error) {
	ip := a.Addr()
	switch {
	case family == ndAF_INET && ip.Is4():
		return a, nil
	case family == ndAF_INET && ip.Is4In6():
		return netip.AddrPortFrom(ip.Unmap(), a.Port()), nil
	case family == ndAF_INET:
		return a, &AddrError{Err: "non-IPv4 address", Addr: ip.String()}
	case ip.Is4():
		return netip.AddrPortFrom(netip.AddrFrom16(ip.As16()), a.Port()), nil
	}
	return a, nil
}

// addrPortOf is the inverse for addresses that a netFD holds.
func addrPortOf(a Addr) netip.AddrPort {
	switch a := a.(type) {
	case *TCPAddr:
		return a.AddrPort()
	case *UDPAddr:
		return a.AddrPort()
	}
	return netip.AddrPort{}
}

// addr makes the address of package net that belongs to fd's network.
func (fd *netFD) addr(a netip.AddrPort) Addr {
	if !a.IsValid() {
		return nil
	}
	switch fd.sotype {
	case ndSOCK_STREAM:
		// One allocation for the address and its bytes: there are two of these
		// for each connection.
		v := &struct {
			TCPAddr
			bytes [IPv6len]byte
		}{bytes: a.Addr().As16()}
		v.TCPAddr = TCPAddr{IP: v.bytes[:], Port: int(a.Port()), Zone: a.Addr().Zone()}
		if a.Addr().Is4() {
			v.IP = v.bytes[IPv6len-IPv4len:]
		}
		return &v.TCPAddr
	case ndSOCK_DGRAM:
		return UDPAddrFromAddrPort(a)
	}
	return ipAddrOf(a)
}
