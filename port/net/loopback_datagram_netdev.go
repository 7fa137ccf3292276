//go:build tinynetport

package net

// Datagrams on the built-in loopback, and the inbox in which they, or
// connections that nobody has accepted yet, wait.

import (
	"net/netip"
	"os"
	"sync"
	"syscall"
	"time"
)

// A loopInbox is where connections wait for Accept and datagrams for RecvFrom.
type loopInbox struct {
	mu        sync.Mutex
	arrived   sync.Cond // also: deadline, close
	listening bool
	closed    bool
	backlog   []loopPending
	most      int
	msgs      []loopMsg
	data      ring
	refused   bool // the last datagram found nobody (ICMP port unreachable)
	rd, wr    loopDeadline
	notify    func()

	// connect is (*loopback).connect where somebody listens: see loopStream.
	connect func(l *loopback, s, target *loopSock, b, mine *loopInbox) error

	// What SendToUnix waits for: full are inboxes of senders that found no room
	// here, rooms counts how often their own has been told of some elsewhere.
	full  []*loopInbox
	rooms uint
}

type loopMsg struct {
	size int
	from netip.AddrPort
	name string
}

func newLoopInbox() *loopInbox {
	b := &loopInbox{}
	b.arrived.L = &b.mu
	return b
}

func (l *loopback) SendTo(num int, buf []byte, flags int, deadline time.Time, to netip.AddrPort) (int, error) {
	s, err := l.sock(num)
	if err != nil {
		return 0, err
	}
	if s.stype != ndSOCK_DGRAM {
		return 0, sysError("sendto", syscall.EISCONN)
	}
	to = unmapped(to)
	if to.Addr().IsUnspecified() {
		to = netip.AddrPortFrom(loopHome(to.Addr()), to.Port())
	}
	if !to.Addr().IsLoopback() {
		return 0, errOffBoard
	}
	return l.sendTo(s, buf, to)
}

func (l *loopback) sendTo(s *loopSock, buf []byte, to netip.AddrPort) (int, error) {
	if len(buf) > min(loopBuffer, 65507) {
		return 0, sysError("sendto", syscall.EMSGSIZE)
	}
	if err := s.inbox.sendable(); err != nil {
		return 0, err
	}
	l.mu.Lock()
	if !s.bound {
		any := netip.IPv4Unspecified()
		if s.domain == ndAF_INET6 {
			any = netip.IPv6Unspecified()
		}
		if err := l.bind(s, netip.AddrPortFrom(any, 0)); err != nil {
			l.mu.Unlock()
			return 0, err
		}
	}
	from := s.local
	if from.Addr().IsUnspecified() {
		from = netip.AddrPortFrom(to.Addr(), from.Port())
	}
	target := l.find(ndSOCK_DGRAM, to, from)
	l.mu.Unlock()
	if target == nil {
		if s.remote.IsValid() {
			s.inbox.mu.Lock()
			s.inbox.refused = true
			s.inbox.arrived.Broadcast()
			s.inbox.mu.Unlock()
		}
		return len(buf), nil
	}
	target.inbox.deliver(buf, target.mapped(from), "")
	return len(buf), nil
}

// sendable reports what stands in the way of a datagram.
func (b *loopInbox) sendable() error {
	b.mu.Lock()
	err := b.sendableLocked()
	b.mu.Unlock()
	return err
}

func (b *loopInbox) sendableLocked() (err error) {
	switch {
	case b.closed:
		err = errClosed
	case b.wr.expired:
		err = os.ErrDeadlineExceeded
	case b.refused:
		b.refused = false
		err = sysError("write", syscall.ECONNREFUSED)
	}
	return err
}

// deliver queues a datagram, or drops it where there is no room.
func (b *loopInbox) deliver(buf []byte, from netip.AddrPort, name string) {
	b.offer(buf, from, name, nil)
}

// offer queues a datagram, unless there is no room. Then it has sender told when
// there is, if that is not nil.
func (b *loopInbox) offer(buf []byte, from netip.AddrPort, name string, sender *loopInbox) (taken bool, err error) {
	b.mu.Lock()
	var notify func()
	switch {
	case b.closed:
		err = sysError("sendto", syscall.ECONNREFUSED)
	case len(b.msgs) < loopQueue && b.data.room() >= len(buf):
		taken = true
		b.data.put(buf)
		b.msgs = append(b.msgs, loopMsg{len(buf), from, name})
		b.arrived.Broadcast()
		notify = b.notify
	case sender != nil && !b.tells(sender):
		b.full = append(b.full, sender)
	}
	b.mu.Unlock()
	if notify != nil {
		notify()
	}
	return taken, err
}

func (b *loopInbox) tells(sender *loopInbox) bool {
	for _, s := range b.full {
		if s == sender {
			return true
		}
	}
	return false
}

// tellSenders is for when there is room, or no use in waiting for it. b.mu is not
// held.
func (b *loopInbox) tellSenders() {
	b.mu.Lock()
	senders := b.full
	b.full = nil
	b.mu.Unlock()
	for _, s := range senders {
		s.mu.Lock()
		s.rooms++
		s.arrived.Broadcast()
		s.mu.Unlock()
	}
}

func (b *loopInbox) receive(buf []byte, wait bool) (int, loopMsg, error) {
	b.mu.Lock()
	n, m, err := b.receiveLocked(buf, wait)
	told := b.full == nil
	b.mu.Unlock()
	if !told {
		b.tellSenders()
	}
	return n, m, err
}

func (b *loopInbox) receiveLocked(buf []byte, wait bool) (int, loopMsg, error) {
	for {
		switch {
		case b.closed:
			return 0, loopMsg{}, errClosed
		case wait && b.rd.expired:
			return 0, loopMsg{}, os.ErrDeadlineExceeded
		case len(b.msgs) > 0:
			m := b.msgs[0]
			b.msgs = b.msgs[:copy(b.msgs, b.msgs[1:])]
			n := b.data.get(buf[:min(len(buf), m.size)])
			b.data.skip(m.size - n)
			return n, m, nil
		case b.refused:
			b.refused = false
			return 0, loopMsg{}, sysError("read", syscall.ECONNREFUSED)
		case !wait:
			return 0, loopMsg{}, syscall.EAGAIN
		}
		b.arrived.Wait()
	}
}

func (l *loopback) RecvFrom(num int, buf []byte, flags int, deadline time.Time) (int, netip.AddrPort, error) {
	s, err := l.sock(num)
	if err != nil {
		return 0, netip.AddrPort{}, err
	}
	if !deadline.IsZero() {
		l.SetSockDeadline(num, ndReads, deadline)
		defer l.SetSockDeadline(num, ndReads, time.Time{})
	}
	if s.stream != nil {
		n, err := s.stream.read(s, buf)
		return n, s.mapped(s.remote), err
	}
	n, m, err := s.inbox.receive(buf, true)
	return n, m.from, err
}

func (l *loopback) recvNow(num int, buf []byte) (int, netip.AddrPort, error) {
	s, err := l.sock(num)
	if err != nil {
		return 0, netip.AddrPort{}, err
	}
	n, m, err := s.inbox.receive(buf, false)
	return n, m.from, err
}

// notify has f called whenever something arrives for a socket.
func (l *loopback) notify(num int, f func()) {
	if s, err := l.sock(num); err == nil && s.inbox != nil {
		s.inbox.mu.Lock()
		s.inbox.notify = f
		s.inbox.mu.Unlock()
	}
}
