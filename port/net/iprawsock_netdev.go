//go:build tinynetport

package net

import (
	"context"
	"net/netip"
)

func (c *IPConn) readFrom(b []byte) (int, *IPAddr, error) {
	n, from, err := c.fd.readFrom(b)
	if err != nil {
		return n, nil, err
	}
	if from.Addr().Is4() {
		n = dropIPv4Header(b, n)
	}
	return n, ipAddrOf(from), nil
}

func ipAddrOf(a netip.AddrPort) *IPAddr {
	if !a.Addr().IsValid() {
		return nil
	}
	return &IPAddr{IP: a.Addr().AsSlice(), Zone: a.Addr().Zone()}
}

// dropIPv4Header removes the header that raw sockets put before the payload
// of the n bytes in b (RFC 791, section 3.1), and gives the new length.
func dropIPv4Header(b []byte, n int) int {
	const shortest = 20
	if n < shortest || b[0]>>4 != 4 {
		return n
	}
	size := 4 * int(b[0]&0xf)
	if size < shortest || size > n {
		return n
	}
	return copy(b, b[size:n])
}

func (c *IPConn) readMsg(b, oob []byte) (n, oobn, flags int, addr *IPAddr, err error) {
	if c.fd.dev.get().sys() == nil {
		return 0, 0, 0, nil, errNoMessages
	}
	n, oobn, flags, from, err := c.fd.recvMsg(b, oob)
	if err == nil {
		addr = ipAddrOf(from)
	}
	return n, oobn, flags, addr, err
}

// destination checks where a datagram may go.
func (c *IPConn) destination(addr *IPAddr) (netip.AddrPort, error) {
	switch {
	case c.fd.isConnected:
		return netip.AddrPort{}, ErrWriteToConnected
	case addr == nil:
		return netip.AddrPort{}, errMissingAddress
	}
	return addr.endpoint().in(c.fd.family)
}

func (c *IPConn) writeTo(b []byte, addr *IPAddr) (int, error) {
	to, err := c.destination(addr)
	if err != nil {
		return 0, err
	}
	return c.fd.writeTo(b, to)
}

func (c *IPConn) writeMsg(b, oob []byte, addr *IPAddr) (n, oobn int, err error) {
	to, err := c.destination(addr)
	if err != nil {
		return 0, 0, err
	}
	if c.fd.dev.get().sys() == nil {
		return 0, 0, errNoMessages
	}
	return c.fd.sendMsg(b, oob, to)
}

// openRaw opens a raw socket for a network such as "ip4:icmp".
func openRaw(ctx context.Context, network string, laddr, raddr *IPAddr, listen listening, control controlFunc) (*IPConn, error) {
	name, proto, err := parseNetwork(ctx, network, true)
	if err != nil {
		return nil, err
	}
	if name != "ip" && name != "ip4" && name != "ip6" {
		return nil, UnknownNetworkError(network)
	}
	fd, err := openIP(ctx, name, laddr.endpoint(), raddr.endpoint(), ndSOCK_RAW, proto, listen, control)
	if err != nil {
		return nil, err
	}
	return newIPConn(fd), nil
}

func (sd *sysDialer) dialIP(ctx context.Context, laddr, raddr *IPAddr) (*IPConn, error) {
	return openRaw(ctx, sd.network, laddr, raddr, nil, sd.dialControl())
}

func (sl *sysListener) listenIP(ctx context.Context, laddr *IPAddr) (*IPConn, error) {
	return openRaw(ctx, sl.network, laddr, nil, (*netFD).listen, sl.listenControl())
}
