package lneto

import (
	"io"
	"net"
	"syscall"
	"time"

	"github.com/soypat/lneto/tcp"

	"github.com/tinynet/tinynet/netdev"
)

// A conn is a TCP connection: lneto's engine, and a guard around it.
//
// The engine (tcp.Handler) has the state machine and both buffers. It is shown
// only segments that it handles rightly: what is next in the sequence, with an
// acknowledgement of what it remembers to have sent. All else is answered here:
//
//	old and early segments       acknowledged here; early ones are kept
//	RST, SYN on a connection     checked here, as RFC 5961 says
//	FIN of our own               sent by the engine once all data has arrived,
//	                             repeated here
//	a window of 0, keep-alive    probed, and answered, here
//	TIME-WAIT                    a timeWait of the device
//
// docs/lneto.md says why for each, with a test for what the engine does.
type conn struct {
	d      *Device
	h      tcp.Handler
	rec    recovery
	sock   *socket   // nil: not accepted yet, or closed
	lst    *listener // whose Accept it waits for
	port   uint16
	remote peer

	up      bool // it is, or was, established
	ended   bool // nothing more is sent or received; err or fin says why
	err     error
	iss     tcp.Value // our first sequence number
	irs     tcp.Value // the peer's
	crossed bool      // the peer's SYN has met ours on the way
	rcvNxt  tcp.Value // the next one that the engine takes
	wnd     tcp.Size  // the peer's window, as last told
	mss     int       // the peer's limit for a segment
	fin     bool      // the peer has ended its half
	deaf    bool      // our program does not read any more
	left    []byte    // what the engine would have forgotten at its end
	held    [][]byte  // segments that came early, with their headers
	ackNow  bool      // the peer is owed an acknowledgement
	owesFIN bool      // the engine has to acknowledge a FIN

	closing bool // our half ends when all has been sent
	told    bool // the engine knows that
	finSent bool
	finSeq  tcp.Value
	first   bool // our FIN was sent before the peer's had come
	reset   bool // RST has to be sent, and that is all

	resendAt int64 // when SYN, SYN with ACK, or FIN is sent again
	resends  int
	again    bool  // it is to be sent now
	probeAt  int64 // when a peer without window is asked; 0: it has one
	probes   int
	probedAt int64 // when the first probe was due that has no answer yet; 0: none
	probe    bool  // a probe is to be sent now
	stuckAt  int64 // since when something cannot even be sent once; 0: nothing
	closeBy  int64 // when a connection without socket is given up
	heard    int64 // when the peer was last heard

	keepAlive bool
	keepIdle  time.Duration
	keepEvery time.Duration
	keepCount int
	keepSent  int
	keepAt    int64
}

// newConn is a connection in no state, with buffers. If there are as many as
// may be, one that nobody needs ends for it.
func (d *Device) newConn() *conn {
	if len(d.spare) == 0 && d.made >= d.conf.Conns {
		d.evict()
	}
	if n := len(d.spare); n > 0 {
		c := d.spare[n-1]
		d.spare = d.spare[:n-1]
		return c
	}
	if d.made >= d.conf.Conns {
		return nil
	}
	c := &conn{d: d}
	if c.h.SetBuffers(make([]byte, d.conf.SendBuffer), make([]byte, d.conf.RecvBuffer), d.conf.Segments) != nil {
		return nil
	}
	c.h.SetLossRecovery(&c.rec, d.now)
	d.made++
	return c
}

// evict ends a connection that nobody misses, the longest silent: one that the
// program has closed and whose peer has all of it, or one that its peer began to
// open and, for a second, has not gone on with.
func (d *Device) evict() {
	var victim *conn
	now := d.now()
	for _, c := range d.conns {
		done := c.sock == nil && c.lst == nil && (c.ended || c.reset || c.finSent && !c.rec.inFlight())
		if (done || c.abandoned(now)) && (victim == nil || c.heard < victim.heard) {
			victim = c
		}
	}
	if victim == nil {
		return
	}
	d.stats.Evicted++
	if victim.up && !victim.ended {
		d.out.segment(d, victim.remote, victim.port, victim.rec.max, victim.rcvNxt, tcp.FlagRST|tcp.FlagACK)
	}
	d.release(victim)
}

// abandoned reports whether the peer has begun to open the connection and does
// not go on, as in a flood of such beginnings.
func (c *conn) abandoned(now int64) bool {
	return c.lst != nil && !c.up && now-c.heard > int64(time.Second)
}

// startConn puts a connection into use and returns its first sequence number.
func (d *Device) startConn(c *conn, port uint16, remote peer) (iss tcp.Value) {
	now := d.now()
	// As RFC 6528 has it: a clock, and what only this device knows of the peer.
	who := uint64(remote.ip[0])<<56 | uint64(remote.ip[1])<<48 | uint64(remote.ip[2])<<40 | uint64(remote.ip[3])<<32 |
		uint64(remote.port)<<16 | uint64(port)
	iss = tcp.Value(uint32(d.secret.hash(who, 0)) + uint32(now/4000))
	*c = conn{
		d: d, h: c.h, rec: c.rec, iss: iss, port: port, remote: remote, mss: 536, heard: now,
		held: c.held[:0], left: nil,
		keepIdle: 15 * time.Second, keepEvery: 15 * time.Second, keepCount: 9,
	}
	c.h.SetLossRecovery(&c.rec, d.now)
	c.rec.begin(iss)
	d.conns = append(d.conns, c)
	return iss
}

// dial opens a connection.
func (d *Device) dial(s *socket, remote peer) (*conn, error) {
	if d.find(s.port, remote) != nil {
		return nil, syscall.EADDRINUSE
	}
	c := d.newConn()
	if c == nil {
		return nil, netdev.ErrNoMoreSockets
	}
	iss := d.startConn(c, s.port, remote)
	c.sock, s.conn = s, c
	if err := c.h.OpenActive(s.port, remote.port, iss); err != nil {
		s.conn = nil
		d.release(c)
		return nil, err
	}
	d.kick()
	return c, nil
}

// find is the connection with a peer. One that has ended is its program's only, who
// has not closed it yet: another may take its place, and what still comes for it is
// for none, or for a timeWait.
func (d *Device) find(port uint16, remote peer) *conn {
	for _, c := range d.conns {
		if c.port == port && c.remote == remote && !c.ended {
			return c
		}
	}
	return nil
}

// lingers reports whether a connection of that port is not over.
func (d *Device) lingers(port uint16) bool {
	for _, c := range d.conns {
		if c.port == port {
			return true
		}
	}
	now := d.now()
	for i := range d.waits {
		if d.waits[i].until > now && d.waits[i].port == port {
			return true
		}
	}
	return false
}

// release takes a connection out of use.
func (d *Device) release(c *conn) {
	for i, o := range d.conns {
		if o == c {
			last := len(d.conns) - 1
			copy(d.conns[i:], d.conns[i+1:])
			d.conns[last] = nil
			d.conns = d.conns[:last]
			if c.lst != nil {
				c.lst.remove(c)
			}
			c.h.Abort()
			c.sock, c.lst, c.left = nil, nil, nil
			d.spare = append(d.spare, c)
			return
		}
	}
}

// end is the end of a connection; nil is a good one. Without a socket it is
// released.
func (c *conn) end(err error) {
	if c.ended {
		return
	}
	c.drain()
	c.ended = true
	if c.err == nil {
		c.err = err
	}
	c.h.Abort()
	c.wake()
	if c.sock == nil {
		c.d.release(c)
	}
}

func (c *conn) wake() {
	if c.sock != nil {
		c.sock.wakeAll()
	}
}

// drain keeps what the engine has for the program.
func (c *conn) drain() {
	if c.sock == nil || c.deaf {
		return
	}
	if n := c.h.BufferedInput(); n > 0 {
		at := len(c.left)
		c.left = append(c.left, make([]byte, n)...)
		m, _ := c.h.Read(c.left[at:])
		c.left = c.left[:at+m]
	}
}

// read returns 0 and no error if there is nothing yet.
func (c *conn) read(buf []byte) (int, error) {
	switch {
	case c.deaf:
		return 0, io.EOF
	case len(c.left) > 0:
		n := copy(buf, c.left)
		if c.left = c.left[n:]; len(c.left) == 0 {
			c.left = nil
		}
		return n, nil
	case !c.ended && c.h.BufferedInput() > 0:
		return c.h.Read(buf)
	case c.fin:
		return 0, io.EOF
	case c.err != nil:
		return 0, c.err
	case c.ended:
		return 0, net.ErrClosed
	}
	return 0, nil
}

// write returns 0 and no error if there is no room yet.
func (c *conn) write(buf []byte) (int, error) {
	switch {
	case c.closing:
		return 0, syscall.EPIPE
	case c.err != nil:
		return 0, c.err
	case c.ended:
		return 0, syscall.EPIPE
	}
	n := min(len(buf), c.h.FreeOutput())
	if n == 0 {
		return 0, nil
	}
	n, err := c.h.Write(buf[:n])
	if err != nil {
		return 0, nil // there is room after the next acknowledgement
	}
	return n, nil
}

// unsent reports whether the peer lacks something that was written.
func (c *conn) unsent() bool { return c.h.FreeOutput() < c.h.SizeOutput() }

// shutdownWrite ends our half when all has been sent.
func (c *conn) shutdownWrite() {
	c.closing = true
	c.d.kick()
}

// abort breaks the connection.
func (c *conn) abort() {
	if c.ended {
		c.sock = nil
		c.d.release(c)
		return
	}
	c.sock = nil
	if !c.up {
		if c.irs == 0 {
			c.d.release(c)
			return
		}
	}
	c.reset = true
	c.d.kick()
}

// orphan is what becomes of a connection whose socket is closed.
func (c *conn) orphan(d *Device, linger int) {
	if linger == 0 || !c.up {
		c.abort()
		return
	}
	unread := !c.ended && !c.deaf && c.h.BufferedInput() > 0 || len(c.left) > 0
	c.sock, c.left = nil, nil
	switch {
	case c.ended:
		d.release(c)
		return
	case unread: // RFC 2525: the peer has to know that its data was lost
		c.reset = true
		return
	}
	c.deaf, c.closing = true, true
	limit := d.conf.CloseTimeout
	if linger > 0 {
		limit = time.Duration(linger) * time.Second
	}
	c.closeBy = d.now() + int64(limit)
}

const (
	firstResend = int64(time.Second)
	maxProbe    = int64(10 * time.Second)
)

// next is when tick has to be called; 0 if by itself never. It has to name no
// time at which tick does nothing, or run would go round without a rest.
func (c *conn) next() (at int64) {
	if c.ended || c.reset {
		return 0
	}
	stuck := c.stuckAt
	if stuck != 0 {
		stuck += int64(c.d.conf.RetryTimeout) + 1
	}
	for _, t := range [...]int64{c.resendAt, c.probeAt, c.closeBy, stuck, c.keepDue()} {
		if t != 0 && (at == 0 || t < at) {
			at = t
		}
	}
	if t := c.rec.deadline; t != 0 && c.rec.data && c.rec.inFlight() && (at == 0 || t < at) {
		at = t
	}
	return at
}

func (c *conn) keepDue() int64 {
	if !c.keepAlive || !c.up || c.ended {
		return 0
	}
	if c.keepSent == 0 {
		return c.heard + int64(c.keepIdle)
	}
	return c.keepAt
}

// tick does what is due. It is called without a link, too: what waits for a peer
// fails in its time, whatever the reason that the peer is not heard.
func (c *conn) tick(d *Device, now int64) {
	due := func(at int64) bool { return at != 0 && at <= now }
	if !c.ended && due(c.closeBy) {
		c.closeBy = 0
		c.reset = true
	}
	if c.reset && !d.linkUp {
		c.end(syscall.ECONNRESET) // nobody can be told
	}
	if c.ended || c.reset {
		return
	}
	limit := int64(d.conf.RetryTimeout)
	// What was not sent has no timer of the engine's: there is no link, or nobody
	// tells the peer's hardware address.
	switch {
	case !c.up || c.rec.inFlight() || c.probeAt != 0 || c.h.BufferedUnsent() == 0 && (!c.closing || c.finSent):
		c.stuckAt = 0
	case c.stuckAt == 0:
		c.stuckAt = now
	case now-c.stuckAt > limit:
		c.end(syscall.ETIMEDOUT)
		return
	}
	if due(c.resendAt) {
		c.resends++
		c.resendAt = now + firstResend<<min(c.resends, 4)
		switch {
		case !c.up && c.sock == nil && c.resends > 4:
			d.release(c) // who has sent the SYN does not go on
			return
		case c.finSent && c.rec.since != 0 && now-c.rec.since > limit:
			c.end(syscall.ETIMEDOUT)
			return
		}
		c.again = true
		if c.finSent && c.rec.since != 0 {
			c.resendAt = min(c.resendAt, c.rec.since+limit+1)
		}
	}
	if c.rec.data && due(c.rec.deadline) && c.rec.inFlight() {
		if c.rec.since != 0 && now-c.rec.since > limit {
			c.end(syscall.ETIMEDOUT)
			return
		}
		d.arp.doubt(c.nextHop())
		c.rec.timeout(now)
		c.rec.deadline = min(c.rec.deadline, c.rec.since+limit+1)
		d.stats.Retransmissions++
	}
	if due(c.probeAt) {
		if c.probedAt == 0 {
			c.probedAt = now
		} else if now-c.probedAt > limit {
			c.end(syscall.ETIMEDOUT)
			return
		}
		c.probe = true
		c.probes++
		c.probeAt = now + min(firstResend<<min(c.probes, 4), maxProbe)
		c.probeAt = min(c.probeAt, max(c.probedAt+limit+1, now+int64(minRTO)))
	}
	if due(c.keepDue()) {
		if c.keepSent >= c.keepCount {
			c.end(syscall.ETIMEDOUT)
			return
		}
		c.keepSent++
		c.keepAt = now + int64(c.keepEvery)
		c.probe = true
	}
}

func (c *conn) nextHop() ip4 { return c.d.route(c.remote.ip) }

// unreachable is called when nobody answers for the address. An established
// connection has its own patience, but one that is to be broken is over: there
// is nobody to be told.
func (c *conn) unreachable() {
	switch {
	case c.reset:
		c.end(syscall.ECONNRESET)
	case !c.up:
		c.end(syscall.EHOSTUNREACH)
	}
}

// linkIsBack sends at once what was to be sent while there was no link.
func (c *conn) linkIsBack(now int64) {
	for _, at := range [...]*int64{&c.resendAt, &c.probeAt, &c.rec.deadline} {
		if *at != 0 {
			*at = now
		}
	}
	c.rec.rto = min(c.rec.rto, firstRTO)
}
