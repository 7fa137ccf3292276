//go:build tinynetport && port.sockets && !tinygo && (!linux || tinynet_bsd)

package net

import (
	"net/netip"
	"syscall"
)

// This is the part of the host device that is the same on all systems but
// Linux. Linux can do all of it, too: the tag tinynet_bsd puts this and
// host_bsd.go there, where they are tested.

// hostFamily gives an address family the system's number. Only IPv6 has a
// number of its own on each system.
func hostFamily(domain int) int {
	if domain == ndAF_INET6 {
		return syscall.AF_INET6
	}
	return domain
}

// setOption sets a socket option, which has Linux's numbers in netdev.
func (s *hostSock) setOption(level, opt, value int) error {
	level, opt, ok := hostOption(level, opt)
	if !ok {
		return hostNoOption
	}
	return s.setSystemOption(level, opt, value)
}

// hostOption gives a socket option its numbers on this system.
func hostOption(level, opt int) (int, int, bool) {
	switch level {
	case ndSOL_SOCKET:
		level = syscall.SOL_SOCKET
		switch opt {
		case ndSO_REUSEADDR:
			return level, syscall.SO_REUSEADDR, true
		case ndSO_BROADCAST:
			return level, syscall.SO_BROADCAST, true
		case ndSO_SNDBUF:
			return level, syscall.SO_SNDBUF, true
		case ndSO_RCVBUF:
			return level, syscall.SO_RCVBUF, true
		case ndSO_KEEPALIVE:
			return level, syscall.SO_KEEPALIVE, true
		}
	case ndSOL_TCP:
		level = syscall.IPPROTO_TCP
		switch opt {
		case ndTCP_NODELAY:
			return level, syscall.TCP_NODELAY, true
		case ndTCP_KEEPIDLE:
			return level, hostTCP_KEEPIDLE, hostTCP_KEEPIDLE != 0
		case ndTCP_KEEPINTVL:
			return level, hostTCP_KEEPINTVL, hostTCP_KEEPINTVL != 0
		case ndTCP_KEEPCNT:
			return level, hostTCP_KEEPCNT, hostTCP_KEEPCNT != 0
		}
	case ndSOL_IPV6:
		if opt == ndIPV6_V6ONLY {
			return syscall.IPPROTO_IPV6, syscall.IPV6_V6ONLY, true
		}
	}
	return 0, 0, false
}

// ip4Of is the IPv4 address by which the system knows an interface; the zero
// address, for index 0, is the interface that the system chooses.
func ip4Of(ifindex int) (ip [4]byte, err error) {
	if ifindex == 0 {
		return ip, nil
	}
	ifi, err := InterfaceByIndex(ifindex)
	if err != nil {
		return ip, err
	}
	addrs, err := ifi.Addrs()
	if err != nil {
		return ip, err
	}
	for _, a := range addrs {
		if n, ok := a.(*IPNet); ok && n.IP.To4() != nil {
			return [4]byte(n.IP.To4()), nil
		}
	}
	return ip, errNoSuchMulticastInterface
}

func (h *host) JoinGroup(sockfd int, group netip.Addr, ifindex int) error {
	s, err := h.sock(sockfd)
	if err != nil {
		return err
	}
	if group.Is6() {
		err = s.pfd.SetsockoptIPv6Mreq(syscall.IPPROTO_IPV6, syscall.IPV6_JOIN_GROUP, &syscall.IPv6Mreq{Multiaddr: group.As16(), Interface: uint32(ifindex)})
		return hostError("setsockopt", err)
	}
	ip, err := ip4Of(ifindex)
	if err != nil {
		return err
	}
	err = s.pfd.SetsockoptIPMreq(syscall.IPPROTO_IP, syscall.IP_ADD_MEMBERSHIP, &syscall.IPMreq{Multiaddr: group.As4(), Interface: ip})
	return hostError("setsockopt", err)
}

func (h *host) SetMulticastInterface(sockfd int, ip6 bool, ifindex int) error {
	s, err := h.sock(sockfd)
	if err != nil {
		return err
	}
	if ip6 {
		return hostError("setsockopt", s.pfd.SetsockoptInt(syscall.IPPROTO_IPV6, syscall.IPV6_MULTICAST_IF, ifindex))
	}
	ip, err := ip4Of(ifindex)
	if err != nil {
		return err
	}
	return hostError("setsockopt", s.pfd.SetsockoptInet4Addr(syscall.IPPROTO_IP, syscall.IP_MULTICAST_IF, ip))
}

// sendFile leaves files to be read and written: each of these systems has
// another call for sending them, or none.
func (h *host) sendFile(int, uintptr, int64) (int64, bool, error) { return 0, false, nil }
