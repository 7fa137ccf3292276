//go:build tinynetport

package net

// How a socket of an IP network is opened, on the device that its addresses choose.

import (
	"context"
	"net/netip"
	"sync"
	"syscall"
)

type controlFunc = func(ctx context.Context, network, address string, c syscall.RawConn) error

// dialControl is the dialer's control function, nil if it has none.
func (sd *sysDialer) dialControl() controlFunc {
	if sd.Dialer.ControlContext != nil {
		return sd.Dialer.ControlContext
	}
	if sd.Dialer.Control == nil {
		return nil
	}
	return plainControl(sd.Dialer.Control)
}

func (sl *sysListener) listenControl() controlFunc {
	if sl.ListenConfig.Control == nil {
		return nil
	}
	return plainControl(sl.ListenConfig.Control)
}

// plainControl is for a control function only: TinyGo takes what captures it from the
// heap at the beginning.
func plainControl(f func(network, address string, c syscall.RawConn) error) controlFunc {
	return func(_ context.Context, network, address string, c syscall.RawConn) error {
		return f(network, address, c)
	}
}

// family chooses the address family of a socket, and whether an IPv6 socket
// keeps to IPv6. A wildcard listener takes both kinds where the device can.
func (d *device) family(network string, laddr, raddr endpoint, listen bool) (family int, only6 bool) {
	switch network[len(network)-1] {
	case '4':
		return ndAF_INET, false
	case '6':
		return ndAF_INET6, true
	}
	if listen && laddr.wildcard() {
		if d.mapped || !d.ip4 {
			return ndAF_INET6, false
		}
		if len(laddr.ip) == 0 {
			return ndAF_INET, false
		}
	}
	if (!laddr.set || laddr.is4()) && (!raddr.set || raddr.is4()) {
		return ndAF_INET, false
	}
	return ndAF_INET6, false
}

// A listening is (*netFD).listen, or nil for a socket that dials. Who listens
// names it, so that a program that only dials does not link it.
type listening = func(fd *netFD, ctx context.Context, laddr endpoint, control controlFunc) error

// openIP makes a socket of an IP network, on the device that these addresses are
// of. With listen it listens, or receives datagrams, at laddr; else it is connected
// to raddr.
func openIP(ctx context.Context, network string, laddr, raddr endpoint, sotype, proto int, listen listening, control controlFunc) (*netFD, error) {
	dev := deviceFor(laddr.plain(), raddr.plain())
	if dev.patient == nil {
		fd, err := dev.openIP(ctx, nil, network, laddr, raddr, sotype, proto, listen, control)
		return fd, known(err)
	}
	return dev.patient.open(&attempt{
		ctx: ctx, dev: dev, network: network, laddr: laddr, raddr: raddr,
		sotype: sotype, proto: proto, listen: listen, control: control,
	})
}

// openIP is the function of that name when the device is known. It blocks as the
// driver does: an attempt lets ctx end it.
func (dev *device) openIP(ctx context.Context, a *attempt, network string, laddr, raddr endpoint, sotype, proto int, listen listening, control controlFunc) (*netFD, error) {
	dial := listen == nil
	if dial && raddr.set && raddr.wildcard() && !dev.host {
		raddr.ip, raddr.zone = loopbackIP(network), ""
	}
	family, only6 := dev.family(network, laddr, raddr, !dial)
	// A system has words of its own for what it lacks.
	if !dev.host && (family == ndAF_INET6 && !dev.ip6 || family == ndAF_INET && !dev.ip4) {
		return nil, noFamily(family)
	}
	if proto == 0 {
		switch sotype {
		case ndSOCK_STREAM:
			proto = ndIPPROTO_TCP
		case ndSOCK_DGRAM:
			proto = ndIPPROTO_UDP
		}
	}
	sysfd, err := dev.Socket(family, sotype, proto)
	if err != nil {
		return nil, err
	}
	fd := newFD(dev, sysfd, family, sotype, network)
	if family == ndAF_INET6 && sotype != ndSOCK_RAW {
		dev.SetSockOpt(sysfd, ndSOL_IPV6, ndIPV6_V6ONLY, only6)
	}
	if sotype != ndSOCK_STREAM {
		dev.SetSockOpt(sysfd, ndSOL_SOCKET, ndSO_BROADCAST, true)
	}
	if dial {
		err = fd.dial(ctx, a, laddr, raddr, control)
	} else {
		err = listen(fd, ctx, laddr, control)
	}
	if err != nil {
		fd.Close()
		return nil, err
	}
	return fd, nil
}

func noFamily(family int) error {
	if family == ndAF_INET6 {
		return errNoIPv6
	}
	return errNoIPv4
}

// controlNetwork is the network name that control functions are told: always
// with the family.
func (fd *netFD) controlNetwork() string {
	if fd.family == ndAF_UNIX {
		return fd.net
	}
	switch fd.net[len(fd.net)-1] {
	case '4', '6':
		return fd.net
	}
	if fd.family == ndAF_INET {
		return fd.net + "4"
	}
	return fd.net + "6"
}

func (fd *netFD) control(ctx context.Context, f controlFunc, address string) error {
	if f == nil {
		return nil
	}
	return f(ctx, fd.controlNetwork(), address, newRawConn(fd))
}

func (fd *netFD) dial(ctx context.Context, a *attempt, laddr, raddr endpoint, control controlFunc) error {
	var local, remote netip.AddrPort
	var err error
	if laddr.set {
		if local, err = laddr.in(fd.family); err != nil {
			return err
		}
	}
	if raddr.set {
		if remote, err = raddr.in(fd.family); err != nil {
			return err
		}
	}
	about := remote
	if !raddr.set {
		about = local
	}
	if control != nil {
		if err := fd.control(ctx, control, fd.addr(about).String()); err != nil {
			return err
		}
	}
	if laddr.set {
		if err := fd.bind(local); err != nil {
			return err
		}
	}
	if raddr.set {
		if err := fd.connectIP(ctx, a, "", remote); err != nil {
			return err
		}
		fd.isConnected = true
	}
	fd.setAddr(fd.sockname(local), fd.addr(remote))
	return nil
}

// giveUp ends a connecting call. For a driver in which nothing but Close ends it, that
// closes the socket.
func (fd *netFD) giveUp() {
	dev := fd.dev.get()
	if dev.patient == nil {
		dev.SetSockDeadline(fd.sysfd, ndWrites, aLongTimeAgo)
		return
	}
	for {
		s := fd.state.Load()
		if fd.state.CompareAndSwap(s, s|fdClosed) {
			break
		}
	}
	dev.patient.Close(fd.sysfd)
}

// ephemeral hands out port numbers for devices that cannot tell which port
// they chose (RFC 6335, section 6).
var ephemeral struct {
	sync.Mutex
	next uint16
}

func ephemeralPort() uint16 {
	const first, count = 49152, 16384
	ephemeral.Lock()
	if ephemeral.next == 0 {
		ephemeral.next = uint16(first + randInt()%count)
	} else if ephemeral.next++; ephemeral.next < first {
		ephemeral.next = first
	}
	port := ephemeral.next
	ephemeral.Unlock()
	return port
}

// bind gives the socket its local address. Where the device can't tell the
// port that it would choose for 0, one is chosen here.
func (fd *netFD) bind(a netip.AddrPort) error {
	if a.Port() != 0 || fd.dev.get().hasNames() || fd.sotype == ndSOCK_RAW {
		return fd.dev.get().Bind(fd.sysfd, a)
	}
	var err error
	for tries := 0; tries < 16; tries++ {
		b := netip.AddrPortFrom(a.Addr(), ephemeralPort())
		if err = fd.dev.get().Bind(fd.sysfd, b); err == nil {
			fd.laddr = fd.addr(b)
			return nil
		}
	}
	return err
}

// sockname is the local address: as the device tells it, or else from what is
// known. bound is what was asked for.
func (fd *netFD) sockname(bound netip.AddrPort) Addr {
	if fd.dev.get().hasNames() {
		if a, err := fd.dev.get().GetSockname(fd.sysfd); err == nil {
			return fd.addr(a)
		}
	}
	if fd.laddr != nil {
		return fd.laddr // from bind
	}
	if bound.IsValid() && !bound.Addr().IsUnspecified() {
		return fd.addr(bound)
	}
	if ip, err := fd.dev.get().Addr(); err == nil && ip.IsValid() && (fd.isConnected || !bound.IsValid()) {
		return fd.addr(netip.AddrPortFrom(ip, bound.Port()))
	}
	if !bound.IsValid() {
		bound = netip.AddrPortFrom(netip.IPv4Unspecified(), 0)
	}
	return fd.addr(bound)
}

func (fd *netFD) listen(ctx context.Context, laddr endpoint, control controlFunc) error {
	if fd.sotype != ndSOCK_STREAM {
		if laddr.ip.IsMulticast() {
			// Listeners of a group share its port, and get what is sent to any
			// address: the wildcard.
			fd.dev.get().SetSockOpt(fd.sysfd, ndSOL_SOCKET, ndSO_REUSEADDR, true)
			laddr.ip, laddr.zone = nil, ""
		}
	} else {
		fd.dev.get().SetSockOpt(fd.sysfd, ndSOL_SOCKET, ndSO_REUSEADDR, true)
	}
	local, err := laddr.in(fd.family)
	if err != nil {
		return err
	}
	if control != nil {
		if err := fd.control(ctx, control, fd.addr(local).String()); err != nil {
			return err
		}
	}
	if err := fd.bind(local); err != nil {
		return err
	}
	if fd.sotype == ndSOCK_STREAM {
		if err := fd.dev.get().Listen(fd.sysfd, listenerBacklog()); err != nil {
			return err
		}
	}
	fd.setAddr(fd.sockname(local), nil)
	if !fd.dev.get().reachesLocal && laddr.wildcard() && fd.sotype != ndSOCK_RAW {
		return fd.openLocal()
	}
	return nil
}

// spuriousPort reports whether a dial should be tried again, because the
// local port that the system chose was in use after all.
func spuriousPort(err error) bool { return errorIs(err, syscall.EADDRNOTAVAIL) }
