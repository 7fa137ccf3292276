//go:build tinynetport

package net

import (
	"errors"
	"io"
	"net/netip"
	"os"
	"sync"
	"time"
)

// patient gives deadlines to a driver that knows none but those passed with a
// call. Calls that may block run in a worker goroutine; who waits for one can
// leave at any time, and what the driver hands over later is kept for the next
// call. Workers are shared: there are as many as calls were ever blocked at
// once.
type patient struct {
	netdever
	datagrams datagrammer
	jobs      chan func() // to idle workers

	mu    sync.Mutex
	socks map[int]*patientSock
	// orphans has the lanes of closed listeners in which the driver still waits
	// for a connection. A new listener of the same number takes over.
	orphans map[int]*lane
}

type patientSock struct {
	reads, writes *lane
	pending       int // lanes that are busy after Close; the last one closes
}

// A lane does the calls of one direction of a socket, one at a time.
type lane struct {
	mu       sync.Mutex
	changed  sync.Cond
	deadline loopDeadline
	waiters  int
	busy     bool // a worker is in the driver
	ready    bool // there is a result that nobody has taken
	closed   bool
	accepts  bool // of a listener

	// The result. buf is the worker's: the caller's own buffer may be in use
	// for something else by the time that the driver is done.
	buf   []byte
	got   []byte
	peer  netip.AddrPort
	newfd int
	err   error
}

func newLane() *lane {
	l := &lane{}
	l.changed.L = &l.mu
	return l
}

// patientSlice is how long a driver is asked to wait in one call. It bounds
// the time for which a closed connection lingers in a driver that keeps the
// deadlines that it is given.
const patientSlice = 250 * time.Millisecond

// patientDevice is what newPatient makes of a driver.
type patientDevice interface {
	netdever
	deadliner
	datagrammer
}

func newPatient(dev netdever, datagrams datagrammer) patientDevice {
	if intr, ok := dev.(interrupter); ok {
		return &interruptible{netdever: dev, datagrams: datagrams, intr: intr, socks: map[int]*interruptSock{}}
	}
	return &patient{
		netdever: dev, datagrams: datagrams,
		jobs:  make(chan func()),
		socks: map[int]*patientSock{}, orphans: map[int]*lane{},
	}
}

// work runs job in a worker.
func (p *patient) work(job func()) {
	select {
	case p.jobs <- job:
	default:
		go func() {
			for {
				job()
				job = <-p.jobs
			}
		}()
	}
}

func (p *patient) sock(num int) *patientSock {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.socks[num]
	if s == nil {
		s = &patientSock{reads: newLane(), writes: newLane()}
		p.socks[num] = s
	}
	return s
}

// usable tells why no call may go on. Callers of this and the next three hold
// l.mu.
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

// take ends the life of a result.
func (l *lane) take() error {
	err := l.err
	l.ready, l.err, l.got = false, nil, nil
	return err
}

func (l *lane) size(n int) {
	if n > cap(l.buf) {
		l.buf = make([]byte, n)
	}
	l.buf = l.buf[:n]
}

// wanted reports whether anybody still waits for what a worker does.
func (l *lane) wanted() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.waiters > 0 && !l.closed
}

// done is how a worker leaves: with a result, or without.
func (p *patient) done(num int, s *patientSock, l *lane, ready bool) {
	l.mu.Lock()
	l.busy, l.ready = false, ready
	closed := l.closed
	l.changed.Broadcast()
	l.mu.Unlock()
	if !closed {
		return
	}
	p.mu.Lock()
	s.pending--
	last := s.pending == 0
	p.mu.Unlock()
	if last { // Close left it to us
		p.netdever.Close(num)
	}
}

// driverTimeout reports whether a driver says that a deadline has passed.
func driverTimeout(err error) bool {
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return true
	}
	t, ok := err.(interface{ Timeout() bool })
	return ok && t.Timeout()
}

func (p *patient) Recv(num int, buf []byte, flags int, deadline time.Time) (int, error) {
	n, _, err := p.receive(num, buf, deadline, false, flags)
	return n, err
}

func (p *patient) RecvFrom(num int, buf []byte, flags int, deadline time.Time) (int, netip.AddrPort, error) {
	return p.receive(num, buf, deadline, true, flags)
}

func (p *patient) receive(num int, buf []byte, deadline time.Time, from bool, flags int) (int, netip.AddrPort, error) {
	if !deadline.IsZero() {
		p.SetSockDeadline(num, ndReads, deadline)
		defer p.SetSockDeadline(num, ndReads, time.Time{})
	}
	s := p.sock(num)
	l := s.reads
	l.mu.Lock()
	defer l.mu.Unlock()
	for !l.ready {
		if err := l.usable(); err != nil {
			return 0, netip.AddrPort{}, err
		}
		if !l.busy {
			l.busy = true
			size := len(buf)
			if !from {
				size = min(size, patientBuffer)
			}
			l.size(max(size, 1))
			p.work(func() { p.receiving(num, s, l, from, flags) })
		}
		l.wait()
	}
	if err := l.usable(); err != nil {
		return 0, netip.AddrPort{}, err
	}
	n := copy(buf, l.got)
	peer := l.peer
	if l.got = l.got[n:]; !from && (len(l.got) > 0 || n > 0 && l.err != nil) {
		return n, peer, nil // the rest, or the error, is for the next call
	}
	return n, peer, l.take()
}

// receiving asks the driver until it has something.
func (p *patient) receiving(num int, s *patientSock, l *lane, from bool, flags int) {
	pause := time.Duration(0)
	for {
		var n int
		var peer netip.AddrPort
		var err error
		until := time.Now().Add(patientSlice)
		if from {
			n, peer, err = p.datagrams.RecvFrom(num, l.buf, flags, until)
		} else {
			n, err = p.netdever.Recv(num, l.buf, flags, until)
		}
		n, err = soundCount(n, len(l.buf), err)
		nothing := n == 0 && err == nil && !peer.IsValid()
		if nothing || n == 0 && driverTimeout(err) {
			if !l.wanted() {
				p.done(num, s, l, false)
				return
			}
			if nothing {
				pause = min(2*pause+time.Millisecond, 50*time.Millisecond)
				time.Sleep(pause) // a driver that does not wait: don't spin
			}
			continue
		}
		l.mu.Lock()
		l.got, l.peer, l.err = l.buf[:n], peer, err
		l.mu.Unlock()
		p.done(num, s, l, true)
		return
	}
}

func (p *patient) Send(num int, buf []byte, flags int, deadline time.Time) (int, error) {
	return p.send(num, buf, deadline, netip.AddrPort{}, flags)
}

func (p *patient) SendTo(num int, buf []byte, flags int, deadline time.Time, to netip.AddrPort) (int, error) {
	return p.send(num, buf, deadline, to, flags)
}

// send gives a worker a copy of as much as it takes at once. What it has
// counts as sent, as in the send buffer of a system: if the caller leaves,
// the error of it is the next call's.
func (p *patient) send(num int, buf []byte, deadline time.Time, to netip.AddrPort, flags int) (int, error) {
	if !deadline.IsZero() {
		p.SetSockDeadline(num, ndWrites, deadline)
		defer p.SetSockDeadline(num, ndWrites, time.Time{})
	}
	s := p.sock(num)
	l := s.writes
	l.mu.Lock()
	defer l.mu.Unlock()
	for l.busy {
		if err := l.usable(); err != nil {
			return 0, err
		}
		l.wait()
	}
	if l.ready {
		if err := l.take(); err != nil {
			return 0, err
		}
	}
	if err := l.usable(); err != nil {
		return 0, err
	}
	size := len(buf)
	if !to.IsValid() {
		size = min(size, patientBuffer)
	}
	l.size(size)
	copy(l.buf, buf)
	l.busy = true
	p.work(func() { p.sending(num, s, l, to, flags) })
	for !l.ready {
		if err := l.usable(); err != nil {
			return size, err
		}
		l.wait()
	}
	left := len(l.got)
	return size - left, l.take()
}

// sending has the driver send what is in l.buf, and leaves the rest in l.got.
func (p *patient) sending(num int, s *patientSock, l *lane, to netip.AddrPort, flags int) {
	rest := l.buf
	for {
		var n int
		var err error
		until := time.Now().Add(patientSlice)
		if to.IsValid() {
			n, err = p.datagrams.SendTo(num, rest, flags, until, to)
		} else {
			n, err = p.netdever.Send(num, rest, flags, until)
		}
		n, err = soundCount(n, len(rest), err)
		rest = rest[n:]
		if driverTimeout(err) && l.wanted() || err == nil && n > 0 && len(rest) > 0 && !to.IsValid() {
			continue
		}
		if err == nil && n == 0 && len(rest) > 0 {
			err = io.ErrShortWrite
		}
		l.mu.Lock()
		l.got, l.err = rest, err
		l.mu.Unlock()
		p.done(num, s, l, true)
		return
	}
}

func (p *patient) Connect(num int, host string, ip netip.AddrPort) error {
	s := p.sock(num)
	l := s.writes
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.usable(); err != nil {
		return err
	}
	l.busy = true
	p.work(func() {
		err := p.netdever.Connect(num, host, ip)
		l.mu.Lock()
		l.err = err
		l.mu.Unlock()
		p.done(num, s, l, true)
	})
	for !l.ready {
		if err := l.usable(); err != nil {
			return err
		}
		l.wait()
	}
	return l.take()
}

func (p *patient) Listen(num, backlog int) error {
	if err := p.netdever.Listen(num, backlog); err != nil {
		return err
	}
	s := p.sock(num)
	p.mu.Lock()
	defer p.mu.Unlock()
	if l := p.orphans[num]; l != nil {
		delete(p.orphans, num)
		l.mu.Lock()
		l.closed = false
		l.mu.Unlock()
		s.reads = l
	}
	return nil
}

func (p *patient) Accept(num int) (int, netip.AddrPort, error) {
	l := p.sock(num).reads
	l.mu.Lock()
	defer l.mu.Unlock()
	for !l.ready {
		if err := l.usable(); err != nil {
			return -1, netip.AddrPort{}, err
		}
		if !l.busy {
			l.busy, l.accepts = true, true
			p.work(func() { p.accepting(num, l) })
		}
		l.wait()
	}
	if err := l.usable(); err != nil {
		return -1, netip.AddrPort{}, err
	}
	newfd, peer := l.newfd, l.peer
	return newfd, peer, l.take()
}

// accepting waits in the driver for a connection. It may outlive its listener,
// because nothing can end a driver's Accept.
func (p *patient) accepting(num int, l *lane) {
	newfd, peer, err := p.netdever.Accept(num)
	p.mu.Lock()
	l.mu.Lock()
	closed := l.closed
	if closed && p.orphans[num] == l {
		delete(p.orphans, num)
	}
	l.newfd, l.peer, l.err = newfd, peer, err
	l.busy, l.ready = false, !closed
	l.changed.Broadcast()
	l.mu.Unlock()
	p.mu.Unlock()
	if closed && err == nil {
		p.netdever.Close(newfd)
	}
}

func (p *patient) Close(num int) error {
	p.mu.Lock()
	s := p.socks[num]
	if s == nil {
		p.mu.Unlock()
		return p.netdever.Close(num)
	}
	delete(p.socks, num)
	var late []int // connections that came and nobody took
	for _, l := range [...]*lane{s.reads, s.writes} {
		l.mu.Lock()
		l.closed = true
		l.deadline.stop()
		switch {
		case l.busy && l.accepts:
			p.orphans[num] = l // and the driver's socket is closed now
		case l.busy:
			s.pending++
		case l.ready && l.accepts && l.err == nil:
			late = append(late, l.newfd)
		}
		l.changed.Broadcast()
		l.mu.Unlock()
	}
	pending := s.pending
	p.mu.Unlock()
	for _, fd := range late {
		p.netdever.Close(fd)
	}
	if pending > 0 {
		return nil // the last worker closes it
	}
	return p.netdever.Close(num)
}

func (p *patient) SetSockDeadline(num, calls int, t time.Time) error {
	s := p.sock(num)
	for _, l := range [...]*lane{s.reads, s.writes} {
		if l == s.reads && calls&ndReads == 0 || l == s.writes && calls&ndWrites == 0 {
			continue
		}
		l.mu.Lock()
		l.deadline.set(t, &l.changed)
		l.mu.Unlock()
	}
	return nil
}

// interruptible gives deadlines to a driver that has Interrupt: a timer for
// each that is set, and nothing in the way of calls.
type interruptible struct {
	netdever
	datagrams datagrammer
	intr      interrupter

	mu    sync.Mutex
	socks map[int]*interruptSock
}

// An interruptSock has the deadlines of a socket that has any.
type interruptSock [2]interruptTimer

type interruptTimer struct {
	at    time.Time
	on    bool // Interrupt is
	timer *time.Timer
}

func (d *interruptible) SetSockDeadline(num, calls int, t time.Time) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	s := d.socks[num]
	if s == nil {
		if t.IsZero() {
			return nil
		}
		s = new(interruptSock)
		d.socks[num] = s
	}
	for i, what := range [...]int{ndReads, ndWrites} {
		if calls&what != 0 {
			d.set(s, i, num, t)
		}
	}
	return nil
}

// set moves one deadline. The caller holds d.mu.
func (d *interruptible) set(s *interruptSock, i, num int, t time.Time) {
	m := &s[i]
	m.at = t
	if m.timer != nil {
		m.timer.Stop()
	}
	wait := time.Until(t)
	expired := !t.IsZero() && wait <= 0
	if m.on != expired {
		m.on = expired
		d.intr.Interrupt(num, ndReads<<i, expired)
	}
	if t.IsZero() || expired {
		return
	}
	if m.timer != nil {
		m.timer.Reset(wait)
		return
	}
	m.timer = time.AfterFunc(wait, func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		if d.socks[num] == s && !m.at.IsZero() && !m.on {
			d.set(s, i, num, m.at)
		}
	})
}

func (d *interruptible) Close(num int) error {
	d.mu.Lock()
	if s := d.socks[num]; s != nil {
		for i := range s {
			if s[i].timer != nil {
				s[i].timer.Stop()
			}
		}
		delete(d.socks, num)
	}
	d.mu.Unlock()
	return d.netdever.Close(num)
}

// expired reports whether a call's own direction is past its deadline, which
// a driver need not check when it has data at hand.
func (d *interruptible) expired(num, what int) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	s := d.socks[num]
	return s != nil && s[what-1].on
}

func (d *interruptible) Recv(num int, buf []byte, flags int, deadline time.Time) (int, error) {
	if d.expired(num, ndReads) {
		return 0, os.ErrDeadlineExceeded
	}
	n, err := d.netdever.Recv(num, buf, flags, deadline)
	return n, d.verdict(num, ndReads, err)
}

func (d *interruptible) Send(num int, buf []byte, flags int, deadline time.Time) (int, error) {
	if d.expired(num, ndWrites) {
		return 0, os.ErrDeadlineExceeded
	}
	n, err := d.netdever.Send(num, buf, flags, deadline)
	return n, d.verdict(num, ndWrites, err)
}

func (d *interruptible) RecvFrom(num int, buf []byte, flags int, deadline time.Time) (int, netip.AddrPort, error) {
	if d.expired(num, ndReads) {
		return 0, netip.AddrPort{}, os.ErrDeadlineExceeded
	}
	n, from, err := d.datagrams.RecvFrom(num, buf, flags, deadline)
	return n, from, d.verdict(num, ndReads, err)
}

func (d *interruptible) SendTo(num int, buf []byte, flags int, deadline time.Time, to netip.AddrPort) (int, error) {
	if d.expired(num, ndWrites) {
		return 0, os.ErrDeadlineExceeded
	}
	n, err := d.datagrams.SendTo(num, buf, flags, deadline, to)
	return n, d.verdict(num, ndWrites, err)
}

func (d *interruptible) Connect(num int, host string, ip netip.AddrPort) error {
	return d.verdict(num, ndWrites, d.netdever.Connect(num, host, ip))
}

func (d *interruptible) Accept(num int) (int, netip.AddrPort, error) {
	if d.expired(num, ndReads) {
		return -1, netip.AddrPort{}, os.ErrDeadlineExceeded
	}
	newfd, peer, err := d.netdever.Accept(num)
	return newfd, peer, d.verdict(num, ndReads, err)
}

// verdict gives an interrupted call Go's error.
func (d *interruptible) verdict(num, what int, err error) error {
	if err != nil && driverTimeout(err) && d.expired(num, what) {
		return os.ErrDeadlineExceeded
	}
	return err
}
