// Package host is the computer's end of a tether: it makes the calls of a
// board, which come over a serial line, with this computer's sockets.
// `tinynet tether` is it on the command line.
//
// What a board listens on is bound to 127.0.0.1 here unless the configuration
// says otherwise, and it connects to nothing that the rules forbid.
package host

import (
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/tinynet/tinynet/netdev/tether/internal/wire"
)

// Config may be left empty.
type Config struct {
	// Listen is the address that the board's listeners have here where Publish
	// says nothing else, with the port that the board asks for. The default is
	// 127.0.0.1.
	Listen netip.Addr
	// Publish says where some of the board's ports are here.
	Publish []Publish
	// AnyPort takes a free port here for one of the board's that is not
	// published and cannot be had.
	AnyPort bool
	// Rules say where the board may connect, and which names it may look up.
	Rules Rules

	// Addr is the address that the board is told to have. The default is the
	// first address of this computer that others can reach, else 127.0.0.1.
	Addr netip.Addr
	// Self is the address that 127.0.0.1 of this computer has for the board, to
	// which its own 127.0.0.1 is itself: datagrams from there come from Self, and
	// answers to Self go there. Without it, a program on the board cannot answer
	// them.
	Self netip.Addr
	// Loopback lets the board also begin connections to Self. The rules see them as
	// connections to 127.0.0.1.
	Loopback bool
	// Servers are the DNS servers that the board is told of. Without any, it
	// asks this computer for names.
	Servers []netip.AddrPort

	// Frame and Window are as in tether.Config; by default 1024 and 32. Smaller
	// ones have others wait less while one sends much over a slow line.
	Frame, Window int

	Console io.Writer // what the board prints; may be nil
	// Listening, if not nil, is told where a port of the board is here. It must
	// not wait.
	Listening func(network string, port uint16, at netip.AddrPort)
	// Session, if not nil, is told when a board is there, and when it is gone or
	// has begun anew. It must not wait.
	Session func(up bool)
}

// ErrVersion is for a board that speaks another version of the protocol.
var ErrVersion = errors.New("the board speaks another version of the tether's protocol")

// A Host is this end of a tether.
type Host struct {
	pump *wire.Pump // its lock guards all below
	conf Config

	split  wire.Splitter
	out    wire.Builder
	board  wire.Hello
	ready  bool
	other  bool // the board has another version
	chans  map[uint16]*channel
	ports  map[port]*channel // that the board uses
	last   uint16
	names  map[netip.Addr]map[string]bool // what was looked up
	room   *sync.Cond                     // on the line, or the session's end
	done   sync.WaitGroup                 // goroutines of channels
	closed bool
}

type port struct {
	stream bool
	number uint16
}

// New returns a host that waits for Serve.
func New(c Config) *Host {
	if c.Frame <= 0 {
		c.Frame = 1024
	}
	if c.Window <= 0 {
		c.Window = 32
	}
	if !c.Listen.IsValid() {
		c.Listen = loopback4
	}
	if !c.Addr.IsValid() {
		c.Addr = outside()
	}
	h := &Host{conf: c, chans: map[uint16]*channel{}, ports: map[port]*channel{}, names: map[netip.Addr]map[string]bool{}}
	h.pump = wire.NewPump(wire.Config{
		ID: uint32(time.Now().UnixNano())<<1 | 1, Host: true, MTU: c.Frame, Window: c.Window,
		Up: h.up, Down: h.down,
		Room:  func() { h.room.Broadcast() },
		Data:  func(p []byte) { h.split.Feed(p, h.message) },
		Other: func(int) { h.other = true },
	}, c.Console)
	h.room = sync.NewCond(h.pump)
	return h
}

var (
	loopback4 = netip.AddrFrom4([4]byte{127, 0, 0, 1})
	loopback6 = netip.IPv6Loopback()
)

// outside is an address at which others reach this computer, if there is one.
func outside() netip.Addr {
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		return loopback4
	}
	for _, a := range addrs {
		if n, ok := a.(*net.IPNet); ok && n.IP.IsGlobalUnicast() && n.IP.To4() != nil {
			ip, _ := netip.AddrFromSlice(n.IP.To4())
			return ip
		}
	}
	return loopback4
}

// Serve works over a line until the line fails, which it returns, or ctx ends.
// In both cases it closes the line. It can be called again with another line,
// after an error also to go on where the last one broke; when ctx ends, it
// takes leave of the board.
func (h *Host) Serve(ctx context.Context, line io.ReadWriteCloser) error {
	h.pump.Lock()
	h.pump.Line.Greet()
	h.pump.Unlock()
	stop := make(chan struct{})
	failed := make(chan error, 2)
	go func() { failed <- h.pump.Read(line, 64<<10) }()
	go func() { failed <- h.pump.Write(line, h.conf.Frame, stop) }()
	var err error
	running := 2
	select {
	case err = <-failed:
		running--
	case <-ctx.Done():
		err = ctx.Err()
		h.leave()
	}
	close(stop)
	line.Close()
	for ; running > 0; running-- {
		<-failed
	}
	h.pump.Lock()
	defer h.pump.Unlock()
	if h.other && !h.pump.Line.IsUp() {
		return ErrVersion
	}
	return err
}

// leave ends the session. A line that takes nothing any more is not waited for.
func (h *Host) leave() {
	h.pump.Lock()
	defer h.pump.Unlock()
	late := false
	t := time.AfterFunc(leaveWait, func() {
		h.pump.Lock()
		defer h.pump.Unlock()
		late = true
		h.room.Broadcast()
	})
	defer t.Stop()
	h.pump.Line.Bye()
	h.pump.Wake()
	for h.pump.Line.IsUp() && !late {
		h.room.Wait()
	}
}

// Close ends all that the board has open here, and waits for it. To be called
// after Serve has returned.
func (h *Host) Close() error {
	h.pump.Lock()
	h.closed = true
	h.drop()
	h.pump.Unlock()
	h.done.Wait()
	return nil
}

// Damaged returns how many frames have come, and how many were damaged.
func (h *Host) Damaged() (frames, damaged int) {
	h.pump.Lock()
	defer h.pump.Unlock()
	return h.pump.Line.Spoiled()
}

const (
	leaveWait = 300 * time.Millisecond
	// flushWait is how long what the board had sent before it closed a
	// connection may take to the peer.
	flushWait = 30 * time.Second

	streamCredit   = 32 << 10
	datagramCredit = 128 << 10
	mostChannels   = 1024
	lookupLimit    = 30 * time.Second
)

func (h *Host) send(b *wire.Builder) {
	h.pump.Line.Write(b.Message())
	h.pump.Wake()
}

func (h *Host) up() {
	h.other = false
	h.split.Reset()
	h.send(h.out.Begin(wire.OpHello).Hello(wire.Hello{
		Version: wire.Version, Stream: streamCredit, Datagrams: datagramCredit,
		Addr: h.conf.Addr, Servers: h.conf.Servers,
	}))
}

func (h *Host) down() {
	was := h.ready
	h.drop()
	if was && h.conf.Session != nil {
		h.conf.Session(false)
	}
}

// drop breaks all that the board had open.
func (h *Host) drop() {
	h.ready = false
	h.split.Reset()
	for _, c := range h.chans {
		h.end(c, true)
	}
	h.room.Broadcast()
}

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
		h.open(r.U16(), r.U8(), r.U8())
	case wire.OpClose:
		num, how := r.U16(), r.U8()
		if c := h.chans[num]; c != nil {
			h.end(c, how == wire.CloseBreak)
		}
		h.send(h.out.Begin(wire.OpClosed).U16(num))
	case wire.OpLookup:
		id, network, name := r.U16(), r.Text(), r.Text()
		if !r.Bad {
			h.lookup(id, network, name)
		}
	case wire.OpLinks:
		h.links(r.U16())
	case wire.OpBind, wire.OpConnect, wire.OpListen, wire.OpOption, wire.OpMulticast:
		id, num := r.U16(), r.U16()
		c := h.chans[num]
		if c == nil {
			h.reply(id, wire.Error{Code: wire.ErrTooMany, Text: "no more sockets on the tether"})
			return
		}
		c.call(op, id, r)
	case wire.OpData, wire.OpDatagram, wire.OpEnd, wire.OpCredit:
		c := h.chans[r.U16()]
		if c == nil {
			return
		}
		switch op {
		case wire.OpData:
			c.data(r.Rest())
		case wire.OpDatagram:
			to := r.AddrPort()
			if !r.Bad {
				c.datagram(to, r.Rest())
			}
		case wire.OpEnd:
			c.ended = true
			c.cond.Broadcast()
		case wire.OpCredit:
			if n := r.U32(); c.credit+n >= n {
				c.credit += n
			}
			c.cond.Broadcast()
		}
	}
}

// reply answers a call, with an error or without.
func (h *Host) reply(id uint16, e wire.Error) {
	h.send(h.out.Begin(wire.OpReply).U16(id).Error(e))
}

func (h *Host) replyAddr(id uint16, a netip.AddrPort) {
	h.send(h.out.Begin(wire.OpReply).U16(id).Error(wire.Error{}).AddrPort(a))
}

func (h *Host) lookup(id uint16, network, name string) {
	if e := h.conf.Rules.lookup(name); e.Code != wire.ErrNone {
		h.reply(id, e)
		return
	}
	board := h.session()
	h.done.Add(1)
	go func() {
		defer h.done.Done()
		ctx, cancel := context.WithTimeout(context.Background(), lookupLimit)
		defer cancel()
		ips, err := net.DefaultResolver.LookupNetIP(ctx, network, name)
		h.pump.Lock()
		defer h.pump.Unlock()
		if !board() {
			return
		}
		if err != nil {
			h.reply(id, wireError(err))
			return
		}
		if len(h.names) > 1<<12 {
			clear(h.names)
		}
		ips = ips[:min(len(ips), 64)]
		b := h.out.Begin(wire.OpReply).U16(id).Error(wire.Error{}).U16(uint16(len(ips)))
		for _, ip := range ips {
			ip = ip.Unmap()
			b.Addr(ip)
			if ip = ip.WithZone(""); h.names[ip] == nil {
				h.names[ip] = map[string]bool{}
			}
			h.names[ip][canonical(name)] = true
		}
		h.send(b)
	}()
}

// session returns a function that tells whether the present one goes on.
func (h *Host) session() func() bool {
	ups := h.pump.Line.Sessions()
	return func() bool { return h.ready && h.pump.Line.Sessions() == ups }
}

func (h *Host) links(id uint16) {
	list, err := net.Interfaces()
	if err != nil {
		h.reply(id, wireError(err))
		return
	}
	var links []wire.Link
	for _, i := range list {
		if i.Flags&net.FlagLoopback != 0 || i.Index < 2 || len(links) == 32 {
			continue // the board has a loopback of its own, which is 1
		}
		l := wire.Link{Index: uint32(i.Index), MTU: uint32(i.MTU), Flags: uint32(i.Flags), Name: i.Name, Hardware: i.HardwareAddr}
		addrs, _ := i.Addrs()
		for _, a := range addrs {
			if n, ok := a.(*net.IPNet); ok {
				ip, _ := netip.AddrFromSlice(n.IP)
				ones, _ := n.Mask.Size()
				l.Prefixes = append(l.Prefixes, netip.PrefixFrom(ip.Unmap(), ones))
			}
		}
		links = append(links, l)
	}
	b := h.out.Begin(wire.OpReply).U16(id).Error(wire.Error{}).U16(uint16(len(links)))
	for _, l := range links {
		b.Link(l)
	}
	h.send(b)
}
