//go:build tinynetport && !port.alone

package net

// How connections begin on a driver without deadlines: Connect, Listen and Accept.

import (
	"net/netip"
)

// Connect stays in the driver for as long as it takes. A dial that can be called off
// is in a worker as a whole, and nobody else has the socket before it has ended.
func (p *patient) Connect(num int, host string, ip netip.AddrPort) error {
	return p.connect(p.connecting(num), host, ip)
}

// connecting says that a call of connect is about to be made.
func (p *patient) connecting(num int) *lane {
	l := p.lockLane(num, true)
	l.busy = true
	l.mu.Unlock()
	return l
}

func (p *patient) connect(l *lane, host string, ip netip.AddrPort) error {
	err := p.driver.Connect(l.num, host, ip)
	l.done(false)
	return err
}

func (p *patient) Listen(num, backlog int) error {
	err := p.driver.Listen(num, backlog)
	if err != nil && p.awaitRoom(err) {
		err = p.driver.Listen(num, backlog)
	}
	if err != nil {
		return err
	}
	p.mu.Lock()
	p.idle = watchFor
	if l := p.orphans.get(num); l != nil {
		p.orphans.set(num, nil)
		s := p.sockLocked(num)
		old := s.reads
		old.mu.Lock()
		l.mu.Lock()
		l.closed, l.adopted = false, true
		old.deadline.moveTo(&l.deadline, &l.changed)
		l.s, s.reads = s, l
		l.mu.Unlock()
		old.mu.Unlock()
	}
	p.mu.Unlock()
	return nil
}

func (p *patient) Accept(num int) (int, netip.AddrPort, error) {
	l := p.lockLane(num, false)
	newfd, peer, err := l.accept()
	l.mu.Unlock()
	return newfd, peer, err
}

func (l *lane) accept() (int, netip.AddrPort, error) {
	if !l.ready {
		if err := l.usable(); err != nil {
			return -1, netip.AddrPort{}, err
		}
		if !l.busy {
			l.acceptor = acceptFor
			l.start(opAccept)
		}
		if err := l.result(); err != nil {
			return -1, netip.AddrPort{}, err
		}
	}
	if err := l.usable(); err != nil {
		return -1, netip.AddrPort{}, err
	}
	newfd, peer := l.newfd, l.peer
	return newfd, peer, l.take()
}

// acceptFor is named where listeners are, so that a program without them does
// not link what it calls.
func acceptFor(l *lane) { l.accepting() }

// watchFor is named where listeners are, too: it is servers that have many
// connections.
func watchFor(l *lane) { l.p.watch.add(l) }

// accepting waits in the driver for a connection. It may outlive its listener,
// because nothing can end a driver's Accept.
func (l *lane) accepting() {
	p, num := l.p, l.num
	newfd, peer, err := p.driver.Accept(num)
	p.mu.Lock()
	l.mu.Lock()
	for err != nil && l.adopted && !l.closed {
		// It is the earlier listener that has ended.
		l.adopted = false
		l.mu.Unlock()
		p.mu.Unlock()
		newfd, peer, err = p.driver.Accept(num)
		p.mu.Lock()
		l.mu.Lock()
	}
	closed := l.closed
	l.adopted = false
	if closed && p.orphans.get(num) == l {
		p.orphans.set(num, nil)
	}
	l.newfd, l.peer, l.err = newfd, peer, err
	l.busy, l.ready = false, !closed
	l.changed.Broadcast()
	l.mu.Unlock()
	p.mu.Unlock()
	if closed && err == nil {
		p.driver.Close(newfd)
	}
}
