//go:build tinynetport && !baremetal && !nohostnet

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
// the system's file descriptors; a blocked call holds a goroutine and no
// thread, because hostFD waits.
type host struct {
	// socks has the open sockets by number. Readers take no lock: a slot never
	// moves within a table, and a larger table starts as a copy of pointers to
	// the same slots.
	socks atomic.Pointer[[]*atomic.Pointer[hostSock]]
	grow  sync.Mutex
}

type hostSock struct {
	pfd    hostFD
	domain int
	sotype int
	polled atomic.Bool // known to the poller

	mu    sync.Mutex   // is held to make it known
	early [2]time.Time // deadlines for reads and writes set before that
}

// hosted says that the system has sockets of its own.
const hosted = true

// The system's calls, which Go's own tests have fail or wait.
var (
	socketFunc  = syscall.Socket
	connectFunc = syscall.Connect
	listenFunc  = syscall.Listen
)

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
	if table := h.socks.Load(); table != nil && uint(sockfd) < uint(len(*table)) {
		if s := (*table)[sockfd].Load(); s != nil {
			return s, nil
		}
	}
	return nil, syscall.EBADF
}

// add makes the device know a file descriptor, which it then owns.
func (h *host) add(osfd, domain, sotype int) *hostSock {
	s := &hostSock{domain: domain, sotype: sotype}
	s.pfd = hostFD{
		Sysfd:         osfd,
		IsStream:      sotype == ndSOCK_STREAM,
		ZeroReadIsEOF: sotype != ndSOCK_DGRAM && sotype != ndSOCK_RAW,
	}
	table := h.socks.Load()
	if table == nil || osfd >= len(*table) {
		h.grow.Lock()
		var old []*atomic.Pointer[hostSock]
		if table = h.socks.Load(); table != nil {
			old = *table
		}
		if osfd >= len(old) {
			larger := make([]*atomic.Pointer[hostSock], osfd+osfd/2+16)
			fresh := make([]atomic.Pointer[hostSock], len(larger)-len(old))
			for i := copy(larger, old); i < len(larger); i++ {
				larger[i] = &fresh[i-len(old)]
			}
			h.socks.Store(&larger)
		}
		table = h.socks.Load()
		h.grow.Unlock()
	}
	(*table)[osfd].Store(s)
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
	if err := s.pfd.Init("netdev", true); err != nil {
		return err
	}
	for i, t := range s.early {
		if !t.IsZero() {
			s.setDeadline(ndReads<<i, t)
		}
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
		s, err := syscall.Socket(domain, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
		if err != nil {
			return false
		}
		defer syscall.Close(s)
		if domain == ndAF_INET {
			return true
		}
		syscall.SetsockoptInt(s, ndSOL_IPV6, ndIPV6_V6ONLY, only6)
		return syscall.Bind(s, a.sockaddr()) == nil
	}
	v6 := sockname{ip: netip.AddrPortFrom(netip.IPv6Loopback(), 0)}
	v4in6 := sockname{ip: netip.AddrPortFrom(netip.MustParseAddr("::ffff:127.0.0.1"), 0)}
	return can(ndAF_INET, sockname{}, 0), can(ndAF_INET6, v6, 1), can(ndAF_INET6, v4in6, 0)
}

func (h *host) Socket(domain, stype, protocol int) (int, error) {
	if domain == ndAF_UNIX || stype == ndSOCK_STREAM && protocol == ndIPPROTO_TCP || stype == ndSOCK_DGRAM && protocol == ndIPPROTO_UDP {
		protocol = 0
	} else if stype != ndSOCK_RAW && protocol != 0 {
		return -1, os.NewSyscallError("socket", syscall.EPROTONOSUPPORT) // above all no plain TCP for TLS
	}
	osfd, err := socketFunc(domain, stype|syscall.SOCK_NONBLOCK|syscall.SOCK_CLOEXEC, protocol)
	if err != nil {
		return -1, os.NewSyscallError("socket", err)
	}
	h.add(osfd, domain, stype)
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
	if err := syscall.Bind(sockfd, sa); err != nil {
		return os.NewSyscallError("bind", err)
	}
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
	err = connectFunc(sockfd, sa)
	if e := s.poll(); e != nil {
		return e
	}
	for err == syscall.EINPROGRESS || err == syscall.EALREADY || err == syscall.EINTR {
		if err := s.pfd.WaitWrite(); err != nil {
			return hostError("connect", err)
		}
		// Asked again, the system tells how it went, and that it still goes on
		// where the poller gave a false alarm.
		err = connectFunc(sockfd, sa)
	}
	if err != nil && err != syscall.EISCONN {
		return os.NewSyscallError("connect", err)
	}
	return nil
}

func (h *host) Listen(sockfd, backlog int) error {
	s, err := h.sock(sockfd)
	if err != nil {
		return err
	}
	if err := listenFunc(sockfd, backlog); err != nil {
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
	osfd, sa, call, err := s.pfd.Accept()
	if err != nil {
		if call == "" {
			call = "accept"
		}
		return -1, sockname{}, hostError(call, err)
	}
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
	return n, hostError("write", err)
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
	return n, hostError("read", err)
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
	return n, hostError("sendto", err)
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
	return n, from, hostError("recvfrom", err)
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
	return n, hostError("sendto", err)
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
	return n, hostAddr(sa).unix, hostError("recvfrom", err)
}

func (h *host) Close(sockfd int) error {
	s, err := h.sock(sockfd)
	if err != nil {
		return err
	}
	if !(*h.socks.Load())[sockfd].CompareAndSwap(s, nil) {
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
		return hostError("setsockopt", s.pfd.SetsockoptLinger(level, opt, &linger))
	}
	return hostError("setsockopt", s.pfd.SetsockoptInt(level, opt, number))
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
	sa, err := syscall.Getsockname(sockfd)
	return hostAddr(sa).ip, hostError("getsockname", err)
}

func (h *host) SocknameUnix(sockfd int) (string, error) {
	sa, err := syscall.Getsockname(sockfd)
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

func (h *host) JoinGroup(sockfd int, group netip.Addr, ifindex int) error {
	s, err := h.sock(sockfd)
	if err != nil {
		return err
	}
	if group.Is4() {
		err = s.pfd.SetsockoptIPMreqn(syscall.IPPROTO_IP, syscall.IP_ADD_MEMBERSHIP, &syscall.IPMreqn{Multiaddr: group.As4(), Ifindex: int32(ifindex)})
	} else {
		err = s.pfd.SetsockoptIPv6Mreq(syscall.IPPROTO_IPV6, syscall.IPV6_JOIN_GROUP, &syscall.IPv6Mreq{Multiaddr: group.As16(), Interface: uint32(ifindex)})
	}
	return hostError("setsockopt", err)
}

func (h *host) SetMulticastInterface(sockfd int, ip6 bool, ifindex int) error {
	s, err := h.sock(sockfd)
	if err != nil {
		return err
	}
	if ip6 {
		err = s.pfd.SetsockoptInt(syscall.IPPROTO_IPV6, syscall.IPV6_MULTICAST_IF, ifindex)
	} else {
		err = s.pfd.SetsockoptIPMreqn(syscall.IPPROTO_IP, syscall.IP_MULTICAST_IF, &syscall.IPMreqn{Ifindex: int32(ifindex)})
	}
	return hostError("setsockopt", err)
}

func (h *host) SetMulticastLoopback(sockfd int, ip6 bool, on bool) error {
	if ip6 {
		return h.SetSockOpt(sockfd, syscall.IPPROTO_IPV6, syscall.IPV6_MULTICAST_LOOP, on)
	}
	return h.SetSockOpt(sockfd, syscall.IPPROTO_IP, syscall.IP_MULTICAST_LOOP, on)
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
		return hostError("write", s.pfd.RawWrite(f))
	}
	return hostError("read", s.pfd.RawRead(f))
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
		n, oobn, flags, sa, err = s.pfd.ReadMsg(p, oob, syscall.MSG_CMSG_CLOEXEC)
		from = hostAddr(sa)
	}
	return n, oobn, flags, from, hostError("recvmsg", err)
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
	return n, oobn, hostError("sendmsg", err)
}

func (h *host) writev(sockfd int, v *[][]byte) (int64, error) {
	s, err := h.sock(sockfd)
	if err != nil {
		return 0, err
	}
	n, err := s.pfd.Writev(v)
	return n, hostError("writev", err)
}

// sendFile copies up to most bytes of a file, all for -1. Files that the
// system cannot send are not handled.
func (h *host) sendFile(sockfd int, file uintptr, most int64) (n int64, handled bool, err error) {
	const chunk = 4 << 20 // lets deadlines and Close in between
	s, err := h.sock(sockfd)
	if err != nil {
		return 0, true, err
	}
	waitErr := s.pfd.RawWrite(func(osfd uintptr) bool {
		for n != most {
			want := int64(chunk)
			if most >= 0 {
				want = min(want, most-n)
			}
			sent, e := syscall.Sendfile(int(osfd), int(file), nil, int(want))
			switch {
			case sent > 0:
				n += int64(sent)
			case e == syscall.EAGAIN:
				return false
			case e == syscall.EINTR:
			default:
				err = e
				return true // the end of the file if e is nil
			}
		}
		return true
	})
	if n == 0 && (err == syscall.EINVAL || err == syscall.ENOSYS || err == syscall.EOPNOTSUPP || err == syscall.EPERM) {
		return 0, false, nil
	}
	if err == nil {
		err = waitErr
	}
	return n, true, hostError("sendfile", err)
}

func (h *host) dup(sockfd int, name string) (*os.File, error) {
	s, err := h.sock(sockfd)
	if err != nil {
		return nil, err
	}
	osfd, call, err := s.pfd.Dup()
	if err != nil {
		return nil, hostError(call, err)
	}
	return newUnixFile(osfd, name), nil
}

// newUnixFile is in os. Unlike with os.NewFile, the file's Fd gives a
// descriptor that blocks, which programs have come to expect of sockets.
func newUnixFile(fd int, name string) *os.File

func (h *host) adopt(f *os.File) (sock systemSocket, err error) {
	osfd, call, err := dupHostFD(int(f.Fd()))
	if err != nil {
		return sock, hostError(call, err)
	}
	defer func() {
		if err != nil {
			syscall.Close(osfd)
		}
	}()
	if err := syscall.SetNonblock(osfd, true); err != nil {
		return sock, os.NewSyscallError("setnonblock", err)
	}
	sotype, err := syscall.GetsockoptInt(osfd, syscall.SOL_SOCKET, syscall.SO_TYPE)
	if err != nil {
		return sock, os.NewSyscallError("getsockopt", err)
	}
	local, err := syscall.Getsockname(osfd)
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
	sock.sockfd, sock.sotype, sock.local = osfd, sotype, hostAddr(local)
	if remote, err := syscall.Getpeername(osfd); err == nil {
		sock.remote, sock.connected = hostAddr(remote), true
	}
	if err := h.add(osfd, sock.family, sotype).poll(); err != nil {
		h.Close(osfd)
		return systemSocket{}, err
	}
	return sock, nil
}
