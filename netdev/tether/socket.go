package tether

import (
	"net/netip"
	"sync"
	"time"

	"github.com/tinynet/tinynet/netdev/tether/internal/wire"
)

type state byte

const (
	fresh state = iota
	bound
	listening
	connected
)

type sock struct {
	fd     int
	num    uint16 // on the line; 0 once its session is over
	domain int
	stream bool
	state  state
	rd, wr half

	err         error // nothing more comes, and nothing goes
	failed      error // for one call: a datagram was refused
	ended       bool  // the peer sends no more
	noRecv      bool  // SHUT_RD
	noSend      bool  // SHUT_WR
	closed      bool
	linger      int // -1 is the default
	local, peer netip.AddrPort
	wish        netip.AddrPort // what was bound
	in          ring
	msgs        []datagram
	owed        uint32 // credit to give back
	credit      uint32
	backlog     int
	arrived     []*sock // for Accept
	options     []option
	multicasts  []multicast
}

type datagram struct {
	from netip.AddrPort
	size int
}

type option struct{ level, opt, value int }

// A multicast is what a session that begins anew has to do again.
type multicast struct {
	what   byte
	addr   netip.Addr
	number int
}

func (d *Device) newSock(num uint16, domain int, stream bool) *sock {
	d.lastFD = d.lastFD%mostFD + 1
	for d.socks[d.lastFD] != nil {
		d.lastFD = d.lastFD%mostFD + 1
	}
	s := &sock{fd: d.lastFD, num: num, domain: domain, stream: stream, linger: -1}
	s.rd.cond, s.wr.cond = sync.NewCond(d.pump), sync.NewCond(d.pump)
	s.in.most = d.conf.Buffer
	d.socks[s.fd], d.chans[num] = s, s
	return s
}

// sock finds one by its number.
func (d *Device) sock(num int) (*sock, error) {
	if s := d.socks[num]; s != nil {
		return s, nil
	}
	return nil, errNoSocket
}

// Socket opens one. It does not wait for the other end.
func (d *Device) Socket(domain, stype, protocol int) (int, error) {
	if domain != afINET && domain != afINET6 {
		return -1, errFamily
	}
	if !(stype == sockStream && (protocol == 0 || protocol == protoTCP) || stype == sockDgram && (protocol == 0 || protocol == protoUDP)) {
		return -1, errProtocol // above all no plain TCP for TLS
	}
	d.pump.Lock()
	defer d.pump.Unlock()
	if d.err != nil {
		return -1, d.err
	}
	if len(d.socks) >= mostFD || len(d.closing) >= mostClosing {
		return -1, errNoMore
	}
	for range wire.HostSocket {
		if d.last++; d.last >= wire.HostSocket {
			d.last = 1
		}
		if d.chans[d.last] == nil && !d.closing[d.last] {
			s := d.newSock(d.last, domain, stype == sockStream)
			if d.ready {
				d.open(s)
			}
			return s.fd, nil
		}
	}
	return -1, errNoMore
}

// Bind is netdev.Netdever's. For a stream, the computer looks at the port
// when the socket listens or connects.
func (d *Device) Bind(sockfd int, ip netip.AddrPort) error {
	d.pump.Lock()
	defer d.pump.Unlock()
	s, err := d.sock(sockfd)
	if err != nil {
		return err
	}
	if s.state != fresh {
		return errInvalid
	}
	err = d.ask(s, &s.wr, wire.OpBind,
		func(b *wire.Builder) { b.AddrPort(ip) },
		func(r *wire.Reader) { s.local = local(r, s.local) })
	if err == nil {
		s.state, s.wish = bound, ip
	}
	return err
}

// local takes a socket's own address, in place of the one that it has had.
func local(r *wire.Reader, had netip.AddrPort) netip.AddrPort {
	at := r.AddrPort()
	if r.Bad || !at.IsValid() {
		r.Bad = true
		return had
	}
	return at
}

// Connect is netdev.Netdever's.
func (d *Device) Connect(sockfd int, host string, ip netip.AddrPort) error {
	d.pump.Lock()
	defer d.pump.Unlock()
	s, err := d.sock(sockfd)
	if err != nil {
		return err
	}
	if s.state > bound && s.stream || s.state == listening {
		return errConnected
	}
	err = d.ask(s, &s.wr, wire.OpConnect,
		func(b *wire.Builder) { b.AddrPort(ip) },
		func(r *wire.Reader) {
			if s.local = local(r, s.local); !r.Bad {
				s.peer, s.state = ip, connected
			}
		})
	return err
}

// Listen is netdev.Netdever's.
func (d *Device) Listen(sockfd, backlog int) error {
	d.pump.Lock()
	defer d.pump.Unlock()
	s, err := d.sock(sockfd)
	if err != nil {
		return err
	}
	if !s.stream || s.state > bound {
		return errInvalid
	}
	s.backlog = max(1, min(backlog, mostBacklog))
	return d.ask(s, &s.wr, wire.OpListen,
		func(b *wire.Builder) { b.U16(uint16(s.backlog)) },
		func(r *wire.Reader) {
			if s.local = local(r, s.local); !r.Bad {
				s.state = listening
			}
		})
}

// Accept is netdev.Netdever's.
func (d *Device) Accept(sockfd int) (int, netip.AddrPort, error) {
	d.pump.Lock()
	defer d.pump.Unlock()
	s, err := d.sock(sockfd)
	if err != nil {
		return -1, netip.AddrPort{}, err
	}
	for {
		if err := d.usable(s); err != nil {
			return -1, netip.AddrPort{}, err
		}
		if err := s.rd.late(time.Time{}); err != nil {
			return -1, netip.AddrPort{}, err
		}
		switch {
		case len(s.arrived) > 0:
			a := s.arrived[0]
			s.arrived = s.arrived[:copy(s.arrived, s.arrived[1:])]
			d.send(d.out.Begin(wire.OpCredit).U16(s.num).U32(1))
			return a.fd, a.peer, nil
		case s.err != nil:
			return -1, netip.AddrPort{}, s.err
		case s.state != listening:
			return -1, netip.AddrPort{}, errInvalid
		}
		s.rd.cond.Wait()
	}
}

// Close is netdev.Netdever's. It waits until the other end has what was sent,
// but not long if the line is cut; the rest then follows.
func (d *Device) Close(sockfd int) error {
	d.pump.Lock()
	defer d.pump.Unlock()
	s, err := d.sock(sockfd)
	if err != nil {
		return err
	}
	s.closed = true
	for _, h := range []*half{&s.rd, &s.wr} {
		if h.timer != nil {
			h.timer.Stop()
		}
	}
	s.wake()
	d.changed.Broadcast()
	d.forget(s)
	for _, a := range s.arrived {
		d.forget(a)
	}
	if !d.ready || s.num == 0 {
		return nil
	}
	for _, a := range s.arrived {
		d.send(d.out.Begin(wire.OpClose).U16(a.num).U8(wire.CloseBreak))
	}
	how := byte(0)
	if s.linger == 0 {
		how = wire.CloseBreak
	}
	d.closing[s.num] = true
	d.send(d.out.Begin(wire.OpClose).U16(s.num).U8(how))
	session, late := d.session, false
	t := time.AfterFunc(closeWait, func() {
		d.pump.Lock()
		defer d.pump.Unlock()
		late = true
		d.changed.Broadcast()
	})
	defer t.Stop()
	for d.closing[s.num] && d.session == session && !late {
		d.changed.Wait()
	}
	return nil
}

// SetSockOpt is netdev.Netdever's.
func (d *Device) SetSockOpt(sockfd, level, opt int, value interface{}) error {
	number := 0
	switch v := value.(type) {
	case bool:
		if v {
			number = 1
		}
	case int:
		number = v
	default:
		return errInvalid
	}
	d.pump.Lock()
	defer d.pump.Unlock()
	s, err := d.sock(sockfd)
	if err != nil {
		return err
	}
	err = d.ask(s, &s.wr, wire.OpOption, func(b *wire.Builder) {
		b.U32(uint32(level)).U32(uint32(opt)).U32(uint32(number))
	}, nil)
	if err != nil {
		return err
	}
	if level == solSocket && opt == soLinger {
		s.linger = number
	}
	if s.state < connected {
		kept := s.options[:0]
		for _, o := range s.options {
			if o.level != level || o.opt != opt {
				kept = append(kept, o)
			}
		}
		s.options = append(kept, option{level, opt, number})
	}
	return nil
}

// GetSockname is netdev.SockNamer's.
func (d *Device) GetSockname(sockfd int) (netip.AddrPort, error) {
	d.pump.Lock()
	defer d.pump.Unlock()
	s, err := d.sock(sockfd)
	if err != nil {
		return netip.AddrPort{}, err
	}
	return s.local, nil
}

// Shutdown is netdev.Shutdowner's.
func (d *Device) Shutdown(sockfd, how int) error {
	d.pump.Lock()
	defer d.pump.Unlock()
	s, err := d.sock(sockfd)
	switch {
	case err != nil:
		return err
	case !s.stream || s.state != connected:
		return errNotConnected
	case s.err != nil:
		return s.err
	case how == shutRead:
		s.noRecv = true
		d.repay(s, s.in.n, d.send)
		s.in.clear()
	case how == shutWrite:
		if !s.noSend {
			s.noSend = true
			d.send(d.out.Begin(wire.OpEnd).U16(s.num))
		}
	default:
		return errInvalid
	}
	s.wake()
	return nil
}
