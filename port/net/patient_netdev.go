//go:build tinynetport && !port.alone

package net

// Deadlines for a driver that knows none but those of single calls: its sockets,
// and the calls that should be quick.

import (
	"net/netip"
	"sync"
	"sync/atomic"
	"time"
)

// patient gives deadlines to a driver that knows none but those passed with a
// call. Calls that may block run in a worker goroutine; who waits for one can
// leave at any time, and what the driver hands over later is kept for the next
// call.
//
// A driver may hold a lock while one of its calls blocks, so that all others
// block, too. Therefore the calls that should be quick also run in workers.
// See docs/RATIONALE.md, "Workers for drivers that block".
type patient struct {
	driver    netdever
	datagrams datagrammer
	crew      crew
	spare     spareBuffers
	alone     atomic.Int32 // lanes that have a worker of their own to receive

	mu      sync.Mutex // taken before a lane's
	socks   bySocket[patientSock]
	closing int           // sockets that net has closed and the driver not yet
	drained chan struct{} // closed when there are none, where somebody waits for it
	stuck   int           // quick calls that nobody waits for any more, still in the driver
	// orphans has the lanes of closed listeners in which the driver still waits
	// for a connection. A new listener of the same number takes over.
	orphans bySocket[lane]
	watch   watch
	idle    func(*lane) // watchFor, where there are listeners
}

type patientSock struct {
	reads, writes *lane
	lanes         [2]lane     // these, but for a listener that has taken over another's
	pending       int         // lanes that are busy after Close; the last one closes
	linger        *time.Timer // closes though some are busy
	cut           bool        // the driver was told to close

	collects bool // SetSockOpt adds to options
	options  []sockOption
	unset    atomic.Bool // there are options
}

const (
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

	// patientLate is how late a driver may be with its answer that there is
	// nothing, so that it is asked for idle connections in turn.
	patientLate = 2 * patientSlice
)

func newPatient(dev netdever, datagrams datagrammer) *patient {
	p := &patient{
		driver: dev, datagrams: datagrams,
		crew: crew{jobs: make(chan job)},
	}
	p.watch.p = p
	return p
}

// open makes an attempt, which may block in many places, until its context ends. The
// error says what it means.
func (p *patient) open(a *attempt) (*netFD, error) {
	if !ctxWaits(a.ctx) {
		fd, err := a.open()
		return fd, known(err)
	}
	if ctxEnded(a.ctx) {
		return nil, mapErr(a.ctx.Err())
	}
	a.hook = testHookCanceledDial
	a.done = make(chan struct{}, 1)
	p.crew.work(job{open: a})
	stop := ctxAfterFunc(a.ctx, a.leave)
	<-a.done
	stop()
	a.mu.Lock()
	fd, err := a.fd, a.err
	left := a.left
	a.mu.Unlock()
	if left {
		return nil, mapErr(a.ctx.Err())
	}
	return fd, known(err)
}

// awaitRoom waits until the sockets that were closed are free, and reports whether
// a call that has failed with err could go well then. Who calls it makes the call
// again, and not by way of a function: TinyGo puts what one captures on the heap.
func (p *patient) awaitRoom(err error) bool {
	p.mu.Lock()
	wait := patientLinger + 2*patientSlice
	if p.closing == 0 {
		if !outOfSockets(err) {
			p.mu.Unlock()
			return false
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
	return true
}

func (p *patient) Socket(domain, stype, protocol int) (num int, err error) {
	num, err = p.driver.Socket(domain, stype, protocol)
	if err != nil && p.awaitRoom(err) {
		num, err = p.driver.Socket(domain, stype, protocol)
	}
	if err == nil && stype != ndSOCK_STREAM {
		p.mu.Lock()
		s := p.sockLocked(num)
		s.reads.whole, s.writes.whole = true, true
		p.mu.Unlock()
	}
	return num, err
}

func (p *patient) Bind(num int, ip netip.AddrPort) error {
	err := p.driver.Bind(num, ip)
	if err != nil && p.awaitRoom(err) {
		err = p.driver.Bind(num, ip)
	}
	return err
}

// A sockOption is a call of SetSockOpt that has not been made.
type sockOption struct {
	level, opt int
	value      any
}

func (p *patient) SetSockOpt(num, level, opt int, value any) error {
	p.mu.Lock()
	s := p.sockLocked(num)
	if s.collects {
		s.options = append(s.options, sockOption{level, opt, value})
		p.mu.Unlock()
		return nil
	}
	p.mu.Unlock()
	return p.setOption(num, s, sockOption{level, opt, value})
}

// setOption is apart from SetSockOpt, since TinyGo takes what a function captures from
// the heap where that is declared, also for the options that are only kept.
func (p *patient) setOption(num int, s *patientSock, o sockOption) error {
	return p.prompt(patientQuick, func() error {
		p.setOptions(num, s)
		return p.driver.SetSockOpt(num, o.level, o.opt, o.value)
	})
}

// collect begins, or ends, to keep options instead of setting them. The first worker
// that does something for the socket then sets them: a worker for each would take
// more than the rest of a dial.
func (p *patient) collect(num int, on bool) {
	p.mu.Lock()
	s := p.sockLocked(num)
	if s.collects = on; on {
		s.options = make([]sockOption, 0, 5)
	} else {
		s.unset.Store(len(s.options) > 0)
	}
	p.mu.Unlock()
}

// setOptions makes up for those that were kept.
func (p *patient) setOptions(num int, s *patientSock) {
	p.mu.Lock()
	options := s.options
	s.options = nil
	s.unset.Store(false)
	p.mu.Unlock()
	for _, o := range options {
		p.driver.SetSockOpt(num, o.level, o.opt, o.value)
	}
}

// prompt makes a call of the driver that should be quick. One that is not is left
// in the driver, and as long as it is there, others fail at once.
func (p *patient) prompt(limit time.Duration, call func() error) error {
	p.mu.Lock()
	stuck := p.stuck > 0
	p.mu.Unlock()
	if stuck {
		return errBusy
	}
	c := &promptCall{}
	_, done := p.crew.quick(limit, quickCall{call: func() error {
		err := call()
		p.mu.Lock()
		c.err, c.back = err, true
		if c.left {
			p.stuck--
		}
		p.mu.Unlock()
		return err
	}})
	p.mu.Lock()
	defer p.mu.Unlock()
	if !done && !c.back { // it may have come back since
		c.left = true
		p.stuck++
		return errBusy
	}
	return c.err
}

// A promptCall is a call that prompt makes. It is guarded by patient.mu.
type promptCall struct {
	err  error
	back bool // the driver has returned
	left bool // prompt has returned before that
}

// lockLane returns one lane of a socket, which is made at its first use, with its
// lock held. It is locked before anybody else can come: Listen may give the socket
// another lane for reads.
func (p *patient) lockLane(num int, writes bool) *lane {
	p.mu.Lock()
	s := p.sockLocked(num)
	l := s.reads
	if writes {
		l = s.writes
	}
	l.mu.Lock()
	p.mu.Unlock()
	return l
}

func (p *patient) sockLocked(num int) *patientSock {
	s := p.socks.get(num)
	if s == nil {
		s = &patientSock{}
		s.reads, s.writes = &s.lanes[0], &s.lanes[1]
		s.reads.init(p, s, num)
		s.writes.init(p, s, num)
		p.socks.set(num, s)
	}
	return s
}

func (p *patient) Close(num int) error {
	p.mu.Lock()
	s := p.socks.get(num)
	p.socks.set(num, nil)
	late := -1 // a connection that came and nobody took
	pending := false
	if s != nil {
		for _, l := range [...]*lane{s.reads, s.writes} {
			l.mu.Lock()
			l.closed = true
			l.deadline.stop()
			switch {
			case l.busy && l.op == opAccept:
				p.orphans.set(num, l) // and the driver's socket is closed now
			case l.watched && p.watch.remove(l):
				l.busy = false
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
			s.linger = time.AfterFunc(patientLinger, s.lingered)
		}
	}
	p.closing++
	p.mu.Unlock()
	if late >= 0 {
		p.crew.quick(patientClose, quickCall{late: true, p: p, num: late})
	}
	if pending {
		return nil
	}
	err, _ := p.crew.quick(patientClose, quickCall{p: p, num: num})
	return err
}

// lingered closes a socket though the driver is in a call for it.
func (s *patientSock) lingered() {
	p, num := s.lanes[0].p, s.lanes[0].num
	p.mu.Lock()
	cut := s.cut
	s.cut = true
	p.mu.Unlock()
	if !cut {
		p.closeNow(num)
	}
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
	for i, what := range [...]int{ndReads, ndWrites} {
		if calls&what != 0 {
			l := p.lockLane(num, i == 1)
			l.deadline.set(t, &l.changed)
			l.mu.Unlock()
		}
	}
	return nil
}
