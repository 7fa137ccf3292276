// Package simdev has network devices in memory, for tests of package net, of
// drivers' callers, and of programs: one that keeps all rules of package
// netdev, and others that break them as real drivers do. What a device is like
// is in its [Config]; [Profiles] has the ones that matter.
//
// Devices are on a [Network], where they reach each other and themselves. It
// has no delay and loses nothing, unless the link of a device is down.
//
// Polls and delays take real time.
package simdev

import (
	"net/netip"
	"sync"
	"syscall"
)

// A Network connects devices.
type Network struct {
	mu      sync.Mutex // of everything on the network
	devices map[netip.Addr]*Device
}

// NewNetwork returns a network without devices.
func NewNetwork() *Network {
	return &Network{devices: map[netip.Addr]*Device{}}
}

// New returns a device on a network of its own.
func New(c Config) *Device { return NewNetwork().Join(c) }

// A socket is one end of what is on the network. All of it is guarded by the
// network's lock.
type socket struct {
	d             *Device
	num           int // -1 until Accept
	stype         int
	tls           bool // opened with IPPROTO_TLS
	secret        bool // and it is encrypted
	local, remote netip.AddrPort
	closed        bool
	lingerZero    bool
	wake          chan struct{} // closed when something has changed

	listening bool
	backlog   []*socket
	most      int

	peer     *socket // of a stream
	out      []byte  // on its way to the peer
	in       []byte  // arrived
	finished bool    // no more comes after out
	ended    bool    // no more comes after in
	broken   bool    // the peer has reset it
	deaf     bool    // SHUT_RD
	saidEOF  bool    // Recv has told of the end
	parent   *socket // the listener that has accepted it

	msgs    []datagram
	refused bool

	deadlines   [2]deadline // for Reads and Writes: of Deadliner, or stale
	interrupted int
}

type datagram struct {
	data []byte
	from netip.AddrPort
}

func newSocket(d *Device, stype int) *socket {
	return &socket{d: d, num: -1, stype: stype, wake: make(chan struct{})}
}

// changed wakes the calls that wait on s.
func (s *socket) changed() {
	close(s.wake)
	s.wake = make(chan struct{})
}

// covers reports whether what is sent to a reaches s.
func (s *socket) covers(a netip.AddrPort) bool {
	return s.local.Port() == a.Port() && (s.local.Addr() == a.Addr() || s.local.Addr().IsUnspecified())
}

// reach returns the device at an address, nil if there is none or a link is
// down.
func (d *Device) reach(ip netip.Addr) *Device {
	ip = ip.Unmap()
	to := d.net.devices[ip]
	if to == nil || to.down || d.down {
		return nil
	}
	return to
}

// find returns the socket of stype that an arrival at a, from from, is for.
func (d *Device) find(stype int, a, from netip.AddrPort) *socket {
	var found *socket
	for s := range d.bound {
		if s.stype != stype || !s.covers(a) || stype == streams && !s.listening {
			continue
		}
		if s.remote.IsValid() && s.remote != from {
			continue
		}
		if found == nil || s.remote.IsValid() {
			found = s
		}
	}
	return found
}

// push moves what s has sent to its peer, as far as there is room and the link
// is up.
func (s *socket) push() {
	p := s.peer
	if p == nil || s.d.down || p.d.down {
		return
	}
	room := p.d.recvBuffer() - len(p.in)
	if p.closed || p.deaf {
		room = len(s.out)
	}
	n := min(room, len(s.out))
	if n > 0 {
		if !p.closed && !p.deaf {
			p.in = append(p.in, s.out[:n]...)
		}
		s.out = s.out[:copy(s.out, s.out[n:])]
		s.changed()
		p.changed()
	}
	if len(s.out) == 0 && s.finished && !p.ended {
		p.ended = true
		p.changed()
	}
	if p.closed && len(s.out) == 0 && !s.broken && n > 0 {
		s.broken = true // nobody is there to read it
		s.changed()
	}
}

// reset breaks the connection of s for its peer.
func (s *socket) reset() {
	if p := s.peer; p != nil && !p.closed {
		p.broken, p.in, p.out = true, nil, nil
		p.changed()
	}
}

// close ends s. Its device's tables are the caller's.
func (s *socket) close() {
	if s.closed {
		return
	}
	s.closed = true
	s.changed()
	for _, c := range s.backlog {
		c.reset()
		c.close()
	}
	s.backlog = nil
	if s.peer != nil {
		if s.lingerZero || s.num < 0 {
			s.reset()
		}
		s.in = nil
		s.finished = true
		s.push()
		s.peer.push()
	}
}

// connect makes the connection of s, unless it must wait (nil, false).
func (s *socket) connect() (err error, done bool) {
	to := s.d.reach(s.remote.Addr())
	if to == nil {
		return nil, false
	}
	l := to.find(streams, s.remote, s.local)
	if l == nil || len(l.backlog) >= l.most {
		return syscall.ECONNREFUSED, true
	}
	c := newSocket(to, streams)
	c.local, c.remote = s.remote, s.local
	c.peer, s.peer = s, c
	l.backlog = append(l.backlog, c)
	l.changed()
	return nil, true
}

// send sends a datagram. What finds nobody is lost.
func (s *socket) send(p []byte, a netip.AddrPort) {
	to := s.d.reach(a.Addr())
	if to == nil {
		return
	}
	from := s.local
	if from.Addr().IsUnspecified() {
		from = netip.AddrPortFrom(s.d.conf.Addr, from.Port())
	}
	r := to.find(datagrams, a, from)
	if r == nil {
		if s.remote.IsValid() {
			s.refused = true
			s.changed()
		}
		return
	}
	if len(r.msgs) < maxDatagrams {
		r.msgs = append(r.msgs, datagram{append([]byte(nil), p...), from})
		r.changed()
	}
}
