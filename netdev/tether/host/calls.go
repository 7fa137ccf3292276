package host

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strconv"
	"time"

	"github.com/tinynet/tinynet/netdev/internal/errno"
	"github.com/tinynet/tinynet/netdev/tether/internal/wire"
)

// This file has the calls that give a socket an address or a peer.

// call makes one that has a reply. It sends the reply itself, unless it returns
// an error.
func (s *socket) call(op wire.Op, id uint16, r *wire.Reader) error {
	h := s.h
	switch op {
	case wire.OpBind:
		at := r.AddrPort()
		if r.Bad || !at.Addr().IsValid() {
			return errno.EINVAL
		}
		if !s.allows(op) {
			return s.illegal(op)
		}
		local, err := s.bind(at)
		if err != nil {
			return err
		}
		h.replyAddr(id, local)
		return nil
	case wire.OpListen:
		backlog := r.U16()
		if r.Bad {
			return errno.EINVAL
		}
		if !s.allows(op) {
			return s.illegal(op)
		}
		local, err := s.listen(uint32(backlog))
		if err != nil {
			return err
		}
		h.replyAddr(id, local)
		return nil
	case wire.OpConnect:
		to := r.AddrPort()
		if r.Bad {
			return errno.EINVAL
		}
		if !s.allows(op) {
			return s.illegal(op)
		}
		return s.connect(id, to)
	case wire.OpOption:
		o, value := option{int(int32(r.U32())), int(int32(r.U32()))}, int(int32(r.U32()))
		if r.Bad {
			return errno.EINVAL
		}
		if !s.allows(op) {
			return s.illegal(op)
		}
		if err := s.setOption(o, value); err != nil {
			return err
		}
	case wire.OpMulticast:
		what, a, number := r.U8(), r.Addr(), int(int32(r.U32()))
		if r.Bad {
			return errno.EINVAL
		}
		if !s.allows(op) {
			return s.illegal(op)
		}
		if err := s.multicast(what, a, number); err != nil {
			return err
		}
	}
	h.reply(id, wire.Error{})
	return nil
}

// place finds where an address of the board's own is here, and takes its port.
func (s *socket) place(want netip.AddrPort) (at netip.AddrPort, published bool, err error) {
	h := s.h
	ip := bare(want.Addr().Unmap())
	local := ip.IsLoopback()
	switch {
	case s.family() == "4" && ip.Is6():
		return at, false, errno.EAFNOSUPPORT
	case !ip.IsUnspecified() && !local && ip != h.conf.Addr.Unmap():
		return at, false, errno.EADDRNOTAVAIL
	}
	p := port{s.stream, want.Port()}
	if want.Port() != 0 {
		if other := h.ports[p]; other != nil && other != s {
			return at, false, errno.EADDRINUSE
		}
	}
	at = netip.AddrPortFrom(h.conf.Listen, want.Port())
	if s.only6 && at.Addr() == loopback4 {
		at = netip.AddrPortFrom(loopback6, at.Port())
	}
	if local {
		at = netip.AddrPortFrom(ip, want.Port())
	} else if want.Port() != 0 {
		for _, pub := range h.conf.Publish {
			if pub.Board == want.Port() && pub.covers(s.stream) {
				at, published = pub.at(at.Addr()), true
			}
		}
	}
	if want.Port() != 0 {
		s.port, s.hasPort = p, true
		h.ports[p] = s
	}
	return at, published, nil
}

// unplace gives the port back.
func (s *socket) unplace() {
	if s.hasPort {
		delete(s.h.ports, s.port)
		s.hasPort = false
	}
}

// placing opens something at a place, or elsewhere if that is allowed.
func (s *socket) placing(want netip.AddrPort, open func(network string, at netip.AddrPort) (net.Addr, error)) error {
	h := s.h
	at, published, err := s.place(want)
	if err != nil {
		return err
	}
	network := "udp"
	if s.stream {
		network = "tcp"
	}
	family := network
	if at.Addr().Is4() {
		family += "4" // package net would take 0.0.0.0 for all IPv6 addresses, too
	}
	got, err := open(family, at)
	if err != nil && h.conf.AnyPort && !published && at.Port() != 0 && (errors.Is(err, errno.EACCES) || errors.Is(err, errno.EADDRINUSE)) {
		got, err = open(family, netip.AddrPortFrom(at.Addr(), 0))
	}
	if err != nil {
		s.unplace()
		if errors.Is(err, errno.EACCES) {
			number := strconv.Itoa(int(want.Port()))
			err = &deniedError{"port " + number + " is not free to take on this computer; -publish 8080:" + number + " puts it at another"}
		}
		return err
	}
	if got == nil {
		return nil
	}
	real := addrOf(got)
	if p := (port{s.stream, real.Port()}); want.Port() == 0 && h.ports[p] == nil {
		s.port, s.hasPort = p, true
		h.ports[p] = s
	}
	if f := h.conf.Listening; f != nil {
		number := want.Port()
		if number == 0 {
			number = real.Port()
		}
		f(network, number, real)
	}
	return nil
}

// bind gives a socket an address. A stream's is looked at here only as far as
// is possible before it is known what it is for.
func (s *socket) bind(at netip.AddrPort) (local netip.AddrPort, err error) {
	if s.stream {
		ip := bare(at.Addr().Unmap())
		switch {
		case s.family() == "4" && ip.Is6():
			return at, errno.EAFNOSUPPORT
		case !ip.IsUnspecified() && !ip.IsLoopback() && ip != s.h.conf.Addr.Unmap():
			return at, errno.EADDRNOTAVAIL
		case s.h.ports[port{true, at.Port()}] != nil && at.Port() != 0:
			return at, errno.EADDRINUSE
		}
		s.bound, s.state = at, named
		return at, nil
	}
	if at.Port() == 0 && !bare(at.Addr().Unmap()).IsLoopback() {
		if s.family() == "4" && at.Addr().Unmap().Is6() {
			return at, errno.EAFNOSUPPORT
		}
		err = s.openUDP()
	} else {
		err = s.placing(at, func(network string, to netip.AddrPort) (net.Addr, error) {
			if err := s.openAt(network, to, to.Port() == at.Port()); err != nil || s.udp == nil {
				return nil, err
			}
			return s.udp.LocalAddr(), nil
		})
	}
	if err != nil {
		return at, err
	}
	s.bound = at
	if s.state = receiving; s.udp == nil {
		return at, nil
	}
	if at.Port() == 0 {
		at = netip.AddrPortFrom(at.Addr(), addrOf(s.udp.LocalAddr()).Port())
	}
	if s.open {
		s.startDatagrams()
	}
	return at, nil
}

// openAt opens a socket at a port that others were given. One that shares the
// port with others, as members of a group do, has none of its own where another
// one is already: it then hears its groups only.
func (s *socket) openAt(network string, at netip.AddrPort, own bool) error {
	conn, err := s.h.net.datagrams(network, at, false)
	if err != nil {
		if s.shared && own && errors.Is(err, errno.EADDRINUSE) {
			return nil
		}
		return err
	}
	if s.shared && at.Addr().IsUnspecified() {
		// The groups' sockets have to fit in beside it.
		conn.Close()
		if conn, err = s.h.net.datagrams(network, at, true); err != nil {
			return err
		}
	}
	s.udp, s.open = conn, true
	return nil
}

// openUDP opens a socket that has no port that others were given: what comes to
// it has to be an answer.
func (s *socket) openUDP() error {
	network, at := "udp"+s.family(), netip.IPv6Unspecified()
	if s.family() == "4" {
		at = netip.IPv4Unspecified()
	}
	conn, err := s.h.net.datagrams(network, netip.AddrPortFrom(at, 0), s.shared)
	if err != nil && s.family() == "" {
		// A computer without IPv6.
		conn, err = s.h.net.datagrams("udp4", netip.AddrPortFrom(netip.IPv4Unspecified(), 0), s.shared)
	}
	if err != nil {
		return err
	}
	s.udp, s.state = conn, receiving
	s.startDatagrams()
	return nil
}

func (s *socket) listen(backlog uint32) (netip.AddrPort, error) {
	want := s.bound
	if !want.IsValid() {
		want = netip.AddrPortFrom(netip.IPv4Unspecified(), 0)
	}
	err := s.placing(want, func(network string, at netip.AddrPort) (net.Addr, error) {
		ln, err := s.h.net.listen(network, at)
		if err != nil {
			return nil, err
		}
		s.ln = ln
		return ln.Addr(), nil
	})
	if err != nil {
		return want, err
	}
	if want.Port() == 0 {
		want = netip.AddrPortFrom(want.Addr(), addrOf(s.ln.Addr()).Port())
	}
	s.credit, s.state = min(backlog, mostBacklog), listening
	s.work(s.accept)
	return want, nil
}

// accept takes connections as long as the board has room for them. The others
// wait in this computer's backlog.
func (s *socket) accept() {
	h := s.h
	for {
		gone := false
		h.locked(func() {
			for !s.gone && (s.credit == 0 || !h.mayOpen(true)) {
				if s.credit == 0 {
					s.cond.Wait()
				} else {
					h.room.Wait() // also tells that a socket has gone
				}
			}
			gone = s.gone
		})
		if gone {
			return
		}
		conn, err := s.ln.accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil { // out of files, say
			pause := time.NewTimer(50 * time.Millisecond)
			select {
			case <-pause.C:
			case <-s.ctx.Done():
				pause.Stop()
			}
			continue
		}
		h.locked(func() { s.accepted(conn) })
	}
}

// accepted gives a connection to the board.
func (s *socket) accepted(conn streamConn) {
	h := s.h
	if s.gone || !h.mayOpen(true) {
		conn.SetLinger(0)
		conn.Close()
		return
	}
	for h.last++; h.socks[wire.HostSocket|h.last] != nil; h.last++ {
	}
	s.credit--
	a := h.newSocket(wire.HostSocket|h.last, s.domain, true)
	a.conn, a.state = conn, connected
	for o, value := range s.options {
		a.apply(o, value)
	}
	// It has the listener's own port, wherever that is here.
	local := addrOf(conn.LocalAddr())
	if p := s.bound.Port(); p != 0 {
		local = netip.AddrPortFrom(local.Addr(), p)
	}
	h.send(h.out.Begin(wire.OpAccepted).U16(s.num).U16(a.num).AddrPort(local).AddrPort(addrOf(conn.RemoteAddr())))
	a.start()
}

// connect makes a connection, or fixes the peer of a socket for datagrams.
func (s *socket) connect(id uint16, to netip.AddrPort) error {
	h := s.h
	dest, err := s.permit(to)
	if err != nil {
		return err
	}
	switch {
	case !s.stream && s.state == fresh:
		conn, err := h.net.dialDatagrams("udp", dest)
		if err != nil {
			return err
		}
		s.udp, s.peer, s.state = conn, dest, dialled
		s.startDatagrams()
		h.replyAddr(id, addrOf(conn.LocalAddr()))
		return nil
	case !s.stream: // it stays where it was bound
		if _, err := s.outlet(dest.Addr()); err != nil {
			return err
		}
		if !s.open {
			s.known.add(dest)
		}
		s.peer = dest
		local := s.bound
		if s.udp != nil {
			local = addrOf(s.udp.LocalAddr())
		}
		h.replyAddr(id, local)
		return nil
	}
	before := s.state
	s.state = dialing
	s.work(func() { s.dial(id, before, dest) })
	return nil
}

// dial makes a connection, as long as the board wants it.
func (s *socket) dial(id uint16, before state, dest netip.AddrPort) {
	h := s.h
	conn, err := h.net.dial(s.ctx, s.bound.Port(), dest)
	h.locked(func() {
		switch {
		case s.gone && err == nil:
			conn.SetLinger(0)
			conn.Close()
		case s.gone:
		case err != nil:
			s.state = before
			if errors.Is(err, context.Canceled) {
				err = errno.ECONNABORTED
			}
			h.reply(id, wireError(err))
		default:
			s.conn, s.state = conn, connected
			for o, value := range s.options {
				s.apply(o, value)
			}
			h.replyAddr(id, addrOf(conn.LocalAddr()))
			s.start()
		}
	})
}
