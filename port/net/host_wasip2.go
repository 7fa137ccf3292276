//go:build tinynetport && port.wasisockets

package net

import (
	"context"
	"internal/cm"
	"internal/wasi/sockets/v0.2.0/instance-network"
	"internal/wasi/sockets/v0.2.0/ip-name-lookup"
	"internal/wasi/sockets/v0.2.0/network"
	"internal/wasi/sockets/v0.2.0/tcp"
	"internal/wasi/sockets/v0.2.0/tcp-create-socket"
	"internal/wasi/sockets/v0.2.0/udp"
	"internal/wasi/sockets/v0.2.0/udp-create-socket"
	"io"
	"net/netip"
	"os"
	"sync"
	"syscall"
	"time"
)

// hosted says that the system has sockets of its own: file descriptors, which
// this one's are not.
const hosted = false

func isSystemError(err error) bool {
	_, ok := err.(syscall.Errno)
	return ok
}

// wasi is the device that is the sockets of a wasip2 host (wasi:sockets), by the
// bindings that TinyGo's own runtime has. No call of theirs waits here, since a call
// that waits would stop all goroutines: who has to wait asks again after a pause.
// Goroutines only take turns where one pauses, so there is no lock.
type wasi struct {
	network network.Network
	socks   map[int]*wasiSock
}

// A wasiSock is a TCP or an UDP socket. What it has of streams is valid once it is
// connected, or, for datagrams, open.
type wasiSock struct {
	sotype, family int
	closed         bool
	ended          bool         // writes are over: a host may not say so at once
	deadlines      [2]time.Time // for reads, for writes

	tcp tcp.TCPSocket
	in  tcp.InputStream
	out tcp.OutputStream

	udp     udp.UDPSocket
	arrive  udp.IncomingDatagramStream
	leave   udp.OutgoingDatagramStream
	bound   bool
	streams bool // in and out, or arrive and leave, are there
}

// wasiPause is between two questions whether there is something, and wasiLinger the
// longest that a closed socket goes on sending.
const (
	wasiPause  = time.Millisecond
	wasiLinger = 10 * time.Second
)

var newHost = sync.OnceValue(func() netdever {
	return &wasi{network: instancenetwork.InstanceNetwork(), socks: map[int]*wasiSock{}}
})

// wasiError gives a host's error the form that a system's has.
func wasiError(call string, code network.ErrorCode) error {
	errno := syscall.Errno(syscall.EIO)
	switch code {
	case network.ErrorCodeAccessDenied:
		errno = syscall.EACCES
	case network.ErrorCodeNotSupported:
		errno = syscall.EOPNOTSUPP
	case network.ErrorCodeInvalidArgument, network.ErrorCodeInvalidState, network.ErrorCodeNotInProgress, network.ErrorCodeConcurrencyConflict:
		errno = syscall.EINVAL
	case network.ErrorCodeOutOfMemory:
		errno = syscall.ENOMEM
	case network.ErrorCodeTimeout:
		errno = syscall.ETIMEDOUT
	case network.ErrorCodeNewSocketLimit:
		errno = syscall.EMFILE
	case network.ErrorCodeAddressNotBindable:
		errno = syscall.EADDRNOTAVAIL
	case network.ErrorCodeAddressInUse:
		errno = syscall.EADDRINUSE
	case network.ErrorCodeRemoteUnreachable:
		errno = syscall.EHOSTUNREACH
	case network.ErrorCodeConnectionRefused:
		errno = syscall.ECONNREFUSED
	case network.ErrorCodeConnectionReset:
		errno = syscall.ECONNRESET
	case network.ErrorCodeConnectionAborted:
		errno = syscall.ECONNABORTED
	case network.ErrorCodeDatagramTooLarge:
		errno = syscall.EMSGSIZE
	}
	return sysError(call, errno)
}

func toWasi(a netip.AddrPort) network.IPSocketAddress {
	if ip := a.Addr(); ip.Is6() {
		return network.IPSocketAddressIPv6(network.IPv6SocketAddress{Port: a.Port(), Address: words(ip.As16())})
	}
	return network.IPSocketAddressIPv4(network.IPv4SocketAddress{Port: a.Port(), Address: a.Addr().Unmap().As4()})
}

func fromWasi(a *network.IPSocketAddress) netip.AddrPort {
	if six := a.IPv6(); six != nil {
		return netip.AddrPortFrom(fromWords(six.Address), six.Port)
	}
	four := a.IPv4()
	return netip.AddrPortFrom(netip.AddrFrom4(four.Address), four.Port)
}

// words and fromWords go between an IPv6 address and the host's form of it.
func words(ip [16]byte) (w network.IPv6Address) {
	for i := range w {
		w[i] = uint16(ip[2*i])<<8 | uint16(ip[2*i+1])
	}
	return w
}

func fromWords(w network.IPv6Address) netip.Addr {
	var ip [16]byte
	for i, v := range w {
		ip[2*i], ip[2*i+1] = byte(v>>8), byte(v)
	}
	return netip.AddrFrom16(ip)
}

func (w *wasi) sock(num int) (*wasiSock, error) {
	if s := w.socks[num]; s != nil {
		return s, nil
	}
	return nil, syscall.EBADF
}

func (w *wasi) add(s *wasiSock) (num int) {
	for num = 1; w.socks[num] != nil; num++ {
	}
	w.socks[num] = s
	return num
}

const (
	wasiReads = iota
	wasiWrites
)

// wait asks until there is an answer, the deadline of reads or writes has passed, or
// the socket is closed.
func (s *wasiSock) wait(half int, ask func() (done bool, err error)) error {
	for {
		if s.closed {
			return errClosed
		}
		if t := s.deadlines[half]; !t.IsZero() && !time.Now().Before(t) {
			return os.ErrDeadlineExceeded
		}
		if done, err := ask(); done || err != nil {
			return err
		}
		time.Sleep(wasiPause)
	}
}

// wasiLook has the host see whether there is room for what is sent: Wasmtime says that
// there is none until this is asked. It is dropped at once, since a stream cannot be
// dropped, by Close, before what belongs to it.
func wasiLook(room tcp.Pollable) {
	room.Ready()
	room.ResourceDrop()
}

// outcome makes the answer of a host's call one for wait.
func outcome(call string, code *network.ErrorCode) (done bool, err error) {
	switch {
	case code == nil:
		return true, nil
	case *code == network.ErrorCodeWouldBlock:
		return false, nil
	}
	return false, wasiError(call, *code)
}

func (w *wasi) Socket(domain, stype, protocol int) (int, error) {
	family := network.IPAddressFamilyIPv4
	if domain == ndAF_INET6 {
		family = network.IPAddressFamilyIPv6
	}
	s := &wasiSock{sotype: stype, family: domain}
	switch {
	case domain != ndAF_INET && domain != ndAF_INET6:
		return -1, sysError("socket", syscall.EAFNOSUPPORT)
	case stype == ndSOCK_STREAM && (protocol == 0 || protocol == ndIPPROTO_TCP):
		r := tcpcreatesocket.CreateTCPSocket(family)
		if r.IsErr() {
			return -1, wasiError("socket", *r.Err())
		}
		s.tcp = *r.OK()
	case stype == ndSOCK_DGRAM && (protocol == 0 || protocol == ndIPPROTO_UDP):
		r := udpcreatesocket.CreateUDPSocket(family)
		if r.IsErr() {
			return -1, wasiError("socket", *r.Err())
		}
		s.udp = *r.OK()
	default: // above all no plain TCP for TLS
		return -1, sysError("socket", syscall.EPROTONOSUPPORT)
	}
	return w.add(s), nil
}

func (w *wasi) Bind(num int, ip netip.AddrPort) error {
	s, err := w.sock(num)
	if err != nil {
		return err
	}
	return s.bind(w.network, ip)
}

func (s *wasiSock) bind(on network.Network, ip netip.AddrPort) error {
	if s.family == ndAF_INET6 && !ip.Addr().Is6() {
		ip = netip.AddrPortFrom(netip.AddrFrom16(ip.Addr().As16()), ip.Port())
	}
	finish := func() (bool, error) { r := s.tcp.FinishBind(); return outcome("bind", r.Err()) }
	var failed *network.ErrorCode
	if s.sotype == ndSOCK_STREAM {
		r := s.tcp.StartBind(on, toWasi(ip))
		failed = r.Err()
	} else {
		r := s.udp.StartBind(on, toWasi(ip))
		failed = r.Err()
		finish = func() (bool, error) { r := s.udp.FinishBind(); return outcome("bind", r.Err()) }
	}
	if failed != nil {
		return wasiError("bind", *failed)
	}
	err := s.wait(wasiWrites, finish)
	s.bound = err == nil
	return err
}

func (w *wasi) Connect(num int, _ string, ip netip.AddrPort) error {
	s, err := w.sock(num)
	if err != nil {
		return err
	}
	if s.sotype != ndSOCK_STREAM {
		return s.open(w.network, cm.Some(toWasi(ip)))
	}
	r := s.tcp.StartConnect(w.network, toWasi(ip))
	if r.IsErr() {
		return wasiError("connect", *r.Err())
	}
	return s.wait(wasiWrites, func() (bool, error) {
		r := s.tcp.FinishConnect()
		if ok := r.OK(); ok != nil {
			s.in, s.out, s.streams = ok.F0, ok.F1, true
		}
		return outcome("connect", r.Err())
	})
}

// open opens the streams of datagrams, from all or from one peer.
func (s *wasiSock) open(on network.Network, peer cm.Option[network.IPSocketAddress]) error {
	if !s.bound {
		any := netip.IPv4Unspecified()
		if s.family == ndAF_INET6 {
			any = netip.IPv6Unspecified()
		}
		if err := s.bind(on, netip.AddrPortFrom(any, 0)); err != nil {
			return err
		}
	}
	r := s.udp.Stream(peer)
	if r.IsErr() {
		return wasiError("connect", *r.Err())
	}
	s.arrive, s.leave, s.streams = r.OK().F0, r.OK().F1, true
	return nil
}

func (w *wasi) Listen(num, backlog int) error {
	s, err := w.sock(num)
	if err != nil {
		return err
	}
	s.tcp.SetListenBacklogSize(uint64(backlog))
	r := s.tcp.StartListen()
	if r.IsErr() {
		return wasiError("listen", *r.Err())
	}
	return s.wait(wasiWrites, func() (bool, error) { r := s.tcp.FinishListen(); return outcome("listen", r.Err()) })
}

func (w *wasi) Accept(num int) (int, netip.AddrPort, error) {
	l, err := w.sock(num)
	if err != nil {
		return -1, netip.AddrPort{}, err
	}
	c := &wasiSock{sotype: ndSOCK_STREAM, family: l.family, bound: true}
	err = l.wait(wasiReads, func() (bool, error) {
		r := l.tcp.Accept()
		if ok := r.OK(); ok != nil {
			c.tcp, c.in, c.out, c.streams = ok.F0, ok.F1, ok.F2, true
		}
		return outcome("accept", r.Err())
	})
	if err != nil {
		return -1, netip.AddrPort{}, err
	}
	var from netip.AddrPort
	if r := c.tcp.RemoteAddress(); !r.IsErr() {
		from = fromWasi(r.OK())
	}
	return w.add(c), from, nil
}

func (w *wasi) Send(num int, buf []byte, _ int, _ time.Time) (n int, err error) {
	s, err := w.sock(num)
	if err != nil {
		return 0, err
	}
	if s.sotype != ndSOCK_STREAM {
		return s.sendOne(buf, cm.None[network.IPSocketAddress]())
	}
	if !s.streams {
		return 0, sysError("write", syscall.ENOTCONN)
	}
	if s.ended {
		return 0, sysError("write", syscall.EPIPE)
	}
	for n < len(buf) {
		err := s.wait(wasiWrites, func() (bool, error) {
			room := s.out.CheckWrite()
			if room.IsErr() {
				return false, sysError("write", syscall.EPIPE)
			}
			now := min(*room.OK(), uint64(len(buf)-n))
			if now == 0 {
				wasiLook(s.out.Subscribe())
				return false, nil
			}
			if r := s.out.Write(cm.ToList(buf[n : n+int(now)])); r.IsErr() {
				return false, sysError("write", syscall.EPIPE)
			}
			s.out.Flush()
			n += int(now)
			return true, nil
		})
		if err != nil {
			return n, err
		}
	}
	return n, nil
}

func (w *wasi) Recv(num int, buf []byte, _ int, _ time.Time) (n int, err error) {
	s, err := w.sock(num)
	if err != nil {
		return 0, err
	}
	if s.sotype != ndSOCK_STREAM {
		n, _, err := s.receiveOne(buf)
		return n, err
	}
	if !s.streams {
		return 0, sysError("read", syscall.ENOTCONN)
	}
	err = s.wait(wasiReads, func() (bool, error) {
		r := s.in.Read(uint64(len(buf)))
		if e := r.Err(); e != nil {
			if e.Closed() {
				return false, io.EOF
			}
			e.LastOperationFailed().ResourceDrop()
			return false, sysError("read", syscall.ECONNRESET)
		}
		n = copy(buf, r.OK().Slice())
		return n > 0 || len(buf) == 0, nil
	})
	return n, err
}

func (w *wasi) SendTo(num int, buf []byte, _ int, _ time.Time, to netip.AddrPort) (int, error) {
	s, err := w.datagrams(num)
	if err != nil {
		return 0, err
	}
	return s.sendOne(buf, cm.Some(toWasi(to)))
}

func (w *wasi) RecvFrom(num int, buf []byte, _ int, _ time.Time) (int, netip.AddrPort, error) {
	s, err := w.datagrams(num)
	if err != nil {
		return 0, netip.AddrPort{}, err
	}
	return s.receiveOne(buf)
}

// datagrams is a socket that has its streams of datagrams.
func (w *wasi) datagrams(num int) (*wasiSock, error) {
	s, err := w.sock(num)
	if err == nil && !s.streams {
		err = s.open(w.network, cm.None[network.IPSocketAddress]())
	}
	return s, err
}

func (s *wasiSock) sendOne(buf []byte, to cm.Option[network.IPSocketAddress]) (int, error) {
	if !s.streams {
		return 0, sysError("sendto", syscall.ENOTCONN)
	}
	err := s.wait(wasiWrites, func() (bool, error) {
		room := s.leave.CheckSend()
		if room.IsErr() {
			return outcome("sendto", room.Err())
		}
		if *room.OK() == 0 {
			wasiLook(s.leave.Subscribe())
			return false, nil
		}
		r := s.leave.Send(cm.ToList([]udp.OutgoingDatagram{{Data: cm.ToList(buf), RemoteAddress: to}}))
		if r.IsErr() {
			return outcome("sendto", r.Err())
		}
		return *r.OK() == 1, nil
	})
	if err != nil {
		return 0, err
	}
	return len(buf), nil
}

func (s *wasiSock) receiveOne(buf []byte) (n int, from netip.AddrPort, err error) {
	if !s.streams {
		return 0, from, sysError("recvfrom", syscall.ENOTCONN)
	}
	err = s.wait(wasiReads, func() (bool, error) {
		r := s.arrive.Receive(1)
		if r.IsErr() {
			return outcome("recvfrom", r.Err())
		}
		got := r.OK().Slice()
		if len(got) == 0 {
			return false, nil
		}
		n, from = copy(buf, got[0].Data.Slice()), fromWasi(&got[0].RemoteAddress)
		return true, nil
	})
	return n, from, err
}

// SetSockDeadline gives all calls of a socket that wait their deadlines.
func (w *wasi) SetSockDeadline(num, calls int, t time.Time) error {
	s, err := w.sock(num)
	if err != nil {
		return err
	}
	if calls&ndReads != 0 {
		s.deadlines[wasiReads] = t
	}
	if calls&ndWrites != 0 {
		s.deadlines[wasiWrites] = t
	}
	return nil
}

func (w *wasi) Shutdown(num, how int) error {
	s, err := w.sock(num)
	if err != nil {
		return err
	}
	if s.sotype != ndSOCK_STREAM {
		return sysError("shutdown", syscall.ENOTCONN)
	}
	// The host counts as netdev does.
	if r := s.tcp.Shutdown(tcp.ShutdownType(how)); r.IsErr() {
		return wasiError("shutdown", *r.Err())
	}
	if how != ndSHUT_RD {
		s.ended = true
	}
	return nil
}

func (w *wasi) Close(num int) error {
	s, err := w.sock(num)
	if err != nil {
		return err
	}
	delete(w.socks, num)
	s.closed = true
	// A socket outlives what belongs to it.
	if s.sotype != ndSOCK_STREAM {
		if s.streams {
			s.arrive.ResourceDrop()
			s.leave.ResourceDrop()
		}
		s.udp.ResourceDrop()
		return nil
	}
	if !s.streams {
		s.tcp.ResourceDrop()
		return nil
	}
	s.in.ResourceDrop()
	go s.drain()
	return nil
}

// drain gives the host time to send what was written, for Close is at once and a
// host may forget what it holds when the socket is dropped.
func (s *wasiSock) drain() {
	if flushed := s.out.Flush(); !flushed.IsErr() {
		sent := s.out.Subscribe()
		for end := time.Now().Add(wasiLinger); !sent.Ready() && time.Now().Before(end); {
			time.Sleep(wasiPause)
		}
		sent.ResourceDrop()
	}
	s.out.ResourceDrop()
	s.tcp.ResourceDrop()
}

func (w *wasi) GetSockname(num int) (netip.AddrPort, error) {
	s, err := w.sock(num)
	if err != nil {
		return netip.AddrPort{}, err
	}
	if s.sotype == ndSOCK_STREAM {
		if r := s.tcp.LocalAddress(); !r.IsErr() {
			return fromWasi(r.OK()), nil
		}
	} else if r := s.udp.LocalAddress(); !r.IsErr() {
		return fromWasi(r.OK()), nil
	}
	return netip.AddrPort{}, sysError("getsockname", syscall.EINVAL)
}

// SetSockOpt does not fail for what a host always does, or leaves to itself.
func (w *wasi) SetSockOpt(num, level, opt int, value interface{}) error {
	s, err := w.sock(num)
	if err != nil {
		return err
	}
	if on, ok := value.(bool); ok && level == ndSOL_SOCKET && opt == ndSO_KEEPALIVE && s.sotype == ndSOCK_STREAM {
		if r := s.tcp.SetKeepAliveEnabled(on); r.IsErr() {
			return wasiError("setsockopt", *r.Err())
		}
	}
	return nil
}

// AddressFamilies: a host's IPv6 sockets never speak IPv4.
func (w *wasi) AddressFamilies() (ip4, ip6, mapped bool) {
	r := tcpcreatesocket.CreateTCPSocket(network.IPAddressFamilyIPv6)
	if r.IsErr() {
		return true, false, false
	}
	r.OK().ResourceDrop()
	return true, true, false
}

// Addr: a host tells nothing of interfaces.
func (w *wasi) Addr() (netip.Addr, error) { return netip.AddrFrom4([4]byte{127, 0, 0, 1}), nil }

func (w *wasi) GetHostByName(name string) (netip.Addr, error) {
	ips, err := w.LookupNetIP(context.Background(), "ip", name)
	if err != nil {
		return netip.Addr{}, err
	}
	return ips[0], nil
}

func (w *wasi) LookupNetIP(ctx context.Context, _, name string) (ips []netip.Addr, err error) {
	r := ipnamelookup.ResolveAddresses(w.network, name)
	if e := r.Err(); e != nil {
		return nil, wasiNameError(*e)
	}
	answers := *r.OK()
	defer answers.ResourceDrop()
	for {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		r := answers.ResolveNextAddress()
		if e := r.Err(); e != nil {
			if *e != network.ErrorCodeWouldBlock {
				return nil, wasiNameError(*e)
			}
			time.Sleep(wasiPause)
			continue
		}
		ip := r.OK().Some()
		switch {
		case ip == nil && len(ips) == 0:
			return nil, errNoSuchHost
		case ip == nil:
			return ips, nil
		case ip.IPv6() != nil:
			ips = append(ips, fromWords(*ip.IPv6()))
		default:
			ips = append(ips, netip.AddrFrom4(*ip.IPv4()))
		}
	}
}

func wasiNameError(code network.ErrorCode) error {
	switch code {
	case network.ErrorCodeNameUnresolvable, network.ErrorCodePermanentResolverFailure, network.ErrorCodeInvalidArgument:
		return errNoSuchHost
	}
	return wasiError("lookup", code)
}
