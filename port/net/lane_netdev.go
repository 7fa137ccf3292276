//go:build tinynetport && !port.alone

package net

// One direction of a socket of a driver without deadlines: the call that a worker
// makes for it, who waits for that call, and its result.

import (
	"net/netip"
	"os"
	"sync"
)

// A lane does the calls of one direction of a socket, one at a time. It is in one
// of three states:
//
//	         start                 done(true)
//	idle ------------> busy ------------------------> ready
//	  ^                 |                               |
//	  +--- done(false) -+                               |
//	  +----------------------- take --------------------+
//
// In busy, a worker is in the driver. In ready, there is a result, which stays
// until somebody takes it: the caller that it was for may have left at its
// deadline. Close sets closed in any state.
//
// Callers of usable, wait, start, result, take, size, empty, receive, send and
// accept hold mu. The methods that workers run (do, receiving, bring, sending,
// accepting, wanted, open, done) take it themselves.
type lane struct {
	p   *patient
	s   *patientSock
	num int

	whole bool // each call is for one datagram; set before the first

	mu       sync.Mutex
	changed  sync.Cond
	deadline loopDeadline
	waiters  int
	busy     bool // a worker is in the driver
	ready    bool // there is a result that nobody has taken
	closed   bool
	adopted  bool   // the call that waits in the driver was an earlier listener's
	tidy     func() // what who waits is to do first
	watched  bool   // busy, but in the driver only when its turn comes; guarded by patient.mu

	// The call.
	op       patientOp
	acceptor func(*lane) // acceptFor, for opAccept
	to       netip.AddrPort

	// The result. buf is the worker's: the caller's own buffer may be in use
	// for something else by the time that the driver is done. That of a stream is
	// from patient.spare, and is there only as long as the lane is not idle.
	buf   []byte
	got   []byte
	peer  netip.AddrPort
	newfd int
	err   error
}

type patientOp uint8

const (
	opRecv patientOp = iota
	opRecvFrom
	opSend
	opSendTo
	opAccept
)

func (l *lane) init(p *patient, s *patientSock, num int) {
	l.p, l.s, l.num = p, s, num
	l.changed.L = &l.mu
}

// usable tells why no call may go on.
func (l *lane) usable() error {
	switch {
	case l.closed:
		return errClosed
	case l.deadline.expired:
		return os.ErrDeadlineExceeded
	}
	return nil
}

func (l *lane) wait() {
	l.waiters++
	l.changed.Wait()
	l.waiters--
}

// waitTidily is wait for a call that may take long.
func (l *lane) waitTidily() {
	l.wait()
	if tidy := l.tidy; tidy != nil {
		l.tidy = nil
		tidy()
	}
}

// start has a worker make a call of the driver.
func (l *lane) start(op patientOp) {
	l.busy, l.op = true, op
	l.p.crew.work(job{lane: l})
}

// result waits for what a worker brings.
func (l *lane) result() error {
	for !l.ready {
		if err := l.usable(); err != nil {
			return err
		}
		l.wait()
	}
	return nil
}

// take ends the life of a result.
func (l *lane) take() error {
	err := l.err
	l.ready, l.err = false, nil
	l.empty()
	return err
}

// size gives the lane a buffer of n bytes.
func (l *lane) size(n int) {
	if n > cap(l.buf) {
		if l.whole {
			l.buf = make([]byte, n)
		} else {
			l.buf = l.p.spare.get()
		}
	}
	l.buf = l.buf[:n]
}

// empty takes the buffer of a stream away.
func (l *lane) empty() {
	l.got = nil
	if !l.whole && l.buf != nil {
		l.p.spare.put(l.buf)
		l.buf = nil
	}
}

// wanted reports whether anybody still waits for what a worker does.
func (l *lane) wanted() bool {
	l.mu.Lock()
	wanted := l.waiters > 0 && !l.closed
	l.mu.Unlock()
	return wanted
}

func (l *lane) open() bool {
	l.mu.Lock()
	open := !l.closed
	l.mu.Unlock()
	return open
}

func (l *lane) do() {
	if l.op == opAccept {
		l.acceptor(l)
		return
	}
	if s := l.s; s.unset.Load() {
		l.p.setOptions(l.num, s)
	}
	switch l.op {
	case opRecv, opRecvFrom:
		l.receiving()
	case opSend, opSendTo:
		l.sending()
	}
}

// done is how a worker leaves: with a result, or without.
func (l *lane) done(ready bool) {
	l.mu.Lock()
	l.busy, l.ready = false, ready
	if !ready {
		l.empty()
	}
	closed := l.closed
	l.changed.Broadcast()
	l.mu.Unlock()
	if !closed {
		return
	}
	p, s := l.p, l.s
	p.mu.Lock()
	s.pending--
	last := s.pending == 0 && !s.cut
	if last {
		s.cut = true
		s.linger.Stop()
	}
	p.mu.Unlock()
	if last { // Close left it to us
		p.closeNow(l.num)
	}
}
