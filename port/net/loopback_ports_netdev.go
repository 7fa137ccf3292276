//go:build tinynetport

package net

// Which socket of the built-in loopback has which address and port.

import (
	"net/netip"
	"syscall"
)

type loopPort struct {
	stype, port uint16
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
// there are several. The caller holds l.mu.
func (l *loopback) find(stype uint16, to, from netip.AddrPort) *loopSock {
	var best *loopSock
	score := 0
	for s := l.ports[loopPort{stype, to.Port()}]; s != nil; s = s.next {
		if !s.covers(to.Addr()) || s.remote.IsValid() && s.remote != from {
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
	for o := l.ports[loopPort{s.stype, a.Port()}]; o != nil; o = o.next {
		if s.stype == ndSOCK_DGRAM && s.reuse && o.reuse {
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
			if l.ports[loopPort{s.stype, l.nextEp}] == nil {
				break
			}
		}
		a = netip.AddrPortFrom(a.Addr(), l.nextEp)
	} else if l.conflict(s, a) {
		return sysError("bind", syscall.EADDRINUSE)
	}
	key := loopPort{s.stype, a.Port()}
	s.local, s.bound = a, true
	s.next = l.ports[key]
	l.ports[key] = s
	return nil
}

// unbind takes s out of the tables. The caller holds l.mu.
func (l *loopback) unbind(s *loopSock) {
	if !s.bound {
		return
	}
	s.bound = false
	if s.domain == ndAF_UNIX {
		if l.names[s.unix.name] == s {
			delete(l.names, s.unix.name)
		}
		return
	}
	key := loopPort{s.stype, s.local.Port()}
	if l.ports[key] == s {
		if s.next == nil {
			delete(l.ports, key)
		} else {
			l.ports[key] = s.next
		}
		return
	}
	for o := l.ports[key]; o != nil; o = o.next {
		if o.next == s {
			o.next = s.next
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
