//go:build tinynetport

package net

import "net/netip"

// interfaceTable lists the network interfaces, or with an index that one: the
// system's, those that the device tells, or the one that it must be.
func interfaceTable(ifindex int) ([]Interface, error) {
	dev := currentDevice()
	if dev.host {
		return hostInterfaceTable(ifindex)
	}
	all := []Interface{{Index: 1, MTU: 65536, Name: "lo", Flags: FlagUp | FlagLoopback | FlagRunning}}
	switch {
	case dev.interfaces != nil:
		table, err := dev.interfaces.Interfaces()
		if err != nil {
			return nil, err
		}
		all = append(all, table...)
	case !dev.reachesLocal:
		all = append(all, Interface{Index: 2, MTU: 1500, Name: "net0", Flags: FlagUp | FlagBroadcast | FlagRunning})
	}
	if ifindex == 0 {
		return all, nil
	}
	for _, ifi := range all {
		if ifi.Index == ifindex {
			return []Interface{ifi}, nil
		}
	}
	return nil, nil
}

// interfaceAddrTable lists the addresses of an interface, or of all for nil.
func interfaceAddrTable(ifi *Interface) ([]Addr, error) {
	dev := currentDevice()
	if dev.host {
		return hostInterfaceAddrTable(ifi)
	}
	table, err := interfaceTable(0)
	if err != nil {
		return nil, err
	}
	var addrs []Addr
	for _, one := range table {
		if ifi != nil && one.Index != ifi.Index {
			continue
		}
		var list []netip.Prefix
		switch {
		case one.Flags&FlagLoopback != 0:
			list = []netip.Prefix{netip.PrefixFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), 8), netip.PrefixFrom(netip.IPv6Loopback(), 128)}
		case dev.interfaces != nil:
			list, err = dev.interfaces.InterfaceAddrs(one.Index)
		default:
			var ip netip.Addr
			if ip, err = dev.Addr(); err == nil && ip.IsValid() {
				list = []netip.Prefix{netip.PrefixFrom(ip, ip.BitLen())}
			}
		}
		if err != nil {
			return nil, err
		}
		for _, p := range list {
			ip := p.Addr().As16() // the form that Go gives all addresses of interfaces
			addrs = append(addrs, &IPNet{IP: ip[:], Mask: CIDRMask(p.Bits(), p.Addr().BitLen())})
		}
	}
	return addrs, nil
}

func interfaceMulticastAddrTable(ifi *Interface) ([]Addr, error) {
	if currentDevice().host {
		return hostInterfaceMulticastAddrTable(ifi)
	}
	if currentDevice().multicasts != nil && (ifi == nil || ifi.Flags&FlagLoopback == 0) {
		return nil, errNoGroups
	}
	return nil, nil // a device without groups has joined none
}
