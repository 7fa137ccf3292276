package host

import (
	"net/netip"

	"github.com/tinynet/tinynet/netdev/internal/errno"
	"github.com/tinynet/tinynet/netdev/tether/internal/wire"
)

// A group is one that a socket is a member of. It has a socket here of its own,
// which hears what is sent to the group and nothing else: membership lets nobody
// send to the board in another way.
type group struct {
	addr    netip.Addr
	ifindex int
	conn    packetConn
}

// A multicastSetting is one that a group's socket gets, too.
type multicastSetting struct {
	ip6  bool
	what byte
}

func (s *socket) multicast(what byte, a netip.Addr, number int) error {
	switch {
	case !a.IsValid(), number < 0:
		return errno.EINVAL
	case what == wire.MulticastJoin:
		return s.join(canonical(a), number)
	case what != wire.MulticastInterface && what != wire.MulticastLoopback:
		return errno.EINVAL
	}
	if s.state == fresh {
		if err := s.openUDP(); err != nil {
			return err
		}
	}
	set := multicastSetting{a.Unmap().Is6(), what}
	if s.udp != nil {
		if err := s.udp.setMulticast(set.ip6, what, number); err != nil {
			return err
		}
	}
	for _, g := range s.groups {
		if g.addr.Is6() == set.ip6 {
			if err := g.conn.setMulticast(set.ip6, what, number); err != nil {
				return err
			}
		}
	}
	if s.multi == nil {
		s.multi = map[multicastSetting]int{}
	}
	s.multi[set] = number
	return nil
}

// join makes the socket a member of a group, or changes nothing.
func (s *socket) join(g netip.Addr, ifindex int) error {
	h := s.h
	port := s.bound.Port()
	if port == 0 && s.udp != nil {
		port = addrOf(s.udp.LocalAddr()).Port()
	}
	switch {
	case !g.IsMulticast():
		return errno.EINVAL
	case g.Is6() && s.family() == "4":
		return errno.EAFNOSUPPORT
	case h.permitted(netip.AddrPortFrom(g, port)) != nil:
		return deniedGroup(g)
	case h.groups >= mostGroups:
		return &refusal{"no more groups on the tether", errno.EMFILE}
	}
	for _, had := range s.groups {
		if had.addr == bare(g) && had.ifindex == ifindex {
			return errno.EADDRINUSE
		}
	}
	if s.state == fresh {
		s.shared = true // the group's socket has the same port
		if err := s.openUDP(); err != nil {
			return err
		}
		port = addrOf(s.udp.LocalAddr()).Port()
		if h.permitted(netip.AddrPortFrom(g, port)) != nil {
			return deniedGroup(g)
		}
	}
	conn, err := h.net.group(netip.AddrPortFrom(bare(g), port), ifindex)
	if err != nil {
		return err
	}
	for set, number := range s.multi {
		if set.ip6 == g.Is6() {
			if err := conn.setMulticast(set.ip6, set.what, number); err != nil {
				conn.Close()
				return err
			}
		}
	}
	h.groups++
	s.groups = append(s.groups, &group{bare(g), ifindex, conn})
	s.work(func() { s.hear(conn, true) })
	if !s.writing {
		s.writing = true
		s.work(s.writeDatagrams)
	}
	return nil
}

func deniedGroup(g netip.Addr) error {
	return &deniedError{"the group " + g.String() + " is not allowed by the tether's rules (-allow, -deny)"}
}
