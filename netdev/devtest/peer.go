package devtest

import (
	"errors"
	"net"
	"net/netip"
	"time"

	"github.com/tinynet/tinynet/netdev"
)

// A Peer is what the device under test talks to, in both directions.
//
// Connections are expected to have the methods of *net.TCPConn that their
// users here look for: SetLinger and CloseWrite.
type Peer interface {
	// Addr is where the device reaches the peer.
	Addr() netip.Addr
	// Dial connects to the device.
	Dial(to netip.AddrPort) (net.Conn, error)
	// Listen accepts connections from the device at a port that it chooses.
	Listen() (net.Listener, error)
	// ListenPacket receives datagrams from the device, likewise.
	ListenPacket() (net.PacketConn, error)
}

// Computer is the peer of a device that reaches this computer at an address: the
// sockets of package net.
func Computer(addr netip.Addr) Peer { return computer{addr} }

type computer struct{ addr netip.Addr }

func (c computer) Addr() netip.Addr { return c.addr }

func (c computer) Dial(to netip.AddrPort) (net.Conn, error) {
	return net.DialTimeout("tcp", to.String(), 10*time.Second)
}

func (c computer) Listen() (net.Listener, error) {
	return net.Listen("tcp", netip.AddrPortFrom(c.addr, 0).String())
}

func (c computer) ListenPacket() (net.PacketConn, error) {
	return net.ListenPacket("udp", netip.AddrPortFrom(c.addr, 0).String())
}

// Device is the peer that another device is, or the same one, if it reaches
// itself. That device has to be without faults, and a Datagrammer, SockNamer
// and Deadliner.
func Device(dev netdev.Netdever) (Peer, error) {
	p, ok := dev.(peerDevice)
	if !ok {
		return nil, errors.New("devtest: the peer's device lacks optional interfaces")
	}
	addr, err := dev.Addr()
	return &devicePeer{p, addr}, err
}

type peerDevice interface {
	netdev.Netdever
	netdev.Datagrammer
	netdev.SockNamer
	netdev.Deadliner
}

type devicePeer struct {
	dev  peerDevice
	addr netip.Addr
}

func (p *devicePeer) Addr() netip.Addr { return p.addr }

func (p *devicePeer) socket(stype int) (*peerConn, error) {
	num, err := p.dev.Socket(netdev.AF_INET, stype, protocolOf(stype))
	if err != nil {
		return nil, err
	}
	return &peerConn{dev: p.dev, num: num}, nil
}

func (p *devicePeer) Dial(to netip.AddrPort) (net.Conn, error) {
	c, err := p.socket(netdev.SOCK_STREAM)
	if err != nil {
		return nil, err
	}
	if err := p.dev.Connect(c.num, "", to); err != nil {
		c.Close()
		return nil, err
	}
	c.remote = to
	return c, nil
}

func (p *devicePeer) Listen() (net.Listener, error) {
	c, err := p.socket(netdev.SOCK_STREAM)
	if err != nil {
		return nil, err
	}
	if err = p.dev.Bind(c.num, netip.AddrPortFrom(p.addr, 0)); err == nil {
		err = p.dev.Listen(c.num, 8)
	}
	if err != nil {
		c.Close()
		return nil, err
	}
	return peerListener{c}, nil
}

func (p *devicePeer) ListenPacket() (net.PacketConn, error) {
	c, err := p.socket(netdev.SOCK_DGRAM)
	if err != nil {
		return nil, err
	}
	if err := p.dev.Bind(c.num, netip.AddrPortFrom(p.addr, 0)); err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

// A peerConn is a socket of a device as a net.Conn and net.PacketConn.
type peerConn struct {
	dev    peerDevice
	num    int
	remote netip.AddrPort
}

func (c *peerConn) Read(p []byte) (int, error) {
	n, err := c.dev.Recv(c.num, p, 0, time.Time{})
	return max(n, 0), err
}

func (c *peerConn) Write(p []byte) (done int, err error) {
	for done < len(p) {
		n, err := c.dev.Send(c.num, p[done:], 0, time.Time{})
		if done += max(n, 0); err != nil {
			return done, err
		}
	}
	return done, nil
}

func (c *peerConn) ReadFrom(p []byte) (int, net.Addr, error) {
	n, from, err := c.dev.RecvFrom(c.num, p, 0, time.Time{})
	if err != nil {
		return 0, nil, err
	}
	return n, net.UDPAddrFromAddrPort(from), nil
}

func (c *peerConn) WriteTo(p []byte, to net.Addr) (int, error) {
	u, ok := to.(*net.UDPAddr)
	if !ok {
		return 0, errors.New("devtest: not the address of a datagram")
	}
	return c.dev.SendTo(c.num, p, 0, time.Time{}, u.AddrPort())
}

func (c *peerConn) Close() error { return c.dev.Close(c.num) }

// SetLinger with 0 makes Close break the connection.
func (c *peerConn) SetLinger(seconds int) error {
	return c.dev.SetSockOpt(c.num, netdev.SOL_SOCKET, netdev.SO_LINGER, seconds)
}

// CloseWrite ends what the other side reads.
func (c *peerConn) CloseWrite() error {
	s, ok := c.dev.(netdev.Shutdowner)
	if !ok {
		return netdev.ErrNotSupported
	}
	return s.Shutdown(c.num, netdev.SHUT_WR)
}

func (c *peerConn) local() netip.AddrPort {
	a, _ := c.dev.GetSockname(c.num)
	return a
}

func (c *peerConn) LocalAddr() net.Addr  { return net.UDPAddrFromAddrPort(c.local()) }
func (c *peerConn) RemoteAddr() net.Addr { return net.TCPAddrFromAddrPort(c.remote) }

func (c *peerConn) SetDeadline(t time.Time) error {
	return c.dev.SetSockDeadline(c.num, netdev.Reads|netdev.Writes, t)
}

func (c *peerConn) SetReadDeadline(t time.Time) error {
	return c.dev.SetSockDeadline(c.num, netdev.Reads, t)
}

func (c *peerConn) SetWriteDeadline(t time.Time) error {
	return c.dev.SetSockDeadline(c.num, netdev.Writes, t)
}

type peerListener struct{ c *peerConn }

func (l peerListener) Accept() (net.Conn, error) {
	num, peer, err := l.c.dev.Accept(l.c.num)
	if err != nil {
		return nil, err
	}
	return &peerConn{dev: l.c.dev, num: num, remote: peer}, nil
}

func (l peerListener) Close() error                  { return l.c.Close() }
func (l peerListener) Addr() net.Addr                { return net.TCPAddrFromAddrPort(l.c.local()) }
func (l peerListener) SetDeadline(t time.Time) error { return l.c.SetDeadline(t) }
