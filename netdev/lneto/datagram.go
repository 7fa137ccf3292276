package lneto

import (
	"encoding/binary"
	"net/netip"
	"slices"
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

// at is the datagram at a place, of which the first is 0, and the place of the
// next one. It stays there until drop.
func (q *queue) at(place int) (p peer, b []byte, next int, ok bool) {
	if place >= q.n {
		return p, nil, place, false
	}
	mem := q.mem[place:q.n]
	p.ip = ip4(mem[:4])
	p.port = binary.BigEndian.Uint16(mem[4:])
	n := queueHead + int(binary.BigEndian.Uint16(mem[6:]))
	return p, mem[queueHead:n], place + n, true
}

// drop takes out the datagram at a place.
func (q *queue) drop(place int) {
	_, _, next, ok := q.at(place)
	if ok {
		copy(q.mem[place:], q.mem[next:q.n])
		q.n -= next - place
	}
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
		if d.dropWaiting(&s.dgrams.out) {
			continue
		}
		d.wait(&s.waitlist, netdev.Writes, earlier(deadline, s.wdead))
	}
}

// dropWaiting drops the oldest datagram that cannot be sent now, because there is
// no link, or nobody tells the hardware address: who sends datagrams does not wait
// for peers that are not there.
func (d *Device) dropWaiting(q *queue) bool {
	for place := 0; ; {
		to, _, next, ok := q.at(place)
		if !ok {
			return false
		}
		if !d.linkUp || !d.reaches(to.ip) {
			q.drop(place)
			d.stats.Overflowed++
			return true
		}
		place = next
	}
}

func (d *Device) receiveDatagram(s *socket, buf []byte, deadline time.Time) (int, netip.AddrPort, error) {
	for {
		if err := d.ready(s, deadline, s.rdead); err != nil {
			return -1, netip.AddrPort{}, err
		}
		if from, b, _, ok := s.dgrams.in.at(0); ok {
			n := copy(buf, b)
			s.dgrams.in.drop(0)
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
	// One whose peer does not tell its hardware address lets others pass.
	q := &s.dgrams.out
	place, mac := 0, [6]byte{}
	to, b, next, ok := q.at(0)
	for known := false; ; to, b, next, ok = q.at(place) {
		if !ok {
			return 0
		}
		if mac, known = d.hardwareFor(to.ip, now); known {
			break
		}
		place = next
	}
	body := frame[etherHeader+ipHeader:]
	u, _ := udp.NewFrame(body)
	u.SetSourcePort(s.port)
	u.SetDestinationPort(to.port)
	u.SetLength(uint16(udpHeader + len(b)))
	n := copy(body[udpHeader:], b)
	q.drop(place)
	s.wake(netdev.Writes)
	return d.putIP(frame, mac, d.ip, to.ip, lneto.IPProtoUDP, udpHeader+n)
}

// datagramsUnreachable drops what waits for an address that nobody has.
func (d *Device) datagramsUnreachable(hop ip4) {
	for _, s := range slices.Concat(d.leaving, d.socks) {
		if s.dgrams == nil {
			continue
		}
		for place := 0; ; {
			to, _, next, ok := s.dgrams.out.at(place)
			if !ok {
				break
			}
			if d.reaches(to.ip) || d.route(to.ip) != hop {
				place = next
				continue
			}
			s.dgrams.out.drop(place)
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

// mostLeaving is how many closed sockets go on sending: what they have is the board's
// memory.
const mostLeaving = 4

// leave keeps a socket that is closed until its datagrams are sent, or for CloseTimeout:
// Close says nothing of what was sent before it. Where there are too many, one goes whose
// peer does not answer, or else the oldest.
func (d *Device) leave(s *socket) {
	q := &s.dgrams.out
	q.mem, s.dgrams.in = slices.Clone(q.mem[:q.n]), queue{}
	now := d.now()
	s.closeBy = now + int64(d.conf.CloseTimeout)
	d.forgetLeft(now)
	if len(d.leaving) == mostLeaving {
		goes := max(0, slices.IndexFunc(d.leaving, func(s *socket) bool {
			to, _, _, _ := s.dgrams.out.at(0)
			return !d.reaches(to.ip)
		}))
		for place, ok := 0, true; ok; {
			if _, _, place, ok = d.leaving[goes].dgrams.out.at(place); ok {
				d.stats.Overflowed++
			}
		}
		d.leaving = slices.Delete(d.leaving, goes, goes+1)
	}
	d.leaving = append(d.leaving, s)
}

// forgetLeft forgets closed sockets that have sent all, or have no more time.
func (d *Device) forgetLeft(now int64) {
	d.leaving = slices.DeleteFunc(d.leaving, func(s *socket) bool { return s.closeBy <= now || s.dgrams.out.n == 0 })
}
