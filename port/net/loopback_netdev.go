//go:build tinynetport

package net

// The built-in loopback as a device: its sockets, by number, and the calls that
// streams and datagrams share.

import (
	"net/netip"
	"sync"
	"syscall"
	"time"
)

// loopback is the built-in device: TCP and UDP on 127.0.0.0/8 and ::1, and
// unix sockets, all in memory. It works with no hardware at all.
// See docs/RATIONALE.md, "A loopback of our own".
//
// Locks are taken in the order loopInbox.mu, loopback.mu, loopPipe.mu.
type loopback struct {
	mu     sync.Mutex  // plain: see docs/RATIONALE.md, "Plain locks for readers"
	socks  []*loopSock // by number; nil is free
	free   []int
	bound  []*loopSock // those with a port or a name, the latest last
	nextEp uint16
}

// theLoopback is made when first used: a program without sockets pays nothing.
var theLoopback = sync.OnceValue(func() *loopback {
	return &loopback{}
})

type loopSock struct {
	l             *loopback
	domain, stype uint16
	bound         bool // in l.bound
	only6, reuse  bool
	abort         bool // Close resets the connection
	closed        bool
	local, remote netip.AddrPort // always unmapped
	unix          *loopNames     // of a socket with domain AF_UNIX

	// A connected stream has pipes and what works them, all else an inbox.
	in, out *loopPipe
	stream  *loopStream
	inbox   *loopInbox
}

func (l *loopback) sock(num int) (*loopSock, error) {
	var s *loopSock
	l.mu.Lock()
	if uint(num) < uint(len(l.socks)) {
		s = l.socks[num]
	}
	l.mu.Unlock()
	if s == nil {
		return nil, syscall.EBADF
	}
	return s, nil
}

// add numbers a socket. The caller holds l.mu.
func (l *loopback) add(s *loopSock) int {
	if n := len(l.free); n > 0 {
		num := l.free[n-1]
		l.free = l.free[:n-1]
		l.socks[num] = s
		return num
	}
	l.socks = append(l.socks, s)
	return len(l.socks) - 1
}

func (l *loopback) GetHostByName(name string) (netip.Addr, error) {
	if !isLocalhostName(name) {
		return netip.Addr{}, &DNSError{Err: errNoSuchHost.Error(), Name: name, IsNotFound: true}
	}
	return netip.AddrFrom4([4]byte{127, 0, 0, 1}), nil
}

func (l *loopback) Addr() (netip.Addr, error) {
	return netip.AddrFrom4([4]byte{127, 0, 0, 1}), nil
}

func (l *loopback) AddressFamilies() (ip4, ip6, mapped bool) { return true, true, true }

func (l *loopback) Socket(domain, stype, protocol int) (int, error) {
	want := 0
	switch {
	case domain != ndAF_INET && domain != ndAF_INET6 && domain != ndAF_UNIX:
		return -1, sysError("socket", syscall.EAFNOSUPPORT)
	case domain == ndAF_UNIX && (stype == ndSOCK_STREAM || stype == ndSOCK_DGRAM || stype == ndSOCK_SEQPACKET):
	case stype == ndSOCK_STREAM:
		want = ndIPPROTO_TCP
	case stype == ndSOCK_DGRAM:
		want = ndIPPROTO_UDP
	default:
		return -1, sysError("socket", syscall.EPROTONOSUPPORT)
	}
	if protocol != 0 && protocol != want {
		return -1, sysError("socket", syscall.EPROTONOSUPPORT)
	}
	s := &loopSock{l: l, domain: uint16(domain), stype: uint16(stype), inbox: newLoopInbox()}
	if domain == ndAF_UNIX {
		s.unix = new(loopNames)
	}
	l.mu.Lock()
	num := l.add(s)
	l.mu.Unlock()
	return num, nil
}

func (l *loopback) Send(num int, buf []byte, flags int, deadline time.Time) (int, error) {
	s, err := l.sock(num)
	if err != nil {
		return 0, err
	}
	if !deadline.IsZero() {
		l.SetSockDeadline(num, ndWrites, deadline)
		defer l.SetSockDeadline(num, ndWrites, time.Time{})
	}
	switch {
	case s.stream != nil:
		return s.stream.write(s, buf)
	case s.stype != ndSOCK_DGRAM:
		return 0, sysError("write", syscall.ENOTCONN)
	case s.domain == ndAF_UNIX && s.unix.peer != "":
		return l.SendToUnix(num, buf, s.unix.peer)
	case s.remote.IsValid():
		return l.sendTo(s, buf, s.remote)
	}
	return 0, sysError("write", syscall.EDESTADDRREQ)
}

func (l *loopback) Recv(num int, buf []byte, flags int, deadline time.Time) (int, error) {
	s, err := l.sock(num)
	if err != nil {
		return 0, err
	}
	if !deadline.IsZero() {
		l.SetSockDeadline(num, ndReads, deadline)
		defer l.SetSockDeadline(num, ndReads, time.Time{})
	}
	if s.stream != nil {
		return s.stream.read(s, buf)
	}
	if s.stype != ndSOCK_DGRAM {
		return 0, sysError("read", syscall.ENOTCONN)
	}
	n, _, err := s.inbox.receive(buf, true)
	return n, err
}

func (l *loopback) SetSockDeadline(num, calls int, t time.Time) error {
	s, err := l.sock(num)
	if err != nil {
		return err
	}
	l.mu.Lock()
	stream, b := s.stream, s.inbox // a connect in another goroutine changes both
	l.mu.Unlock()
	if stream == nil {
		b.mu.Lock()
		if calls&ndReads != 0 {
			b.rd.set(t, &b.arrived)
		}
		if calls&ndWrites != 0 {
			b.wr.set(t, &b.arrived)
		}
		notify := b.notify
		b.mu.Unlock()
		if notify != nil && s.stype != ndSOCK_DGRAM && calls&ndWrites != 0 {
			notify() // connect waits at the listener
		}
		return nil
	}
	stream.setDeadline(s, calls, t)
	return nil
}

func (l *loopback) SetSockOpt(num, level, opt int, value any) error {
	s, err := l.sock(num)
	if err != nil {
		return err
	}
	on, _ := value.(bool)
	seconds, _ := value.(int)
	l.mu.Lock()
	switch {
	case level == ndSOL_IPV6 && opt == ndIPV6_V6ONLY:
		s.only6 = on
	case level == ndSOL_SOCKET && opt == ndSO_REUSEADDR:
		s.reuse = on
	case level == ndSOL_SOCKET && opt == ndSO_LINGER:
		s.abort = seconds == 0
	}
	l.mu.Unlock()
	return nil // the others make no difference in memory
}

func (l *loopback) Close(num int) error {
	l.mu.Lock()
	if uint(num) >= uint(len(l.socks)) || l.socks[num] == nil {
		l.mu.Unlock()
		return syscall.EBADF
	}
	s := l.socks[num]
	l.socks[num] = nil
	l.free = append(l.free, num)
	l.unbind(s)
	l.mu.Unlock()
	s.close()
	return nil
}

func (s *loopSock) close() {
	s.l.mu.Lock()
	b, stream, abort := s.inbox, s.stream, s.abort
	s.l.mu.Unlock()
	if b != nil {
		b.mu.Lock()
		b.closed = true
		b.rd.stop()
		b.wr.stop()
		waiting := b.backlog
		b.backlog = nil
		b.arrived.Broadcast()
		b.mu.Unlock()
		b.tellSenders()
		for _, p := range waiting {
			p.sock.abort = true
			p.sock.close()
		}
	}
	if stream != nil {
		stream.close(s, abort)
	}
}
