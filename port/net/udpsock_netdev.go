//go:build tinynetport

package net

import (
	"context"
	"net/netip"
)

func (c *UDPConn) readFrom(b []byte, addr *UDPAddr) (int, *UDPAddr, error) {
	n, from, err := c.fd.readFrom(b)
	if err != nil {
		return n, nil, err
	}
	if !from.IsValid() {
		return n, nil, nil
	}
	ip := from.Addr()
	bytes := ip.As16() // becomes the only allocation
	addr.IP = bytes[:]
	if ip.Is4() {
		addr.IP = bytes[IPv6len-IPv4len:]
	}
	addr.Port, addr.Zone = int(from.Port()), ip.Zone()
	return n, addr, nil
}

func (c *UDPConn) readFromAddrPort(b []byte) (int, netip.AddrPort, error) {
	return c.fd.readFrom(b)
}

func (c *UDPConn) readMsg(b, oob []byte) (n, oobn, flags int, addr netip.AddrPort, err error) {
	if sys := c.fd.dev.get().sys(); sys != nil {
		return c.fd.recvMsg(b, oob)
	}
	// No other device has out-of-band data: none comes.
	n, addr, err = c.fd.readFrom(b)
	return n, 0, 0, addr, err
}

func (c *UDPConn) writeTo(b []byte, addr *UDPAddr) (int, error) {
	switch {
	case c.fd.isConnected:
		return 0, ErrWriteToConnected
	case addr == nil:
		return 0, errMissingAddress
	}
	to, err := addr.endpoint().in(c.fd.family)
	if err != nil {
		return 0, err
	}
	return c.fd.writeTo(b, to)
}

func (c *UDPConn) writeToAddrPort(b []byte, addr netip.AddrPort) (int, error) {
	switch {
	case c.fd.isConnected:
		return 0, ErrWriteToConnected
	case !addr.IsValid():
		return 0, errMissingAddress
	}
	to, err := inFamily(addr, c.fd.family)
	if err != nil {
		return 0, err
	}
	return c.fd.writeTo(b, to)
}

func (c *UDPConn) writeMsg(b, oob []byte, addr *UDPAddr) (n, oobn int, err error) {
	var to netip.AddrPort
	if addr != nil {
		if to, err = addr.endpoint().in(c.fd.family); err != nil {
			return 0, 0, err
		}
	}
	return c.sendMsg(b, oob, to)
}

func (c *UDPConn) writeMsgAddrPort(b, oob []byte, addr netip.AddrPort) (n, oobn int, err error) {
	if addr.IsValid() {
		if addr, err = inFamily(addr, c.fd.family); err != nil {
			return 0, 0, err
		}
	}
	return c.sendMsg(b, oob, addr)
}

func (c *UDPConn) sendMsg(b, oob []byte, to netip.AddrPort) (n, oobn int, err error) {
	if c.fd.isConnected && to.IsValid() {
		return 0, 0, ErrWriteToConnected
	}
	if !c.fd.isConnected && !to.IsValid() {
		return 0, 0, errMissingAddress
	}
	if c.fd.dev.get().sys() != nil {
		return c.fd.sendMsg(b, oob, to)
	}
	if len(oob) > 0 {
		return 0, 0, errNoMessages
	}
	if to.IsValid() {
		n, err = c.fd.writeTo(b, to)
	} else {
		n, err = c.fd.Write(b)
	}
	return n, 0, err
}

func (sd *sysDialer) dialUDP(ctx context.Context, laddr, raddr *UDPAddr) (*UDPConn, error) {
	fd, err := openIP(ctx, sd.network, laddr.endpoint(), raddr.endpoint(), ndSOCK_DGRAM, 0, nil, sd.dialControl())
	if err != nil {
		return nil, err
	}
	return newUDPConn(fd), nil
}

func (sl *sysListener) listenUDP(ctx context.Context, laddr *UDPAddr) (*UDPConn, error) {
	fd, err := openIP(ctx, sl.network, laddr.endpoint(), endpoint{}, ndSOCK_DGRAM, 0, (*netFD).listen, sl.listenControl())
	if err != nil {
		return nil, err
	}
	return newUDPConn(fd), nil
}

func (sl *sysListener) listenMulticastUDP(ctx context.Context, ifi *Interface, gaddr *UDPAddr) (*UDPConn, error) {
	if deviceFor(gaddr.endpoint().plain(), netip.AddrPort{}).multicasts == nil {
		return nil, errNoMulticast
	}
	c, err := sl.listenUDP(ctx, gaddr)
	if err != nil {
		return nil, err
	}
	if err := c.fd.joinGroup(ifi, gaddr.IP); err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}
