//go:build tinynetport

package net

// Which socket of the built-in loopback has which address and port.

import (
	"net/netip"
	"syscall"
)

// hasPort tells whether s is bound to a port, for sockets of stype.
func (s *loopSock) hasPort(stype, port uint16) bool {
	return s.unix == nil && s.stype == stype && s.local.Port() == port
}

// covers reports whether a socket bound to s.local gets what is sent to ip.
func (s *loopSock) covers(ip netip.Addr) bool {
	mine := s.local.Addr()
	switch {
	case mine == ip:
		return true
	case !mine.IsUnspecified():
		return false
	case ip.Is4():
		return mine.Is4() || !s.only6
	}
	return mine.Is6()
}

// find gives the socket that is bound to addr for stype, the most specific if
// there are several, and of such the latest. The caller holds l.mu.
func (l *loopback) find(stype uint16, to, from netip.AddrPort) *loopSock {
	var best *loopSock
	score := 0
	for i := len(l.bound) - 1; i >= 0; i-- {
		s := l.bound[i]
		if !s.hasPort(stype, to.Port()) || !s.covers(to.Addr()) || s.remote.IsValid() && s.remote != from {
			continue
		}
		mine := 1
		if !s.local.Addr().IsUnspecified() {
			mine = 2
		}
		if s.remote.IsValid() {
			mine += 2
		}
		if mine > score {
			best, score = s, mine
		}
	}
	return best
}

// conflict reports whether s may not have the address beside those that are
// bound. The caller holds l.mu.
func (l *loopback) conflict(s *loopSock, a netip.AddrPort) bool {
	for _, o := range l.bound {
		if !o.hasPort(s.stype, a.Port()) || s.stype == ndSOCK_DGRAM && s.reuse && o.reuse {
			continue
		}
		mine, other := a.Addr(), o.local.Addr()
		switch {
		case mine == other,
			mine.IsUnspecified() && (mine.Is4() == other.Is4() || mine.Is6() && !s.only6),
			other.IsUnspecified() && (mine.Is4() == other.Is4() || other.Is6() && !o.only6):
			return true
		}
	}
	return false
}

// bind gives s an address, choosing the port if that is 0. The caller holds
// l.mu.
func (l *loopback) bind(s *loopSock, a netip.AddrPort) error {
	const first, count = 49152, 16384 // RFC 6335, section 6
	if s.bound {
		return sysError("bind", syscall.EINVAL)
	}
	if a.Port() == 0 {
		if l.nextEp == 0 {
			l.nextEp = uint16(first + randInt()%count)
		}
		for tries := 0; ; tries++ {
			if tries == count {
				return sysError("bind", syscall.EADDRINUSE)
			}
			if l.nextEp++; l.nextEp < first {
				l.nextEp = first
			}
			if !l.taken(s.stype, l.nextEp) {
				break
			}
		}
		a = netip.AddrPortFrom(a.Addr(), l.nextEp)
	} else if l.conflict(s, a) {
		return sysError("bind", syscall.EADDRINUSE)
	}
	s.local, s.bound = a, true
	l.bound = append(l.bound, s)
	return nil
}

// taken tells whether any socket has the port. The caller holds l.mu.
func (l *loopback) taken(stype, port uint16) bool {
	for _, s := range l.bound {
		if s.hasPort(stype, port) {
			return true
		}
	}
	return false
}

// unbind takes s out of those that can be found. The caller holds l.mu.
func (l *loopback) unbind(s *loopSock) {
	if !s.bound {
		return
	}
	s.bound = false
	for i, o := range l.bound {
		if o == s {
			last := len(l.bound) - 1
			copy(l.bound[i:], l.bound[i+1:])
			l.bound[last] = nil
			l.bound = l.bound[:last]
			return
		}
	}
}

func unmapped(a netip.AddrPort) netip.AddrPort {
	return netip.AddrPortFrom(a.Addr().Unmap().WithZone(""), a.Port())
}

// mapped is how s's own family writes an address.
func (s *loopSock) mapped(a netip.AddrPort) netip.AddrPort {
	if s.domain == ndAF_INET6 && a.Addr().Is4() {
		return netip.AddrPortFrom(netip.AddrFrom16(a.Addr().As16()), a.Port())
	}
	return a
}

func (l *loopback) Bind(num int, ip netip.AddrPort) error {
	s, err := l.sock(num)
	if err != nil {
		return err
	}
	if s.unix != nil {
		return sysError("bind", syscall.EINVAL)
	}
	a := unmapped(ip)
	if !a.Addr().IsLoopback() && !a.Addr().IsUnspecified() {
		return sysError("bind", syscall.EADDRNOTAVAIL)
	}
	l.mu.Lock()
	err = l.bind(s, a)
	l.mu.Unlock()
	return err
}

func loopHome(ip netip.Addr) netip.Addr {
	if ip.Is4() {
		return netip.AddrFrom4([4]byte{127, 0, 0, 1})
	}
	return netip.IPv6Loopback()
}

func (l *loopback) GetSockname(num int) (netip.AddrPort, error) {
	s, err := l.sock(num)
	if err != nil {
		return netip.AddrPort{}, err
	}
	l.mu.Lock()
	a := s.local
	l.mu.Unlock()
	if !a.IsValid() {
		a = netip.AddrPortFrom(netip.IPv4Unspecified(), 0)
	}
	return s.mapped(a), nil
}
