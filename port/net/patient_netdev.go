//go:build tinynetport

package net

import (
	"context"
	"net/netip"
	"os"
	"sync"
	"time"
)

// patient gives deadlines to a driver that knows none but those passed with a
// call. Calls that may block run in a worker goroutine; who waits for one can
// leave at any time, and what the driver hands over later is kept for the next
// call. Workers are shared: there are as many as calls are blocked at once, and
// patientIdle more.
//
// A driver may hold a lock while one of its calls blocks, so that all others
// block, too. Therefore the calls that should be quick also run in workers.
type patient struct {
	driver    netdever
	datagrams datagrammer
	jobs      chan job // to idle workers

	mu      sync.Mutex
	idle    int // workers that wait for a job
	socks   map[int]*patientSock
	closing int           // sockets that net has closed and the driver not yet
	drained chan struct{} // closed when there are none, where somebody waits for it
	stuck   bool          // a quick call is still in the driver
	// orphans has the lanes of closed listeners in which the driver still waits
	// for a connection. A new listener of the same number takes over.
	orphans map[int]*lane
}

type patientSock struct {
	reads, writes *lane
	pending       int         // lanes that are busy after Close; the last one closes
	linger        *time.Timer // closes though some are busy
	cut           bool        // the driver was told to close
}

// A job is what a worker does: the call that a lane has, or a quick one.
type job struct {
	lane  *lane
	quick *quickJob
}

func (j job) do() {
	if j.lane != nil {
		j.lane.do()
		return
	}
	j.quick.done <- j.quick.call()
}

// A lane does the calls of one direction of a socket, one at a time.
type lane struct {
	p   *patient
	s   *patientSock
	num int

	mu       sync.Mutex
	changed  sync.Cond
	deadline loopDeadline
	waiters  int
	busy     bool // a worker is in the driver
	ready    bool // there is a result that nobody has taken
	closed   bool
	adopted  bool // the call that waits in the driver was an earlier listener's

	// The call.
	op       patientOp
	acceptor func(*lane) // acceptFor, for opAccept
	flags    int
	host     string
	to       netip.AddrPort

	// The result. buf is the worker's: the caller's own buffer may be in use
	// for something else by the time that the driver is done.
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
	opConnect
	opAccept
)

const (
	// patientSlice is how long a driver is asked to wait in one Recv. It bounds
	// the time for which a closed connection stays in a driver that keeps the
	// deadlines that it is given.
	patientSlice = 100 * time.Millisecond

	// patientLinger is how long after Close a call may stay in the driver until
	// the driver's Close has to end it. For a call that is about to end, that
	// would come too early: a driver that gives the number out again may let the
	// call go on with the new socket.
	patientLinger = 500 * time.Millisecond

	// patientQuick is how long is waited for a call that should be quick.
	patientQuick = 200 * time.Millisecond

	// patientClose is how long Close waits, for the driver's error and so that
	// the socket is free when it returns.
	patientClose = 4 * time.Millisecond

	// patientSoon is how long is waited for a socket where there are none, and
	// none is being closed: net/http closes the connection of a request that has
	// failed in a goroutine of its own, and the next request may come first.
	patientSoon = 100 * time.Millisecond

	// patientPause is the longest time until a driver is asked again that does
	// not wait itself.
	patientPause = 50 * time.Millisecond
)

func newPatient(dev netdever, datagrams datagrammer) *patient {
	return &patient{
		driver: dev, datagrams: datagrams,
		jobs:  make(chan job),
		socks: map[int]*patientSock{}, orphans: map[int]*lane{},
	}
}

// work has a worker do j.
func (p *patient) work(j job) {
	p.mu.Lock()
	idle := p.idle > 0
	if idle {
		p.idle--
	}
	p.mu.Unlock()
	if idle {
		p.jobs <- j
		return
	}
	go p.worker(j)
}

func (p *patient) worker(j job) {
	for {
		j.do()
		p.mu.Lock()
		if p.idle >= patientIdle {
			p.mu.Unlock()
			return
		}
		p.idle++
		p.mu.Unlock()
		j = <-p.jobs
	}
}

// A quickJob is a call that should not block.
type quickJob struct {
	call func() error
	done chan error
}

// quick makes a call that should be quick, and waits for it for some time only.
func (p *patient) quick(limit time.Duration, call func() error) (err error, done bool) {
	q := &quickJob{call, make(chan error, 1)}
	p.work(job{quick: q})
	t := newTimer(limit)
	select {
	case err = <-q.done:
		done = true
	case <-t.C:
	}
	t.Stop()
	return err, done
}

var errBusy error = &busyError{}

type busyError struct{}

func (*busyError) Error() string   { return "the network device's driver is blocked by another call" }
func (*busyError) Timeout() bool   { return true }
func (*busyError) Temporary() bool { return true }

// open runs what opens a socket, which may block in many places, until ctx
// ends.
func (p *patient) open(ctx context.Context, f func() (*netFD, error)) (*netFD, error) {
	if err := ctx.Err(); err != nil {
		return nil, mapErr(err)
	}
	type result struct {
		fd  *netFD
		err error
	}
	done := make(chan result)
	go func() {
		fd, err := f()
		select {
		case done <- result{fd, err}:
		case <-ctx.Done(): // nobody waits
			if err == nil {
				fd.Close()
			}
		}
	}()
	select {
	case r := <-done:
		return r.fd, r.err
	case <-ctx.Done():
	}
	return nil, mapErr(ctx.Err())
}

// retry makes a call that needs a socket or port of the driver, and makes it
// again when those just closed are free at last.
func (p *patient) retry(call func() error) error {
	err := call()
	if err == nil {
		return nil
	}
	p.mu.Lock()
	wait := patientLinger + 2*patientSlice
	if p.closing == 0 {
		if !outOfSockets(err) {
			p.mu.Unlock()
			return err
		}
		wait = patientSoon
	}
	if p.drained == nil {
		p.drained = make(chan struct{})
	}
	drained := p.drained
	p.mu.Unlock()
	t := newTimer(wait)
	select {
	case <-drained:
	case <-t.C:
	}
	t.Stop()
	return call()
}

func (p *patient) Socket(domain, stype, protocol int) (num int, err error) {
	err = p.retry(func() (err error) {
		num, err = p.driver.Socket(domain, stype, protocol)
		return err
	})
	return num, err
}

func (p *patient) Bind(num int, ip netip.AddrPort) error {
	return p.retry(func() error { return p.driver.Bind(num, ip) })
}

func (p *patient) SetSockOpt(num, level, opt int, value any) error {
	p.mu.Lock()
	stuck := p.stuck
	p.mu.Unlock()
	if stuck {
		return errBusy
	}
	err, done := p.quick(patientQuick, func() error {
		err := p.driver.SetSockOpt(num, level, opt, value)
		p.mu.Lock()
		p.stuck = false
		p.mu.Unlock()
		return err
	})
	if !done {
		p.mu.Lock()
		p.stuck = true
		p.mu.Unlock()
		return errBusy
	}
	return err
}

func (p *patient) sock(num int) *patientSock {
	p.mu.Lock()
	s := p.socks[num]
	if s == nil {
		s = &patientSock{}
		s.reads, s.writes = p.newLane(s, num), p.newLane(s, num)
		p.socks[num] = s
	}
	p.mu.Unlock()
	return s
}

func (p *patient) newLane(s *patientSock, num int) *lane {
	l := &lane{p: p, s: s, num: num}
	l.changed.L = &l.mu
	return l
}

// usable tells why no call may go on. Callers of this and the next five hold
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

// start has a worker make a call of the driver.
func (l *lane) start(op patientOp, flags int) {
	l.busy, l.op, l.flags = true, op, flags
	l.p.work(job{lane: l})
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
	switch l.op {
	case opRecv, opRecvFrom:
		l.receiving()
	case opSend, opSendTo:
		l.sending()
	case opConnect:
		err := l.p.driver.Connect(l.num, l.host, l.to)
		l.mu.Lock()
		l.err = err
		l.mu.Unlock()
		l.done(true)
	case opAccept:
		l.acceptor(l)
	}
}

// done is how a worker leaves: with a result, or without.
func (l *lane) done(ready bool) {
	l.mu.Lock()
	l.busy, l.ready = false, ready
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

// driverTimeout reports whether a driver says that a deadline has passed.
func driverTimeout(err error) bool {
	if errorIs(err, os.ErrDeadlineExceeded) {
		return true
	}
	t, ok := err.(interface{ Timeout() bool })
	return ok && t.Timeout()
}

func (p *patient) Recv(num int, buf []byte, flags int, deadline time.Time) (int, error) {
	n, _, err := p.receive(num, buf, deadline, opRecv, flags)
	return n, err
}

func (p *patient) RecvFrom(num int, buf []byte, flags int, deadline time.Time) (int, netip.AddrPort, error) {
	return p.receive(num, buf, deadline, opRecvFrom, flags)
}

func (p *patient) receive(num int, buf []byte, deadline time.Time, op patientOp, flags int) (int, netip.AddrPort, error) {
	if !deadline.IsZero() {
		p.SetSockDeadline(num, ndReads, deadline)
		defer p.SetSockDeadline(num, ndReads, time.Time{})
	}
	l := p.sock(num).reads
	l.mu.Lock()
	n, peer, err := l.receive(buf, op, flags)
	l.mu.Unlock()
	return n, peer, err
}

// receive runs with l.mu held, as the next three do.
func (l *lane) receive(buf []byte, op patientOp, flags int) (int, netip.AddrPort, error) {
	for !l.ready {
		if err := l.usable(); err != nil {
			return 0, netip.AddrPort{}, err
		}
		if !l.busy {
			size := len(buf)
			if op == opRecv {
				size = min(size, patientBuffer)
			}
			l.size(max(size, 1))
			l.start(op, flags)
		}
		l.wait()
	}
	if err := l.usable(); err != nil {
		return 0, netip.AddrPort{}, err
	}
	n := copy(buf, l.got)
	peer := l.peer
	if l.got = l.got[n:]; op == opRecv && (len(l.got) > 0 || n > 0 && l.err != nil) {
		return n, peer, nil // the rest, or the error, is for the next call
	}
	return n, peer, l.take()
}

// receiving asks the driver until it has something.
func (l *lane) receiving() {
	pause := time.Duration(0)
	for {
		var n int
		var peer netip.AddrPort
		var err error
		until := time.Now().Add(patientSlice)
		if l.op == opRecvFrom {
			n, peer, err = l.p.datagrams.RecvFrom(l.num, l.buf, l.flags, until)
		} else {
			n, err = l.p.driver.Recv(l.num, l.buf, l.flags, until)
		}
		n, err = soundCount(n, len(l.buf), err)
		nothing := n == 0 && err == nil && !peer.IsValid()
		if nothing || n == 0 && driverTimeout(err) {
			if !l.wanted() {
				l.done(false)
				return
			}
			if nothing || time.Until(until) > patientSlice/2 {
				pause = patientRest(pause) // a driver that does not wait: don't spin
			}
			continue
		}
		l.mu.Lock()
		l.got, l.peer, l.err = l.buf[:n], peer, err
		l.mu.Unlock()
		l.done(true)
		return
	}
}

// patientRest sleeps, each time longer.
func patientRest(before time.Duration) time.Duration {
	pause := min(2*before+time.Millisecond, patientPause)
	time.Sleep(pause)
	return pause
}

func (p *patient) Send(num int, buf []byte, flags int, deadline time.Time) (int, error) {
	return p.send(num, buf[:min(len(buf), patientBuffer)], deadline, opSend, netip.AddrPort{}, flags)
}

func (p *patient) SendTo(num int, buf []byte, flags int, deadline time.Time, to netip.AddrPort) (int, error) {
	return p.send(num, buf, deadline, opSendTo, to, flags)
}

// send gives a worker a copy of buf. What it has counts as sent, as in the send
// buffer of a system: if the caller leaves, the error of it is the next call's.
func (p *patient) send(num int, buf []byte, deadline time.Time, op patientOp, to netip.AddrPort, flags int) (int, error) {
	if !deadline.IsZero() {
		p.SetSockDeadline(num, ndWrites, deadline)
		defer p.SetSockDeadline(num, ndWrites, time.Time{})
	}
	l := p.sock(num).writes
	l.mu.Lock()
	n, err := l.send(buf, op, to, flags)
	l.mu.Unlock()
	return n, err
}

func (l *lane) send(buf []byte, op patientOp, to netip.AddrPort, flags int) (int, error) {
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
	l.size(len(buf))
	copy(l.buf, buf)
	l.to = to
	l.start(op, flags)
	if err := l.result(); err != nil {
		return len(buf), err
	}
	left := len(l.got)
	return len(buf) - left, l.take()
}

// errUncounted is what a Write gets when its connection can't be used any more.
var errUncounted error = &uncountedError{}

type uncountedError struct{}

func (*uncountedError) Error() string {
	return "the network device's driver has sent a part, and does not tell how much"
}

// stale reports whether an error of Send, which has no deadline, can only be due
// to one that the socket had before: there are drivers that do not clear it.
// Other errors that are timeouts say that the peer does not answer any more.
func stale(err error) bool { return err != nil && errorIs(err, os.ErrDeadlineExceeded) }

// sending has the driver send what is in l.buf, and leaves the rest in l.got.
// There is no deadline: a driver may say no better than -1 how much it had sent
// by then, and what is sent again may arrive twice.
func (l *lane) sending() {
	rest := l.buf
	pause := time.Duration(0)
	for {
		var n int
		var err error
		if l.op == opSendTo {
			n, err = l.p.datagrams.SendTo(l.num, rest, l.flags, time.Time{}, l.to)
		} else {
			n, err = l.p.driver.Send(l.num, rest, l.flags, time.Time{})
		}
		uncounted := n < 0 && driverTimeout(err)
		n, err = soundCount(n, len(rest), err)
		rest = rest[n:]
		whole := len(rest) == 0 || l.op == opSendTo
		switch {
		case uncounted:
			err = errUncounted
		case (err == nil && !whole || stale(err)) && l.open():
			if n == 0 {
				pause = patientRest(pause)
			}
			continue
		}
		l.mu.Lock()
		l.got, l.err = rest, err
		l.mu.Unlock()
		l.done(true)
		return
	}
}

func (p *patient) Connect(num int, host string, ip netip.AddrPort) error {
	l := p.sock(num).writes
	l.mu.Lock()
	err := l.connect(host, ip)
	l.mu.Unlock()
	return err
}

func (l *lane) connect(host string, ip netip.AddrPort) error {
	if err := l.usable(); err != nil {
		return err
	}
	l.host, l.to = host, ip
	l.start(opConnect, 0)
	if err := l.result(); err != nil {
		return err
	}
	return l.take()
}

func (p *patient) Listen(num, backlog int) error {
	if err := p.retry(func() error { return p.driver.Listen(num, backlog) }); err != nil {
		return err
	}
	s := p.sock(num)
	p.mu.Lock()
	if l := p.orphans[num]; l != nil {
		delete(p.orphans, num)
		l.mu.Lock()
		l.closed, l.adopted = false, true
		l.deadline = s.reads.deadline // has no timer yet
		l.s, s.reads = s, l
		l.mu.Unlock()
	}
	p.mu.Unlock()
	return nil
}

func (p *patient) Accept(num int) (int, netip.AddrPort, error) {
	l := p.sock(num).reads
	l.mu.Lock()
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
			l.start(opAccept, 0)
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
	if closed && p.orphans[num] == l {
		delete(p.orphans, num)
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

func (p *patient) Close(num int) error {
	p.mu.Lock()
	s := p.socks[num]
	delete(p.socks, num)
	late := -1 // a connection that came and nobody took
	pending := false
	if s != nil {
		for _, l := range [...]*lane{s.reads, s.writes} {
			l.mu.Lock()
			l.closed = true
			l.deadline.stop()
			switch {
			case l.busy && l.op == opAccept:
				p.orphans[num] = l // and the driver's socket is closed now
			case l.busy:
				s.pending++
			case l.ready && l.op == opAccept && l.err == nil:
				late = l.newfd
			}
			l.changed.Broadcast()
			l.mu.Unlock()
		}
		if pending = s.pending > 0; pending {
			// The last worker closes it, or this does.
			s.linger = time.AfterFunc(patientLinger, func() {
				p.mu.Lock()
				cut := s.cut
				s.cut = true
				p.mu.Unlock()
				if !cut {
					p.closeNow(num)
				}
			})
		}
	}
	p.closing++
	p.mu.Unlock()
	if late >= 0 {
		p.quick(patientClose, func() error { return p.driver.Close(late) })
	}
	if pending {
		return nil
	}
	err, _ := p.quick(patientClose, func() error { return p.closeNow(num) })
	return err
}

// closeNow closes a socket in the driver that counts as closing.
func (p *patient) closeNow(num int) error {
	err := p.driver.Close(num)
	p.mu.Lock()
	if p.closing--; p.closing == 0 && p.drained != nil {
		close(p.drained)
		p.drained = nil
	}
	p.mu.Unlock()
	return err
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
	driver    netdever
	datagrams datagrammer
	intr      interrupter

	mu    sync.Mutex
	socks map[int]*interruptSock
}

func newInterruptible(dev netdever, datagrams datagrammer, intr interrupter) *interruptible {
	return &interruptible{driver: dev, datagrams: datagrams, intr: intr, socks: map[int]*interruptSock{}}
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
	d.arm(s, i, num, wait)
}

// arm makes the timer of one deadline. It is apart because TinyGo allocates what
// the function below refers to wherever that begins.
func (d *interruptible) arm(s *interruptSock, i, num int, wait time.Duration) {
	m := &s[i]
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
	return d.driver.Close(num)
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
	n, err := d.driver.Recv(num, buf, flags, deadline)
	return n, d.verdict(num, ndReads, err)
}

func (d *interruptible) Send(num int, buf []byte, flags int, deadline time.Time) (int, error) {
	if d.expired(num, ndWrites) {
		return 0, os.ErrDeadlineExceeded
	}
	n, err := d.driver.Send(num, buf, flags, deadline)
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
	return d.verdict(num, ndWrites, d.driver.Connect(num, host, ip))
}

func (d *interruptible) Accept(num int) (int, netip.AddrPort, error) {
	if d.expired(num, ndReads) {
		return -1, netip.AddrPort{}, os.ErrDeadlineExceeded
	}
	newfd, peer, err := d.driver.Accept(num)
	return newfd, peer, d.verdict(num, ndReads, err)
}

// verdict gives an interrupted call Go's error.
func (d *interruptible) verdict(num, what int, err error) error {
	if err != nil && driverTimeout(err) && d.expired(num, what) {
		return os.ErrDeadlineExceeded
	}
	return err
}
