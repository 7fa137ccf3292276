//go:build tinynetport

package net

// Unix sockets on the built-in loopback, whose addresses are names.

import (
	"net/netip"
	"syscall"
)

type loopNames struct{ name, peer string }

// unixSock is sock for the calls on unix sockets only.
func (l *loopback) unixSock(num int) (*loopSock, error) {
	s, err := l.sock(num)
	if err == nil && s.unix == nil {
		err = syscall.EAFNOSUPPORT
	}
	return s, err
}

func (l *loopback) BindUnix(num int, name string) error {
	s, err := l.unixSock(num)
	if err != nil {
		return err
	}
	l.mu.Lock()
	err = l.bindUnix(s, name)
	l.mu.Unlock()
	return err
}

// bindUnix gives s a name, its own choice if that is empty. The caller holds
// l.mu.
func (l *loopback) bindUnix(s *loopSock, name string) error {
	switch {
	case name == "" || name == "@":
		for {
			name = "@" + uitox(uint(randInt()&0xfffff))
			if l.named(name) == nil {
				break
			}
		}
	case s.bound:
		return sysError("bind", syscall.EINVAL)
	case l.named(name) != nil:
		return sysError("bind", syscall.EADDRINUSE)
	}
	if !s.bound {
		l.bound = append(l.bound, s)
	}
	s.unix.name, s.bound = name, true
	return nil
}

// named gives the socket that has the name, or nil. The caller holds l.mu.
func (l *loopback) named(name string) *loopSock {
	for _, s := range l.bound {
		if s.unix != nil && s.unix.name == name {
			return s
		}
	}
	return nil
}

// uitox writes a number in hexadecimal.
func uitox(v uint) string {
	const digits = "0123456789abcdef"
	text := string(digits[v&15])
	for v >>= 4; v > 0; v >>= 4 {
		text = string(digits[v&15]) + text
	}
	return text
}

func (l *loopback) ConnectUnix(num int, name string) error {
	s, err := l.unixSock(num)
	if err != nil {
		return err
	}
	l.mu.Lock()
	target := l.named(name)
	l.mu.Unlock()
	switch {
	case target == nil:
		return sysError("connect", syscall.ENOENT)
	case target.stype != s.stype:
		return sysError("connect", syscall.EPROTOTYPE)
	}
	s.unix.peer = name
	if s.stype == ndSOCK_DGRAM {
		return nil
	}
	return l.meet(s, target)
}

func (l *loopback) AcceptUnix(num int) (int, string, error) {
	if _, err := l.unixSock(num); err != nil {
		return -1, "", err
	}
	newnum, c, err := l.accept(num, true)
	if err != nil {
		return -1, "", err
	}
	return newnum, unixName(c.unix.peer), nil
}

func (l *loopback) SendToUnix(num int, buf []byte, to string) (int, error) {
	s, err := l.unixSock(num)
	if err != nil {
		return 0, err
	}
	if s.inbox == nil {
		return s.stream.write(s, buf)
	}
	if err := s.inbox.sendable(); err != nil {
		return 0, err
	}
	l.mu.Lock()
	target := l.named(to)
	l.mu.Unlock()
	switch {
	case target == nil:
		return 0, sysError("sendto", syscall.ENOENT)
	case target.stype != ndSOCK_DGRAM:
		return 0, sysError("sendto", syscall.EPROTOTYPE)
	case len(buf) > loopBuffer:
		return 0, sysError("sendto", syscall.EMSGSIZE)
	}
	return s.inbox.sendWhole(target.inbox, buf, s.unix.name)
}

// sendWhole sends a datagram that must not be lost, as those of unix sockets are
// not: it waits for room at the receiver.
func (b *loopInbox) sendWhole(to *loopInbox, buf []byte, name string) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for {
		if err := b.sendableLocked(); err != nil {
			return 0, err
		}
		seen := b.rooms
		b.mu.Unlock() // the locks of two inboxes are never held together here
		taken, err := to.offer(buf, netip.AddrPort{}, name, b)
		b.mu.Lock()
		switch {
		case err != nil:
			return 0, err
		case taken:
			return len(buf), nil
		}
		if b.rooms == seen {
			b.arrived.Wait()
		}
	}
}

func (l *loopback) RecvFromUnix(num int, buf []byte) (int, string, error) {
	s, err := l.unixSock(num)
	if err != nil {
		return 0, "", err
	}
	if s.stream != nil {
		n, err := s.stream.read(s, buf)
		return n, "", err
	}
	n, m, err := s.inbox.receive(buf, true)
	return n, m.name, err
}

func (l *loopback) SocknameUnix(num int) (string, error) {
	s, err := l.unixSock(num)
	if err != nil {
		return "", err
	}
	return unixName(s.unix.name), nil
}

// unixName is what a system tells for the name of a socket that has none.
func unixName(name string) string {
	if name == "" {
		return "@"
	}
	return name
}

// Unlink has nothing to do: a name goes with its socket.
func (l *loopback) Unlink(name string) error { return nil }
