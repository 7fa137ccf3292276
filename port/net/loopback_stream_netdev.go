//go:build tinynetport

package net

// How connections on the built-in loopback begin: Connect, Listen and Accept.

import (
	"net/netip"
	"os"
	"syscall"
)

type loopPending struct {
	num  int
	sock *loopSock
}

// errOffBoard is the error of a dial that would need a device.
var errOffBoard error = &offBoardError{}

type offBoardError struct{}

func (*offBoardError) Error() string {
	return "no network device is set (netdev.UseNetdev): only loopback addresses can be reached"
}

func (*offBoardError) Is(target error) bool { return sameError(target, syscall.ENETUNREACH) }

func (l *loopback) Connect(num int, _ string, ip netip.AddrPort) error {
	s, err := l.sock(num)
	if err != nil {
		return err
	}
	if s.unix != nil {
		return sysError("connect", syscall.EINVAL)
	}
	to := unmapped(ip)
	if to.Addr().IsUnspecified() {
		home := netip.IPv6Loopback()
		if to.Addr().Is4() {
			home = netip.AddrFrom4([4]byte{127, 0, 0, 1})
		}
		to = netip.AddrPortFrom(home, to.Port())
	}
	if !to.Addr().IsLoopback() {
		return errOffBoard
	}
	l.mu.Lock()
	if !s.bound {
		if err := l.bind(s, netip.AddrPortFrom(to.Addr(), 0)); err != nil {
			l.mu.Unlock()
			return err
		}
	}
	if s.local.Addr().IsUnspecified() {
		s.local = netip.AddrPortFrom(to.Addr(), s.local.Port())
	}
	if s.stype == ndSOCK_DGRAM {
		s.remote = to
		l.mu.Unlock()
		return nil
	}
	target := l.find(s.stype, to, s.local)
	switch {
	case s.inbox == nil:
		err = sysError("connect", syscall.EISCONN)
	case target == nil || target.remote.IsValid():
		err = sysError("connect", syscall.ECONNREFUSED)
	default:
		s.remote = to
	}
	l.mu.Unlock()
	if err != nil {
		return err
	}
	if err = l.meet(s, target); err != nil {
		l.mu.Lock()
		s.remote = netip.AddrPort{}
		l.mu.Unlock()
	}
	return err
}

// connect queues the other end of a new connection at the listener target,
// and waits for room there. b and mine are their inboxes.
func (l *loopback) connect(s, target *loopSock, b, mine *loopInbox) error {
	b.mu.Lock()
	for {
		room := len(b.backlog) < b.most
		mine.mu.Lock()
		expired := mine.wr.expired
		if !room && !expired {
			// A deadline of s, from here on, wakes this listener's waiters too (see
			// SetSockDeadline).
			mine.notify = func() {
				b.mu.Lock()
				b.arrived.Broadcast()
				b.mu.Unlock()
			}
		}
		mine.mu.Unlock()
		switch {
		case expired:
			b.mu.Unlock()
			return os.ErrDeadlineExceeded
		case !b.listening || b.closed:
			b.mu.Unlock()
			return sysError("connect", syscall.ECONNREFUSED)
		}
		if room {
			break
		}
		b.arrived.Wait()
	}
	packet := s.stype == ndSOCK_SEQPACKET
	there, back := newLoopPipe(packet), newLoopPipe(packet)
	peer := &loopSock{
		l: l, domain: target.domain, stype: target.stype,
		local: s.remote, remote: s.local,
		in: there, out: back, stream: &loopStreams,
	}
	if s.unix != nil {
		peer.unix = &loopNames{name: target.unix.name, peer: s.unix.name}
	}
	l.mu.Lock()
	s.in, s.out, s.stream, s.inbox = back, there, &loopStreams, nil
	l.mu.Unlock()
	b.backlog = append(b.backlog, loopPending{-1, peer})
	notify := b.notify
	b.arrived.Broadcast()
	b.mu.Unlock()
	if notify != nil {
		notify()
	}
	return nil
}

// meet connects s to target, if anybody listens there.
func (l *loopback) meet(s, target *loopSock) error {
	l.mu.Lock()
	b, mine := target.inbox, s.inbox
	l.mu.Unlock()
	switch {
	case mine == nil:
		return sysError("connect", syscall.EISCONN)
	case b == nil:
		return sysError("connect", syscall.ECONNREFUSED)
	}
	b.mu.Lock()
	connect := b.connect
	b.mu.Unlock()
	if connect != nil {
		return connect(l, s, target, b, mine)
	}
	mine.mu.Lock()
	defer mine.mu.Unlock()
	if mine.wr.expired {
		return os.ErrDeadlineExceeded
	}
	return sysError("connect", syscall.ECONNREFUSED)
}

func (l *loopback) Listen(num, backlog int) error {
	s, err := l.sock(num)
	if err != nil {
		return err
	}
	if s.stype == ndSOCK_DGRAM || s.inbox == nil {
		return sysError("listen", syscall.EOPNOTSUPP)
	}
	l.mu.Lock()
	if !s.bound && s.domain != ndAF_UNIX {
		any := netip.IPv4Unspecified()
		if s.domain == ndAF_INET6 {
			any = netip.IPv6Unspecified()
		}
		err = l.bind(s, netip.AddrPortFrom(any, 0))
	}
	l.mu.Unlock()
	if err != nil {
		return err
	}
	s.inbox.mu.Lock()
	s.inbox.listening, s.inbox.most = true, max(1, min(backlog, loopBacklog))
	s.inbox.connect = (*loopback).connect
	s.inbox.mu.Unlock()
	return nil
}

func (l *loopback) Accept(num int) (int, netip.AddrPort, error) {
	newnum, c, err := l.accept(num, true)
	if err != nil {
		return -1, netip.AddrPort{}, err
	}
	return newnum, c.mapped(c.remote), nil
}

func (l *loopback) acceptNow(num int) (int, netip.AddrPort, error) {
	newnum, c, err := l.accept(num, false)
	if err != nil {
		return -1, netip.AddrPort{}, err
	}
	return newnum, c.mapped(c.remote), nil
}

func (l *loopback) accept(num int, wait bool) (int, *loopSock, error) {
	s, err := l.sock(num)
	if err != nil {
		return -1, nil, err
	}
	b := s.inbox
	if b == nil {
		return -1, nil, sysError("accept", syscall.EINVAL)
	}
	b.mu.Lock()
	for {
		switch {
		case b.closed:
			b.mu.Unlock()
			return -1, nil, errClosed
		case !b.listening:
			b.mu.Unlock()
			return -1, nil, sysError("accept", syscall.EINVAL)
		case wait && b.rd.expired:
			b.mu.Unlock()
			return -1, nil, os.ErrDeadlineExceeded
		}
		if len(b.backlog) > 0 {
			break
		}
		if !wait {
			b.mu.Unlock()
			return -1, nil, syscall.EAGAIN
		}
		b.arrived.Wait()
	}
	c := b.backlog[0].sock
	b.backlog = b.backlog[:copy(b.backlog, b.backlog[1:])]
	b.arrived.Broadcast() // there is room
	b.mu.Unlock()
	l.mu.Lock()
	newnum := l.add(c)
	l.mu.Unlock()
	return newnum, c, nil
}

func (l *loopback) Shutdown(num, how int) error {
	s, err := l.sock(num)
	if err != nil {
		return err
	}
	if s.stream == nil {
		return sysError("shutdown", syscall.ENOTCONN)
	}
	if how != ndSHUT_WR {
		s.in.mu.Lock()
		s.in.deaf = true
		s.in.readable.Broadcast()
		s.in.writable.Broadcast()
		s.in.mu.Unlock()
	}
	if how != ndSHUT_RD {
		s.out.mu.Lock()
		s.out.ended = true
		s.out.readable.Broadcast()
		s.out.writable.Broadcast()
		s.out.mu.Unlock()
	}
	return nil
}
