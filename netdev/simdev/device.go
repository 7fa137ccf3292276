package simdev

import (
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"net/netip"
	"sync"
	"syscall"
	"time"

	"github.com/tinynet/tinynet/netdev"
)

const (
	streams   = netdev.SOCK_STREAM
	datagrams = netdev.SOCK_DGRAM

	connectTimeout = 2 * time.Second

	maxDatagrams = 64      // that wait for Recv
	maxPayload   = 65507   // of a datagram
	spins        = 1 << 10 // how often EmptyRecvSpins looks before it waits in peace
)

// Errors of devices.
var (
	// ErrTransient is a fault that passes.
	ErrTransient = errors.New("simdev: the device was busy")
	// ErrExhausted is how a device with MaxConnections says so: in the words of
	// lneto's stack, and with nothing else by which to know it.
	ErrExhausted = errors.New("resource exhausted")
	// ErrLate is how a device says that nobody listens, with RefusedIsLate: it
	// speaks of a deadline, and has no method Timeout.
	ErrLate = errors.New("cywnet: deadline exceeded")
	// ErrHalted ends the calls of a device that was halted.
	ErrHalted = errors.New("simdev: the device was halted")
	// ErrPartial is what a device says that has sent a part, and not how much.
	ErrPartial error = &partialError{}
)

type partialError struct{}

func (*partialError) Error() string { return "simdev: not all was sent" }
func (*partialError) Timeout() bool { return true }

// A Device is a network device. It has the methods of a driver, and others to
// look at it and to let something happen to it. What to give to package net is
// what its Netdever method returns: that has the optional methods too.
type Device struct {
	net  *Network
	conf Config

	lock sync.Mutex // the driver's: see BlocksLocked

	// Guarded by net.mu.
	socks   map[int]*socket
	bound   map[*socket]bool
	next    int
	port    uint16
	down    bool
	waiting int
	watch   chan struct{} // closed when waiting or len(socks) has changed
	spun    int
	tls     int
	random  *rand.Rand
	halted  chan struct{}
}

type deadline struct{ at time.Time }

func (d deadline) passed() bool { return !d.at.IsZero() && !time.Now().Before(d.at) }

// Join adds a device to the network. It panics if its address is taken.
func (n *Network) Join(c Config) *Device {
	if !c.Addr.IsValid() {
		c.Addr = addr
	}
	if c.ConnectTimeout == 0 {
		c.ConnectTimeout = connectTimeout
	}
	if c.MaxSockets == 0 {
		c.MaxSockets = 64
	}
	if c.Misbehaviour.OneSocket {
		c.MaxSockets = 1
	}
	if c.SendBuffer == 0 {
		c.SendBuffer = 4096
	}
	if c.RecvBuffer == 0 {
		c.RecvBuffer = 4096
	}
	d := &Device{
		net: n, conf: c, next: 1, port: 49152,
		socks: map[int]*socket{}, bound: map[*socket]bool{},
		watch: make(chan struct{}), halted: make(chan struct{}),
		random: rand.New(rand.NewPCG(c.Seed, c.Seed)),
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.devices[c.Addr] != nil {
		panic("simdev: two devices with the address " + c.Addr.String())
	}
	n.devices[c.Addr] = d
	return d
}

// Config returns what the device was made from, with defaults filled in.
func (d *Device) Config() Config { return d.conf }

// SetLink takes the device off the network, or back. Connections stay, and go
// on where they were; datagrams are lost.
func (d *Device) SetLink(up bool) {
	d.net.mu.Lock()
	defer d.net.mu.Unlock()
	d.down = !up
	for _, other := range d.net.devices {
		for _, s := range other.socks {
			s.push()
			s.changed()
		}
	}
}

// Halt ends all calls with ErrHalted, those that hang too, and all calls from
// now on, and closes all sockets.
func (d *Device) Halt() {
	d.net.mu.Lock()
	defer d.net.mu.Unlock()
	select {
	case <-d.halted:
		return
	default:
	}
	close(d.halted)
	for num, s := range d.socks {
		s.close()
		delete(d.socks, num)
	}
	clear(d.bound)
}

// OpenSockets returns how many sockets are open.
func (d *Device) OpenSockets() int {
	d.net.mu.Lock()
	defer d.net.mu.Unlock()
	return len(d.socks)
}

// TLSSockets returns how many sockets with IPPROTO_TLS the device was asked for,
// whether it has given them or not.
func (d *Device) TLSSockets() int {
	d.net.mu.Lock()
	defer d.net.mu.Unlock()
	return d.tls
}

// Spins returns how many calls have spun (EmptyRecvSpins).
func (d *Device) Spins() int {
	d.net.mu.Lock()
	defer d.net.mu.Unlock()
	return d.spun
}

// AwaitWaiting returns when n calls wait in the device for something, or more,
// or when it is halted.
func (d *Device) AwaitWaiting(n int) {
	for {
		d.net.mu.Lock()
		waiting, watch := d.waiting, d.watch
		d.net.mu.Unlock()
		if waiting >= n {
			return
		}
		select {
		case <-watch:
		case <-d.halted:
			return
		}
	}
}

// AwaitSockets returns true when no more than n sockets are open, or false
// after a time.
func (d *Device) AwaitSockets(n int, limit time.Duration) bool {
	t := time.NewTimer(limit)
	defer t.Stop()
	for {
		d.net.mu.Lock()
		open, watch := len(d.socks), d.watch
		d.net.mu.Unlock()
		if open <= n {
			return true
		}
		select {
		case <-watch:
		case <-t.C:
			return false
		}
	}
}

func (d *Device) recvBuffer() int { return d.conf.RecvBuffer }

// begin is the beginning of each call. The function that it returns is its end.
func (d *Device) begin() (end func()) {
	locked := d.conf.Misbehaviour.BlocksLocked || d.conf.Misbehaviour.AcceptHoldsLock
	if locked {
		d.lock.Lock()
	}
	if d.conf.Delay > 0 {
		d.net.mu.Lock()
		wait := time.Duration(d.random.Int64N(int64(d.conf.Delay)))
		d.net.mu.Unlock()
		d.pause(wait)
	}
	d.net.mu.Lock()
	return func() {
		d.net.mu.Unlock()
		if locked {
			d.lock.Unlock()
		}
	}
}

// pause takes time, in which the device may be halted.
func (d *Device) pause(wait time.Duration) {
	t := time.NewTimer(wait)
	defer t.Stop()
	select {
	case <-t.C:
	case <-d.halted:
	}
}

// once reports whether a fault hits this call.
func (d *Device) once(in int) bool { return in > 0 && d.random.IntN(in) == 0 }

// sock returns a socket by its number. The caller holds net.mu, as those of all
// functions below do.
func (d *Device) sock(num int) (*socket, error) {
	select {
	case <-d.halted:
		return nil, ErrHalted
	default:
	}
	if s := d.socks[num]; s != nil {
		return s, nil
	}
	return nil, netdev.ErrInvalidSocketFd
}

func (d *Device) number(s *socket) bool {
	if len(d.socks) >= d.conf.MaxSockets {
		return false
	}
	if d.conf.LowestNumber {
		d.next = 0
	}
	for d.socks[d.next] != nil {
		d.next++
	}
	s.num = d.next
	d.socks[d.next] = s
	d.next++
	return true
}

// How a call waits.
type manner struct {
	what           int // netdev.Reads or Writes
	deadline       time.Time
	poll           time.Duration
	ignoreClose    bool
	ignoreDeadline bool
	lockEveryOther bool
}

// wait waits until ready, in a manner. It returns the socket that is ready,
// which is another than s only if s was closed and the call has not noticed.
func (d *Device) wait(s *socket, m manner, ready func(*socket) bool) (*socket, error) {
	own := &s.deadlines[m.what-1]
	if d.conf.Misbehaviour.StaleDeadlines {
		if !m.deadline.IsZero() {
			own.at = m.deadline
		}
		m.deadline = own.at
	}
	num := s.num
	held := true // the driver's lock
	defer func() {
		if !held {
			d.net.mu.Unlock()
			d.lock.Lock()
			d.net.mu.Lock()
		}
	}()
	for counted := false; ; {
		select {
		case <-d.halted:
			return s, ErrHalted
		default:
		}
		if s.closed {
			if !m.ignoreClose {
				return s, net.ErrClosed
			}
			if now := d.socks[num]; now != nil {
				s = now
			}
		}
		timed := d.conf.Methods == All
		if timed && s.deadlines[m.what-1].passed() {
			return s, netdev.ErrTimeout
		}
		if !s.closed && ready(s) {
			return s, nil
		}
		if s.interrupted&m.what != 0 || !m.ignoreDeadline && (deadline{m.deadline}).passed() {
			return s, netdev.ErrTimeout
		}
		until := m.deadline
		if at := s.deadlines[m.what-1].at; timed && !at.IsZero() && (until.IsZero() || at.Before(until)) {
			until = at
		}
		if m.ignoreDeadline {
			until = time.Time{}
		}
		wake := s.wake
		if !counted {
			counted = true
			d.count(1)
			defer d.count(-1)
		}
		if d.conf.Misbehaviour.AcceptHoldsLock && !m.lockEveryOther && held {
			d.lock.Unlock()
			held = false
		}
		d.net.mu.Unlock()
		switch {
		case m.poll > 0:
			d.pause(m.poll)
			if m.lockEveryOther {
				if held = !held; held {
					d.lock.Lock()
				} else {
					d.lock.Unlock()
				}
			}
		case until.IsZero():
			select {
			case <-wake:
			case <-d.halted:
			}
		default:
			t := time.NewTimer(time.Until(until))
			select {
			case <-wake:
			case <-t.C:
			case <-d.halted:
			}
			t.Stop()
		}
		d.net.mu.Lock()
	}
}

func (d *Device) count(n int) {
	d.waiting += n
	close(d.watch)
	d.watch = make(chan struct{})
}

func (d *Device) GetHostByName(name string) (netip.Addr, error) {
	defer d.begin()()
	if d.conf.DNSDelay > 0 {
		d.net.mu.Unlock()
		d.pause(d.conf.DNSDelay)
		d.net.mu.Lock()
	}
	if ip, ok := d.conf.Names[name]; ok {
		return ip, nil
	}
	return netip.Addr{}, netdev.ErrHostUnknown
}

func (d *Device) Addr() (netip.Addr, error) {
	defer d.begin()()
	return d.conf.Addr, nil
}

func (d *Device) Socket(domain, stype, protocol int) (int, error) {
	defer d.begin()()
	select {
	case <-d.halted:
		return -1, ErrHalted
	default:
	}
	secret := false
	if protocol == netdev.IPPROTO_TLS {
		d.tls++
	}
	switch {
	case domain != netdev.AF_INET:
		return -1, netdev.ErrFamilyNotSupported
	case stype == streams && protocol == netdev.IPPROTO_TCP:
	case stype == datagrams && protocol == netdev.IPPROTO_UDP:
	case stype == streams && protocol == netdev.IPPROTO_TLS && d.conf.TLS != NoTLS:
		secret = d.conf.TLS == Offload
	default:
		return -1, netdev.ErrProtocolNotSupported
	}
	s := newSocket(d, stype)
	s.secret, s.tls = secret, protocol == netdev.IPPROTO_TLS
	if !d.number(s) {
		return -1, netdev.ErrNoMoreSockets
	}
	return s.num, nil
}

func (d *Device) Bind(sockfd int, ip netip.AddrPort) error {
	defer d.begin()()
	s, err := d.sock(sockfd)
	if err != nil {
		return err
	}
	if !ip.Addr().Is4() || !ip.Addr().IsUnspecified() && ip.Addr() != d.conf.Addr {
		return syscall.EADDRNOTAVAIL
	}
	return d.bind(s, ip)
}

func (d *Device) bind(s *socket, ip netip.AddrPort) error {
	if d.bound[s] {
		return syscall.EINVAL
	}
	taken := func(port uint16) bool {
		for o := range d.bound {
			if o.stype == s.stype && o.local.Port() == port {
				return true
			}
		}
		return false
	}
	if ip.Port() == 0 {
		for taken(d.port) {
			if d.port++; d.port == 0 {
				d.port = 49152
			}
		}
		ip = netip.AddrPortFrom(ip.Addr(), d.port)
		if d.port++; d.port == 0 {
			d.port = 49152
		}
	} else if taken(ip.Port()) {
		return syscall.EADDRINUSE
	}
	s.local = ip
	d.bound[s] = true
	return nil
}

func (d *Device) Connect(sockfd int, host string, ip netip.AddrPort) error {
	defer d.begin()()
	s, err := d.sock(sockfd)
	if err != nil {
		return err
	}
	to := ip.Addr()
	switch {
	case s.tls != (host != ""), s.tls && to.IsValid():
		return syscall.EINVAL // a name is for TLS, an address for the others
	case s.tls:
		if to, err = netip.ParseAddr(host); err != nil {
			var ok bool
			if to, ok = d.conf.Names[host]; !ok {
				return netdev.ErrHostUnknown
			}
		}
	}
	if !to.Is4() || s.peer != nil || s.listening {
		return syscall.EINVAL
	}
	if s.stype == streams && d.conf.MaxConnections > 0 && d.connections() >= d.conf.MaxConnections {
		return ErrExhausted
	}
	if !d.bound[s] {
		d.bind(s, netip.AddrPortFrom(d.conf.Addr, 0))
	}
	s.remote = netip.AddrPortFrom(to, ip.Port())
	if s.stype == datagrams {
		return nil
	}
	if s.local.Addr().IsUnspecified() {
		s.local = netip.AddrPortFrom(d.conf.Addr, s.local.Port())
	}
	// From here on the number of the port is all that others see of it.
	m := manner{what: netdev.Writes, deadline: time.Now().Add(d.conf.ConnectTimeout), poll: d.conf.Poll}
	giveUp := m.deadline
	if d.conf.Misbehaviour.StaleDeadlines {
		m.deadline = time.Time{}
	}
	var refused error
	_, err = d.wait(s, m, func(s *socket) (done bool) {
		if !time.Now().Before(giveUp) {
			refused = syscall.ETIMEDOUT
			return true
		}
		refused, done = s.connect()
		return done
	})
	if err == netdev.ErrTimeout && s.interrupted&netdev.Writes == 0 && !s.deadlines[1].passed() {
		err = syscall.ETIMEDOUT
	}
	if err == nil {
		err = refused
	}
	if err == syscall.ECONNREFUSED && d.conf.Misbehaviour.RefusedIsLate {
		err = ErrLate
	}
	if err != nil {
		s.remote = netip.AddrPort{}
	}
	return err
}

func (d *Device) Listen(sockfd, backlog int) error {
	defer d.begin()()
	s, err := d.sock(sockfd)
	switch {
	case err != nil:
		return err
	case d.conf.Misbehaviour.NoListen || d.conf.Misbehaviour.OneSocket:
		return netdev.ErrNotSupported
	case s.stype != streams || s.peer != nil:
		return syscall.EINVAL
	}
	if !d.bound[s] {
		d.bind(s, netip.AddrPortFrom(netip.IPv4Unspecified(), 0))
	}
	s.listening, s.most = true, max(1, min(backlog, 16))
	return nil
}

func (d *Device) Accept(sockfd int) (int, netip.AddrPort, error) {
	defer d.begin()()
	s, err := d.sock(sockfd)
	bad := d.conf.Misbehaviour
	switch {
	case err != nil:
		return -1, netip.AddrPort{}, err
	case bad.NoListen || bad.OneSocket:
		return -1, netip.AddrPort{}, netdev.ErrNotSupported
	case !s.listening:
		return -1, netip.AddrPort{}, syscall.EINVAL
	case d.once(d.conf.Faults.Transient):
		return -1, netip.AddrPort{}, ErrTransient
	}
	var c *socket
	m := manner{
		what: netdev.Reads, poll: d.conf.Poll,
		ignoreClose: bad.AcceptIgnoresClose, lockEveryOther: bad.AcceptHoldsLock,
	}
	_, err = d.wait(s, m, func(s *socket) bool {
		for i, b := range s.backlog {
			if !bad.AcceptAfterData || len(b.in) > 0 || b.ended || b.broken {
				if len(d.socks) < d.conf.MaxSockets {
					s.backlog = append(s.backlog[:i], s.backlog[i+1:]...)
				}
				c = b
				return true
			}
		}
		return false
	})
	if err != nil {
		return -1, netip.AddrPort{}, err
	}
	if !d.number(c) {
		return -1, netip.AddrPort{}, netdev.ErrNoMoreSockets
	}
	c.parent = s
	return c.num, c.remote, nil
}

// connections counts the sockets that are connected streams.
func (d *Device) connections() (n int) {
	for _, s := range d.socks {
		if s.stype == streams && s.peer != nil {
			n++
		}
	}
	return n
}

// nonsense returns what no call should.
func (d *Device) nonsense(p []byte) (int, error) {
	switch d.random.IntN(4) {
	case 0:
		return len(p) + 1 + d.random.IntN(1<<20), nil
	case 1:
		return -1 - d.random.IntN(1<<20), nil
	case 2:
		return -1 << 31, ErrTransient
	}
	return 0, nil
}

func (d *Device) Send(sockfd int, buf []byte, flags int, deadline time.Time) (int, error) {
	defer d.begin()()
	s, err := d.sock(sockfd)
	switch {
	case err != nil:
		return -1, err
	case flags != 0:
		return -1, syscall.EINVAL
	case d.once(d.conf.Faults.Transient):
		return -1, ErrTransient
	case d.once(d.conf.Faults.Nonsense):
		return d.nonsense(buf)
	case s.stype == datagrams && !s.remote.IsValid():
		return -1, syscall.EDESTADDRREQ
	case s.stype == datagrams:
		return d.sendTo(s, buf, s.remote)
	case s.peer == nil:
		return -1, syscall.ENOTCONN
	}
	most := len(buf)
	if d.once(d.conf.Faults.ShortWrites) {
		most = min(most, 1+d.random.IntN(max(most, 1)))
	}
	// All of it, if it must: a driver that counts nothing of a part waits.
	all := d.conf.Misbehaviour.PartialSendIsError
	done := 0
	m := manner{what: netdev.Writes, deadline: deadline}
	if d.conf.Poll < 10*time.Millisecond {
		m.poll = d.conf.Poll
	}
	_, err = d.wait(s, m, func(s *socket) bool {
		if s.broken || s.finished {
			return true
		}
		for done < most {
			n := min(d.conf.SendBuffer-len(s.out), most-done)
			if n <= 0 {
				return done > 0 && !all
			}
			for _, b := range buf[done : done+n] {
				if s.secret {
					b ^= 0xaa
				}
				s.out = append(s.out, b)
			}
			done += n
			s.push()
			if s.broken {
				break
			}
		}
		return true
	})
	switch {
	case err == nil && s.broken && done < most:
		return -1, syscall.ECONNRESET
	case err == nil && s.finished && done < most:
		return -1, syscall.EPIPE
	case err != nil && all && done > 0:
		return -1, ErrPartial
	case err != nil && done > 0:
		return done, err
	case err != nil:
		return -1, err
	}
	return done, nil
}

func (d *Device) sendTo(s *socket, buf []byte, to netip.AddrPort) (int, error) {
	if _, err := d.wait(s, manner{what: netdev.Writes}, func(*socket) bool { return true }); err != nil {
		return -1, err
	}
	if len(buf) > maxPayload {
		return -1, syscall.EMSGSIZE
	}
	if !d.bound[s] {
		d.bind(s, netip.AddrPortFrom(netip.IPv4Unspecified(), 0))
	}
	s.send(buf, to)
	return len(buf), nil
}

func (d *Device) Recv(sockfd int, buf []byte, flags int, deadline time.Time) (int, error) {
	n, _, err := d.recv(sockfd, buf, flags, deadline)
	return n, err
}

func (d *Device) recv(sockfd int, buf []byte, flags int, deadline time.Time) (int, netip.AddrPort, error) {
	defer d.begin()()
	none := netip.AddrPort{}
	bad := d.conf.Misbehaviour
	s, err := d.sock(sockfd)
	switch {
	case err != nil:
		return -1, none, err
	case flags != 0:
		return -1, none, syscall.EINVAL
	case s.listening || s.stype == streams && s.peer == nil:
		return -1, none, syscall.ENOTCONN
	case d.once(d.conf.Faults.Transient):
		return -1, none, ErrTransient
	case d.once(d.conf.Faults.Nonsense):
		n, err := d.nonsense(buf)
		return n, none, err
	}
	never := false
	if len(buf) == 0 && s.stype == streams {
		if !bad.EmptyRecvSpins {
			return 0, none, nil
		}
		never = true
		for range spins {
			d.net.mu.Unlock()
			d.net.mu.Lock()
		}
		d.spun++
	}
	m := manner{
		what: netdev.Reads, deadline: deadline, poll: d.conf.Poll,
		ignoreClose: bad.RecvIgnoresClose, ignoreDeadline: bad.RecvIgnoresDeadline,
	}
	s, err = d.wait(s, m, func(s *socket) bool {
		switch {
		case never, s.listening:
			return false
		case s.stype == datagrams:
			return len(s.msgs) > 0 || s.refused
		case s.broken:
			return !bad.RecvRetriesErrors
		}
		return len(s.in) > 0 || s.ended || s.deaf
	})
	switch {
	case err != nil:
		return -1, none, err
	case s.stype == datagrams && s.refused && len(s.msgs) == 0:
		s.refused = false
		return -1, none, syscall.ECONNREFUSED
	case s.stype == datagrams:
		m := s.msgs[0]
		s.msgs = s.msgs[:copy(s.msgs, s.msgs[1:])]
		return copy(buf, m.data), m.from, nil
	case s.broken:
		return -1, none, syscall.ECONNRESET
	case s.deaf || len(s.in) == 0:
		if s.saidEOF && d.conf.Misbehaviour.ForgetsEOF {
			return -1, none, net.ErrClosed
		}
		s.saidEOF = true
		return -1, none, io.EOF
	}
	n := min(len(buf), len(s.in))
	if d.once(d.conf.Faults.ShortReads) {
		n = 1 + d.random.IntN(n)
	}
	for i, b := range s.in[:n] {
		if s.secret {
			b ^= 0xaa
		}
		buf[i] = b
	}
	s.in = s.in[:copy(s.in, s.in[n:])]
	s.peer.push()
	return n, s.remote, nil
}

func (d *Device) Close(sockfd int) error {
	defer d.begin()()
	s, err := d.sock(sockfd)
	if err != nil {
		return err
	}
	delete(d.socks, sockfd)
	delete(d.bound, s)
	s.close()
	if d.conf.Misbehaviour.ListenerEndsAll {
		for _, c := range d.socks {
			if c.parent == s {
				c.reset()
				c.broken, c.in, c.out = true, nil, nil
				c.changed()
			}
		}
	}
	d.count(0)
	return nil
}

func (d *Device) SetSockOpt(sockfd, level, opt int, value interface{}) error {
	defer d.begin()()
	s, err := d.sock(sockfd)
	switch {
	case err != nil:
		return err
	case d.conf.Misbehaviour.NoOptions:
		return netdev.ErrNotSupported
	}
	_, isBool := value.(bool)
	number, isInt := value.(int)
	ok := false
	switch [2]int{level, opt} {
	case [2]int{netdev.SOL_SOCKET, netdev.SO_REUSEADDR}, [2]int{netdev.SOL_SOCKET, netdev.SO_KEEPALIVE}:
		ok = isBool
	case [2]int{netdev.SOL_SOCKET, netdev.SO_BROADCAST}:
		ok = isBool && s.stype == datagrams
	case [2]int{netdev.SOL_SOCKET, netdev.SO_SNDBUF}, [2]int{netdev.SOL_SOCKET, netdev.SO_RCVBUF}:
		ok = isInt && number > 0
	case [2]int{netdev.SOL_SOCKET, netdev.SO_LINGER}:
		ok = isInt && s.stype == streams
		s.lingerZero = ok && number == 0
	case [2]int{netdev.SOL_TCP, netdev.TCP_NODELAY}:
		ok = isBool && s.stype == streams
	case [2]int{netdev.SOL_TCP, netdev.TCP_KEEPIDLE}, [2]int{netdev.SOL_TCP, netdev.TCP_KEEPINTVL}, [2]int{netdev.SOL_TCP, netdev.TCP_KEEPCNT}:
		ok = isInt && number > 0 && s.stype == streams
	default: // IPV6_V6ONLY among them: there are no such sockets
		return netdev.ErrNotSupported
	}
	if !ok {
		return syscall.EINVAL
	}
	return nil
}
