package host

import (
	"context"
	"net/netip"
	"sync"
	"time"

	"github.com/tinynet/tinynet/netdev"
	"github.com/tinynet/tinynet/netdev/internal/errno"
	"github.com/tinynet/tinynet/netdev/tether/internal/wire"
)

// A socket is one of the board's. Its state is the host's lock's: whoever holds
// that owns all sockets. What takes time runs in goroutines, which hold the lock
// only within Host.locked, and count as users of the socket; as long as there
// are users, the socket counts for the host's bounds.
type socket struct {
	h      *Host
	num    uint16
	domain int
	stream bool
	state  state
	ctx    context.Context
	cancel func()
	cond   *sync.Cond // credit, what is queued, or the end
	users  int

	credit  uint32 // bytes that the board takes; for a listener, connections
	bound   netip.AddrPort
	port    port
	hasPort bool
	options map[option]int // that the board has set before there was something to set them on
	only6   bool           // IPV6_V6ONLY
	shared  bool           // SO_REUSEADDR, of datagrams
	quiet   bool           // SO_BROADCAST, switched off
	linger  int            // seconds; -1 is the default
	gone    bool           // the board has closed it, or is gone
	broken  bool           // and what it had sent is not to arrive

	ln   listener
	conn streamConn
	out  []byte // what goes to conn
	udp  packetConn
	sent queue // what goes to udp

	// Whom a datagram socket hears, see hears.
	peer   netip.AddrPort
	open   bool  // everybody: it has a port that others were given
	known  peers // to whom it has sent
	heard  peers // who has sent to it, so that it may answer
	wide   bool  // it has sent to a group, or to all
	groups []*group
	multi  map[multicastSetting]int

	writing bool // there is a goroutine that sends datagrams
	queued  int  // bytes in out or sent, with those that are on their way out
	owed    int  // credit that the board is to be given back
}

// mayOpen tells whether there is room for a socket.
func (h *Host) mayOpen(stream bool) bool {
	return h.live < mostSockets && (stream || h.datagrams < mostDatagramSockets)
}

func (h *Host) newSocket(num uint16, domain int, stream bool) *socket {
	s := &socket{h: h, num: num, domain: domain, stream: stream, cond: sync.NewCond(h.pump), linger: -1, users: 1}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	s.credit = h.board.Datagrams
	h.live++
	if stream {
		s.credit = h.board.Stream
	} else {
		h.datagrams++
	}
	h.socks[num] = s
	return s
}

// work runs f in a goroutine that is a user of the socket.
func (s *socket) work(f func()) {
	s.users++
	s.h.spawn(func() {
		defer s.h.locked(s.release)
		f()
	})
}

// release takes a user from the socket.
func (s *socket) release() {
	if s.users--; s.users > 0 {
		return
	}
	s.h.live--
	if !s.stream {
		s.h.datagrams--
	}
	delete(s.h.draining, s)
	s.h.room.Broadcast()
}

// end takes a socket from the board. Unless it is broken, what is queued goes
// out.
func (h *Host) end(s *socket, broken bool) {
	delete(h.socks, s.num)
	s.unplace()
	s.gone = true
	s.cancel()
	if s.ln != nil {
		s.ln.Close()
	}
	if broken || s.linger == 0 || s.queued == 0 && !s.stream {
		s.abort()
	} else if s.conn != nil || s.queued > 0 {
		h.draining[s] = true
		wait := flushWait
		if s.linger > 0 {
			wait = min(wait, time.Duration(s.linger)*time.Second)
		}
		if s.conn != nil {
			s.conn.SetWriteDeadline(time.Now().Add(wait))
			s.conn.SetReadDeadline(time.Unix(1, 0))
		}
	}
	s.cond.Broadcast()
	h.room.Broadcast()
	s.release()
}

// abort ends a socket that is gone at once.
func (s *socket) abort() {
	s.broken = true
	if s.conn != nil {
		s.conn.SetLinger(0)
		s.conn.Close()
	}
	if s.udp != nil {
		s.udp.Close()
	}
	for _, g := range s.groups {
		g.conn.Close()
	}
	s.h.groups -= len(s.groups)
	s.groups = nil
	s.out, s.sent = nil, queue{}
	s.cond.Broadcast()
}

// family is "4", "6", or "" for both.
func (s *socket) family() string {
	switch {
	case s.domain == netdev.AF_INET:
		return "4"
	case s.only6:
		return "6"
	}
	return ""
}

// permit says where an address of the board's is, and asks the rules.
func (s *socket) permit(to netip.AddrPort) (netip.AddrPort, error) {
	h := s.h
	if !to.Addr().IsValid() {
		return to, errno.EINVAL
	}
	to = h.resolve(to)
	if s.domain == netdev.AF_INET && !to.Addr().Is4() || s.only6 && to.Addr().Is4() {
		return to, errno.EAFNOSUPPORT
	}
	if s.heard.has(to) {
		return to, nil
	}
	return to, h.permitted(to)
}

// resolve gives what an address of the board's is here.
func (h *Host) resolve(at netip.AddrPort) netip.AddrPort {
	ip := canonical(at.Addr())
	if h.conf.Self.IsValid() && bare(ip) == h.conf.Self {
		ip = loopback4
	}
	return netip.AddrPortFrom(ip, at.Port())
}

// permitted asks the rules about a canonical address.
func (h *Host) permitted(to netip.AddrPort) error {
	if to.Addr().IsLoopback() && !h.conf.Loopback {
		return &deniedError{"a connection to " + to.Addr().String() + " of the computer is not allowed by the tether (-loopback)"}
	}
	if !h.conf.Rules.connect(to, h.names.got[bare(to.Addr())]) {
		return &deniedError{"a connection to " + to.String() + " is not allowed by the tether's rules (-allow, -deny)"}
	}
	return nil
}

// ready waits until the board takes n bytes and the line has room, and reports
// false if that will not be.
func (s *socket) ready(n uint32) bool {
	for !s.gone {
		switch {
		case s.credit < n:
			s.cond.Wait()
		case s.h.pump.Line.Queued() >= 2*s.h.conf.Frame:
			s.h.room.Wait()
		default:
			return true
		}
	}
	return false
}

// repay lets the board send as much more as has gone out, in large pieces if
// more is to come.
func (s *socket) repay(n int, more bool) {
	s.queued -= n
	s.owed += n
	if s.gone || s.owed == 0 || s.stream && more && s.owed < streamCredit/4 {
		return
	}
	s.h.send(s.h.out.Begin(wire.OpCredit).U16(s.num).U32(uint32(s.owed)))
	s.owed = 0
}

// tell tells the board that a socket has failed, or one of its datagrams.
func (s *socket) tell(err error) {
	if !s.gone {
		s.h.send(s.h.out.Begin(wire.OpFailed).U16(s.num).Error(wireError(err)))
	}
}

// peers is a set of addresses, which forgets the oldest when it is full.
type peers struct {
	set  map[netip.AddrPort]bool
	list []netip.AddrPort
	next int
}

func (p *peers) has(a netip.AddrPort) bool { return p.set[a] }

func (p *peers) add(a netip.AddrPort) {
	if p.set[a] {
		return
	}
	if p.set == nil {
		p.set = map[netip.AddrPort]bool{}
	}
	if len(p.list) < mostPeers {
		p.list = append(p.list, a)
	} else {
		delete(p.set, p.list[p.next])
		p.list[p.next] = a
		p.next = (p.next + 1) % mostPeers
	}
	p.set[a] = true
}
