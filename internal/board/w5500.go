package board

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"sync"

	"github.com/tinynet/tinynet/netdev/tether/host"
	"github.com/tinynet/tinynet/netdev/w5500sim"
)

// A Cable is the Ethernet cable of W5500Pico. On its other end is this computer, and
// nobody else.
type Cable struct {
	// Self is this computer's address on it; by default 192.168.1.1, the gateway of
	// the examples.
	Self netip.Addr
	// Loopback lets the board begin connections to 127.0.0.1 here, which is Self.
	Loopback bool
	// Publish says where some of the board's ports are here, Listen at which address
	// the others are: 127.0.0.1 by default, at ports that are free.
	Publish []host.Publish
	Listen  netip.Addr
	// Listening, if not nil, is told where a port is here whenever it opens. It must
	// not wait.
	Listening func(network string, port uint16, at netip.AddrPort)
	// Fault, if not nil, is told why a port could not be opened here.
	Fault func(error)
}

// W5500 is a chip with the cable plugged in.
//
// A board that is emulated takes longer than a real one until it listens again, so
// peers wait for it where the chip would refuse them.
func (c Cable) W5500() (*w5500sim.Chip, error) {
	if !c.Listen.IsValid() {
		c.Listen = netip.AddrFrom4([4]byte{127, 0, 0, 1})
	}
	chip, err := w5500sim.New(w5500sim.Config{
		Network: cableEnd{c}, HostIP: c.Self, Backlog: true, ResetInterrupt: true, Listening: c.Listening,
	})
	if err != nil {
		return nil, err
	}
	for _, p := range c.Publish {
		at := netip.AddrPortFrom(p.Addr, p.Port)
		if !p.Addr.IsValid() {
			at = netip.AddrPortFrom(c.Listen, p.Port)
		}
		for _, network := range []string{"tcp", "udp"} {
			if p.Network == "" || p.Network == network {
				chip.MapAddr(network, p.Board, at)
			}
		}
	}
	return chip, nil
}

// A cableEnd is this computer's sockets for a chip.
type cableEnd struct{ Cable }

func (e cableEnd) Dial(ctx context.Context, to netip.AddrPort) (net.Conn, error) {
	if !e.Loopback {
		return nil, errRefused
	}
	return new(net.Dialer).DialContext(ctx, "tcp", to.String())
}

// open opens a port; one that is taken is put at a free one.
func (e cableEnd) open(at netip.AddrPort, open func(at string) error) error {
	if at.Port() == 0 {
		at = netip.AddrPortFrom(e.Cable.Listen, 0)
	}
	err := open(at.String())
	if err != nil && at.Port() != 0 {
		err = open(netip.AddrPortFrom(at.Addr(), 0).String())
	}
	if err != nil && e.Fault != nil {
		e.Fault(fmt.Errorf("open a port of the board here: %w", err))
	}
	return err
}

func (e cableEnd) Listen(at netip.AddrPort) (l net.Listener, err error) {
	err = e.open(at, func(at string) (err error) {
		l, err = net.Listen("tcp", at)
		return err
	})
	return l, err
}

func (e cableEnd) ListenPacket(at netip.AddrPort) (net.PacketConn, error) {
	var pc net.PacketConn
	err := e.open(at, func(at string) (err error) {
		pc, err = net.ListenPacket("udp", at)
		return err
	})
	if err != nil || e.Loopback {
		return pc, err
	}
	return &answering{PacketConn: pc, peers: map[string]bool{}}, nil
}

// An answering socket sends to nobody from whom nothing has come.
type answering struct {
	net.PacketConn
	mu    sync.Mutex
	peers map[string]bool
}

const mostPeers = 1024

func (a *answering) ReadFrom(p []byte) (int, net.Addr, error) {
	n, from, err := a.PacketConn.ReadFrom(p)
	if err == nil {
		a.mu.Lock()
		defer a.mu.Unlock()
		if len(a.peers) == mostPeers {
			clear(a.peers)
		}
		a.peers[from.String()] = true
	}
	return n, from, err
}

func (a *answering) WriteTo(p []byte, to net.Addr) (int, error) {
	a.mu.Lock()
	known := a.peers[to.String()]
	a.mu.Unlock()
	if !known {
		return 0, errNoRoute
	}
	return a.PacketConn.WriteTo(p, to)
}
