package lneto

import (
	"errors"
	"net"
	"net/netip"
	"runtime"
	"sync"
	"syscall"
	"time"

	"github.com/tinynet/tinynet/netdev"
)

const (
	streams   = netdev.SOCK_STREAM
	datagrams = netdev.SOCK_DGRAM
)

// errHalted is for calls after Halt.
var errHalted = errors.New("lneto: the device was halted")

// A Device is a netdev.Netdever over an Ethernet link.
type Device struct {
	link  Link
	conf  Config
	start time.Time // what instants are counted from
	kicks chan struct{}
	stop  chan struct{}
	ended chan struct{}
	tx    []byte // the frame that is being sent; run's

	filter sync.Mutex // held while the link is told its groups; taken before mu

	mu      sync.Mutex // of all that follows
	halted  bool
	linkUp  bool
	rand    uint64 // how many random numbers there were
	secret  key
	socks   []*socket
	leaving []*socket // of datagrams, closed, with something still to send
	nextNum int
	port    uint16
	free    []*waiter // waiters that nobody uses

	ip       ip4 // the own address; zero: none
	bits     int // of its network
	gateway  ip4
	servers  []netip.Addr // for names
	domain   string
	status   error // why there is no address
	changed  *waitlist
	ipID     uint16
	arp      neighbours
	lease    lease
	out      outbox
	conns    []*conn // in use
	spare    []*conn // with their buffers, to be used again
	made     int     // connections that exist, in use or spare
	waits    [8]timeWait
	nextWait int
	turn     int // whose turn it is to send
	scratch  []byte
	groups   []group
	stats    Stats
}

// Stats counts frames.
type Stats struct {
	Received, Sent   uint64
	Malformed        uint64 // frames with lengths or checksums that are wrong
	Fragments        uint64 // pieces of packets, which are not put together
	Unwanted         uint64 // for nobody here
	Overflowed       uint64 // datagrams for which there was no room
	SendErrors       uint64
	Retransmissions  uint64
	AddressConflicts uint64 // others who used the own address
	Evicted          uint64 // connections that ended for another one's sake
}

// New makes a device and begins to send and receive. Without Config.Addr it asks
// a DHCP server for an address; see [Device.WaitUp].
func New(link Link, conf Config) (*Device, error) {
	if link == nil {
		return nil, errors.New("lneto: no link")
	}
	if err := conf.fill(); err != nil {
		return nil, err
	}
	secret, err := newKey(conf.Seed)
	if err != nil {
		return nil, err
	}
	d := &Device{
		link: link, conf: conf, start: time.Now(),
		kicks: make(chan struct{}, 1), stop: make(chan struct{}), ended: make(chan struct{}),
		tx:      make([]byte, etherHeader+conf.MTU),
		scratch: make([]byte, etherHeader+conf.MTU),
		secret:  secret,
		linkUp:  true,
		changed: &waitlist{},
	}
	d.port = d.ephemeral()
	d.servers = append(d.servers, conf.DNS...)
	if conf.Addr.IsValid() {
		d.lease.fixed(d)
	} else {
		d.lease.begin(d)
	}
	go d.run()
	return d, nil
}

// Halt ends the device and all its calls. The link may be used again when it
// returns.
func (d *Device) Halt() {
	d.mu.Lock()
	if !d.halted {
		d.halted = true
		close(d.stop)
		for _, s := range d.socks {
			s.wakeAll()
		}
		d.changed.wakeAll()
	}
	d.mu.Unlock()
	<-d.ended
}

// Statistics returns what has been counted since New.
func (d *Device) Statistics() Stats {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.stats
}

// SetLinkUp tells whether the link has its cable, or its access point. While it
// has not, nothing is sent, and what waits runs out of its time as if nobody
// answered; when it has again, the address is asked for again, and connections
// that have not run out of time go on.
func (d *Device) SetLinkUp(up bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.linkUp == up {
		return
	}
	d.linkUp = up
	if up {
		d.arp.forget()
		d.lease.again(d)
		for _, c := range d.conns {
			c.linkIsBack(d.now())
		}
	}
	d.changed.wakeAll()
	d.kick()
}

// WaitUp waits until the device has an address, from DHCP or Config.Addr, or
// says why it has none after that time.
func (d *Device) WaitUp(limit time.Duration) error {
	deadline := time.Now().Add(limit)
	d.mu.Lock()
	defer d.mu.Unlock()
	for {
		switch {
		case d.halted:
			return errHalted
		case d.ip != ip4{} && d.linkUp:
			return nil
		}
		if !d.wait(d.changed, netdev.Reads, deadline) {
			if d.status != nil {
				return d.status
			}
			if !d.linkUp {
				return errors.New("lneto: the link is down")
			}
			return errNoLease
		}
	}
}

// kick makes run look for what there is to send. Callers hold d.mu.
func (d *Device) kick() {
	select {
	case d.kicks <- struct{}{}:
	default:
	}
}

// now is an instant in nanoseconds, as lneto counts them. It is never 0.
func (d *Device) now() int64 { return int64(time.Since(d.start)) + 1 }

// run moves frames until the device is halted.
func (d *Device) run() {
	defer close(d.ended)
	timer := time.NewTimer(0)
	defer timer.Stop()
	poller, _ := d.link.(Poller)
	for {
		select {
		case <-d.stop:
			return
		default:
		}
		more := false
		if poller != nil {
			var err error
			more, err = poller.Poll()
			if err != nil {
				more = false
			}
		}
		d.mu.Lock()
		now := d.now()
		d.tick(now)
		for range 16 {
			n := d.egress(d.tx, now)
			if n == 0 {
				break
			}
			more = true
			d.stats.Sent++
			if [6]byte(d.tx[:6]) == d.conf.MAC {
				d.ingress(d.tx[:n]) // to the own address
				continue
			}
			d.mu.Unlock()
			err := d.link.Send(d.tx[:n])
			d.mu.Lock()
			if err != nil {
				d.stats.SendErrors++
			}
		}
		until := d.next(now)
		d.mu.Unlock()
		if more {
			runtime.Gosched() // frames may come as fast as they are taken, and others have something to do
			continue
		}
		if poller != nil {
			until = min(until, d.conf.PollEvery)
		}
		timer.Reset(until)
		select {
		case <-d.stop:
			return
		case <-d.kicks:
		case <-timer.C:
		}
	}
}

const longest = time.Minute

// next says how long nothing happens by itself.
func (d *Device) next(now int64) time.Duration {
	at := now + int64(longest)
	sooner := func(t int64) {
		if t != 0 {
			at = min(at, t)
		}
	}
	for _, s := range d.socks {
		sooner(d.expiry(&s.waitlist))
	}
	sooner(d.expiry(d.changed))
	for _, s := range d.leaving {
		sooner(s.closeBy)
	}
	for _, c := range d.conns {
		sooner(c.next())
	}
	if d.linkUp { // without it, tick does nothing for these
		if d.ip != (ip4{}) {
			sooner(d.arp.next())
		}
		sooner(d.lease.next())
	}
	return max(0, time.Duration(at-now))
}

// tick does what is due.
func (d *Device) tick(now int64) {
	for _, s := range d.socks {
		d.expire(&s.waitlist, now)
	}
	d.expire(d.changed, now)
	if d.linkUp {
		d.arp.tick(d, now)
		d.lease.tick(d, now)
	}
	d.forgetLeft(now)
	for i := len(d.conns) - 1; i >= 0; i-- {
		if i < len(d.conns) {
			d.conns[i].tick(d, now)
		}
	}
}

// Receive takes a frame that has arrived. It may change it, and keeps nothing of
// it when it returns.
func (d *Device) Receive(frame []byte) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.halted {
		return
	}
	d.stats.Received++
	d.ingress(frame)
	d.kick()
}

// random is the next of a row of numbers that nobody can guess.
func (d *Device) random() uint64 {
	d.rand++
	return d.secret.hash(d.rand)
}

// ephemeral is a port for those who do not choose one.
func (d *Device) ephemeral() uint16 { return 49152 + uint16(d.random()%16384) }

// GetHostByName asks the network's DNS servers.
func (d *Device) GetHostByName(name string) (netip.Addr, error) {
	addrs, err := d.lookup(name, nil)
	if err != nil {
		return netip.Addr{}, err
	}
	return addrs[0], nil
}

// Addr is the address from DHCP or Config.
func (d *Device) Addr() (netip.Addr, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.ip == (ip4{}) {
		if d.status != nil {
			return netip.Addr{}, d.status
		}
		return netip.Addr{}, errNoLease
	}
	return netip.AddrFrom4(d.ip), nil
}

// Socket opens a socket. The device does no TLS: IPPROTO_TLS is refused.
func (d *Device) Socket(domain, stype, protocol int) (int, error) {
	switch {
	case domain != netdev.AF_INET:
		return -1, netdev.ErrFamilyNotSupported
	case stype == streams && (protocol == 0 || protocol == netdev.IPPROTO_TCP):
	case stype == datagrams && (protocol == 0 || protocol == netdev.IPPROTO_UDP):
	default:
		return -1, netdev.ErrProtocolNotSupported
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.halted {
		return -1, errHalted
	}
	s, err := d.open(stype)
	if err != nil {
		return -1, err
	}
	return s.num, nil
}

func (d *Device) open(stype int) (*socket, error) {
	if len(d.socks) >= d.conf.Sockets {
		return nil, netdev.ErrNoMoreSockets
	}
	s := &socket{num: d.nextNum, stype: stype, linger: -1}
	if stype == datagrams {
		s.dgrams = newDatagrams(d.conf.DatagramBuffer)
	}
	d.nextNum = (d.nextNum + 1) & 0x3fffffff
	d.socks = append(d.socks, s)
	return s, nil
}

// sock is the open socket of that number.
func (d *Device) sock(num int) (*socket, error) {
	if d.halted {
		return nil, errHalted
	}
	for _, s := range d.socks {
		if s.num == num {
			return s, nil
		}
	}
	return nil, netdev.ErrInvalidSocketFd
}

// Bind gives a socket its port.
func (d *Device) Bind(sockfd int, ip netip.AddrPort) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	s, err := d.sock(sockfd)
	if err != nil {
		return err
	}
	addr := ip.Addr().Unmap()
	switch {
	case s.port != 0:
		return syscall.EINVAL
	case !addr.Is4():
		return syscall.EADDRNOTAVAIL
	case addr.IsUnspecified(), s.stype == datagrams && addr.IsMulticast():
	case d.ip == ip4{} || addr != netip.AddrFrom4(d.ip):
		return syscall.EADDRNOTAVAIL
	default:
		s.bound = addr.As4()
	}
	if ip.Port() == 0 {
		return d.choosePort(s)
	}
	if d.portTaken(s.stype, ip.Port(), addr.IsMulticast()) {
		s.bound = ip4{}
		return syscall.EADDRINUSE
	}
	s.port, s.group = ip.Port(), addr.IsMulticast()
	return nil
}

// portTaken reports whether a socket of the program has the port. Sockets that
// listen to a group share one.
func (d *Device) portTaken(stype int, port uint16, group bool) bool {
	for _, s := range d.socks {
		if s.stype == stype && s.port == port && !s.accepted && !(group && s.group) {
			return true
		}
	}
	return stype == datagrams && port == dhcpClientPort
}

func (d *Device) choosePort(s *socket) error {
	for range 16384 {
		port := d.port
		if d.port++; d.port < 49152 {
			d.port = 49152
		}
		if d.portTaken(s.stype, port, false) || s.stype == streams && d.lingers(port) {
			continue
		}
		s.port = port
		return nil
	}
	return syscall.EADDRINUSE
}

// Connect connects a socket. The host is not looked at: only TLS needs it.
func (d *Device) Connect(sockfd int, host string, to netip.AddrPort) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	s, err := d.sock(sockfd)
	if err != nil {
		return err
	}
	addr := to.Addr().Unmap()
	switch {
	case !addr.Is4() || addr.IsUnspecified() || to.Port() == 0:
		return syscall.EINVAL
	case s.conn != nil || s.lst != nil:
		return syscall.EISCONN
	case d.ip == ip4{}:
		return syscall.ENETUNREACH
	case s.stype == streams && (addr.IsMulticast() || d.broadcast(addr.As4())):
		return syscall.ENETUNREACH
	}
	if s.port == 0 {
		if err := d.choosePort(s); err != nil {
			return err
		}
	}
	remote := peer{addr.As4(), to.Port()}
	if s.stype == datagrams {
		s.remote = remote
		return nil
	}
	c, err := d.dial(s, remote)
	if err != nil {
		return err
	}
	giveUp := time.Now().Add(d.conf.ConnectTimeout)
	for {
		switch {
		case d.halted:
			return errHalted
		case s.closed:
			return net.ErrClosed
		case c.up:
			return nil
		case c.err != nil:
			err := c.err
			s.conn = nil
			d.release(c)
			return err
		}
		limit, timedOut := giveUp, error(syscall.ETIMEDOUT)
		if !s.wdead.IsZero() && s.wdead.Before(giveUp) {
			limit, timedOut = s.wdead, netdev.ErrTimeout
		}
		if !time.Now().Before(limit) || !d.wait(&s.waitlist, netdev.Writes, limit) && !time.Now().Before(limit) {
			if c.up || c.err != nil || s.closed || d.halted {
				continue
			}
			s.conn = nil
			d.release(c)
			return timedOut
		}
	}
}

// Listen makes a socket accept connections.
func (d *Device) Listen(sockfd, backlog int) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	s, err := d.sock(sockfd)
	switch {
	case err != nil:
		return err
	case s.stype != streams:
		return netdev.ErrNotSupported
	case s.conn != nil:
		return syscall.EISCONN
	case s.port == 0:
		if err := d.choosePort(s); err != nil {
			return err
		}
	}
	s.lst = &listener{backlog: max(1, min(backlog, d.conf.Backlog))}
	return nil
}

// Accept waits for a connection.
func (d *Device) Accept(sockfd int) (int, netip.AddrPort, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	s, err := d.sock(sockfd)
	if err == nil && s.lst == nil {
		err = syscall.EINVAL
	}
	if err != nil {
		return -1, netip.AddrPort{}, err
	}
	for {
		if err := d.ready(s, s.rdead); err != nil {
			return -1, netip.AddrPort{}, err
		}
		if c := s.lst.first(); c != nil {
			n, err := d.open(streams)
			if err != nil {
				return -1, netip.AddrPort{}, err
			}
			s.lst.remove(c)
			n.conn, c.sock, c.lst = c, n, nil
			n.port, n.bound, n.accepted = c.port, d.ip, true
			return n.num, c.remote.addrPort(), nil
		}
		d.wait(&s.waitlist, netdev.Reads, s.rdead)
	}
}

// ready is the error of a call that may wait, if its socket was closed or its
// deadline has passed.
func (d *Device) ready(s *socket, deadlines ...time.Time) error {
	switch {
	case d.halted:
		return errHalted
	case s.closed:
		return net.ErrClosed
	}
	for _, t := range deadlines {
		if !t.IsZero() && !time.Now().Before(t) {
			return netdev.ErrTimeout
		}
	}
	return nil
}

// Send sends bytes of a stream, or a datagram to the socket's peer.
func (d *Device) Send(sockfd int, buf []byte, flags int, deadline time.Time) (int, error) {
	deadline = fromNow(deadline)
	d.mu.Lock()
	defer d.mu.Unlock()
	s, err := d.sock(sockfd)
	switch {
	case err != nil:
		return -1, err
	case s.stype == datagrams && s.remote == peer{}:
		return -1, syscall.EDESTADDRREQ
	case s.stype == datagrams:
		return d.sendDatagram(s, buf, deadline, s.remote)
	case s.conn == nil:
		return -1, syscall.ENOTCONN
	}
	c := s.conn
	for {
		if err := d.ready(s, deadline, s.wdead); err != nil {
			return -1, err
		}
		if !c.up && c.err == nil {
			return -1, syscall.ENOTCONN
		}
		n, err := c.write(buf)
		if err != nil {
			return -1, err
		}
		if n > 0 || len(buf) == 0 {
			d.kick()
			return n, nil
		}
		d.wait(&s.waitlist, netdev.Writes, earlier(deadline, s.wdead))
	}
}

// Recv receives bytes of a stream, or a datagram.
func (d *Device) Recv(sockfd int, buf []byte, flags int, deadline time.Time) (int, error) {
	deadline = fromNow(deadline)
	d.mu.Lock()
	defer d.mu.Unlock()
	s, err := d.sock(sockfd)
	switch {
	case err != nil:
		return -1, err
	case s.stype == datagrams:
		n, _, err := d.receiveDatagram(s, buf, deadline)
		return n, err
	case s.conn == nil:
		return -1, syscall.ENOTCONN
	}
	c := s.conn
	for {
		if err := d.ready(s, deadline, s.rdead); err != nil {
			return -1, err
		}
		if !c.up && c.err == nil {
			return -1, syscall.ENOTCONN
		}
		if len(buf) == 0 {
			return 0, nil
		}
		n, err := c.read(buf)
		if n > 0 {
			d.kick() // the window may have opened
			return n, nil
		}
		if err != nil {
			return 0, err
		}
		d.wait(&s.waitlist, netdev.Reads, earlier(deadline, s.rdead))
	}
}

// Close ends a socket. A connection goes on in the background until the peer has
// what was sent, and datagrams until they are sent, for no longer than
// Config.CloseTimeout.
func (d *Device) Close(sockfd int) error {
	leftGroups, sending, err := d.close(sockfd)
	if leftGroups {
		d.filterGroups()
	}
	if sending {
		runtime.Gosched() // who sends once and closes, again and again, waits nowhere for run to have its turn
	}
	return err
}

func (d *Device) close(sockfd int) (leftGroups, sending bool, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	s, err := d.sock(sockfd)
	if err != nil {
		return false, false, err
	}
	s.closed = true
	for i, o := range d.socks {
		if o == s {
			d.socks = append(d.socks[:i], d.socks[i+1:]...)
			break
		}
	}
	if sending = s.dgrams != nil && s.dgrams.out.n > 0; sending {
		d.leave(s)
	}
	if s.lst != nil {
		for _, c := range s.lst.conns {
			c.lst = nil
			c.abort()
		}
		s.lst = nil
	}
	if c := s.conn; c != nil {
		s.conn = nil
		c.orphan(d, s.linger)
	}
	leftGroups = d.removeGroups(func(g group) bool { return g.sock == s })
	s.wakeAll()
	d.kick()
	return leftGroups, sending, nil
}
