//go:build tinynetport && port.sockets

package net

import (
	"context"
	"net/netip"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// host is the device that is the system's own sockets. Its socket numbers are
// the system's file descriptors, or handles; a blocked call holds a goroutine
// and no thread, because hostFD waits.
//
// What differs between systems is in host_linux.go, host_bsd.go, host_unix.go
// and host_windows.go.
// See docs/RATIONALE.md, "The host device is over syscall".
type host struct {
	// socks has the open sockets by number. Readers take no lock: a slot never
	// moves within a table, and a larger table starts as a copy of pointers to
	// the same slots.
	socks atomic.Pointer[[]*atomic.Pointer[hostSock]]
	grow  sync.Mutex
}

type hostSock struct {
	pfd    hostFD
	domain int // as netdev numbers them
	sotype int
	bound  bool        // has an address, given before it was connected
	polled atomic.Bool // known to the poller

	mu    sync.Mutex    // is held to make it known
	early *[2]time.Time // deadlines for reads and writes set before that, if any
}

// hosted says that the system has sockets of its own.
const hosted = true

func newHost() netdever { return &host{} }

// isSystemError reports whether the system itself gave this error.
func isSystemError(err error) bool {
	_, ok := err.(syscall.Errno)
	return ok
}

// hostError gives the error of a system's call the form that Go's net gives it.
func hostError(call string, err error) error {
	switch {
	case err == nil:
		return nil
	case err == errHostFDClosing:
		return errClosed
	case isSystemError(err):
		return os.NewSyscallError(call, err)
	}
	return err
}

func (h *host) sock(sockfd int) (*hostSock, error) {
	slot := uint(sockfd) / hostNumberStep
	if table := h.socks.Load(); table != nil && slot < uint(len(*table)) {
		if s := (*table)[slot].Load(); s != nil {
			return s, nil
		}
	}
	return nil, syscall.EBADF
}

// add makes the device know a file descriptor, which it then owns.
func (h *host) add(osfd, domain, sotype int) *hostSock {
	s := &hostSock{domain: domain, sotype: sotype}
	s.pfd = newHostFD(hostHandle(osfd), domain, sotype)
	slot := osfd / hostNumberStep
	table := h.socks.Load()
	if table == nil || slot >= len(*table) {
		h.grow.Lock()
		var old []*atomic.Pointer[hostSock]
		if table = h.socks.Load(); table != nil {
			old = *table
		}
		if slot >= len(old) {
			larger := make([]*atomic.Pointer[hostSock], slot+slot/2+16)
			fresh := make([]atomic.Pointer[hostSock], len(larger)-len(old))
			for i := copy(larger, old); i < len(larger); i++ {
				larger[i] = &fresh[i-len(old)]
			}
			h.socks.Store(&larger)
		}
		table = h.socks.Load()
		h.grow.Unlock()
	}
	(*table)[slot].Store(s)
	return s
}

// poll makes the poller know the socket. For a stream that must not be before
// it connects or listens: the poller would take it for hung up.
func (s *hostSock) poll() error {
	if s.polled.Load() {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.polled.Load() {
		return nil
	}
	if err := hostJoinPoller(&s.pfd); err != nil {
		return err
	}
	if s.early != nil {
		for i, t := range s.early {
			if !t.IsZero() {
				s.setDeadline(ndReads<<i, t)
			}
		}
		s.early = nil
	}
	s.polled.Store(true)
	return nil
}

func (s *hostSock) setDeadline(calls int, t time.Time) error {
	switch calls {
	case ndReads:
		return s.pfd.SetReadDeadline(t)
	case ndWrites:
		return s.pfd.SetWriteDeadline(t)
	}
	return s.pfd.SetDeadline(t)
}

func hostAddr(sa syscall.Sockaddr) (name sockname) {
	switch sa := sa.(type) {
	case *syscall.SockaddrInet4:
		name.ip = netip.AddrPortFrom(netip.AddrFrom4(sa.Addr), uint16(sa.Port))
	case *syscall.SockaddrInet6:
		name.ip = hostAddr6(sa)
	case *syscall.SockaddrUnix:
		name.unix = sa.Name
	}
	return name
}

func hostAddr6(sa *syscall.SockaddrInet6) netip.AddrPort {
	ip := netip.AddrFrom16(sa.Addr)
	if sa.ZoneId != 0 {
		ip = ip.WithZone(zoneCache.name(int(sa.ZoneId)))
	}
	return netip.AddrPortFrom(ip, uint16(sa.Port))
}

func sockaddr4(a netip.AddrPort) syscall.SockaddrInet4 {
	return syscall.SockaddrInet4{Addr: a.Addr().As4(), Port: int(a.Port())}
}

func sockaddr6(a netip.AddrPort) syscall.SockaddrInet6 {
	sa := syscall.SockaddrInet6{Addr: a.Addr().As16(), Port: int(a.Port())}
	if zone := a.Addr().Zone(); zone != "" {
		sa.ZoneId = uint32(zoneCache.index(zone))
	}
	return sa
}

func (n sockname) sockaddr() syscall.Sockaddr {
	switch {
	case n.ip.Addr().Is4():
		sa := sockaddr4(n.ip)
		return &sa
	case n.ip.IsValid():
		sa := sockaddr6(n.ip)
		return &sa
	case n.unix != "":
		return &syscall.SockaddrUnix{Name: n.unix}
	}
	return nil
}

func (h *host) GetHostByName(name string) (netip.Addr, error) {
	ips, err := DefaultResolver.LookupNetIP(context.Background(), "ip", name)
	if err != nil {
		return netip.Addr{}, err
	}
	return ips[0].Unmap(), nil
}

// Addr is the first global address that an interface has, or the loopback's.
func (h *host) Addr() (netip.Addr, error) {
	found := netip.AddrFrom4([4]byte{127, 0, 0, 1})
	addrs, err := InterfaceAddrs()
	if err != nil {
		return found, err
	}
	for _, a := range addrs {
		if n, ok := a.(*IPNet); ok && n.IP.IsGlobalUnicast() {
			if ip, ok := netip.AddrFromSlice(n.IP); ok {
				return ip.Unmap(), nil
			}
		}
	}
	return found, nil
}

func (h *host) AddressFamilies() (ip4, ip6, mapped bool) {
	can := func(domain int, a sockname, only6 int) bool {
		s, err := sysSocket(hostFamily(domain), syscall.SOCK_STREAM, syscall.IPPROTO_TCP)
		if err != nil {
			return false
		}
		defer hostClose(s)
		if domain == ndAF_INET {
			return true
		}
		syscall.SetsockoptInt(s, syscall.IPPROTO_IPV6, syscall.IPV6_V6ONLY, only6)
		return syscall.Bind(s, a.sockaddr()) == nil
	}
	v6 := sockname{ip: netip.AddrPortFrom(netip.IPv6Loopback(), 0)}
	v4in6 := sockname{ip: netip.AddrPortFrom(netip.MustParseAddr("::ffff:127.0.0.1"), 0)}
	return can(ndAF_INET, sockname{}, 0), can(ndAF_INET6, v6, 1), hostMapsIPv4 && can(ndAF_INET6, v4in6, 0)
}

func (h *host) Socket(domain, stype, protocol int) (int, error) {
	if domain == ndAF_UNIX || stype == ndSOCK_STREAM && protocol == ndIPPROTO_TCP || stype == ndSOCK_DGRAM && protocol == ndIPPROTO_UDP {
		protocol = 0
	} else if stype != ndSOCK_RAW && protocol != 0 {
		return -1, os.NewSyscallError("socket", syscall.EPROTONOSUPPORT) // above all no plain TCP for TLS
	}
	handle, err := sysSocket(hostFamily(domain), stype, protocol)
	if err != nil {
		return -1, err
	}
	osfd := int(handle)
	s := h.add(osfd, domain, stype)
	if hostPollsAtOnce {
		if err := s.poll(); err != nil {
			h.Close(osfd)
			return -1, err
		}
	}
	return osfd, nil
}

func (h *host) Bind(sockfd int, ip netip.AddrPort) error {
	return h.bind(sockfd, sockname{ip: ip})
}

func (h *host) BindUnix(sockfd int, name string) error {
	return h.bind(sockfd, sockname{unix: name})
}

func (h *host) bind(sockfd int, a sockname) error {
	s, err := h.sock(sockfd)
	if err != nil {
		return err
	}
	sa := a.sockaddr()
	if sa == nil {
		sa = &syscall.SockaddrUnix{} // the system makes up a name
	}
	if err := syscall.Bind(hostHandle(sockfd), sa); err != nil {
		return os.NewSyscallError("bind", err)
	}
	s.bound = true
	if s.sotype == ndSOCK_DGRAM || s.sotype == ndSOCK_RAW {
		return s.poll()
	}
	return nil
}

func (h *host) Connect(sockfd int, _ string, ip netip.AddrPort) error {
	return h.connect(sockfd, sockname{ip: ip})
}

func (h *host) ConnectUnix(sockfd int, name string) error {
	return h.connect(sockfd, sockname{unix: name})
}

func (h *host) connect(sockfd int, to sockname) error {
	s, err := h.sock(sockfd)
	if err != nil {
		return err
	}
	sa := to.sockaddr()
	if sa == nil {
		return os.NewSyscallError("connect", syscall.EINVAL)
	}
	return s.connect(sa)
}

func (h *host) Listen(sockfd, backlog int) error {
	s, err := h.sock(sockfd)
	if err != nil {
		return err
	}
	if err := listenFunc(hostHandle(sockfd), backlog); err != nil {
		return os.NewSyscallError("listen", err)
	}
	return s.poll()
}

func (h *host) Accept(sockfd int) (int, netip.AddrPort, error) {
	osfd, name, err := h.accept(sockfd)
	return osfd, name.ip, err
}

func (h *host) AcceptUnix(sockfd int) (int, string, error) {
	osfd, name, err := h.accept(sockfd)
	return osfd, name.unix, err
}

func (h *host) accept(sockfd int) (int, sockname, error) {
	s, err := h.sock(sockfd)
	if err != nil {
		return -1, sockname{}, err
	}
	handle, sa, call, err := s.pfd.Accept()
	if err != nil {
		if call == "" {
			call = "accept"
		}
		return -1, sockname{}, hostError(call, err)
	}
	osfd := int(handle)
	c := h.add(osfd, s.domain, s.sotype)
	if err := c.poll(); err != nil {
		h.Close(osfd)
		return -1, sockname{}, err
	}
	return osfd, hostAddr(sa), nil
}

// until sets a deadline that is given with a call, for that call alone.
// Package net gives none: it sets the socket's.
func until(set func(time.Time) error, deadline time.Time) (clear func()) {
	set(deadline)
	return func() { set(time.Time{}) }
}

func (h *host) Send(sockfd int, buf []byte, flags int, deadline time.Time) (int, error) {
	s, err := h.sock(sockfd)
	if err != nil {
		return 0, err
	}
	if !deadline.IsZero() {
		defer until(s.pfd.SetWriteDeadline, deadline)()
	}
	n, err := s.pfd.Write(buf)
	return n, hostError(hostCallWrite, err)
}

func (h *host) Recv(sockfd int, buf []byte, flags int, deadline time.Time) (int, error) {
	s, err := h.sock(sockfd)
	if err != nil {
		return 0, err
	}
	if !deadline.IsZero() {
		defer until(s.pfd.SetReadDeadline, deadline)()
	}
	n, err := s.pfd.Read(buf)
	return n, hostError(hostCallRead, err)
}

func (h *host) SendTo(sockfd int, buf []byte, flags int, deadline time.Time, to netip.AddrPort) (int, error) {
	s, err := h.sock(sockfd)
	if err != nil {
		return 0, err
	}
	if err := s.poll(); err != nil {
		return 0, err
	}
	if !deadline.IsZero() {
		defer until(s.pfd.SetWriteDeadline, deadline)()
	}
	n := 0
	if to.Addr().Is4() {
		sa := sockaddr4(to)
		n, err = s.pfd.WriteToInet4(buf, &sa)
	} else {
		sa := sockaddr6(to)
		n, err = s.pfd.WriteToInet6(buf, &sa)
	}
	return n, hostError(hostCallSendTo, err)
}

func (h *host) RecvFrom(sockfd int, buf []byte, flags int, deadline time.Time) (int, netip.AddrPort, error) {
	var from netip.AddrPort
	s, err := h.sock(sockfd)
	if err != nil {
		return 0, from, err
	}
	if err := s.poll(); err != nil {
		return 0, from, err
	}
	if !deadline.IsZero() {
		defer until(s.pfd.SetReadDeadline, deadline)()
	}
	n := 0
	if s.domain == ndAF_INET6 {
		var sa syscall.SockaddrInet6
		if n, err = s.pfd.ReadFromInet6(buf, &sa); err == nil {
			from = hostAddr6(&sa)
		}
	} else {
		var sa syscall.SockaddrInet4
		if n, err = s.pfd.ReadFromInet4(buf, &sa); err == nil {
			from = netip.AddrPortFrom(netip.AddrFrom4(sa.Addr), uint16(sa.Port))
		}
	}
	return n, from, hostError(hostCallRecvFrom, err)
}

func (h *host) SendToUnix(sockfd int, buf []byte, to string) (int, error) {
	s, err := h.sock(sockfd)
	if err != nil {
		return 0, err
	}
	if err := s.poll(); err != nil {
		return 0, err
	}
	n, err := s.pfd.WriteTo(buf, &syscall.SockaddrUnix{Name: to})
	return n, hostError(hostCallSendTo, err)
}

func (h *host) RecvFromUnix(sockfd int, buf []byte) (int, string, error) {
	s, err := h.sock(sockfd)
	if err != nil {
		return 0, "", err
	}
	if err := s.poll(); err != nil {
		return 0, "", err
	}
	n, sa, err := s.pfd.ReadFrom(buf)
	return n, hostAddr(sa).unix, hostError(hostCallRecvFrom, err)
}

func (h *host) Close(sockfd int) error {
	s, err := h.sock(sockfd)
	if err != nil {
		return err
	}
	if !(*h.socks.Load())[sockfd/hostNumberStep].CompareAndSwap(s, nil) {
		return syscall.EBADF
	}
	return hostError("close", s.pfd.Close())
}

func (h *host) SetSockOpt(sockfd, level, opt int, value any) error {
	s, err := h.sock(sockfd)
	if err != nil {
		return err
	}
	number := 0
	switch v := value.(type) {
	case bool:
		if v {
			number = 1
		}
	case int:
		number = v
	default:
		return os.NewSyscallError("setsockopt", syscall.EINVAL)
	}
	if level == ndSOL_SOCKET && opt == ndSO_LINGER {
		linger := syscall.Linger{Onoff: 1, Linger: int32(number)}
		if number < 0 {
			linger = syscall.Linger{}
		}
		return hostError("setsockopt", s.pfd.SetsockoptLinger(syscall.SOL_SOCKET, syscall.SO_LINGER, &linger))
	}
	return s.setOption(level, opt, number)
}

func (h *host) SetSockDeadline(sockfd, calls int, t time.Time) error {
	s, err := h.sock(sockfd)
	if err != nil {
		return err
	}
	if !s.polled.Load() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if !s.polled.Load() {
			if s.early == nil {
				s.early = new([2]time.Time)
			}
			for i := range s.early {
				if calls&(ndReads<<i) != 0 {
					s.early[i] = t
				}
			}
			return nil
		}
	}
	return hostError("set", s.setDeadline(calls, t))
}

func (h *host) GetSockname(sockfd int) (netip.AddrPort, error) {
	sa, err := syscall.Getsockname(hostHandle(sockfd))
	return hostAddr(sa).ip, hostError("getsockname", err)
}

func (h *host) SocknameUnix(sockfd int) (string, error) {
	sa, err := syscall.Getsockname(hostHandle(sockfd))
	return hostAddr(sa).unix, hostError("getsockname", err)
}

func (h *host) Shutdown(sockfd, how int) error {
	s, err := h.sock(sockfd)
	if err != nil {
		return err
	}
	return hostError("shutdown", s.pfd.Shutdown(how))
}

func (h *host) Unlink(name string) error {
	return hostError("unlink", syscall.Unlink(name))
}

func (h *host) rawControl(sockfd int, f func(uintptr)) error {
	s, err := h.sock(sockfd)
	if err != nil {
		return err
	}
	return hostError("control", s.pfd.RawControl(f))
}

func (h *host) rawCall(sockfd, what int, f func(uintptr) bool) error {
	s, err := h.sock(sockfd)
	if err != nil {
		return err
	}
	if what == ndWrites {
		return hostError(hostCallWrite, s.pfd.RawWrite(f))
	}
	return hostError(hostCallRead, s.pfd.RawRead(f))
}

func (h *host) recvMsg(sockfd int, p, oob []byte) (n, oobn, flags int, from sockname, err error) {
	s, err := h.sock(sockfd)
	if err != nil {
		return
	}
	switch s.domain {
	case ndAF_INET:
		var sa4 syscall.SockaddrInet4
		n, oobn, flags, err = s.pfd.ReadMsgInet4(p, oob, 0, &sa4)
		from.ip = netip.AddrPortFrom(netip.AddrFrom4(sa4.Addr), uint16(sa4.Port))
	case ndAF_INET6:
		var sa6 syscall.SockaddrInet6
		n, oobn, flags, err = s.pfd.ReadMsgInet6(p, oob, 0, &sa6)
		from.ip = hostAddr6(&sa6)
	default:
		var sa syscall.Sockaddr
		n, oobn, flags, sa, err = s.pfd.ReadMsg(p, oob, readMsgFlags)
		if err == nil && oobn > 0 {
			setReadMsgCloseOnExec(oob[:oobn])
		}
		from = hostAddr(sa)
	}
	return n, oobn, flags, from, hostError(hostCallRecvMsg, err)
}

func (h *host) sendMsg(sockfd int, p, oob []byte, to sockname) (n, oobn int, err error) {
	s, err := h.sock(sockfd)
	if err != nil {
		return
	}
	switch {
	case to.ip.Addr().Is4():
		sa := sockaddr4(to.ip)
		n, oobn, err = s.pfd.WriteMsgInet4(p, oob, &sa)
	case to.ip.IsValid():
		sa := sockaddr6(to.ip)
		n, oobn, err = s.pfd.WriteMsgInet6(p, oob, &sa)
	default:
		n, oobn, err = s.pfd.WriteMsg(p, oob, to.sockaddr())
	}
	return n, oobn, hostError(hostCallSendMsg, err)
}

func (h *host) writev(sockfd int, v *[][]byte) (int64, error) {
	s, err := h.sock(sockfd)
	if err != nil {
		return 0, err
	}
	n, err := s.pfd.Writev(v)
	return n, hostError(hostCallWritev, err)
}

func (h *host) adopt(f *os.File) (systemSocket, error) {
	handle, err := hostDupFile(f)
	if err != nil {
		return systemSocket{}, err
	}
	sock, err := describeSocket(handle)
	if err != nil {
		hostClose(handle)
		return systemSocket{}, err
	}
	if err := h.add(sock.sockfd, sock.family, sock.sotype).poll(); err != nil {
		h.Close(sock.sockfd)
		return systemSocket{}, err
	}
	return sock, nil
}

// describeSocket asks the system about a socket that the program got from
// elsewhere.
func describeSocket(handle hostHandle) (sock systemSocket, err error) {
	sotype, err := syscall.GetsockoptInt(handle, syscall.SOL_SOCKET, hostSO_TYPE)
	if err != nil {
		return sock, os.NewSyscallError("getsockopt", err)
	}
	local, err := syscall.Getsockname(handle)
	if err != nil {
		return sock, os.NewSyscallError("getsockname", err)
	}
	switch local.(type) {
	case *syscall.SockaddrInet4:
		sock.family = ndAF_INET
	case *syscall.SockaddrInet6:
		sock.family = ndAF_INET6
	case *syscall.SockaddrUnix:
		sock.family = ndAF_UNIX
	default:
		return sock, syscall.EPROTONOSUPPORT
	}
	sock.sockfd, sock.sotype, sock.local = int(handle), sotype, hostAddr(local)
	if remote, err := syscall.Getpeername(handle); err == nil {
		sock.remote, sock.connected = hostAddr(remote), true
	}
	return sock, nil
}
