package w5500sim

import (
	"context"
	"net"
	"net/netip"
)

// A Network is how a chip reaches the computer. Connections need the methods
// CloseWrite and SetLinger of *net.TCPConn for FIN and RST; addresses are
// *net.TCPAddr and *net.UDPAddr.
type Network interface {
	Dial(ctx context.Context, to netip.AddrPort) (net.Conn, error)
	Listen(at netip.AddrPort) (net.Listener, error)
	ListenPacket(at netip.AddrPort) (net.PacketConn, error)
}

// loopback is package net.
type loopback struct{}

func (loopback) Dial(ctx context.Context, to netip.AddrPort) (net.Conn, error) {
	return new(net.Dialer).DialContext(ctx, "tcp", to.String())
}

func (loopback) Listen(at netip.AddrPort) (net.Listener, error) {
	return net.Listen("tcp", at.String())
}

func (loopback) ListenPacket(at netip.AddrPort) (net.PacketConn, error) {
	return net.ListenPacket("udp", at.String())
}

var localhost = netip.AddrFrom4([4]byte{127, 0, 0, 1})

func addrPort(a net.Addr) netip.AddrPort {
	var ap netip.AddrPort
	switch a := a.(type) {
	case *net.TCPAddr:
		ap = a.AddrPort()
	case *net.UDPAddr:
		ap = a.AddrPort()
	}
	return netip.AddrPortFrom(ap.Addr().Unmap(), ap.Port())
}

// A service is a port of the chip: there are those of TCP and those of UDP.
type service struct {
	network string // "tcp" or "udp"
	port    uint16
}

// Map gives what is at host, on the computer, an address on the chip's network.
func (c *Chip) Map(peer, host netip.AddrPort) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.toHost[peer], c.toChip[host] = host, peer
}

// MapPort has a port of the chip be a certain port of 127.0.0.1 from the next
// LISTEN or OPEN on.
func (c *Chip) MapPort(network string, chip, host uint16) {
	c.MapAddr(network, chip, netip.AddrPortFrom(localhost, host))
}

// MapAddr is like MapPort, at any address of the computer. Who reaches that
// address reaches the chip.
func (c *Chip) MapAddr(network string, chip uint16, host netip.AddrPort) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.services[service{network, chip}] = host
}

// opened notes where a port of the chip is on the computer.
func (c *Chip) opened(network string, port uint16, at netip.AddrPort) {
	c.services[service{network, port}] = at
	if c.conf.Listening != nil {
		c.conf.Listening(network, port, at)
	}
}

// HostAddr tells where a program reaches a port of the chip. It is not valid
// before the first LISTEN or OPEN.
func (c *Chip) HostAddr(network string, port uint16) netip.AddrPort {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.hostAddr(network, port)
}

func (c *Chip) hostAddr(network string, port uint16) netip.AddrPort {
	if a := c.services[service{network, port}]; a.Port() != 0 {
		return a
	}
	return netip.AddrPort{}
}

// serviceAddr is where on the computer a port of the chip opens.
func (c *Chip) serviceAddr(network string, port uint16) netip.AddrPort {
	if a := c.hostAddr(network, port); a.IsValid() {
		return a
	}
	return netip.AddrPortFrom(localhost, 0)
}

// SetLink plugs the cable in, or pulls it.
func (c *Chip) SetLink(up bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.link = up
	c.reachesChanged()
}

// SetDead has a peer, an address on the chip's network, answer nothing at all.
func (c *Chip) SetDead(peer netip.Addr, dead bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.dead[peer] = dead
	c.reachesChanged()
}

// The following are called with c.mu held.

func (c *Chip) reachesChanged() {
	for i := range c.socks {
		if s := &c.socks[i]; s.tcp != nil {
			c.watch(s.tcp)
		}
	}
	c.signal()
}

func (c *Chip) reaches(peer netip.Addr) bool { return c.link && !c.dead[peer] }

// route tells where on the computer a peer is.
func (c *Chip) route(peer netip.AddrPort) (netip.AddrPort, bool) {
	if a, ok := c.toHost[peer]; ok {
		return a, true
	}
	if a := peer.Addr(); a == c.conf.HostIP || c.broadcast(a) {
		return netip.AddrPortFrom(localhost, peer.Port()), true
	}
	return netip.AddrPort{}, false
}

func (c *Chip) broadcast(a netip.Addr) bool {
	ip := a.As4()
	for i, b := range ip {
		mask := c.common[regSUBR+i]
		if ip == [4]byte{255, 255, 255, 255} {
			return true
		}
		if b != c.common[regSIPR+i]&mask|^mask {
			return false
		}
	}
	return true
}

// peer is the address on the chip's network of what is at host.
func (c *Chip) peer(host netip.AddrPort) netip.AddrPort {
	if a, ok := c.toChip[host]; ok {
		return a
	}
	return netip.AddrPortFrom(c.conf.HostIP, host.Port())
}
