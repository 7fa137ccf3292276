//go:build tinynetport

package net

import (
	"context"
	"net/netip"
	"sync"
	"syscall"
	"time"
)

type controlFunc = func(ctx context.Context, network, address string, c syscall.RawConn) error

// dialControl is the dialer's control function, nil if it has none.
func (sd *sysDialer) dialControl() controlFunc {
	if sd.Dialer.ControlContext != nil {
		return sd.Dialer.ControlContext
	}
	return plainControl(sd.Dialer.Control)
}

func (sl *sysListener) listenControl() controlFunc {
	return plainControl(sl.ListenConfig.Control)
}

func plainControl(f func(network, address string, c syscall.RawConn) error) controlFunc {
	if f == nil {
		return nil
	}
	return func(_ context.Context, network, address string, c syscall.RawConn) error {
		return f(network, address, c)
	}
}

// An endpoint is an address of package net in the form that a netdev takes.
// The zero endpoint is no address at all; one with only set is a wildcard.
type endpoint struct {
	set  bool
	ip   IP
	port int
	zone string
}

func (a *TCPAddr) endpoint() endpoint {
	if a == nil {
		return endpoint{}
	}
	return endpoint{true, a.IP, a.Port, a.Zone}
}

func (a *UDPAddr) endpoint() endpoint {
	if a == nil {
		return endpoint{}
	}
	return endpoint{true, a.IP, a.Port, a.Zone}
}

func (a *IPAddr) endpoint() endpoint {
	if a == nil {
		return endpoint{}
	}
	return endpoint{true, a.IP, 0, a.Zone}
}

func (e endpoint) wildcard() bool {
	return len(e.ip) == 0 || e.ip.IsUnspecified()
}

func (e endpoint) is4() bool {
	return len(e.ip) <= IPv4len || e.ip.To4() != nil
}

// in gives the endpoint as an address of the family. IPv4 addresses are
// written as IPv4-mapped ones in the IPv6 family (RFC 4291, 2.5.5.2).
func (e endpoint) in(family int) (netip.AddrPort, error) {
	if e.port < 0 || e.port > 0xffff {
		return netip.AddrPort{}, &AddrError{Err: "invalid port", Addr: (&TCPAddr{IP: e.ip, Port: e.port}).String()}
	}
	var ip netip.Addr
	if family == ndAF_INET {
		switch ip4 := e.ip.To4(); {
		case len(e.ip) == 0:
			ip = netip.IPv4Unspecified()
		case ip4 == nil:
			return netip.AddrPort{}, &AddrError{Err: "non-IPv4 address", Addr: e.ip.String()}
		default:
			ip = netip.AddrFrom4([4]byte(ip4))
		}
	} else {
		switch ip16 := e.ip.To16(); {
		case len(e.ip) == 0 || e.ip.Equal(IPv4zero):
			ip = netip.IPv6Unspecified()
		case ip16 == nil:
			return netip.AddrPort{}, &AddrError{Err: "non-IPv6 address", Addr: e.ip.String()}
		default:
			ip = netip.AddrFrom16([16]byte(ip16)).WithZone(e.zone)
		}
	}
	return netip.AddrPortFrom(ip, uint16(e.port)), nil
}

// plain is the endpoint without a family, for choosing a device.
func (e endpoint) plain() netip.AddrPort {
	if !e.set {
		return netip.AddrPort{}
	}
	ip, ok := netip.AddrFromSlice(e.ip)
	if !ok {
		ip = netip.IPv6Unspecified()
	}
	return netip.AddrPortFrom(ip, uint16(e.port))
}

// inFamily converts to the form that sockets of the family take.
func inFamily(a netip.AddrPort, family int) (netip.AddrPort, error) {
	ip := a.Addr()
	switch {
	case family == ndAF_INET && ip.Is4():
		return a, nil
	case family == ndAF_INET && ip.Is4In6():
		return netip.AddrPortFrom(ip.Unmap(), a.Port()), nil
	case family == ndAF_INET:
		return a, &AddrError{Err: "non-IPv4 address", Addr: ip.String()}
	case ip.Is4():
		return netip.AddrPortFrom(netip.AddrFrom16(ip.As16()), a.Port()), nil
	}
	return a, nil
}

// addrPortOf is the inverse for addresses that a netFD holds.
func addrPortOf(a Addr) netip.AddrPort {
	switch a := a.(type) {
	case *TCPAddr:
		return a.AddrPort()
	case *UDPAddr:
		return a.AddrPort()
	}
	return netip.AddrPort{}
}

// addr makes the address of package net that belongs to fd's network.
func (fd *netFD) addr(a netip.AddrPort) Addr {
	if !a.IsValid() {
		return nil
	}
	switch fd.sotype {
	case ndSOCK_STREAM:
		// One allocation for the address and its bytes: there are two of these
		// for each connection.
		v := &struct {
			TCPAddr
			bytes [IPv6len]byte
		}{bytes: a.Addr().As16()}
		v.TCPAddr = TCPAddr{IP: v.bytes[:], Port: int(a.Port()), Zone: a.Addr().Zone()}
		if a.Addr().Is4() {
			v.IP = v.bytes[IPv6len-IPv4len:]
		}
		return &v.TCPAddr
	case ndSOCK_DGRAM:
		return UDPAddrFromAddrPort(a)
	}
	return ipAddrOf(a)
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

// open makes a socket of an IP network. With dial set it is connected to
// raddr; else it listens, or receives datagrams, at laddr.
func openIP(ctx context.Context, network string, laddr, raddr endpoint, sotype, proto int, dial bool, control controlFunc) (*netFD, error) {
	dev := deviceFor(laddr.plain(), raddr.plain())
	if p := dev.patient; p != nil && ctx.Done() != nil {
		return p.open(ctx, func() (*netFD, error) {
			return dev.openIP(ctx, network, laddr, raddr, sotype, proto, dial, control)
		})
	}
	return dev.openIP(ctx, network, laddr, raddr, sotype, proto, dial, control)
}

func (dev *device) openIP(ctx context.Context, network string, laddr, raddr endpoint, sotype, proto int, dial bool, control controlFunc) (*netFD, error) {
	if dial && raddr.set && raddr.wildcard() && !dev.host {
		raddr.ip, raddr.zone = loopbackIP(network), ""
	}
	family, only6 := dev.family(network, laddr, raddr, !dial)
	if family == ndAF_INET6 && !dev.ip6 || family == ndAF_INET && !dev.ip4 {
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
		err = fd.dial(ctx, laddr, raddr, control)
	} else {
		err = fd.listen(ctx, laddr, control)
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

func (fd *netFD) dial(ctx context.Context, laddr, raddr endpoint, control controlFunc) error {
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
		if err := fd.connect(ctx, func() error { return fd.dev.get().Connect(fd.sysfd, "", remote) }); err != nil {
			return err
		}
		fd.isConnected = true
	}
	fd.setAddr(fd.sockname(local), fd.addr(remote))
	return nil
}

// connect runs a connecting call of the device, and ends it with ctx.
func (fd *netFD) connect(ctx context.Context, call func() error) (err error) {
	done := ctx.Done()
	if done == nil {
		return call()
	}
	select {
	case <-done:
		return mapErr(ctx.Err())
	default:
	}
	hook := testHookCanceledDial
	interrupted := make(chan struct{})
	stop := ctxAfterFunc(ctx, func() {
		defer close(interrupted)
		fd.dev.get().SetSockDeadline(fd.sysfd, ndWrites, aLongTimeAgo)
		hook()
	})
	err = call()
	if !stop() {
		<-interrupted // after Close, the number may be another socket's
		// The connection may be there, but its deadline is spoilt, or will be.
		return mapErr(ctx.Err())
	}
	return err
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
	if !fd.dev.get().local && laddr.wildcard() && fd.sotype != ndSOCK_RAW {
		return fd.openLocal()
	}
	return nil
}

func (fd *netFD) accept() (*netFD, error) {
	if err := fd.enter(ndReads); err != nil {
		return nil, err
	}
	defer fd.leave(ndReads)
	if fd.family == ndAF_UNIX {
		return fd.acceptUnix()
	}
	failures := 0
	for {
		if fd.local.get() != nil {
			if c := fd.local.get().acceptNow(); c != nil {
				return c, nil
			}
		}
		sysfd, peer, err := fd.dev.get().Accept(fd.sysfd)
		if err == nil {
			return fd.accepted(fd.dev.get(), sysfd, peer), nil
		}
		if fd.local.get() != nil && fd.local.get().woke() {
			continue
		}
		if failures++; !fd.listenAgain(err, failures) {
			return nil, fd.failure(acceptError(err))
		}
	}
}

// listenAgain mends a listener that a driver has lost: on some devices, a peer
// that gives up before Accept takes the listening socket with it. The driver
// says so by letting the socket be bound once more.
func (fd *netFD) listenAgain(err error, failures int) bool {
	p := fd.dev.get().patient
	if p == nil || failures > 8 || driverTimeout(err) || outOfSockets(err) || fd.checkOpen() != nil {
		return false
	}
	bound, err := inFamily(addrPortOf(fd.laddr), fd.family)
	return err == nil && p.Bind(fd.sysfd, bound) == nil && p.Listen(fd.sysfd, listenerBacklog()) == nil
}

// outOfSockets reports whether a driver has no socket left. Its error is of a
// package that net can't import.
func outOfSockets(err error) bool {
	text := err.Error()
	return text == "No more sockets" || text == "no more sockets on the network device"
}

// acceptError makes it a passing failure that the device has no socket left for
// a connection, as EMFILE is: net/http's server then goes on.
func acceptError(err error) error {
	if outOfSockets(err) {
		return &noSocketsError{err}
	}
	return err
}

type noSocketsError struct{ err error }

func (e *noSocketsError) Error() string   { return e.err.Error() }
func (e *noSocketsError) Unwrap() error   { return e.err }
func (e *noSocketsError) Timeout() bool   { return false }
func (e *noSocketsError) Temporary() bool { return true }

// accepted makes the netFD of a new connection.
func (fd *netFD) accepted(dev *device, sysfd int, peer netip.AddrPort) *netFD {
	c := newFD(dev, sysfd, fd.family, fd.sotype, fd.net)
	c.isConnected = true
	bound := addrPortOf(fd.laddr)
	var local Addr
	if bound.IsValid() && !bound.Addr().IsUnspecified() {
		local = c.addr(bound) // the only address that it can have
	} else {
		local = c.sockname(bound)
	}
	c.setAddr(local, c.addr(peer))
	return c
}

// A localHalf lets a wildcard listener, or UDP socket, on a device also be
// reached over the built-in loopback. Its arrivals wake the call that waits in
// the device.
type localHalf struct {
	fd    *netFD
	dev   *device
	sysfd int

	mu       sync.Mutex // taken after fd.mu
	arrived  bool       // the device's deadline is spoilt, to wake the call
	closed   bool       // the device's socket may be gone
	deadline time.Time  // the deadline that reads have in truth
}

func (fd *netFD) openLocal() error {
	if !fd.dev.get().hasDatagrams() && fd.datagram() {
		return nil // its reads cannot tell senders apart
	}
	dev := loopbackDevice()
	sysfd, err := dev.Socket(ndAF_INET6, fd.sotype, 0)
	if err != nil {
		return err
	}
	h := &localHalf{fd: fd, dev: dev, sysfd: sysfd}
	at := netip.AddrPortFrom(netip.IPv6Unspecified(), addrPortOf(fd.laddr).Port())
	if err = dev.Bind(sysfd, at); err == nil && fd.sotype == ndSOCK_STREAM {
		err = dev.Listen(sysfd, listenerBacklog())
	}
	if err != nil {
		dev.Close(sysfd)
		return err
	}
	fd.local = hide(h)
	theLoopback().notify(sysfd, h.arrive)
	return nil
}

func (h *localHalf) arrive() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.arrived && !h.closed {
		h.arrived = true
		h.fd.dev.get().SetSockDeadline(h.fd.sysfd, ndReads, aLongTimeAgo)
	}
}

// woke reports whether a call of the device has ended because something
// arrived here, and puts the deadline right.
func (h *localHalf) woke() bool {
	h.fd.mu.Lock() // so that it is not Close's deadline that is put right
	defer h.fd.mu.Unlock()
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.arrived || h.fd.closed() {
		return false
	}
	h.arrived = false
	h.fd.dev.get().SetSockDeadline(h.fd.sysfd, ndReads, h.deadline)
	return true
}

// setDeadline sets the deadlines of the device's half, but keeps a spoilt one:
// woke puts it right.
func (h *localHalf) setDeadline(t time.Time, calls int) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if calls&ndReads != 0 {
		h.deadline = t
		if h.arrived {
			calls &^= ndReads
		}
	}
	if calls == 0 {
		return nil
	}
	return h.fd.dev.get().SetSockDeadline(h.fd.sysfd, calls, t)
}

func (h *localHalf) acceptNow() *netFD {
	sysfd, peer, err := theLoopback().acceptNow(h.sysfd)
	if err != nil {
		return nil
	}
	c := newFD(h.dev, sysfd, h.fd.family, h.fd.sotype, h.fd.net)
	c.isConnected = true
	c.setAddr(c.sockname(netip.AddrPort{}), c.addr(peer))
	return c
}

func (h *localHalf) recvNow(p []byte) (int, netip.AddrPort, bool) {
	n, from, err := theLoopback().recvNow(h.sysfd, p)
	if err != nil {
		return 0, from, false
	}
	if a, err := inFamily(from, h.fd.family); err == nil {
		from = a
	}
	return n, from, true
}

func (h *localHalf) send(p []byte, to netip.AddrPort) (int, error) {
	return h.dev.SendTo(h.sysfd, p, 0, time.Time{}, to)
}

func (h *localHalf) close() {
	h.mu.Lock()
	h.closed = true
	h.mu.Unlock()
	h.dev.Close(h.sysfd)
}

// spuriousPort reports whether a dial should be tried again, because the
// local port that the system chose was in use after all.
func spuriousPort(err error) bool { return errorIs(err, syscall.EADDRNOTAVAIL) }
