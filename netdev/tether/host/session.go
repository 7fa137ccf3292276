package host

import (
	"net/netip"

	"github.com/tinynet/tinynet/netdev"
	"github.com/tinynet/tinynet/netdev/tether/internal/wire"
)

// This file takes the board's messages and sends it the host's. The lock is
// held in all of it.

// message takes one from the board.
func (h *Host) message(r *wire.Reader) {
	op := wire.Op(r.U8())
	if op == wire.OpHello {
		b := r.Hello()
		if r.Bad || b.Version != wire.Version || h.ready {
			return
		}
		h.board, h.ready = b, true
		if h.conf.Session != nil {
			h.conf.Session(true)
		}
		return
	}
	if !h.ready || h.closed {
		return
	}
	switch op {
	case wire.OpOpen:
		num, domain, stype := r.U16(), r.U8(), r.U8()
		if !r.Bad {
			h.open(num, domain, stype)
		}
	case wire.OpClose:
		num, how := r.U16(), r.U8()
		if r.Bad {
			return
		}
		if s := h.socks[num]; s != nil {
			h.end(s, how == wire.CloseBreak)
		}
		h.send(h.out.Begin(wire.OpClosed).U16(num))
	case wire.OpLookup:
		id, network, name := r.U16(), r.Text(), r.Text()
		if !r.Bad {
			h.lookup(id, network, name)
		}
	case wire.OpLinks:
		id := r.U16()
		if !r.Bad {
			h.links(id)
		}
	case wire.OpBind, wire.OpConnect, wire.OpListen, wire.OpOption, wire.OpMulticast:
		id, num := r.U16(), r.U16()
		if r.Bad {
			return
		}
		s := h.socks[num]
		if s == nil {
			h.reply(id, wire.Error{Code: wire.ErrTooMany, Text: "no more sockets on the tether"})
			return
		}
		if err := s.call(op, id, r); err != nil {
			h.reply(id, wireError(err))
		}
	case wire.OpData, wire.OpDatagram, wire.OpEnd, wire.OpCredit:
		s := h.socks[r.U16()]
		if r.Bad || s == nil || !s.allows(op) {
			return
		}
		switch op {
		case wire.OpData:
			s.data(r.Rest())
		case wire.OpDatagram:
			to := r.AddrPort()
			if !r.Bad {
				s.datagram(to, r.Rest())
			}
		case wire.OpEnd:
			s.state = finished
			s.cond.Broadcast()
		case wire.OpCredit:
			n := r.U32()
			if s.credit += n; s.credit < n {
				s.credit = ^uint32(0)
			}
			s.cond.Broadcast()
		}
	}
}

// open makes a socket. One that there is no room for is not there, and calls
// for it fail.
func (h *Host) open(num uint16, domain, stype byte) {
	stream := stype == netdev.SOCK_STREAM
	switch {
	case num == 0 || num >= wire.HostSocket || h.socks[num] != nil:
	case domain != netdev.AF_INET && domain != netdev.AF_INET6:
	case !stream && stype != netdev.SOCK_DGRAM:
	case !h.mayOpen(stream):
	default:
		h.newSocket(num, int(domain), stream)
	}
}

func (h *Host) send(b *wire.Builder) {
	h.pump.Line.Write(b.Message())
	h.pump.Wake()
}

// reply answers a call, with an error or without.
func (h *Host) reply(id uint16, e wire.Error) {
	h.send(h.out.Begin(wire.OpReply).U16(id).Error(e))
}

func (h *Host) replyAddr(id uint16, a netip.AddrPort) {
	h.send(h.out.Begin(wire.OpReply).U16(id).Error(wire.Error{}).AddrPort(a))
}

// session returns a function that tells whether the present one goes on.
func (h *Host) session() func() bool {
	ups := h.pump.Line.Sessions()
	return func() bool { return h.ready && h.pump.Line.Sessions() == ups }
}

// links tells of the computer's interfaces, as many as one reply may have.
func (h *Host) links(id uint16) {
	links, err := h.net.links()
	if err != nil {
		h.reply(id, wireError(err))
		return
	}
	n := 0
	var list wire.Builder
	for ; n < len(links); n++ {
		if list.Link(links[n]); list.Len() > mostReply {
			break
		}
	}
	b := h.out.Begin(wire.OpReply).U16(id).Error(wire.Error{}).U16(uint16(n))
	for _, l := range links[:n] {
		b.Link(l)
	}
	h.send(b)
}
