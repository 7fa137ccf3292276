//go:build tinynetport && port.sockets && linux && !tinynet_bsd

package net

import (
	"net/netip"
	"syscall"
)

// hostMapsIPv4 says that IPv6 sockets of the system can speak IPv4.
const hostMapsIPv4 = true

// hostFamily gives an address family the system's number. Netdev's numbers are
// Linux's.
func hostFamily(domain int) int { return domain }

// setOption sets a socket option by its number, which is the system's, too.
func (s *hostSock) setOption(level, opt, value int) error {
	return hostError("setsockopt", s.pfd.SetsockoptInt(level, opt, value))
}

func (h *host) JoinGroup(sockfd int, group netip.Addr, ifindex int) error {
	s, err := h.sock(sockfd)
	if err != nil {
		return err
	}
	if group.Is4() {
		err = s.pfd.SetsockoptIPMreqn(syscall.IPPROTO_IP, syscall.IP_ADD_MEMBERSHIP, &syscall.IPMreqn{Multiaddr: group.As4(), Ifindex: int32(ifindex)})
	} else {
		err = s.pfd.SetsockoptIPv6Mreq(syscall.IPPROTO_IPV6, syscall.IPV6_JOIN_GROUP, &syscall.IPv6Mreq{Multiaddr: group.As16(), Interface: uint32(ifindex)})
	}
	return hostError("setsockopt", err)
}

func (h *host) SetMulticastInterface(sockfd int, ip6 bool, ifindex int) error {
	s, err := h.sock(sockfd)
	if err != nil {
		return err
	}
	if ip6 {
		err = s.pfd.SetsockoptInt(syscall.IPPROTO_IPV6, syscall.IPV6_MULTICAST_IF, ifindex)
	} else {
		err = s.pfd.SetsockoptIPMreqn(syscall.IPPROTO_IP, syscall.IP_MULTICAST_IF, &syscall.IPMreqn{Ifindex: int32(ifindex)})
	}
	return hostError("setsockopt", err)
}

func (h *host) SetMulticastLoopback(sockfd int, ip6 bool, on bool) error {
	if ip6 {
		return h.SetSockOpt(sockfd, syscall.IPPROTO_IPV6, syscall.IPV6_MULTICAST_LOOP, on)
	}
	return h.SetSockOpt(sockfd, syscall.IPPROTO_IP, syscall.IP_MULTICAST_LOOP, on)
}

// sendFile copies up to most bytes of a file, all for -1. Files that the
// system cannot send are not handled.
func (h *host) sendFile(sockfd int, file uintptr, most int64) (n int64, handled bool, err error) {
	const chunk = 4 << 20 // lets deadlines and Close in between
	s, err := h.sock(sockfd)
	if err != nil {
		return 0, true, err
	}
	waitErr := s.pfd.RawWrite(func(osfd uintptr) bool {
		for n != most {
			want := int64(chunk)
			if most >= 0 {
				want = min(want, most-n)
			}
			sent, e := syscall.Sendfile(int(osfd), int(file), nil, int(want))
			switch {
			case sent > 0:
				n += int64(sent)
			case e == syscall.EAGAIN:
				return false
			case e == syscall.EINTR:
			default:
				err = e
				return true // the end of the file if e is nil
			}
		}
		return true
	})
	if n == 0 && (err == syscall.EINVAL || err == syscall.ENOSYS || err == syscall.EOPNOTSUPP || err == syscall.EPERM) {
		return 0, false, nil
	}
	if err == nil {
		err = waitErr
	}
	return n, true, hostError("sendfile", err)
}
