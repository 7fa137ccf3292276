package lneto

import (
	"encoding/binary"
	"net/netip"
	"syscall"
	"time"

	"github.com/soypat/lneto"
	"github.com/soypat/lneto/udp"

	"github.com/tinynet/tinynet/netdev"
)

// A queue has datagrams in one piece of memory: for each the peer's address and
// port, its length, and its bytes.
type queue struct {
	mem []byte
	n   int // bytes in use
}

const queueHead = 8

// put appends a datagram, if there is room.
func (q *queue) put(p peer, b []byte) bool {
	if q.n+queueHead+len(b) > len(q.mem) {
		return false
	}
	at := q.mem[q.n:]
	copy(at, p.ip[:])
	binary.BigEndian.PutUint16(at[4:], p.port)
	binary.BigEndian.PutUint16(at[6:], uint16(len(b)))
	copy(at[queueHead:], b)
	q.n += queueHead + len(b)
	return true
}

// first is the oldest datagram. It stays there until drop.
func (q *queue) first() (p peer, b []byte, ok bool) {
	if q.n == 0 {
		return p, nil, false
	}
	p.ip = ip4(q.mem[:4])
	p.port = binary.BigEndian.Uint16(q.mem[4:])
	n := int(binary.BigEndian.Uint16(q.mem[6:]))
	return p, q.mem[queueHead : queueHead+n], true
}

func (q *queue) drop() {
	n := queueHead + int(binary.BigEndian.Uint16(q.mem[6:]))
	copy(q.mem, q.mem[n:q.n])
	q.n -= n
}

// datagramQueues are what a datagram socket has received and not sent.
type datagramQueues struct{ in, out queue }

func newDatagrams(size int) *datagramQueues {
	return &datagramQueues{queue{mem: make([]byte, size)}, queue{mem: make([]byte, size)}}
}

func (d *Device) sendDatagram(s *socket, buf []byte, deadline time.Time, to peer) (int, error) {
	if len(buf) > d.conf.MTU-ipHeader-udpHeader || queueHead+len(buf) > d.conf.DatagramBuffer {
		return -1, syscall.EMSGSIZE
	}
	if s.port == 0 {
		if err := d.choosePort(s); err != nil {
			return -1, err
		}
	}
	for {
		if err := d.ready(s, deadline, s.wdead); err != nil {
			return -1, err
		}
		if err := s.err; err != nil {
			s.err = nil
			return -1, err
		}
		if d.ip == (ip4{}) {
			return -1, syscall.ENETUNREACH
		}
		if s.dgrams.out.put(to, buf) {
			d.kick()
			return len(buf), nil
		}
		d.wait(&s.waitlist, netdev.Writes, earlier(deadline, s.wdead))
	}
}

func (d *Device) receiveDatagram(s *socket, buf []byte, deadline time.Time) (int, netip.AddrPort, error) {
	for {
		if err := d.ready(s, deadline, s.rdead); err != nil {
			return -1, netip.AddrPort{}, err
		}
		if from, b, ok := s.dgrams.in.first(); ok {
			n := copy(buf, b)
			s.dgrams.in.drop()
			return n, from.addrPort(), nil
		}
		if err := s.err; err != nil {
			s.err = nil
			return -1, netip.AddrPort{}, err
		}
		d.wait(&s.waitlist, netdev.Reads, earlier(deadline, s.rdead))
	}
}

// udpInput takes a datagram whose checksum is right.
func (d *Device) udpInput(from peer, to ip4, port uint16, body []byte) {
	group := to[0]&0xf0 == 0xe0
	taken := false
	for _, s := range d.socks {
		switch {
		case s.stype != datagrams || s.port != port || port == 0:
			continue
		case s.remote != peer{} && s.remote != from:
			continue
		case group && !d.member(s, to):
			continue
		case s.bound != ip4{} && s.bound != to:
			continue
		}
		taken = true
		if !s.dgrams.in.put(from, body) {
			d.stats.Overflowed++
		}
		s.wake(netdev.Reads)
		if !group {
			return
		}
	}
	if !taken {
		d.stats.Unwanted++
	}
}

func (d *Device) datagramEgress(s *socket, frame []byte, now int64) int {
	if s.dgrams == nil {
		return 0
	}
	to, b, ok := s.dgrams.out.first()
	if !ok {
		return 0
	}
	mac, known := d.hardwareFor(to.ip, now)
	if !known {
		return 0
	}
	body := frame[etherHeader+ipHeader:]
	u, _ := udp.NewFrame(body)
	u.SetSourcePort(s.port)
	u.SetDestinationPort(to.port)
	u.SetLength(uint16(udpHeader + len(b)))
	n := copy(body[udpHeader:], b)
	s.dgrams.out.drop()
	s.wake(netdev.Writes)
	return d.putIP(frame, mac, d.ip, to.ip, lneto.IPProtoUDP, udpHeader+n)
}

// datagramsUnreachable drops what waits for an address that nobody has.
func (d *Device) datagramsUnreachable(hop ip4) {
	for _, s := range d.socks {
		if s.dgrams == nil {
			continue
		}
		for {
			to, _, ok := s.dgrams.out.first()
			if !ok || d.route(to.ip) != hop {
				break
			}
			s.dgrams.out.drop()
			if (s.remote != peer{}) {
				s.err = syscall.EHOSTUNREACH
			}
			s.wakeAll()
		}
	}
}

// refused is called when a peer has no such port.
func (d *Device) refused(port uint16, by peer) {
	for _, s := range d.socks {
		if s.stype == datagrams && s.port == port && s.remote == by {
			s.err = syscall.ECONNREFUSED
			s.wakeAll()
		}
	}
}
