//go:build tinynetport

package net

import (
	"io"
	"net/netip"
	"os"
	"sync"
	"syscall"
	"time"
)

// loopback is the built-in device: TCP and UDP on 127.0.0.0/8 and ::1, and
// unix sockets, all in memory. It works with no hardware at all.
//
// Locks are taken in the order loopInbox.mu, loopback.mu, loopPipe.mu.
type loopback struct {
	mu     sync.RWMutex
	socks  []*loopSock // by number; nil is free
	free   []int
	ports  map[loopPort]*loopSock // the first of a chain
	names  map[string]*loopSock   // unix sockets
	nextEp uint16
}

type loopPort struct {
	stype, port uint16
}

// theLoopback is made when first used: a program without sockets pays nothing.
var theLoopback = sync.OnceValue(func() *loopback {
	return &loopback{ports: map[loopPort]*loopSock{}, names: map[string]*loopSock{}}
})

type loopSock struct {
	l             *loopback
	domain, stype uint16
	bound         bool // in l.ports or l.names
	only6, reuse  bool
	abort         bool // Close resets the connection
	closed        bool
	local, remote netip.AddrPort // always unmapped
	unix          *loopNames     // of a socket with domain AF_UNIX
	next          *loopSock      // on the same port

	// A connected stream has pipes, all else an inbox.
	in, out *loopPipe
	inbox   *loopInbox
}

type loopNames struct{ name, peer string }

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
}

type loopPending struct {
	num  int
	sock *loopSock
}

type loopMsg struct {
	size int
	from netip.AddrPort
	name string
}

// A loopDeadline is guarded by the lock of what it belongs to.
type loopDeadline struct {
	expired bool
	alarm   *loopAlarm // of a socket that has ever had a deadline to come
}

type loopAlarm struct {
	d     *loopDeadline
	c     *sync.Cond
	at    time.Time // zero: no deadline
	rings time.Time // zero: the timer does not run
	timer *time.Timer
}

// set moves the deadline. The lock of c is held; c is woken when it passes.
func (d *loopDeadline) set(t time.Time, c *sync.Cond) {
	a := d.alarm
	d.expired = false
	if a != nil {
		a.at = time.Time{}
	}
	if t.IsZero() {
		return
	}
	wait := time.Until(t)
	switch {
	case wait <= 0:
		d.expired = true
		c.Broadcast()
	case a == nil:
		a = &loopAlarm{d: d, c: c, at: t, rings: t}
		d.alarm = a
		a.timer = time.AfterFunc(wait, a.ring)
	default:
		a.at = t
		a.wind(wait)
	}
}

// wind has the timer run until a.at at the latest. One that runs and is not late
// stays as it is: deadlines are moved far more often than they pass.
func (a *loopAlarm) wind(wait time.Duration) {
	if a.rings.IsZero() || a.at.Before(a.rings) {
		a.rings = a.at
		a.timer.Reset(wait)
	}
}

func (a *loopAlarm) ring() {
	a.c.L.Lock()
	a.rings = time.Time{}
	if !a.at.IsZero() && !a.d.expired {
		if wait := time.Until(a.at); wait > 0 {
			a.wind(wait) // it was moved
		} else {
			a.d.expired = true
			a.c.Broadcast()
		}
	}
	a.c.L.Unlock()
}

// stop ends the timer, too.
func (d *loopDeadline) stop() {
	if a := d.alarm; a != nil {
		a.timer.Stop()
		a.at, a.rings = time.Time{}, time.Time{}
	}
}

// A loopPipe is one direction of a stream.
type loopPipe struct {
	mu       sync.Mutex
	readable sync.Cond
	writable sync.Cond
	data     ring
	packets  *[]int // sizes of the messages in data, only for SOCK_SEQPACKET
	ended    bool   // the writer is done
	deaf     bool   // the reader shut down: what comes is thrown away
	gone     bool   // the reader is closed
	reset    bool   // the writer broke the connection
	late     bool   // the reader is closed, and the writer has yet to find out
	rd, wr   loopDeadline

	// A reader that waits leaves its buffer here, so that a writer can fill it
	// at once; taken says how far it did.
	waiting []byte
	taken   int
}

func newLoopPipe(packet bool) *loopPipe {
	p := &loopPipe{}
	if packet {
		p.packets = new([]int)
	}
	p.readable.L, p.writable.L = &p.mu, &p.mu
	return p
}

func newLoopInbox() *loopInbox {
	b := &loopInbox{}
	b.arrived.L = &b.mu
	return b
}

// A ring is a queue of bytes that grows as far as loopBuffer.
type ring struct {
	buf   []byte
	first int
	n     int
}

func (r *ring) room() int { return loopBuffer - r.n }

// put appends as much of p as there is room for.
func (r *ring) put(p []byte) int {
	if most := r.room(); len(p) > most {
		p = p[:most]
	}
	if need := r.n + len(p); need > len(r.buf) {
		size := max(len(r.buf), 64)
		for size < need {
			size *= 2
		}
		larger := make([]byte, min(size, loopBuffer))
		n := r.n
		r.get(larger)
		r.buf, r.first, r.n = larger, 0, n
	}
	at := r.first + r.n
	if at >= len(r.buf) {
		at -= len(r.buf)
	}
	n := copy(r.buf[at:], p)
	copy(r.buf, p[n:])
	r.n += len(p)
	return len(p)
}

// get removes up to len(p) bytes.
func (r *ring) get(p []byte) int {
	if len(p) > r.n {
		p = p[:r.n]
	}
	n := copy(p, r.buf[r.first:])
	copy(p[n:], r.buf)
	r.skip(len(p))
	return len(p)
}

func (r *ring) skip(n int) {
	r.n -= n
	if r.first += n; r.first >= len(r.buf) {
		r.first -= len(r.buf)
	}
	if r.n == 0 {
		r.first = 0
	}
}

// read waits for bytes, the end, or the deadline.
func (p *loopPipe) read(buf []byte) (int, error) {
	p.mu.Lock()
	n, err := p.readLocked(buf)
	p.mu.Unlock()
	return n, err
}

func (p *loopPipe) readLocked(buf []byte) (int, error) {
	for {
		switch {
		case p.rd.expired:
			return 0, os.ErrDeadlineExceeded
		case p.gone:
			return 0, errClosed
		case p.packets != nil && len(*p.packets) > 0:
			sizes := *p.packets
			size := sizes[0]
			*p.packets = sizes[:copy(sizes, sizes[1:])]
			n := p.data.get(buf[:min(len(buf), size)])
			p.data.skip(size - n)
			p.writable.Broadcast()
			return n, nil
		case p.packets == nil && p.data.n > 0:
			full := p.data.room() == 0
			n := p.data.get(buf)
			if full {
				p.writable.Broadcast()
			}
			return n, nil
		case p.reset:
			return 0, sysError("read", syscall.ECONNRESET)
		case p.ended || p.deaf:
			return 0, io.EOF
		case len(buf) == 0:
			return 0, nil
		}
		mine := p.waiting == nil && p.packets == nil
		if mine {
			p.waiting, p.taken = buf, 0
		}
		p.readable.Wait()
		if mine {
			n := p.taken
			p.waiting, p.taken = nil, 0
			if n > 0 {
				return n, nil
			}
		}
	}
}

// write waits until all of buf is taken, or as long as it can.
func (p *loopPipe) write(buf []byte) (int, error) {
	p.mu.Lock()
	n, err := p.writeLocked(buf)
	p.mu.Unlock()
	return n, err
}

func (p *loopPipe) writeLocked(buf []byte) (int, error) {
	done := 0
	for {
		switch {
		case p.wr.expired:
			return done, os.ErrDeadlineExceeded
		case p.late && !p.ended && len(buf) <= loopBuffer:
			// With TCP only the answer to this would tell (RFC 9293, 3.10.7.1),
			// and programs write their goodbye to peers that are gone.
			p.late = false
			return len(buf), nil
		case p.ended || p.gone:
			return done, sysError("write", syscall.EPIPE)
		case p.reset:
			return done, sysError("write", syscall.ECONNRESET)
		case p.deaf:
			return len(buf), nil
		case p.packets != nil:
			if len(buf) > loopBuffer {
				return 0, sysError("write", syscall.EMSGSIZE)
			}
			if p.data.room() >= len(buf) && len(*p.packets) < loopQueue {
				p.data.put(buf)
				*p.packets = append(*p.packets, len(buf))
				p.readable.Broadcast()
				return len(buf), nil
			}
		default:
			if p.waiting != nil && p.taken == 0 && p.data.n == 0 {
				p.taken = copy(p.waiting, buf[done:])
				done += p.taken
				p.readable.Signal()
			}
			if done < len(buf) {
				empty := p.data.n == 0
				if n := p.data.put(buf[done:]); n > 0 {
					done += n
					if empty && p.taken == 0 {
						p.readable.Signal()
					}
				}
			}
			if done == len(buf) {
				return done, nil
			}
		}
		p.writable.Wait()
	}
}

func (l *loopback) sock(num int) (*loopSock, error) {
	var s *loopSock
	l.mu.RLock()
	if uint(num) < uint(len(l.socks)) {
		s = l.socks[num]
	}
	l.mu.RUnlock()
	if s == nil {
		return nil, syscall.EBADF
	}
	return s, nil
}

// unixSock is sock for the calls on unix sockets only.
func (l *loopback) unixSock(num int) (*loopSock, error) {
	s, err := l.sock(num)
	if err == nil && s.unix == nil {
		err = syscall.EAFNOSUPPORT
	}
	return s, err
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
		return netip.Addr{}, errNoSuchHost
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

// covers reports whether a socket bound to s.local gets what is sent to ip.
func (s *loopSock) covers(ip netip.Addr) bool {
	mine := s.local.Addr()
	switch {
	case mine == ip:
		return true
	case !mine.IsUnspecified():
		return false
	case ip.Is4():
		return mine.Is4() || !s.only6
	}
	return mine.Is6()
}

// find gives the socket that is bound to addr for stype, the most specific if
// there are several. The caller holds l.mu.
func (l *loopback) find(stype uint16, to, from netip.AddrPort) *loopSock {
	var best *loopSock
	score := 0
	for s := l.ports[loopPort{stype, to.Port()}]; s != nil; s = s.next {
		if !s.covers(to.Addr()) || s.remote.IsValid() && s.remote != from {
			continue
		}
		mine := 1
		if !s.local.Addr().IsUnspecified() {
			mine = 2
		}
		if s.remote.IsValid() {
			mine += 2
		}
		if mine > score {
			best, score = s, mine
		}
	}
	return best
}

// conflict reports whether s may not have the address beside those that are
// bound. The caller holds l.mu.
func (l *loopback) conflict(s *loopSock, a netip.AddrPort) bool {
	for o := l.ports[loopPort{s.stype, a.Port()}]; o != nil; o = o.next {
		if s.stype == ndSOCK_DGRAM && s.reuse && o.reuse {
			continue
		}
		mine, other := a.Addr(), o.local.Addr()
		switch {
		case mine == other,
			mine.IsUnspecified() && (mine.Is4() == other.Is4() || mine.Is6() && !s.only6),
			other.IsUnspecified() && (mine.Is4() == other.Is4() || other.Is6() && !o.only6):
			return true
		}
	}
	return false
}

// bind gives s an address, choosing the port if that is 0. The caller holds
// l.mu.
func (l *loopback) bind(s *loopSock, a netip.AddrPort) error {
	const first, count = 49152, 16384 // RFC 6335, section 6
	if s.bound {
		return sysError("bind", syscall.EINVAL)
	}
	if a.Port() == 0 {
		if l.nextEp == 0 {
			l.nextEp = uint16(first + randInt()%count)
		}
		for tries := 0; ; tries++ {
			if tries == count {
				return sysError("bind", syscall.EADDRINUSE)
			}
			if l.nextEp++; l.nextEp < first {
				l.nextEp = first
			}
			if l.ports[loopPort{s.stype, l.nextEp}] == nil {
				break
			}
		}
		a = netip.AddrPortFrom(a.Addr(), l.nextEp)
	} else if l.conflict(s, a) {
		return sysError("bind", syscall.EADDRINUSE)
	}
	key := loopPort{s.stype, a.Port()}
	s.local, s.bound = a, true
	s.next = l.ports[key]
	l.ports[key] = s
	return nil
}

// unbind takes s out of the tables. The caller holds l.mu.
func (l *loopback) unbind(s *loopSock) {
	if !s.bound {
		return
	}
	s.bound = false
	if s.domain == ndAF_UNIX {
		if l.names[s.unix.name] == s {
			delete(l.names, s.unix.name)
		}
		return
	}
	key := loopPort{s.stype, s.local.Port()}
	if l.ports[key] == s {
		if s.next == nil {
			delete(l.ports, key)
		} else {
			l.ports[key] = s.next
		}
		return
	}
	for o := l.ports[key]; o != nil; o = o.next {
		if o.next == s {
			o.next = s.next
			return
		}
	}
}

func unmapped(a netip.AddrPort) netip.AddrPort {
	return netip.AddrPortFrom(a.Addr().Unmap().WithZone(""), a.Port())
}

// mapped is how s's own family writes an address.
func (s *loopSock) mapped(a netip.AddrPort) netip.AddrPort {
	if s.domain == ndAF_INET6 && a.Addr().Is4() {
		return netip.AddrPortFrom(netip.AddrFrom16(a.Addr().As16()), a.Port())
	}
	return a
}

func (l *loopback) Bind(num int, ip netip.AddrPort) error {
	s, err := l.sock(num)
	if err != nil {
		return err
	}
	if s.unix != nil {
		return sysError("bind", syscall.EINVAL)
	}
	a := unmapped(ip)
	if !a.Addr().IsLoopback() && !a.Addr().IsUnspecified() {
		return sysError("bind", syscall.EADDRNOTAVAIL)
	}
	l.mu.Lock()
	err = l.bind(s, a)
	l.mu.Unlock()
	return err
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
			if l.names[name] == nil {
				break
			}
		}
	case s.bound:
		return sysError("bind", syscall.EINVAL)
	case l.names[name] != nil:
		return sysError("bind", syscall.EADDRINUSE)
	}
	s.unix.name, s.bound = name, true
	l.names[name] = s
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

// errOffBoard is the error of a dial that would need a device.
var errOffBoard error = &offBoardError{}

type offBoardError struct{}

func (*offBoardError) Error() string {
	return "no network device is set (netdev.UseNetdev): only loopback addresses can be reached"
}
func (*offBoardError) Is(target error) bool { return target == syscall.ENETUNREACH }

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
	mine := s.inbox
	l.mu.Unlock()
	switch {
	case mine == nil:
		return sysError("connect", syscall.EISCONN)
	case target == nil || target.remote.IsValid():
		return sysError("connect", syscall.ECONNREFUSED)
	}
	s.remote = to
	if err := l.connect(s, target); err != nil {
		s.remote = netip.AddrPort{}
		return err
	}
	return nil
}

func (l *loopback) ConnectUnix(num int, name string) error {
	s, err := l.unixSock(num)
	if err != nil {
		return err
	}
	l.mu.RLock()
	target := l.names[name]
	l.mu.RUnlock()
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
	return l.connect(s, target)
}

// connect queues the other end of a new connection at the listener target,
// and waits for room there.
func (l *loopback) connect(s, target *loopSock) error {
	l.mu.RLock()
	b, mine := target.inbox, s.inbox
	l.mu.RUnlock()
	switch {
	case mine == nil:
		return sysError("connect", syscall.EISCONN)
	case b == nil:
		return sysError("connect", syscall.ECONNREFUSED)
	}
	b.mu.Lock()
	for {
		mine.mu.Lock()
		expired := mine.wr.expired
		mine.mu.Unlock()
		switch {
		case expired:
			b.mu.Unlock()
			return os.ErrDeadlineExceeded
		case !b.listening || b.closed:
			b.mu.Unlock()
			return sysError("connect", syscall.ECONNREFUSED)
		}
		if len(b.backlog) < b.most {
			break
		}
		// A deadline of s wakes this listener's waiters too (see SetSockDeadline).
		mine.mu.Lock()
		mine.notify = func() {
			b.mu.Lock()
			b.arrived.Broadcast()
			b.mu.Unlock()
		}
		mine.mu.Unlock()
		b.arrived.Wait()
	}
	packet := s.stype == ndSOCK_SEQPACKET
	there, back := newLoopPipe(packet), newLoopPipe(packet)
	peer := &loopSock{
		l: l, domain: target.domain, stype: target.stype,
		local: s.remote, remote: s.local,
		in: there, out: back,
	}
	if s.unix != nil {
		peer.unix = &loopNames{name: target.unix.name, peer: s.unix.name}
	}
	l.mu.Lock()
	s.in, s.out, s.inbox = back, there, nil
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

// notify has f called whenever something arrives for a socket.
func (l *loopback) notify(num int, f func()) {
	if s, err := l.sock(num); err == nil && s.inbox != nil {
		s.inbox.mu.Lock()
		s.inbox.notify = f
		s.inbox.mu.Unlock()
	}
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
	case s.out != nil:
		return s.out.write(buf)
	case s.stype != ndSOCK_DGRAM:
		return 0, sysError("write", syscall.ENOTCONN)
	case s.domain == ndAF_UNIX && s.unix.peer != "":
		return l.SendToUnix(num, buf, s.unix.peer)
	case s.remote.IsValid():
		return l.sendTo(s, buf, s.remote)
	}
	return 0, sysError("write", syscall.EDESTADDRREQ)
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

func loopHome(ip netip.Addr) netip.Addr {
	if ip.Is4() {
		return netip.AddrFrom4([4]byte{127, 0, 0, 1})
	}
	return netip.IPv6Loopback()
}

func (l *loopback) sendTo(s *loopSock, buf []byte, to netip.AddrPort) (int, error) {
	if len(buf) > 65507 {
		return 0, sysError("sendto", syscall.EMSGSIZE)
	}
	if err := s.inbox.sendable(); err != nil {
		return 0, err
	}
	l.mu.RLock()
	if !s.bound {
		l.mu.RUnlock()
		l.mu.Lock()
		any := netip.IPv4Unspecified()
		if s.domain == ndAF_INET6 {
			any = netip.IPv6Unspecified()
		}
		if !s.bound {
			if err := l.bind(s, netip.AddrPortFrom(any, 0)); err != nil {
				l.mu.Unlock()
				return 0, err
			}
		}
		l.mu.Unlock()
		l.mu.RLock()
	}
	from := s.local
	if from.Addr().IsUnspecified() {
		from = netip.AddrPortFrom(to.Addr(), from.Port())
	}
	target := l.find(ndSOCK_DGRAM, to, from)
	l.mu.RUnlock()
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
func (b *loopInbox) sendable() (err error) {
	b.mu.Lock()
	switch {
	case b.closed:
		err = errClosed
	case b.wr.expired:
		err = os.ErrDeadlineExceeded
	case b.refused:
		b.refused = false
		err = sysError("write", syscall.ECONNREFUSED)
	}
	b.mu.Unlock()
	return err
}

// deliver queues a datagram, or drops it where there is no room.
func (b *loopInbox) deliver(buf []byte, from netip.AddrPort, name string) {
	b.mu.Lock()
	var notify func()
	if !b.closed && len(b.msgs) < loopQueue && b.data.room() >= len(buf) {
		b.data.put(buf)
		b.msgs = append(b.msgs, loopMsg{len(buf), from, name})
		b.arrived.Signal()
		notify = b.notify
	}
	b.mu.Unlock()
	if notify != nil {
		notify()
	}
}

func (b *loopInbox) receive(buf []byte, wait bool) (int, loopMsg, error) {
	b.mu.Lock()
	n, m, err := b.receiveLocked(buf, wait)
	b.mu.Unlock()
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

func (l *loopback) SendToUnix(num int, buf []byte, to string) (int, error) {
	s, err := l.unixSock(num)
	if err != nil {
		return 0, err
	}
	if s.inbox == nil {
		return s.out.write(buf)
	}
	if err := s.inbox.sendable(); err != nil {
		return 0, err
	}
	l.mu.RLock()
	target := l.names[to]
	l.mu.RUnlock()
	switch {
	case target == nil:
		return 0, sysError("sendto", syscall.ENOENT)
	case target.stype != ndSOCK_DGRAM:
		return 0, sysError("sendto", syscall.EPROTOTYPE)
	case len(buf) > loopBuffer:
		return 0, sysError("sendto", syscall.EMSGSIZE)
	}
	target.inbox.deliver(buf, netip.AddrPort{}, s.unix.name)
	return len(buf), nil
}

func (l *loopback) RecvFromUnix(num int, buf []byte) (int, string, error) {
	s, err := l.unixSock(num)
	if err != nil {
		return 0, "", err
	}
	if s.in != nil {
		n, err := s.in.read(buf)
		return n, "", err
	}
	n, m, err := s.inbox.receive(buf, true)
	return n, m.name, err
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
	if s.in != nil {
		return s.in.read(buf)
	}
	if s.stype != ndSOCK_DGRAM {
		return 0, sysError("read", syscall.ENOTCONN)
	}
	n, _, err := s.inbox.receive(buf, true)
	return n, err
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
	if s.in != nil {
		n, err := s.in.read(buf)
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
	s.l.mu.RLock()
	b, in, out := s.inbox, s.in, s.out
	s.l.mu.RUnlock()
	if b != nil {
		b.mu.Lock()
		b.closed = true
		b.rd.stop()
		b.wr.stop()
		waiting := b.backlog
		b.backlog = nil
		b.arrived.Broadcast()
		b.mu.Unlock()
		for _, p := range waiting {
			p.sock.abort = true
			p.sock.close()
		}
	}
	if in == nil {
		return
	}
	in.mu.Lock()
	abort := s.abort || in.data.n > 0 // what is not read is lost: RFC 9293, 3.10.4, RFC 1122, 4.2.2.13
	in.gone = true
	in.late = s.stype == ndSOCK_STREAM && s.domain != ndAF_UNIX && !abort
	in.rd.stop()
	in.data = ring{}
	in.readable.Broadcast()
	in.writable.Broadcast()
	in.mu.Unlock()
	out.mu.Lock()
	out.ended = true
	if abort && s.domain != ndAF_UNIX {
		out.reset = true
		out.data = ring{}
	}
	out.wr.stop()
	out.readable.Broadcast()
	out.writable.Broadcast()
	out.mu.Unlock()
}

func (l *loopback) Shutdown(num, how int) error {
	s, err := l.sock(num)
	if err != nil {
		return err
	}
	if s.in == nil {
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

func (l *loopback) SetSockDeadline(num, calls int, t time.Time) error {
	s, err := l.sock(num)
	if err != nil {
		return err
	}
	l.mu.RLock()
	in, out := s.in, s.out
	l.mu.RUnlock()
	if in == nil {
		b := s.inbox
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
	if calls&ndReads != 0 {
		in.mu.Lock()
		in.rd.set(t, &in.readable)
		in.mu.Unlock()
	}
	if calls&ndWrites != 0 {
		out.mu.Lock()
		out.wr.set(t, &out.writable)
		out.mu.Unlock()
	}
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

func (l *loopback) GetSockname(num int) (netip.AddrPort, error) {
	s, err := l.sock(num)
	if err != nil {
		return netip.AddrPort{}, err
	}
	l.mu.RLock()
	a := s.local
	l.mu.RUnlock()
	if !a.IsValid() {
		a = netip.AddrPortFrom(netip.IPv4Unspecified(), 0)
	}
	return s.mapped(a), nil
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
