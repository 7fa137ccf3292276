package tether

import (
	"net/netip"

	"github.com/tinynet/tinynet/netdev/tether/internal/wire"
)

// send puts a message on the line.
func (d *Device) send(b *wire.Builder) {
	d.pump.Line.Write(b.Message())
	d.pump.Wake()
}

// up begins a session: listeners and sockets for datagrams go on in it.
func (d *Device) up() {
	d.session++
	d.broken, d.reacted = false, 0
	d.split.Reset()
	d.send(d.out.Begin(wire.OpHello).Hello(wire.Hello{
		Version: wire.Version, Stream: uint32(d.conf.Buffer), Datagrams: uint32(d.conf.Buffer),
	}))
}

// restore opens on the other end what is open here.
func (d *Device) restore() {
	for _, s := range d.chans {
		d.open(s)
		for _, o := range s.options {
			d.send(d.begin(wire.OpOption, d.again(s)).U16(s.num).U32(uint32(o.level)).U32(uint32(o.opt)).U32(uint32(o.value)))
		}
		if s.wish.IsValid() {
			at := s.wish
			if at.Port() == 0 {
				at = netip.AddrPortFrom(at.Addr(), s.local.Port())
			}
			d.send(d.begin(wire.OpBind, d.again(s)).U16(s.num).AddrPort(at))
		}
		for _, m := range s.multicasts {
			d.send(d.begin(wire.OpMulticast, d.again(s)).U16(s.num).U8(m.what).Addr(m.addr).U32(uint32(m.number)))
		}
		switch s.state {
		case listening:
			d.send(d.begin(wire.OpListen, d.again(s)).U16(s.num).U16(uint16(s.backlog)))
		case connected:
			d.send(d.begin(wire.OpConnect, d.again(s)).U16(s.num).AddrPort(s.peer))
		}
	}
}

// again is a call in the name of a socket for which it had been made before.
func (d *Device) again(s *sock) *call {
	c := &call{}
	c.reply = func(*wire.Reader) {
		if c.err != nil && s.err == nil {
			d.fail(s, c.err)
		}
	}
	return c
}

// down ends a session.
func (d *Device) down() { d.lost(errReset) }

func (d *Device) lost(err error) {
	d.ready = false
	if !d.broken { // else there may be a message at work
		d.split.Reset()
	}
	clear(d.closing)
	for id, c := range d.calls {
		delete(d.calls, id)
		c.finish(err)
	}
	for _, s := range d.socks {
		for _, a := range s.arrived {
			d.forget(a)
		}
		s.arrived = nil
		if s.stream && s.state == connected || d.err != nil {
			d.fail(s, err)
			delete(d.chans, s.num)
			s.num = 0
		}
		s.in.clear()
		s.msgs, s.owed = nil, 0
		s.credit = 0
		s.wake()
	}
	for _, c := range d.starved {
		c.Broadcast()
	}
	d.starved = d.starved[:0]
	d.changed.Broadcast()
}

func (d *Device) fail(s *sock, err error) {
	if s.err == nil {
		s.err = err
	}
	s.wake()
}

func (s *sock) wake() {
	s.rd.cond.Broadcast()
	s.wr.cond.Broadcast()
}

// room lets those go on that wait for room on the line.
func (d *Device) room() {
	if d.pump.Line.Queued() >= d.most() {
		return
	}
	d.reacted = 0
	for _, c := range d.starved {
		c.Broadcast()
	}
	d.starved = d.starved[:0]
}

// most is how many bytes may wait for the line.
func (d *Device) most() int { return 2 * d.conf.Frame }

// forget takes a socket off the tables.
func (d *Device) forget(s *sock) {
	delete(d.socks, s.fd)
	if s.num != 0 {
		delete(d.chans, s.num)
	}
}

func (d *Device) open(s *sock) {
	stype := byte(sockDgram)
	s.credit = d.hello.Datagrams
	if s.stream {
		stype, s.credit = sockStream, d.hello.Stream
	}
	d.send(d.out.Begin(wire.OpOpen).U16(s.num).U8(byte(s.domain)).U8(stype))
}

// breach ends a session in which the other end does not keep to the protocol.
func (d *Device) breach() {
	d.broken = true
	d.lost(errBroken)
	d.pump.Line.Break()
	d.pump.Wake()
}

// react answers a message. Who makes a device answer and does not take that does
// not get to fill its memory.
func (d *Device) react(b *wire.Builder) {
	if d.reacted += b.Len(); d.reacted > mostReaction {
		d.breach()
		return
	}
	d.send(b)
}

// message takes one from the other end. What makes no sense is ignored, as the
// protocol says.
func (d *Device) message(r *wire.Reader) {
	op := wire.Op(r.U8())
	switch op {
	case wire.OpHello:
		d.greeted(r)
		return
	case wire.OpReply:
		d.replied(r)
		return
	}
	if !d.ready {
		return
	}
	num := r.U16()
	if op == wire.OpClosed {
		delete(d.closing, num)
		d.changed.Broadcast()
		return
	}
	s := d.chans[num]
	switch op {
	case wire.OpAccepted:
		num, local, peer := r.U16(), r.AddrPort(), r.AddrPort()
		if !r.Bad {
			d.accepted(s, num, local, peer)
		}
		return
	}
	if r.Bad || s == nil {
		return // closed meanwhile
	}
	switch op {
	case wire.OpFailed:
		err := errorOf(r.Error())
		switch {
		case r.Bad || err == nil:
		case s.stream:
			d.fail(s, err)
		default:
			s.failed = err
			s.wake()
		}
	case wire.OpData:
		p := r.Rest()
		switch {
		case !s.stream || s.state != connected || s.ended:
		case s.noRecv || s.err != nil || s.closed:
			d.repay(s, len(p), d.react)
		case !s.in.put(p):
			d.fail(s, errTooMuch) // the other end does not keep to the credit
		}
		s.rd.cond.Broadcast()
	case wire.OpDatagram:
		from := r.AddrPort()
		p := r.Rest()
		if r.Bad || s.stream || !from.IsValid() {
			return
		}
		if s.noRecv || s.in.n+len(s.msgs)*wire.DatagramCost+len(p)+wire.DatagramCost > d.conf.Buffer || !s.in.put(p) {
			d.repay(s, len(p)+wire.DatagramCost, d.react)
			return
		}
		s.msgs = append(s.msgs, datagram{from, len(p)})
		s.rd.cond.Signal()
	case wire.OpEnd:
		if s.stream && s.state == connected {
			s.ended = true
			s.rd.cond.Broadcast()
		}
	case wire.OpCredit:
		n := r.U32()
		if s.credit += n; s.credit < n {
			s.credit = ^uint32(0)
		}
		s.wr.cond.Broadcast()
	}
}

// greeted begins to use a session.
func (d *Device) greeted(r *wire.Reader) {
	h := r.Hello()
	if r.Bad || h.Version != wire.Version || d.ready {
		return
	}
	servers := h.Servers[:0]
	for _, s := range h.Servers {
		if s.IsValid() && len(servers) < mostServers {
			servers = append(servers, s)
		}
	}
	h.Servers = servers
	d.hello, d.ready = h, true
	d.restore()
	d.changed.Broadcast()
	for _, s := range d.socks {
		s.wake()
	}
}

// replied ends a call.
func (d *Device) replied(r *wire.Reader) {
	id := r.U16()
	c := d.calls[id]
	if c == nil {
		return // nobody waits for it any more, or nobody has asked
	}
	delete(d.calls, id)
	c.err = errorOf(r.Error())
	if c.reply != nil && !r.Bad {
		c.reply(r)
	}
	if r.Bad {
		c.err = errBadReply
	}
	c.finish(c.err)
}

// accepted takes a connection for a listener. One that the program does not want
// any more is broken.
func (d *Device) accepted(s *sock, num uint16, local, peer netip.AddrPort) {
	if num < wire.HostSocket || d.chans[num] != nil || d.closing[num] || !local.IsValid() || !peer.IsValid() {
		return
	}
	if s == nil || s.closed || s.state != listening || len(d.socks) >= mostFD {
		d.react(d.out.Begin(wire.OpClose).U16(num).U8(wire.CloseBreak))
		return
	}
	if len(s.arrived) >= s.backlog {
		d.breach() // it has no credit for that
		return
	}
	a := d.newSock(num, s.domain, true)
	a.state, a.local, a.peer, a.credit = connected, local, peer, d.hello.Stream
	s.arrived = append(s.arrived, a)
	s.rd.cond.Broadcast()
}

// repay gives the other end credit for n bytes that were taken.
func (d *Device) repay(s *sock, n int, send func(*wire.Builder)) {
	s.owed += uint32(n)
	if d.ready && s.num != 0 && (s.owed >= uint32(d.conf.Buffer)/4 || !s.stream) {
		owed := s.owed
		s.owed = 0
		send(d.out.Begin(wire.OpCredit).U16(s.num).U32(owed))
	}
}
