package host

import (
	"context"
	"net"
	"net/netip"

	"golang.org/x/net/ipv4"
	"golang.org/x/net/ipv6"

	"github.com/tinynet/tinynet/netdev/tether/internal/wire"
)

// A network is all that a host has of the computer's. Tests put one in its
// place that is in memory.
type network interface {
	dial(ctx context.Context, port uint16, to netip.AddrPort) (streamConn, error)
	listen(network string, at netip.AddrPort) (listener, error)
	// datagrams opens a socket at an address; shared has its port be one that
	// others have, too.
	datagrams(network string, at netip.AddrPort, shared bool) (packetConn, error)
	dialDatagrams(network string, to netip.AddrPort) (packetConn, error)
	// group opens a socket that hears only what is sent to a group and a port.
	group(g netip.AddrPort, ifindex int) (packetConn, error)
	lookup(ctx context.Context, network, name string) ([]netip.Addr, error)
	links() ([]wire.Link, error)
}

type listener interface {
	accept() (streamConn, error)
	Close() error
	Addr() net.Addr
}

// A streamConn is a *net.TCPConn.
type streamConn interface {
	net.Conn
	CloseWrite() error
	SetLinger(int) error
	SetNoDelay(bool) error
	SetKeepAlive(bool) error
	SetKeepAliveConfig(net.KeepAliveConfig) error
	buffered
}

// A packetConn is a socket for datagrams.
type packetConn interface {
	ReadFromUDPAddrPort([]byte) (int, netip.AddrPort, error)
	WriteToUDPAddrPort([]byte, netip.AddrPort) (int, error)
	Write([]byte) (int, error) // to the peer of dialDatagrams
	Close() error
	LocalAddr() net.Addr
	// setMulticast says where datagrams to groups go out, or whether they come
	// back here.
	setMulticast(ip6 bool, what byte, number int) error
	buffered
}

type buffered interface {
	SetReadBuffer(int) error
	SetWriteBuffer(int) error
}

// computer is the network of this computer.
type computer struct{}

func (computer) dial(ctx context.Context, port uint16, to netip.AddrPort) (streamConn, error) {
	var d net.Dialer
	if port != 0 {
		d.LocalAddr = &net.TCPAddr{Port: int(port)}
	}
	c, err := d.DialContext(ctx, "tcp", to.String())
	if err != nil {
		return nil, err
	}
	return c.(*net.TCPConn), nil
}

func (computer) listen(network string, at netip.AddrPort) (listener, error) {
	ln, err := net.ListenTCP(network, net.TCPAddrFromAddrPort(at))
	if err != nil {
		return nil, err
	}
	return tcpListener{ln}, nil
}

type tcpListener struct{ *net.TCPListener }

func (l tcpListener) accept() (streamConn, error) {
	c, err := l.AcceptTCP()
	if err != nil {
		return nil, err
	}
	return c, nil
}

func (computer) datagrams(network string, at netip.AddrPort, shared bool) (packetConn, error) {
	var lc net.ListenConfig
	if shared {
		lc.Control = share
	}
	c, err := lc.ListenPacket(context.Background(), network, at.String())
	if err != nil {
		return nil, err
	}
	return udpConn{c.(*net.UDPConn)}, nil
}

func (computer) dialDatagrams(network string, to netip.AddrPort) (packetConn, error) {
	c, err := net.DialUDP(network, nil, net.UDPAddrFromAddrPort(to))
	if err != nil {
		return nil, err
	}
	return udpConn{c}, nil
}

type udpConn struct{ *net.UDPConn }

func (c udpConn) setMulticast(ip6 bool, what byte, number int) error {
	var ifi *net.Interface
	if what == wire.MulticastInterface && number != 0 {
		var err error
		if ifi, err = net.InterfaceByIndex(number); err != nil {
			return err
		}
	}
	if ip6 {
		p := ipv6.NewPacketConn(c)
		if what == wire.MulticastInterface {
			return p.SetMulticastInterface(ifi)
		}
		return p.SetMulticastLoopback(number != 0)
	}
	p := ipv4.NewPacketConn(c)
	if what == wire.MulticastInterface {
		return p.SetMulticastInterface(ifi)
	}
	return p.SetMulticastLoopback(number != 0)
}

// join makes a socket that is bound to a group's address a member of it.
func (c udpConn) join(g netip.Addr, ifindex int) error {
	var ifi *net.Interface
	if ifindex != 0 {
		var err error
		if ifi, err = net.InterfaceByIndex(ifindex); err != nil {
			return err
		}
	}
	at := &net.UDPAddr{IP: g.AsSlice()}
	if g.Is4() {
		return ipv4.NewPacketConn(c).JoinGroup(ifi, at)
	}
	return ipv6.NewPacketConn(c).JoinGroup(ifi, at)
}

func (computer) lookup(ctx context.Context, network, name string) ([]netip.Addr, error) {
	return net.DefaultResolver.LookupNetIP(ctx, network, name)
}

func (computer) links() ([]wire.Link, error) {
	list, err := net.Interfaces()
	if err != nil {
		return nil, err
	}
	var links []wire.Link
	for _, i := range list {
		if i.Flags&net.FlagLoopback != 0 || i.Index < 2 || len(links) == mostLinks {
			continue // the board has a loopback of its own, which is 1
		}
		l := wire.Link{Index: uint32(i.Index), MTU: uint32(i.MTU), Flags: uint32(i.Flags), Name: i.Name, Hardware: i.HardwareAddr}
		addrs, _ := i.Addrs()
		for _, a := range addrs[:min(len(addrs), mostPrefixes)] {
			if n, ok := a.(*net.IPNet); ok {
				ip, _ := netip.AddrFromSlice(n.IP)
				ones, _ := n.Mask.Size()
				l.Prefixes = append(l.Prefixes, netip.PrefixFrom(ip.Unmap(), ones))
			}
		}
		links = append(links, l)
	}
	return links, nil
}
