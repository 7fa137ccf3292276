// Package tether gives a board the network of the computer that it hangs on,
// over a serial line: a UART, USB, or anything that is an io.ReadWriter. The
// board needs no radio and no network chip.
//
//	dev := tether.New(machine.Serial, tether.Config{})
//	netdev.Use(dev)
//
// At the line's other end, `tinynet tether /dev/ttyACM0` makes the calls with
// the computer's sockets; package host is that end for programs. What the board
// prints on the same line is shown there.
//
// A Device has all optional interfaces of package netdev but UnixNamer: unix
// sockets stay on the board, on the loopback that package net has built in. Its
// addresses are the computer's, and so are its names: the computer looks them
// up.
//
// Calls wait until the other end is there, for as long as their deadlines let
// them. If the line is cut, all goes on when it is mended. If the other end
// begins anew, connections are lost (ECONNRESET), and listeners and sockets
// for datagrams are opened there again.
//
// docs/tether.md describes what goes over the line.
package tether

import (
	"context"
	"errors"
	"io"
	"net/netip"
	"os"
	"sync"
	"time"

	"github.com/tinynet/tinynet/netdev/tether/internal/wire"
)

// Numbers of package netdev, which imports package net. This package does
// not, because a board's package net may have it built in.
const (
	afINET     = 0x2
	afINET6    = 0xa
	sockStream = 0x1
	sockDgram  = 0x2
	protoTCP   = 0x6
	protoUDP   = 0x11
	reads      = 1
	writes     = 2
	shutRead   = 0
	shutWrite  = 1
	solSocket  = 0x1
	soLinger   = 0xd
)

// Config may be left empty.
type Config struct {
	// Buffer is how many bytes of a connection, and of a socket for datagrams,
	// may wait for Recv; a larger datagram is lost. The default is 4096 on a
	// board, else 65536.
	Buffer int
	// Frame is the most bytes that go over the line in one piece, 64 to 4096. The
	// default is 512 on a board, else 1024.
	Frame int
	// Window is how many such pieces may be under way, 1 to 64; they are kept
	// until they have arrived. The default is 8 on a board, else 32.
	Window int
}

// A Device is a network device at the end of a serial line.
type Device struct {
	pump *wire.Pump // its lock guards all below

	conf    Config
	split   wire.Splitter
	out     wire.Builder
	hello   wire.Hello    // of the other end
	ready   bool          // it has come
	session uint32        // counts
	socks   map[int]*sock // by the numbers that package net knows
	lastFD  int
	chans   map[uint16]*sock // by those on the line, in this session
	closing map[uint16]bool  // numbers that the other end has not given back
	last    uint16
	calls   map[uint16]*call
	lastID  uint16
	starved []*sock    // wait for room on the line
	changed *sync.Cond // the session
	stop    chan struct{}
	err     error // why the line is gone
}

// A half is one direction of a socket, in which calls may wait.
type half struct {
	cond        *sync.Cond
	at          time.Time // the deadline, if it is to come
	timer       *time.Timer
	passed      bool
	interrupted bool
}

// A call waits for a reply.
type call struct {
	done  bool
	err   error
	reply func(*wire.Reader)
	wake  *sync.Cond
	stop  func() bool // of the timer or context
}

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
	waiting     bool // in starved
	backlog     int
	arrived     []*sock // for Accept
	options     []option
}

type datagram struct {
	from netip.AddrPort
	size int
}

type option struct{ level, opt, value int }

// New returns the device at this end of a line, and begins to use the line in
// goroutines of its own. A Read of rw may wait, or return 0 and no error when
// there is nothing.
func New(rw io.ReadWriter, c Config) *Device {
	if c.Buffer <= 0 {
		c.Buffer = defaultBuffer
	}
	c.Buffer = max(c.Buffer, 512)
	if c.Frame <= 0 {
		c.Frame = defaultFrame
	}
	if c.Window <= 0 {
		c.Window = defaultWindow
	}
	d := &Device{
		conf: c, socks: map[int]*sock{}, chans: map[uint16]*sock{}, closing: map[uint16]bool{}, calls: map[uint16]*call{},
		stop: make(chan struct{}),
	}
	d.pump = wire.NewPump(wire.Config{
		ID: uint32(time.Now().UnixNano())<<1 | 1, MTU: c.Frame, Window: c.Window,
		Up: d.up, Down: d.down, Room: d.room,
		Data: func(p []byte) { d.split.Feed(p, d.message) },
	}, nil)
	d.changed = sync.NewCond(d.pump)
	go func() { d.gone(d.pump.Read(rw, readSize)) }()
	go func() { d.gone(d.pump.Write(rw, c.Frame, d.stop)) }()
	return d
}

// gone ends everything: the line itself has failed.
func (d *Device) gone(err error) {
	d.pump.Lock()
	defer d.pump.Unlock()
	if d.err != nil {
		return
	}
	d.err = &lineError{err}
	close(d.stop)
	d.lost(d.err)
	d.changed.Broadcast()
}

type lineError struct{ err error }

func (e *lineError) Error() string { return "the tether's line: " + e.err.Error() }
func (e *lineError) Unwrap() error { return e.err }

// send puts a message on the line.
func (d *Device) send(b *wire.Builder) {
	d.pump.Line.Write(b.Message())
	d.pump.Wake()
}

// up begins a session: listeners and sockets for datagrams go on in it.
func (d *Device) up() {
	d.session++
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
	d.split.Reset()
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
	for _, s := range d.starved {
		s.waiting = false
		s.wr.cond.Broadcast()
	}
	d.starved = d.starved[:0]
}

// most is how many bytes may wait for the line.
func (d *Device) most() int { return 2 * d.conf.Frame }

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

// message takes one from the other end.
func (d *Device) message(r *wire.Reader) {
	op := wire.Op(r.U8())
	switch op {
	case wire.OpHello:
		h := r.Hello()
		if r.Bad || h.Version != wire.Version {
			return
		}
		d.hello, d.ready = h, true
		d.restore()
		d.changed.Broadcast()
		for _, s := range d.socks {
			s.wake()
		}
		return
	case wire.OpReply:
		id := r.U16()
		c := d.calls[id]
		if c == nil {
			return
		}
		delete(d.calls, id)
		c.err = errorOf(r.Error())
		if r.Bad {
			c.err = errBadReply
		}
		if c.reply != nil {
			c.reply(r)
		}
		c.finish(c.err)
		return
	case wire.OpClosed:
		delete(d.closing, r.U16())
		d.changed.Broadcast()
		return
	}
	s := d.chans[r.U16()]
	if s == nil {
		return // closed meanwhile
	}
	switch op {
	case wire.OpAccepted:
		num, local, peer := r.U16(), r.AddrPort(), r.AddrPort()
		if r.Bad || num < wire.HostSocket || d.chans[num] != nil {
			return
		}
		if s.closed || s.state != listening {
			d.send(d.out.Begin(wire.OpClose).U16(num).U8(wire.CloseBreak))
			return
		}
		a := d.newSock(num, s.domain, true)
		a.state, a.local, a.peer, a.credit = connected, local, peer, d.hello.Stream
		s.arrived = append(s.arrived, a)
		s.rd.cond.Broadcast()
	case wire.OpFailed:
		err := errorOf(r.Error())
		if s.stream {
			d.fail(s, err)
		} else {
			s.failed = err
			s.wake()
		}
	case wire.OpData:
		p := r.Rest()
		if s.noRecv || s.err != nil || s.closed {
			d.repay(s, len(p))
		} else if !s.in.put(p) {
			d.fail(s, errTooMuch) // the other end does not keep to the credit
		}
		s.rd.cond.Broadcast()
	case wire.OpDatagram:
		from := r.AddrPort()
		p := r.Rest()
		if r.Bad {
			return
		}
		if s.noRecv || !s.in.put(p) {
			d.repay(s, len(p)+wire.DatagramCost)
			return
		}
		s.msgs = append(s.msgs, datagram{from, len(p)})
		s.rd.cond.Signal()
	case wire.OpEnd:
		s.ended = true
		s.rd.cond.Broadcast()
	case wire.OpCredit:
		n := r.U32()
		if s.credit += n; s.credit < n {
			s.credit = ^uint32(0)
		}
		s.wr.cond.Broadcast()
	}
}

// repay gives the other end credit for n bytes that were taken.
func (d *Device) repay(s *sock, n int) {
	s.owed += uint32(n)
	if d.ready && s.num != 0 && (s.owed >= uint32(d.conf.Buffer)/4 || !s.stream) {
		d.send(d.out.Begin(wire.OpCredit).U16(s.num).U32(s.owed))
		s.owed = 0
	}
}

func (c *call) finish(err error) {
	if c.done {
		return
	}
	c.done, c.err = true, err
	if c.stop != nil {
		c.stop()
	}
	if c.wake != nil {
		c.wake.Broadcast()
	}
}

// begin starts the message of a call.
func (d *Device) begin(op wire.Op, c *call) *wire.Builder {
	for d.lastID++; d.calls[d.lastID] != nil; d.lastID++ {
	}
	d.calls[d.lastID] = c
	return d.out.Begin(op).U16(d.lastID)
}

// await waits for the other end. The lock is held, as for all that follow
// and are not methods of netdev's.
func (d *Device) await(s *sock, h *half) error {
	for !d.ready {
		if err := d.usable(s); err != nil {
			return err
		}
		if h == nil {
			d.changed.Wait()
			continue
		}
		if err := h.late(time.Time{}); err != nil {
			return err
		}
		h.cond.Wait()
	}
	return d.usable(s)
}

func (d *Device) usable(s *sock) error {
	switch {
	case d.err != nil:
		return d.err
	case s != nil && s.closed:
		return errClosed
	}
	return nil
}

// ask makes a call for a socket and waits for the reply, or as long as the half
// lets it wait.
func (d *Device) ask(s *sock, h *half, op wire.Op, fill func(*wire.Builder), reply func(*wire.Reader)) error {
	if err := d.await(s, h); err != nil {
		return err
	}
	c := &call{wake: d.changed}
	if h != nil {
		c.wake = h.cond
	}
	c.reply = func(r *wire.Reader) {
		if c.err == nil && reply != nil {
			reply(r)
		}
	}
	b := d.begin(op, c)
	id := d.lastID
	if s != nil {
		b.U16(s.num)
	}
	fill(b)
	d.send(b)
	for !c.done {
		if h != nil {
			if err := h.late(time.Time{}); err != nil {
				delete(d.calls, id)
				return err
			}
		}
		if err := d.usable(s); err != nil {
			delete(d.calls, id)
			return err
		}
		c.wake.Wait()
	}
	return c.err
}

// late tells that calls in this half have no more time.
func (h *half) late(deadline time.Time) error {
	if h.passed || h.interrupted || !deadline.IsZero() && !time.Now().Before(deadline) {
		return os.ErrDeadlineExceeded
	}
	return nil
}

// until has the half's calls look again at a time. What it returns ends that.
func (h *half) until(deadline time.Time) (end func() bool) {
	return time.AfterFunc(max(time.Until(deadline), 0), func() {
		h.cond.L.Lock()
		defer h.cond.L.Unlock()
		h.cond.Broadcast()
	}).Stop
}

func (h *half) set(t time.Time) {
	if h.timer != nil {
		h.timer.Stop()
	}
	h.at, h.passed = t, false
	if t.IsZero() {
		return
	}
	wait := time.Until(t)
	if wait <= 0 {
		h.at, h.passed = time.Time{}, true
		h.cond.Broadcast()
		return
	}
	if h.timer != nil {
		h.timer.Reset(wait)
		return
	}
	h.timer = time.AfterFunc(wait, func() {
		h.cond.L.Lock()
		defer h.cond.L.Unlock()
		if h.at.IsZero() {
			return // taken back while this was on its way
		}
		if wait := time.Until(h.at); wait > 0 {
			h.timer.Reset(wait) // or moved
			return
		}
		h.at, h.passed = time.Time{}, true
		h.cond.Broadcast()
	})
}

// sock finds one by its number.
func (d *Device) sock(num int) (*sock, error) {
	if s := d.socks[num]; s != nil {
		return s, nil
	}
	return nil, errNoSocket
}

// GetHostByName has the computer look a name up.
func (d *Device) GetHostByName(name string) (netip.Addr, error) {
	ips, err := d.LookupNetIP(context.Background(), "ip", name)
	if err != nil {
		return netip.Addr{}, err
	}
	for _, ip := range ips {
		if ip.Is4() {
			return ip, nil
		}
	}
	return ips[0], nil
}

// LookupNetIP is netdev.NetIPLookuper's.
func (d *Device) LookupNetIP(ctx context.Context, network, host string) (ips []netip.Addr, err error) {
	d.pump.Lock()
	defer d.pump.Unlock()
	h := &half{cond: sync.NewCond(d.pump)}
	if ctx.Done() != nil {
		defer context.AfterFunc(ctx, func() {
			d.pump.Lock()
			defer d.pump.Unlock()
			h.passed = true
			h.cond.Broadcast()
			d.changed.Broadcast()
		})()
	}
	for !d.ready && d.err == nil && !h.passed {
		d.changed.Wait() // h is no socket's: a new session does not wake it
	}
	err = d.ask(nil, h, wire.OpLookup,
		func(b *wire.Builder) { b.Text(network).Text(host) },
		func(r *wire.Reader) {
			for n := r.U16(); n > 0 && !r.Bad; n-- {
				ips = append(ips, r.Addr())
			}
		})
	switch {
	case h.passed && ctx.Err() != nil:
		return nil, ctx.Err()
	case err != nil:
		return nil, err
	case len(ips) == 0:
		return nil, errUnknownHost
	}
	return ips, nil
}

// Addr is where others reach the computer, as far as it knows.
func (d *Device) Addr() (netip.Addr, error) {
	d.pump.Lock()
	defer d.pump.Unlock()
	if err := d.await(nil, nil); err != nil {
		return netip.Addr{}, err
	}
	return d.hello.Addr, nil
}

// AddressFamilies is netdev.AddressFamilies': the computer sorts out which of
// them it has.
func (d *Device) AddressFamilies() (ip4, ip6, mapped bool) { return true, true, true }

// DNSConfig is netdev.DNSConfigurer's. It has servers only if the computer
// was told to name some.
func (d *Device) DNSConfig() (servers []netip.AddrPort, search []string) {
	d.pump.Lock()
	defer d.pump.Unlock()
	return append(servers, d.hello.Servers...), nil
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
		func(r *wire.Reader) { s.local = r.AddrPort() })
	if err == nil {
		s.state, s.wish = bound, ip
	}
	return err
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
		func(r *wire.Reader) { s.local, s.peer, s.state = r.AddrPort(), ip, connected })
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
		func(r *wire.Reader) { s.local, s.state = r.AddrPort(), listening })
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

// Send is netdev.Netdever's.
func (d *Device) Send(sockfd int, buf []byte, flags int, deadline time.Time) (int, error) {
	d.pump.Lock()
	defer d.pump.Unlock()
	s, err := d.sock(sockfd)
	if err != nil {
		return 0, err
	}
	if !s.stream {
		return d.sendDatagram(s, buf, deadline, netip.AddrPort{})
	}
	if !deadline.IsZero() {
		defer s.wr.until(deadline)()
	}
	for n := 0; ; {
		if err := d.maySend(s, deadline); err != nil {
			return n, err
		}
		if n == len(buf) {
			return n, nil
		}
		most := min(len(buf)-n, d.conf.Frame, d.most()-d.pump.Line.Queued())
		if uint32(max(most, 0)) > s.credit {
			most = int(s.credit)
		}
		if most > 0 && d.ready {
			d.pump.Line.Write(d.out.Begin(wire.OpData).U16(s.num).Head(most))
			d.pump.Line.Write(buf[n : n+most])
			d.pump.Wake()
			s.credit -= uint32(most)
			n += most
			continue
		}
		d.starve(s)
	}
}

// starve waits for credit, or for room on the line.
func (d *Device) starve(s *sock) {
	if d.ready && d.pump.Line.Queued() >= d.most() && !s.waiting {
		s.waiting = true
		d.starved = append(d.starved, s)
	}
	s.wr.cond.Wait()
}

// maySend tells why nothing can be sent.
func (d *Device) maySend(s *sock, deadline time.Time) error {
	if err := d.usable(s); err != nil {
		return err
	}
	if err := s.wr.late(deadline); err != nil {
		return err
	}
	switch {
	case s.err != nil:
		return s.err
	case s.noSend:
		return errPipe
	case s.stream && s.state != connected:
		return errNotConnected
	}
	if err := s.failed; err != nil {
		s.failed = nil
		return err
	}
	return nil
}

// sendDatagram sends one.
func (d *Device) sendDatagram(s *sock, buf []byte, deadline time.Time, to netip.AddrPort) (int, error) {
	if !to.IsValid() && s.state != connected {
		return 0, errNotConnected
	}
	if len(buf) > mostDatagram {
		return 0, errTooLong
	}
	if !deadline.IsZero() {
		defer s.wr.until(deadline)()
	}
	cost := uint32(len(buf) + wire.DatagramCost)
	for {
		if err := d.maySend(s, deadline); err != nil {
			return 0, err
		}
		if d.ready && cost > d.hello.Datagrams {
			return 0, errTooLong
		}
		if d.ready && cost <= s.credit && d.pump.Line.Queued() < d.most() {
			d.pump.Line.Write(d.out.Begin(wire.OpDatagram).U16(s.num).AddrPort(to).Head(len(buf)))
			d.pump.Line.Write(buf)
			d.pump.Wake()
			s.credit -= cost
			return len(buf), nil
		}
		d.starve(s)
	}
}

// SendTo is netdev.Datagrammer's.
func (d *Device) SendTo(sockfd int, buf []byte, flags int, deadline time.Time, to netip.AddrPort) (int, error) {
	d.pump.Lock()
	defer d.pump.Unlock()
	s, err := d.sock(sockfd)
	switch {
	case err != nil:
		return 0, err
	case s.stream || !to.IsValid():
		return 0, errInvalid
	}
	return d.sendDatagram(s, buf, deadline, to)
}

// Recv is netdev.Netdever's.
func (d *Device) Recv(sockfd int, buf []byte, flags int, deadline time.Time) (int, error) {
	d.pump.Lock()
	defer d.pump.Unlock()
	s, err := d.sock(sockfd)
	if err != nil {
		return 0, err
	}
	if !s.stream {
		n, _, err := d.recvDatagram(s, buf, deadline)
		return n, err
	}
	if !deadline.IsZero() {
		defer s.rd.until(deadline)()
	}
	for {
		if err := d.usable(s); err != nil {
			return 0, err
		}
		if err := s.rd.late(time.Time{}); err != nil {
			return 0, err
		}
		switch {
		case s.noRecv:
			return 0, io.EOF
		case s.in.n > 0:
			n := s.in.get(buf)
			d.repay(s, n)
			return n, nil
		case s.err != nil:
			return 0, s.err
		case s.ended:
			return 0, io.EOF
		case s.state != connected:
			return 0, errNotConnected
		case len(buf) == 0:
			return 0, nil
		}
		if err := s.rd.late(deadline); err != nil {
			return 0, err
		}
		s.rd.cond.Wait()
	}
}

// RecvFrom is netdev.Datagrammer's.
func (d *Device) RecvFrom(sockfd int, buf []byte, flags int, deadline time.Time) (int, netip.AddrPort, error) {
	d.pump.Lock()
	defer d.pump.Unlock()
	s, err := d.sock(sockfd)
	if err != nil {
		return 0, netip.AddrPort{}, err
	}
	if s.stream {
		return 0, netip.AddrPort{}, errInvalid
	}
	return d.recvDatagram(s, buf, deadline)
}

func (d *Device) recvDatagram(s *sock, buf []byte, deadline time.Time) (int, netip.AddrPort, error) {
	if !deadline.IsZero() {
		defer s.rd.until(deadline)()
	}
	for {
		if err := d.usable(s); err != nil {
			return 0, netip.AddrPort{}, err
		}
		if err := s.rd.late(time.Time{}); err != nil {
			return 0, netip.AddrPort{}, err
		}
		switch {
		case s.noRecv:
			return 0, netip.AddrPort{}, io.EOF
		case len(s.msgs) > 0:
			m := s.msgs[0]
			s.msgs = s.msgs[:copy(s.msgs, s.msgs[1:])]
			n := s.in.get(buf[:min(len(buf), m.size)])
			s.in.skip(m.size - n)
			d.repay(s, m.size+wire.DatagramCost)
			return n, m.from, nil
		case s.err != nil:
			return 0, netip.AddrPort{}, s.err
		case s.failed != nil:
			err := s.failed
			s.failed = nil
			return 0, netip.AddrPort{}, err
		}
		if err := s.rd.late(deadline); err != nil {
			return 0, netip.AddrPort{}, err
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
		s.options = append(s.options, option{level, opt, number})
	}
	return nil
}

// SetSockDeadline is netdev.Deadliner's.
func (d *Device) SetSockDeadline(sockfd, calls int, t time.Time) error {
	d.pump.Lock()
	defer d.pump.Unlock()
	s, err := d.sock(sockfd)
	if err != nil {
		return err
	}
	if calls&reads != 0 {
		s.rd.set(t)
	}
	if calls&writes != 0 {
		s.wr.set(t)
	}
	return nil
}

// Interrupt is netdev.Interrupter's.
func (d *Device) Interrupt(sockfd, calls int, on bool) error {
	d.pump.Lock()
	defer d.pump.Unlock()
	s, err := d.sock(sockfd)
	if err != nil {
		return err
	}
	if calls&reads != 0 {
		s.rd.interrupted = on
	}
	if calls&writes != 0 {
		s.wr.interrupted = on
	}
	s.wake()
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
		d.repay(s, s.in.n)
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

// JoinGroup is netdev.Multicaster's, as the next two.
func (d *Device) JoinGroup(sockfd int, group netip.Addr, ifindex int) error {
	return d.multicast(sockfd, wire.MulticastJoin, group, ifindex)
}

func family(ip6 bool) netip.Addr {
	if ip6 {
		return netip.IPv6Unspecified()
	}
	return netip.IPv4Unspecified()
}

// SetMulticastInterface says where datagrams to groups go out.
func (d *Device) SetMulticastInterface(sockfd int, ip6 bool, ifindex int) error {
	return d.multicast(sockfd, wire.MulticastInterface, family(ip6), ifindex)
}

// SetMulticastLoopback says whether the computer's own members get them.
func (d *Device) SetMulticastLoopback(sockfd int, ip6 bool, on bool) error {
	number := 0
	if on {
		number = 1
	}
	return d.multicast(sockfd, wire.MulticastLoopback, family(ip6), number)
}

func (d *Device) multicast(sockfd int, what byte, a netip.Addr, number int) error {
	d.pump.Lock()
	defer d.pump.Unlock()
	s, err := d.sock(sockfd)
	if err != nil {
		return err
	}
	return d.ask(s, &s.wr, wire.OpMulticast, func(b *wire.Builder) { b.U8(what).Addr(a).U32(uint32(number)) }, nil)
}

// Links returns the computer's network interfaces. It is what the methods of
// netdev.Interfacer are made of.
func (d *Device) Links() (links []wire.Link, err error) {
	d.pump.Lock()
	defer d.pump.Unlock()
	err = d.ask(nil, nil, wire.OpLinks, func(*wire.Builder) {}, func(r *wire.Reader) {
		for n := r.U16(); n > 0 && !r.Bad; n-- {
			links = append(links, r.Link())
		}
	})
	return links, err
}

const (
	closeWait    = time.Second
	mostBacklog  = 128
	mostDatagram = 65507
	mostFD       = 1 << 15
	readSize     = 2048
)

var errTooMuch = errors.New("tether: the other end sends more than it may")
