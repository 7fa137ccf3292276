// Package host is the computer's end of a tether: it makes the calls of a
// board, which come over a serial line, with this computer's sockets.
// `tinynet tether` is it on the command line.
//
// The board is not trusted: it is a stranger's program that has the network of
// whoever runs the host, and no more of it than the configuration says. What it
// listens on is bound to 127.0.0.1 here unless the configuration says otherwise,
// it connects to nothing that the rules forbid, and all that it can make the
// host keep has a bound. docs/tether.md says what is protected from whom.
//
// This file has the host's life from New to Close; session.go takes the board's
// messages, states.go says which are legal, and calls.go, options.go, lookup.go
// and multicast.go do what they ask. stream.go and datagram.go move the bytes of
// sockets. addr.go and rules.go judge; limits.go has the bounds. network.go is
// all that there is of the computer.
package host

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"runtime/debug"
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
	// Loopback lets the board also begin connections to Self and to every other
	// address that means this computer itself (127.0.0.0/8, ::1, 0.0.0.0). The
	// rules see them as connections to 127.0.0.1, or to that loopback address.
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
	// Fault, if not nil, is told of a fault of this package's own, which has
	// ended the board's session. It must not wait.
	Fault func(error)
}

// ErrVersion is for a board that speaks another version of the protocol.
var ErrVersion = errors.New("the board speaks another version of the tether's protocol")

// A Host is this end of a tether.
type Host struct {
	pump *wire.Pump // its lock guards all below, and all sockets
	conf Config
	net  network

	in     wire.Splitter
	out    wire.Builder
	board  wire.Hello
	ready  bool
	broken bool // the session is to end: nothing more is taken of it
	other  bool // the board has another version

	socks     map[uint16]*socket // by the board's numbers
	ports     map[port]*socket   // that the board uses
	draining  map[*socket]bool   // closed by the board, with something still to send
	live      int                // sockets, with those that are not quite gone yet
	datagrams int                // of these
	groups    int
	last      uint16

	names    names
	queries  []query
	looking  int
	lookups  context.Context
	noLookup func()

	room   *sync.Cond // on the line, or the session's end
	done   sync.WaitGroup
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
	c.Self = c.Self.Unmap()
	h := &Host{
		conf: c, net: computer{},
		socks: map[uint16]*socket{}, ports: map[port]*socket{}, draining: map[*socket]bool{},
	}
	h.lookups, h.noLookup = context.WithCancel(context.Background())
	h.in.Most = mostMessage
	h.in.Hold = func() bool { return h.broken || h.pump.Line.Queued() >= mostWaiting }
	h.pump = wire.NewPump(wire.Config{
		ID: uint32(time.Now().UnixNano())<<1 | 1, Host: true, MTU: c.Frame, Window: c.Window,
		Up: h.up, Down: h.down,
		Room:  h.drained,
		Data:  func(p []byte) { h.take(func() { h.in.Feed(p, h.message) }) },
		Full:  h.in.Holds,
		Other: func(int) { h.other = true },
	}, c.Console)
	h.room = sync.NewCond(h.pump)
	return h
}

// Serve works over a line until the line fails, which it returns, or ctx ends.
// In both cases it closes the line. It can be called again with another line,
// after an error also to go on where the last one broke; when ctx ends, it
// takes leave of the board. It does not wait for a line or a console that takes
// nothing any more and does not end either.
func (h *Host) Serve(ctx context.Context, line io.ReadWriteCloser) error {
	h.pump.Lock()
	h.pump.Line.Greet()
	h.pump.Unlock()
	stop := make(chan struct{})
	failed := make(chan error, 2)
	run := func(f func() error) {
		var err error
		defer func() {
			if r := recover(); r != nil {
				err = h.caught(r)
			}
			failed <- err
		}()
		err = f()
	}
	go run(func() error { return h.pump.Read(line, 64<<10, stop) })
	go run(func() error { return h.pump.Write(line, h.conf.Frame, stop) })
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
	closed := make(chan struct{})
	go func(closed chan struct{}) { // the loop below forgets it when this takes too long
		line.Close()
		close(closed)
	}(closed)
	late := time.NewTimer(closeWait)
	defer late.Stop()
	for running > 0 || closed != nil {
		select {
		case <-failed:
			running--
		case <-closed:
			closed = nil
		case <-late.C:
			running, closed = 0, nil
		}
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
	defer h.after(leaveWait, func() { late = true })()
	h.pump.Line.Bye()
	h.pump.Wake()
	for h.pump.Line.IsUp() && !late {
		h.room.Wait()
	}
}

// after calls f, with the lock, after a time, and wakes those that wait for
// room. What it returns stops that.
func (h *Host) after(d time.Duration, f func()) (stop func() bool) {
	return time.AfterFunc(d, func() {
		h.pump.Lock()
		defer h.pump.Unlock()
		f()
		h.room.Broadcast()
	}).Stop
}

// Close ends all that the board has open here, and waits for it. Connections
// that the board has closed before may go on to send what it had sent for a
// short time. To be called after Serve has returned.
func (h *Host) Close() error {
	h.pump.Lock()
	h.closed = true
	h.drop()
	h.noLookup()
	stop := h.after(drainWait, func() {
		for s := range h.draining {
			s.abort()
		}
	})
	h.pump.Unlock()
	h.done.Wait()
	stop()
	return nil
}

func (h *Host) up() {
	h.other, h.broken = false, false
	h.in.Reset()
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

// drop breaks all that the board has open.
func (h *Host) drop() {
	h.ready = false
	h.in.Reset()
	h.queries = nil
	for _, s := range h.socks {
		h.end(s, true)
	}
	h.room.Broadcast()
}

// drained goes on when something has left for the line.
func (h *Host) drained() {
	h.room.Broadcast()
	if h.in.Holds() && !h.in.Hold() {
		h.take(func() { h.in.Resume(h.message) })
		if !h.in.Holds() {
			h.pump.Line.Again()
		}
	}
}

// take takes messages from the board. A panic on the way ends the session.
func (h *Host) take(f func()) {
	defer func() {
		if r := recover(); r != nil {
			h.fault(r)
		}
	}()
	f()
}

// spawn runs f in a goroutine of its own. A panic there ends the session, too;
// f holds the lock only within locked.
func (h *Host) spawn(f func()) {
	h.done.Add(1)
	go func() {
		defer h.done.Done()
		defer func() {
			if r := recover(); r != nil {
				h.caught(r)
			}
		}()
		f()
	}()
}

// locked calls f with the lock, and gives it back whatever happens.
func (h *Host) locked(f func()) {
	h.pump.Lock()
	defer h.pump.Unlock()
	f()
}

func (h *Host) caught(r any) (err error) {
	h.locked(func() { err = h.fault(r) })
	return err
}

// fault ends a session in which something has gone wrong that should not have.
// The lock is held.
func (h *Host) fault(r any) error {
	err := fmt.Errorf("a fault in the tether has ended the board's session: %v\n%s", r, debug.Stack())
	h.broken = true
	h.down()
	h.pump.Line.Break()
	h.pump.Wake()
	if h.conf.Fault != nil {
		h.conf.Fault(err)
	}
	return err
}
