package lneto

import (
	"time"

	"github.com/soypat/lneto/arp"
	"github.com/soypat/lneto/ethernet"
)

// neighbours knows who is where on the network.
//
// An entry is made only for an address that the device wants to reach, and
// filled only while a question for it is open: what nobody has asked for is not
// believed. Questions are asked anew when an entry is old, or when connections
// get no answer (doubt).
type neighbours struct {
	entries  []neighbour
	answers  [4]arpAnswer
	nAnswers int
	probe    ip4 // an address that we want to know to be free
	probing  int // probes that are still to be sent
	taken    bool
	announce int   // announcements that are still to be sent
	defended int64 // when the address was last said to be ours, against another's claim
}

type neighbour struct {
	ip    ip4
	mac   [6]byte
	known bool
	used  int64 // when it was last asked for
	askAt int64 // when a question is due; 0: none is open
	asked int
	old   int64 // when the entry has to be asked for again
}

type arpAnswer struct {
	mac [6]byte
	ip  ip4
}

const (
	minNeighbours = 16
	arpTries      = 3
	arpEvery      = int64(time.Second)
	arpAge        = int64(60 * time.Second)
	arpDefend     = int64(10 * time.Second)
)

func (t *neighbours) find(ip ip4) *neighbour {
	for i := range t.entries {
		if t.entries[i].ip == ip {
			return &t.entries[i]
		}
	}
	return nil
}

// resolve tells the hardware address, or asks for it.
func (t *neighbours) resolve(d *Device, ip ip4, now int64) ([6]byte, bool) {
	n := t.find(ip)
	if n == nil {
		// There is room for one with each connection and socket: if they pushed
		// each other out, all would be asked for without end, and none reached.
		if len(t.entries) < max(minNeighbours, d.conf.Conns+d.conf.Sockets+2) {
			t.entries = append(t.entries, neighbour{})
			n = &t.entries[len(t.entries)-1]
		} else {
			n = &t.entries[0]
			for i := range t.entries {
				if t.entries[i].used < n.used {
					n = &t.entries[i]
				}
			}
		}
		*n = neighbour{ip: ip, askAt: now}
		d.kick()
	}
	n.used = now
	if n.known && n.old <= now && n.askAt == 0 {
		n.askAt, n.asked = now, 0
		d.kick()
	}
	return n.mac, n.known
}

// doubt asks for an address again: nobody has answered for some time.
func (t *neighbours) doubt(ip ip4) {
	if n := t.find(ip); n != nil && n.known && n.askAt == 0 {
		n.askAt, n.asked = 1, 0
	}
}

func (t *neighbours) forget() { t.entries = t.entries[:0] }

func (t *neighbours) next() (at int64) {
	for i := range t.entries {
		if a := t.entries[i].askAt; a != 0 && (at == 0 || a < at) {
			at = a
		}
	}
	return at
}

// tick gives up questions that nobody answers.
func (t *neighbours) tick(d *Device, now int64) {
	for i := len(t.entries) - 1; i >= 0; i-- {
		n := &t.entries[i]
		if n.askAt == 0 || n.askAt > now || n.asked < arpTries {
			continue
		}
		ip := n.ip
		last := len(t.entries) - 1
		t.entries[i] = t.entries[last]
		t.entries = t.entries[:last]
		for j := len(d.conns) - 1; j >= 0; j-- {
			if j < len(d.conns) && d.conns[j].nextHop() == ip {
				d.conns[j].unreachable()
			}
		}
		d.datagramsUnreachable(ip)
	}
}

// input takes an ARP packet.
func (t *neighbours) input(d *Device, b []byte) {
	const size = 28
	f, err := arp.NewFrame(b)
	if err != nil || len(b) < size {
		d.stats.Malformed++
		return
	}
	kind, hlen := f.Hardware()
	proto, plen := f.Protocol()
	if kind != 1 || hlen != 6 || proto != ethernet.TypeIPv4 || plen != 4 {
		d.stats.Malformed++
		return
	}
	mac, ip := f.Sender4()
	_, target := f.Target4()
	if *mac == d.conf.MAC || mac[0]&1 != 0 {
		return
	}
	if t.probe != (ip4{}) && (*ip == t.probe || *ip == ip4{} && *target == t.probe) {
		t.taken = true
		return
	}
	if d.ip != (ip4{}) && *ip == d.ip {
		// Somebody else uses our address. RFC 5227 lets us say that it is ours, but
		// not all the time: two who do would fill the network.
		d.stats.AddressConflicts++
		if now := d.now(); t.defended == 0 || now-t.defended >= arpDefend {
			t.defended = now
			t.announce = max(t.announce, 1)
		}
		return
	}
	if n := t.find(*ip); n != nil && n.askAt != 0 {
		n.mac, n.known = *mac, true
		n.askAt, n.asked, n.old = 0, 0, d.now()+arpAge
	}
	if f.Operation() == arp.OpRequest && d.ip != (ip4{}) && *target == d.ip && t.nAnswers < len(t.answers) {
		t.answers[t.nAnswers] = arpAnswer{*mac, *ip}
		t.nAnswers++
	}
}

func (t *neighbours) egress(d *Device, frame []byte, now int64) int {
	switch {
	case t.nAnswers > 0:
		t.nAnswers--
		a := t.answers[t.nAnswers]
		return d.putARP(frame, arp.OpReply, a.mac, d.ip, a.mac, a.ip)
	case t.probing > 0:
		t.probing--
		return d.putARP(frame, arp.OpRequest, everybody, ip4{}, [6]byte{}, t.probe)
	case t.announce > 0 && d.ip != ip4{}:
		t.announce--
		return d.putARP(frame, arp.OpRequest, everybody, d.ip, [6]byte{}, d.ip)
	case d.ip == ip4{}:
		return 0
	}
	for i := range t.entries {
		n := &t.entries[i]
		if n.askAt == 0 || n.askAt > now || n.asked >= arpTries {
			continue
		}
		n.asked++
		n.askAt = now + arpEvery
		return d.putARP(frame, arp.OpRequest, everybody, d.ip, [6]byte{}, n.ip)
	}
	return 0
}

func (d *Device) putARP(frame []byte, op arp.Operation, to [6]byte, ip ip4, targetMAC [6]byte, target ip4) int {
	const size = 60 // the shortest frame, without its checksum
	clear(frame[:size])
	e, _ := ethernet.NewFrame(frame)
	*e.DestinationHardwareAddr() = to
	*e.SourceHardwareAddr() = d.conf.MAC
	e.SetEtherType(ethernet.TypeARP)
	f, _ := arp.NewFrame(frame[etherHeader:])
	f.SetHardware(1, 6)
	f.SetProtocol(ethernet.TypeIPv4, 4)
	f.SetOperation(op)
	m, p := f.Sender4()
	*m, *p = d.conf.MAC, ip
	m, p = f.Target4()
	*m, *p = targetMAC, target
	return size
}
