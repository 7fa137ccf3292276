package host

import (
	"errors"
	"net"
	"net/netip"

	"github.com/tinynet/tinynet/netdev/internal/errno"
	"github.com/tinynet/tinynet/netdev/tether/internal/wire"
)

// This file moves datagrams, and says whom a socket for them hears.

// A queue holds datagrams that go out.
type queue struct {
	data []byte
	list []packet
}

type packet struct {
	by packetConn
	to netip.AddrPort // not valid: the peer that the system has connected it to
	n  int
}

// startDatagrams moves datagrams between the socket here and the board.
func (s *socket) startDatagrams() {
	for o, value := range s.options {
		s.apply(o, value)
	}
	s.work(func() { s.hear(s.udp, false) })
	if !s.writing {
		s.writing = true
		s.work(s.writeDatagrams)
	}
}

// hears tells whether a datagram that came to the socket is for the board.
func (s *socket) hears(from netip.AddrPort) bool {
	switch {
	case s.peer.IsValid():
		return from == s.peer
	case s.open:
		return true
	case s.known.has(from):
		return true
	}
	// Who sends to a group, or to all, is answered by those whom it does not
	// know. It hears them if it could have sent to them.
	return s.wide && s.h.permitted(from) == nil
}

// hear sends the board what it hears. What was sent to a group that it is a
// member of may be from anybody.
func (s *socket) hear(conn packetConn, group bool) {
	h := s.h
	size := uint32(mostDatagram)
	h.locked(func() { // there may be another session already
		if h.board.Datagrams < mostDatagram+wire.DatagramCost {
			size = max(h.board.Datagrams, wire.DatagramCost) - wire.DatagramCost
		}
	})
	buf := make([]byte, size+1)
	for {
		n, from, err := conn.ReadFromUDPAddrPort(buf)
		from = netip.AddrPortFrom(from.Addr().Unmap(), from.Port())
		gone := false
		h.locked(func() {
			switch cost := uint32(n) + wire.DatagramCost; {
			case s.gone, errors.Is(err, net.ErrClosed):
				gone = true
			case err != nil:
				// Others can cause as many of these as they like.
				if gone = !s.ready(0); gone {
					return
				}
				s.tell(err)
				gone = !transient(err)
			case n > int(size), cost > h.board.Datagrams:
				// More than the board ever takes: lost, as too long ones are.
			case group && (!s.peer.IsValid() || from == s.peer), !group && s.hears(from):
				if gone = !s.ready(cost); gone {
					return
				}
				s.credit -= cost
				if s.open && !group {
					s.heard.add(from)
				}
				if from.Addr() == loopback4 && h.conf.Self.IsValid() {
					from = netip.AddrPortFrom(h.conf.Self, from.Port())
				}
				h.send(h.out.Begin(wire.OpDatagram).U16(s.num).AddrPort(from).Raw(buf[:n]))
			}
		})
		if gone {
			return
		}
	}
}

// transient tells whether a socket can be read again after an error. What comes
// back of a datagram that was sent is such an error.
func transient(err error) bool {
	for _, e := range []error{errno.ECONNREFUSED, errno.ECONNRESET, errno.EHOSTUNREACH, errno.ENETUNREACH, errno.EMSGSIZE, errno.EACCES, errno.EPERM, errno.ENOBUFS, errno.ENOMEM} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

// datagram takes one from the board.
func (s *socket) datagram(to netip.AddrPort, p []byte) {
	cost := len(p) + wire.DatagramCost
	if s.queued+cost > datagramCredit || len(p) > mostDatagram {
		return // against the protocol
	}
	s.queued += cost
	by, dest, err := s.route(to)
	if err != nil {
		s.tell(err)
		s.repay(cost, false)
		return
	}
	s.sent.data = append(s.sent.data, p...)
	s.sent.list = append(s.sent.list, packet{by, dest, len(p)})
	s.cond.Broadcast()
}

// route finds where a datagram is to go, and by which socket here, and has the
// socket hear the answers.
func (s *socket) route(to netip.AddrPort) (packetConn, netip.AddrPort, error) {
	if !to.IsValid() {
		to = s.peer
	}
	if !to.IsValid() {
		return nil, to, errno.ENOTCONN
	}
	dest, err := s.permit(to)
	if err != nil {
		return nil, dest, err
	}
	if s.state == dialled {
		if dest != s.peer {
			return nil, dest, errno.EISCONN
		}
		return s.udp, netip.AddrPort{}, nil
	}
	all := dest.Addr().IsMulticast() || s.h.isBroadcast(dest.Addr())
	if s.quiet && all && !dest.Addr().IsMulticast() {
		return nil, dest, &refusal{"the socket does not send to broadcast addresses (SO_BROADCAST)", errno.EACCES}
	}
	if s.state == fresh {
		if err := s.openUDP(); err != nil {
			return nil, dest, err
		}
	}
	by, err := s.outlet(dest.Addr())
	if err != nil {
		return nil, dest, err
	}
	if !s.open {
		s.known.add(dest)
	}
	s.wide = s.wide || all
	return by, dest, nil
}

// outlet is the socket here by which datagrams go to an address.
func (s *socket) outlet(to netip.Addr) (packetConn, error) {
	own := s.udp
	if own != nil {
		if at := addrOf(own.LocalAddr()).Addr(); at.IsLoopback() && !to.IsLoopback() {
			own = nil // it reaches this computer only
		}
	}
	if own != nil && (!to.IsMulticast() || len(s.groups) == 0) {
		return own, nil
	}
	// A group's socket has the same port, and goes out to the network.
	for _, g := range s.groups {
		if g.addr == bare(to) {
			return g.conn, nil
		}
	}
	for _, g := range s.groups {
		if g.addr.Is4() == to.Is4() {
			return g.conn, nil
		}
	}
	if own != nil {
		return own, nil
	}
	return nil, &refusal{"the socket's port is at a loopback address of the computer, from where datagrams go to itself only (-listen, -publish)", errno.ENETUNREACH}
}

// isBroadcast tells whether an address means everybody on a network.
func (h *Host) isBroadcast(a netip.Addr) bool {
	if !a.Is4() {
		return false
	}
	if a == netip.AddrFrom4([4]byte{255, 255, 255, 255}) {
		return true
	}
	links, err := h.net.links()
	if err != nil {
		return false
	}
	raw := a.As4()
	for _, l := range links {
		for _, p := range l.Prefixes {
			if !p.Addr().Is4() || p.Bits() > 30 || !p.Contains(a) {
				continue
			}
			last := true
			for bit := p.Bits(); bit < 32; bit++ {
				last = last && raw[bit/8]>>(7-bit%8)&1 == 1
			}
			if last {
				return true
			}
		}
	}
	return false
}

// writeDatagrams sends out what the board sends, and at last closes what the
// socket has here.
func (s *socket) writeDatagrams() {
	h := s.h
	for {
		var q queue
		h.locked(func() {
			for !s.gone && len(s.sent.list) == 0 {
				s.cond.Wait()
			}
			q, s.sent = s.sent, queue{}
			if s.broken {
				q = queue{}
			}
		})
		if len(q.list) == 0 {
			h.locked(s.abort)
			return
		}
		sent := 0
		var failed error
		for _, p := range q.list {
			var err error
			if p.to.IsValid() {
				_, err = p.by.WriteToUDPAddrPort(q.data[:p.n], p.to)
			} else {
				_, err = p.by.Write(q.data[:p.n])
			}
			if failed == nil {
				failed = err
			}
			q.data = q.data[p.n:]
			sent += p.n + wire.DatagramCost
		}
		h.locked(func() {
			if failed != nil {
				s.tell(failed)
			}
			s.repay(sent, false)
		})
	}
}
