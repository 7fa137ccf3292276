package host

import (
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"strconv"
	"sync"
	"syscall"
	"time"

	"golang.org/x/net/ipv4"
	"golang.org/x/net/ipv6"

	"github.com/tinynet/tinynet/netdev"
	"github.com/tinynet/tinynet/netdev/tether/internal/wire"
)

// A channel is a socket of the board's. The lock is the host's.
type channel struct {
	h      *Host
	num    uint16
	domain int
	stream bool
	only6  bool // IPV6_V6ONLY
	ctx    context.Context
	cancel func()
	cond   *sync.Cond // credit, the queue, or the end

	credit  uint32 // bytes that the board takes; for a listener, connections
	bound   netip.AddrPort
	options []option
	gone    bool // the board has closed it, or is gone
	broken  bool // and wants no more of it to arrive
	ended   bool // the board sends no more

	ln      net.Listener
	conn    net.Conn // a connection, or the datagrams' *net.UDPConn
	peer    netip.AddrPort
	port    port
	hasPort bool
	queue   []packet // what goes to conn
	queued  int
	known   map[netip.AddrPort]bool // to whom it has sent; nil: anyone may send to it
	heard   map[netip.AddrPort]bool // who has sent to it, so that it may answer
}

type packet struct {
	data []byte
	to   netip.AddrPort
}

type option struct{ level, opt, value int }

func (h *Host) open(num uint16, domain, stype byte) {
	if h.chans[num] != nil || num >= wire.HostSocket || len(h.chans) >= mostChannels {
		return // its calls will fail
	}
	h.newChannel(num, int(domain), stype == netdev.SOCK_STREAM)
}

func (h *Host) newChannel(num uint16, domain int, stream bool) *channel {
	c := &channel{h: h, num: num, domain: domain, stream: stream, cond: sync.NewCond(h.pump)}
	c.ctx, c.cancel = context.WithCancel(context.Background())
	c.credit = h.board.Datagrams
	if stream {
		c.credit = h.board.Stream
	}
	h.chans[num] = c
	return c
}

// end takes a channel from the board. Unless it is broken, what is queued goes
// out.
func (h *Host) end(c *channel, broken bool) {
	delete(h.chans, c.num)
	if c.hasPort {
		delete(h.ports, c.port)
	}
	c.gone, c.broken = true, broken
	c.cancel()
	if c.ln != nil {
		c.ln.Close()
	}
	if t, ok := c.conn.(*net.TCPConn); ok && broken {
		t.SetLinger(0)
	}
	if c.conn != nil {
		if broken || !c.stream && len(c.queue) == 0 {
			c.conn.Close()
		} else {
			c.conn.SetWriteDeadline(time.Now().Add(flushWait))
			c.conn.SetReadDeadline(time.Unix(1, 0))
		}
	}
	c.cond.Broadcast()
	h.room.Broadcast()
}

// network is the name of a network of this socket's family.
func (c *channel) network() string {
	name := "udp"
	if c.stream {
		name = "tcp"
	}
	switch {
	case c.domain == netdev.AF_INET:
		return name + "4"
	case c.only6:
		return name + "6"
	}
	return name
}

// call makes one of those that have a reply.
func (c *channel) call(op wire.Op, id uint16, r *wire.Reader) {
	fail := func(err error) { c.h.reply(id, wireError(err)) }
	switch op {
	case wire.OpBind:
		at := r.AddrPort()
		if r.Bad {
			fail(syscall.EINVAL)
			return
		}
		if err := c.bind(at); err != nil {
			fail(err)
			return
		}
		local := at
		if !c.stream && at.Port() == 0 {
			local = netip.AddrPortFrom(at.Addr(), addrOf(c.conn.LocalAddr()).Port())
		}
		c.h.replyAddr(id, local)
	case wire.OpListen:
		backlog := r.U16()
		local, err := c.listen(uint32(backlog))
		if err != nil {
			fail(err)
			return
		}
		c.h.replyAddr(id, local)
	case wire.OpConnect:
		to := r.AddrPort()
		if r.Bad {
			fail(syscall.EINVAL)
			return
		}
		c.connect(id, to)
	case wire.OpOption:
		o := option{int(int32(r.U32())), int(int32(r.U32())), int(int32(r.U32()))}
		if err := c.setOption(o); err != nil {
			fail(err)
			return
		}
		c.h.reply(id, wire.Error{})
	case wire.OpMulticast:
		what, a, number := r.U8(), r.Addr(), int(r.U32())
		if err := c.multicast(what, a, number); err != nil {
			fail(err)
			return
		}
		c.h.reply(id, wire.Error{})
	}
}

// errDenied is for what the rules do not allow.
func errDenied(what string) error {
	return &deniedError{what + " is not allowed by the tether's rules (-allow, -deny)"}
}

type deniedError struct{ text string }

func (e *deniedError) Error() string { return e.text }
func (e *deniedError) Unwrap() error { return syscall.EACCES }

// place finds where a port of the board's is here, and takes it.
func (c *channel) place(want netip.AddrPort) (at netip.AddrPort, published bool, err error) {
	ip := want.Addr().Unmap()
	local := ip.IsLoopback()
	if !ip.IsUnspecified() && !local && ip != c.h.conf.Addr {
		return at, false, syscall.EADDRNOTAVAIL
	}
	p := port{c.stream, want.Port()}
	if want.Port() != 0 {
		if other := c.h.ports[p]; other != nil && other != c {
			return at, false, syscall.EADDRINUSE
		}
	}
	at = netip.AddrPortFrom(c.h.conf.Listen, want.Port())
	if c.only6 && at.Addr() == loopback4 {
		at = netip.AddrPortFrom(loopback6, at.Port())
	}
	if local {
		at = netip.AddrPortFrom(ip, want.Port())
	} else if want.Port() != 0 {
		for _, pub := range c.h.conf.Publish {
			if pub.Board == want.Port() && pub.covers(c.stream) {
				at, published = pub.at(at.Addr()), true
			}
		}
	}
	if want.Port() != 0 {
		c.port, c.hasPort = p, true
		c.h.ports[p] = c
	}
	return at, published, nil
}

// unplace gives the port back.
func (c *channel) unplace() {
	if c.hasPort {
		delete(c.h.ports, c.port)
		c.hasPort = false
	}
}

// placing opens something at a place, or elsewhere if that is allowed.
func (c *channel) placing(want netip.AddrPort, open func(network, at string) (net.Addr, error)) error {
	at, published, err := c.place(want)
	if err != nil {
		return err
	}
	// An IPv4 address can be had by IPv4's name only.
	network := c.network()[:3]
	got, err := open(network, at.String())
	if err != nil && c.h.conf.AnyPort && !published && at.Port() != 0 && (errors.Is(err, syscall.EACCES) || errors.Is(err, syscall.EADDRINUSE)) {
		got, err = open(network, netip.AddrPortFrom(at.Addr(), 0).String())
	}
	if err != nil {
		c.unplace()
		if errors.Is(err, syscall.EACCES) {
			err = &deniedError{"port " + strconv.Itoa(int(want.Port())) + " is not free to take on this computer; -publish 8080:" +
				strconv.Itoa(int(want.Port())) + " puts it at another"}
		}
		return err
	}
	real := addrOf(got)
	if p := (port{c.stream, real.Port()}); want.Port() == 0 && c.h.ports[p] == nil {
		c.port, c.hasPort = p, true
		c.h.ports[p] = c
	}
	if f := c.h.conf.Listening; f != nil {
		number := want.Port()
		if number == 0 {
			number = real.Port()
		}
		f(network, number, real)
	}
	return nil
}

func (c *channel) bind(at netip.AddrPort) error {
	if c.bound.IsValid() || c.conn != nil {
		return syscall.EINVAL
	}
	if c.stream {
		ip := at.Addr().Unmap()
		if !ip.IsUnspecified() && !ip.IsLoopback() && ip != c.h.conf.Addr {
			return syscall.EADDRNOTAVAIL
		}
		if other := c.h.ports[port{true, at.Port()}]; other != nil && at.Port() != 0 {
			return syscall.EADDRINUSE
		}
		c.bound = at
		return nil
	}
	if at.Port() == 0 && !at.Addr().Unmap().IsLoopback() {
		if err := c.openUDP(); err != nil {
			return err
		}
	} else {
		err := c.placing(at, func(network, at string) (net.Addr, error) {
			conn, err := net.ListenPacket(network, at)
			if err != nil {
				return nil, err
			}
			c.conn = conn.(*net.UDPConn)
			return c.conn.LocalAddr(), nil
		})
		if err != nil {
			return err
		}
	}
	c.bound = at
	c.start()
	return nil
}

// openUDP opens a socket that has no port of its own: what comes to it has to
// be an answer.
func (c *channel) openUDP() error {
	conn, err := net.ListenPacket(c.network(), ":0")
	if err != nil {
		return err
	}
	c.conn, c.known = conn.(*net.UDPConn), map[netip.AddrPort]bool{}
	return nil
}

func (c *channel) listen(backlog uint32) (netip.AddrPort, error) {
	if !c.stream || c.ln != nil || c.conn != nil {
		return netip.AddrPort{}, syscall.EINVAL
	}
	want := c.bound
	if !want.IsValid() {
		want = netip.AddrPortFrom(netip.IPv4Unspecified(), 0)
	}
	err := c.placing(want, func(network, at string) (net.Addr, error) {
		ln, err := net.Listen(network, at)
		if err != nil {
			return nil, err
		}
		c.ln = ln
		return ln.Addr(), nil
	})
	if err != nil {
		return netip.AddrPort{}, err
	}
	if want.Port() == 0 {
		want = netip.AddrPortFrom(want.Addr(), addrOf(c.ln.Addr()).Port())
	}
	c.credit = backlog
	c.h.done.Add(1)
	go c.accept()
	return want, nil
}

// accept takes connections as long as the board has room for them. The others
// wait in this computer's backlog.
func (c *channel) accept() {
	h := c.h
	defer h.done.Done()
	for {
		h.pump.Lock()
		for !c.gone && c.credit == 0 {
			c.cond.Wait()
		}
		gone := c.gone
		h.pump.Unlock()
		if gone {
			return
		}
		conn, err := c.ln.Accept()
		h.pump.Lock()
		switch {
		case c.gone:
			if err == nil {
				conn.(*net.TCPConn).SetLinger(0)
				conn.Close()
			}
			h.pump.Unlock()
			return
		case err != nil:
			h.pump.Unlock()
			if errors.Is(err, net.ErrClosed) {
				return
			}
			time.Sleep(50 * time.Millisecond) // out of files, say
			continue
		}
		num := h.number()
		if num == 0 {
			conn.Close()
			h.pump.Unlock()
			continue
		}
		c.credit--
		a := h.newChannel(num, c.domain, true)
		a.conn, a.peer = conn, addrOf(conn.RemoteAddr())
		h.send(h.out.Begin(wire.OpAccepted).U16(c.num).U16(num).AddrPort(c.local(conn)).AddrPort(a.peer))
		a.start()
		h.pump.Unlock()
	}
}

// local is the address that the board sees for its end of an accepted
// connection: with its own port, wherever that is here.
func (c *channel) local(conn net.Conn) netip.AddrPort {
	at := addrOf(conn.LocalAddr())
	if p := c.bound.Port(); p != 0 {
		at = netip.AddrPortFrom(at.Addr(), p)
	}
	return at
}

// number finds one for an accepted connection.
func (h *Host) number() uint16 {
	if len(h.chans) >= mostChannels {
		return 0
	}
	for {
		h.last++
		if num := wire.HostSocket | h.last; h.chans[num] == nil {
			return num
		}
	}
}

// connect makes a connection, or fixes the peer of a socket for datagrams.
func (c *channel) connect(id uint16, to netip.AddrPort) {
	h := c.h
	if c.ln != nil || c.stream && c.conn != nil {
		h.reply(id, wireError(syscall.EISCONN))
		return
	}
	dest, err := c.permit(to)
	if err != nil {
		h.reply(id, wireError(err))
		return
	}
	if !c.stream && c.conn != nil { // it stays where it was bound
		if c.known != nil {
			c.known[dest] = true
		}
		c.peer = dest
		h.replyAddr(id, addrOf(c.conn.LocalAddr()))
		return
	}
	var d net.Dialer
	if p := c.bound.Port(); p != 0 {
		d.LocalAddr = &net.TCPAddr{Port: int(p)}
	}
	board := h.session()
	h.done.Add(1)
	go func() {
		defer h.done.Done()
		conn, err := d.DialContext(c.ctx, c.network()[:3], dest.String())
		h.pump.Lock()
		defer h.pump.Unlock()
		switch {
		case err == nil && c.gone:
			conn.Close()
			return
		case c.gone:
			return
		case err != nil:
			if board() {
				h.reply(id, wireError(err))
			}
			return
		}
		c.conn, c.peer = conn, dest
		for _, o := range c.options {
			c.apply(o)
		}
		h.replyAddr(id, addrOf(conn.LocalAddr()))
		c.start()
	}()
}

// permit asks the rules, and says where that is.
func (c *channel) permit(to netip.AddrPort) (netip.AddrPort, error) {
	conf := &c.h.conf
	ip := to.Addr().Unmap()
	self := ip.IsValid() && ip == conf.Self
	switch { // systems take the last two for their own
	case !ip.IsValid():
		return to, syscall.EINVAL
	case self, ip == netip.IPv4Unspecified():
		ip = loopback4
	case ip == netip.IPv6Unspecified():
		ip = loopback6
	}
	to = netip.AddrPortFrom(ip, to.Port())
	if c.heard[to] {
		return to, nil
	}
	if self && !conf.Loopback {
		return to, &deniedError{"a connection to 127.0.0.1 of the computer is not allowed by the tether (-loopback)"}
	}
	if !conf.Rules.connect(to, c.h.names[ip.WithZone("")]) {
		return to, errDenied("a connection to " + to.String())
	}
	return to, nil
}

// start moves bytes between the connection and the board.
func (c *channel) start() {
	c.h.done.Add(2)
	go func() {
		defer c.h.done.Done()
		if c.stream {
			c.read()
		} else {
			c.readDatagrams()
		}
	}()
	go func() {
		defer c.h.done.Done()
		c.write()
	}()
}

// ready waits until the board takes n bytes and the line has room, and reports
// false if that will not be.
func (c *channel) ready(n uint32) bool {
	for !c.gone {
		switch {
		case c.credit < n:
			c.cond.Wait()
		case c.h.pump.Line.Queued() >= 2*c.h.conf.Frame:
			c.h.room.Wait()
		default:
			return true
		}
	}
	return false
}

func (c *channel) read() {
	h := c.h
	buf := make([]byte, h.conf.Frame)
	for {
		h.pump.Lock()
		ok := c.ready(1)
		most := min(uint32(len(buf)), c.credit)
		h.pump.Unlock()
		if !ok {
			return
		}
		n, err := c.conn.Read(buf[:most])
		h.pump.Lock()
		if c.gone {
			h.pump.Unlock()
			return
		}
		if n > 0 {
			c.credit -= uint32(n)
			h.send(h.out.Begin(wire.OpData).U16(c.num).Raw(buf[:n]))
		}
		if err == io.EOF {
			h.send(h.out.Begin(wire.OpEnd).U16(c.num))
		} else if err != nil {
			h.send(h.out.Begin(wire.OpFailed).U16(c.num).Error(wireError(err)))
		}
		h.pump.Unlock()
		if err != nil {
			return
		}
	}
}

func (c *channel) readDatagrams() {
	h := c.h
	buf := make([]byte, 64<<10)
	conn := c.conn.(*net.UDPConn)
	for {
		n, from, err := conn.ReadFromUDPAddrPort(buf)
		from = netip.AddrPortFrom(from.Addr().Unmap(), from.Port())
		h.pump.Lock()
		if c.gone {
			h.pump.Unlock()
			return
		}
		switch cost := uint32(n) + wire.DatagramCost; {
		case err != nil:
			if errors.Is(err, net.ErrClosed) {
				h.pump.Unlock()
				return
			}
			h.send(h.out.Begin(wire.OpFailed).U16(c.num).Error(wireError(err)))
		case cost > h.board.Datagrams:
			// More than the board ever takes: lost, as too long ones are.
		case c.peer.IsValid() && from != c.peer, c.known != nil && !c.known[from] && !c.known[netip.AddrPortFrom(from.Addr(), 0)]:
			// Nobody asked for it.
		case c.ready(cost):
			c.credit -= cost
			if c.known == nil {
				if c.heard == nil || len(c.heard) >= 1<<12 {
					c.heard = map[netip.AddrPort]bool{}
				}
				c.heard[from] = true
			}
			if from.Addr() == loopback4 && h.conf.Self.IsValid() {
				from = netip.AddrPortFrom(h.conf.Self, from.Port())
			}
			h.send(h.out.Begin(wire.OpDatagram).U16(c.num).AddrPort(from).Raw(buf[:n]))
		}
		h.pump.Unlock()
	}
}

// data takes bytes from the board.
func (c *channel) data(p []byte) {
	if !c.stream || c.conn == nil || c.queued+len(p) > streamCredit {
		return // against the protocol
	}
	c.queued += len(p)
	c.queue = append(c.queue, packet{data: append([]byte(nil), p...)})
	c.cond.Broadcast()
}

// datagram takes one from the board.
func (c *channel) datagram(to netip.AddrPort, p []byte) {
	if c.stream || c.queued+len(p)+wire.DatagramCost > datagramCredit {
		return
	}
	fail := func(err error) {
		c.h.send(c.h.out.Begin(wire.OpFailed).U16(c.num).Error(wireError(err)))
		c.repay(len(p) + wire.DatagramCost)
	}
	if c.conn == nil {
		if err := c.openUDP(); err != nil {
			fail(err)
			return
		}
		c.start()
	}
	if !to.IsValid() {
		to = c.peer
	}
	dest, err := c.permit(to)
	if err != nil {
		fail(err)
		return
	}
	if c.known != nil {
		if len(c.known) >= 1<<12 {
			clear(c.known)
		}
		c.known[dest] = true
		if dest.Addr().IsMulticast() {
			c.known[netip.AddrPortFrom(dest.Addr(), 0)] = true
		}
	}
	if c.peer == dest && c.conn.RemoteAddr() != nil {
		dest = netip.AddrPort{} // the socket is connected here, too
	}
	c.queued += len(p) + wire.DatagramCost
	c.queue = append(c.queue, packet{append([]byte(nil), p...), dest})
	c.cond.Broadcast()
}

// repay lets the board send as many bytes more.
func (c *channel) repay(n int) {
	if !c.gone {
		c.h.send(c.h.out.Begin(wire.OpCredit).U16(c.num).U32(uint32(n)))
	}
}

// write sends to the connection what the board sends.
func (c *channel) write() {
	h := c.h
	h.pump.Lock()
	defer h.pump.Unlock()
	defer func() {
		if c.gone {
			c.conn.Close()
		}
	}()
	owed := 0
	for {
		for !c.gone && !c.ended && len(c.queue) == 0 {
			c.cond.Wait()
		}
		if c.broken || c.gone && len(c.queue) == 0 {
			return
		}
		if len(c.queue) == 0 { // ended
			h.pump.Unlock()
			c.conn.(*net.TCPConn).CloseWrite()
			h.pump.Lock()
			for !c.gone {
				c.cond.Wait()
			}
			return
		}
		packets := c.queue
		c.queue = nil
		h.pump.Unlock()
		sent, err := c.transmit(packets)
		h.pump.Lock()
		c.queued -= sent
		owed += sent
		if owed >= streamCredit/4 || !c.stream || len(c.queue) == 0 {
			c.repay(owed)
			owed = 0
		}
		if err == nil {
			continue
		}
		if !c.gone {
			h.send(h.out.Begin(wire.OpFailed).U16(c.num).Error(wireError(err)))
		}
		if c.stream {
			for !c.gone {
				c.cond.Wait()
			}
			return
		}
	}
}

// transmit sends packets and returns what they were counted for.
func (c *channel) transmit(packets []packet) (sent int, err error) {
	if c.stream {
		bufs := make(net.Buffers, len(packets))
		for i, p := range packets {
			bufs[i] = p.data
			sent += len(p.data)
		}
		_, err = bufs.WriteTo(c.conn)
		return sent, err
	}
	conn := c.conn.(*net.UDPConn)
	for _, p := range packets {
		var e error
		if p.to.IsValid() {
			_, e = conn.WriteToUDPAddrPort(p.data, p.to)
		} else {
			_, e = conn.Write(p.data)
		}
		err = errors.Join(err, e)
		sent += len(p.data) + wire.DatagramCost
	}
	return sent, err
}

// setOption sets one, now or when there is a connection.
func (c *channel) setOption(o option) error {
	if o.level == netdev.SOL_IPV6 && o.opt == netdev.IPV6_V6ONLY {
		c.only6 = o.value != 0
		return nil
	}
	if c.conn == nil {
		if !known(o) {
			return syscall.ENOTSUP
		}
		c.options = append(c.options, o)
		return nil
	}
	return c.apply(o)
}

// known tells whether apply will know an option.
func known(o option) bool {
	switch o.level {
	case netdev.SOL_SOCKET:
		switch o.opt {
		case netdev.SO_REUSEADDR, netdev.SO_BROADCAST, netdev.SO_SNDBUF, netdev.SO_RCVBUF, netdev.SO_KEEPALIVE, netdev.SO_LINGER:
			return true
		}
	case netdev.SOL_TCP:
		switch o.opt {
		case netdev.TCP_NODELAY, netdev.TCP_KEEPIDLE, netdev.TCP_KEEPINTVL, netdev.TCP_KEEPCNT:
			return true
		}
	}
	return false
}

func (c *channel) apply(o option) error {
	if !known(o) {
		return syscall.ENOTSUP
	}
	if o.level == netdev.SOL_SOCKET {
		conn := c.conn.(interface {
			SetReadBuffer(int) error
			SetWriteBuffer(int) error
		})
		switch o.opt {
		case netdev.SO_REUSEADDR, netdev.SO_BROADCAST:
			return nil // Go's net sets them where they make sense
		case netdev.SO_SNDBUF:
			return conn.SetWriteBuffer(o.value)
		case netdev.SO_RCVBUF:
			return conn.SetReadBuffer(o.value)
		}
	}
	t, ok := c.conn.(*net.TCPConn)
	if !ok {
		return syscall.ENOTSUP
	}
	keep := net.KeepAliveConfig{Enable: true, Idle: -1, Interval: -1, Count: -1}
	switch {
	case o.level == netdev.SOL_SOCKET && o.opt == netdev.SO_LINGER:
		return t.SetLinger(o.value)
	case o.level == netdev.SOL_SOCKET && o.opt == netdev.SO_KEEPALIVE:
		return t.SetKeepAlive(o.value != 0)
	case o.opt == netdev.TCP_NODELAY:
		return t.SetNoDelay(o.value != 0)
	case o.opt == netdev.TCP_KEEPIDLE:
		keep.Idle = time.Duration(o.value) * time.Second
	case o.opt == netdev.TCP_KEEPINTVL:
		keep.Interval = time.Duration(o.value) * time.Second
	case o.opt == netdev.TCP_KEEPCNT:
		keep.Count = o.value
	}
	return t.SetKeepAliveConfig(keep)
}

func (c *channel) multicast(what byte, a netip.Addr, number int) error {
	if c.stream || !a.IsValid() {
		return syscall.EINVAL
	}
	if c.conn == nil {
		if err := c.openUDP(); err != nil {
			return err
		}
		c.start()
	}
	var ifi *net.Interface
	if number != 0 && what != wire.MulticastLoopback {
		var err error
		if ifi, err = net.InterfaceByIndex(number); err != nil {
			return err
		}
	}
	conn := c.conn.(*net.UDPConn)
	if what == wire.MulticastJoin {
		if !a.IsMulticast() {
			return syscall.EINVAL
		}
		if !c.h.conf.Rules.connect(netip.AddrPortFrom(a, c.bound.Port()), nil) {
			return errDenied("the group " + a.String())
		}
		c.known = nil // members send to the group, whom this socket does not know
	}
	if a.Unmap().Is4() {
		p := ipv4.NewPacketConn(conn)
		switch what {
		case wire.MulticastJoin:
			return p.JoinGroup(ifi, &net.UDPAddr{IP: a.Unmap().AsSlice()})
		case wire.MulticastInterface:
			return p.SetMulticastInterface(ifi)
		}
		return p.SetMulticastLoopback(number != 0)
	}
	p := ipv6.NewPacketConn(conn)
	switch what {
	case wire.MulticastJoin:
		return p.JoinGroup(ifi, &net.UDPAddr{IP: a.AsSlice()})
	case wire.MulticastInterface:
		return p.SetMulticastInterface(ifi)
	}
	return p.SetMulticastLoopback(number != 0)
}

// addrOf is an address of package net's.
func addrOf(a net.Addr) netip.AddrPort {
	var p netip.AddrPort
	switch a := a.(type) {
	case *net.TCPAddr:
		p = a.AddrPort()
	case *net.UDPAddr:
		p = a.AddrPort()
	}
	return netip.AddrPortFrom(p.Addr().Unmap(), p.Port())
}

// wireError finds the code for an error.
func wireError(err error) wire.Error {
	text := err.Error()
	var op *net.OpError
	if errors.As(err, &op) && op.Err != nil {
		text = op.Err.Error() // the board's own net puts the rest before it
	}
	e := wire.Error{Code: wire.ErrOther, Text: text}
	var dns *net.DNSError
	if errors.As(err, &dns) {
		switch {
		case dns.IsNotFound:
			e.Code = wire.ErrUnknownHost
		case dns.IsTimeout:
			e.Code = wire.ErrTimeout
		}
		e.Text = dns.Err
		return e
	}
	for _, known := range []struct {
		err  error
		code byte
	}{
		{syscall.ECONNREFUSED, wire.ErrRefused},
		{syscall.ECONNRESET, wire.ErrReset},
		{syscall.EADDRINUSE, wire.ErrAddrInUse},
		{syscall.EADDRNOTAVAIL, wire.ErrAddrNotAvailable},
		{syscall.ENETUNREACH, wire.ErrNetUnreachable},
		{syscall.EHOSTUNREACH, wire.ErrHostUnreachable},
		{syscall.EACCES, wire.ErrDenied},
		{syscall.EPERM, wire.ErrDenied},
		{syscall.EINVAL, wire.ErrInvalid},
		{syscall.EPIPE, wire.ErrPipe},
		{syscall.EMFILE, wire.ErrTooMany},
		{syscall.EMSGSIZE, wire.ErrTooLong},
		{syscall.ECONNABORTED, wire.ErrAborted},
		{syscall.EISCONN, wire.ErrInvalid},
		{syscall.ETIMEDOUT, wire.ErrTimeout},
		{errors.ErrUnsupported, wire.ErrNotSupported},
	} {
		if errors.Is(err, known.err) {
			e.Code = known.code
			return e
		}
	}
	var t net.Error
	if errors.As(err, &t) && t.Timeout() {
		e.Code = wire.ErrTimeout
	}
	return e
}
