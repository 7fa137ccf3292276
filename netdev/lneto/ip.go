package lneto

import (
	"github.com/soypat/lneto"
	"github.com/soypat/lneto/ethernet"
	"github.com/soypat/lneto/ipv4"
	"github.com/soypat/lneto/tcp"
	"github.com/soypat/lneto/udp"
)

const (
	etherHeader = 14
	ipHeader    = 20
	udpHeader   = 8
)

var everybody = [6]byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}

// route is the address on the own network that takes what is for ip.
func (d *Device) route(ip ip4) ip4 {
	if d.sameNetwork(ip) || d.gateway == (ip4{}) {
		return ip
	}
	return d.gateway
}

func (d *Device) sameNetwork(ip ip4) bool {
	return (toUint(ip)^toUint(d.ip))>>(32-uint(d.bits)) == 0 || d.bits == 0
}

// broadcast reports whether ip is everybody's.
func (d *Device) broadcast(ip ip4) bool {
	return ip == ipv4.BroadcastAddr() ||
		d.bits > 0 && d.bits < 31 && d.sameNetwork(ip) && toUint(ip)|^uint32(0)<<(32-uint(d.bits)) == ^uint32(0)
}

func toUint(ip ip4) uint32 {
	return uint32(ip[0])<<24 | uint32(ip[1])<<16 | uint32(ip[2])<<8 | uint32(ip[3])
}

// ingress takes a frame.
func (d *Device) ingress(frame []byte) {
	e, err := ethernet.NewFrame(frame)
	if err != nil || len(frame) < etherHeader {
		d.stats.Malformed++
		return
	}
	to, from := *e.DestinationHardwareAddr(), *e.SourceHardwareAddr()
	if to != d.conf.MAC && to[0]&1 == 0 || from[0]&1 != 0 {
		d.stats.Unwanted++
		return
	}
	switch e.EtherTypeOrSize() {
	case ethernet.TypeARP:
		d.arp.input(d, frame[etherHeader:])
	case ethernet.TypeIPv4:
		d.ipInput(to, from, frame[etherHeader:])
	default:
		d.stats.Unwanted++
	}
}

func (d *Device) ipInput(hardware, mac [6]byte, packet []byte) {
	f, err := ipv4.NewFrame(packet)
	if err != nil || len(packet) < ipHeader {
		d.stats.Malformed++
		return
	}
	version, words := f.VersionAndIHL()
	head, total := 4*int(words), int(f.TotalLength())
	if version != 4 || head < ipHeader || total < head || total > len(packet) {
		d.stats.Malformed++
		return
	}
	var sum lneto.CRC791
	if sum.PayloadSum16(packet[:head]) != 0 {
		d.stats.Malformed++
		return
	}
	to, from := *f.DestinationAddr(), *f.SourceAddr()
	mine := d.ip != ip4{} && to == d.ip
	all := d.broadcast(to)
	group := ipv4.IsMulticast(to)
	switch {
	case packet[6]&0x3f != 0 || packet[7] != 0:
		d.stats.Fragments++
		return
	case from[0] >= 224, from[0] == 127, from[0] == 0 && from != ip4{}, d.broadcast(from), from == d.ip && d.ip != ip4{} && mac != d.conf.MAC:
		// Nobody has such an address, or somebody has ours. Programs trust 127.0.0.1.
		d.stats.Unwanted++
		return
	case from == ip4{} && (f.Protocol() == lneto.IPProtoTCP || f.Protocol() == lneto.IPProtoICMP):
		d.stats.Unwanted++ // who has no address yet asks DHCP for one, and nothing else
		return
	}
	body := packet[head:total]
	switch f.Protocol() {
	case lneto.IPProtoTCP:
		if !mine || hardware[0]&1 != 0 {
			d.stats.Unwanted++
			return
		}
		if len(body) < tcpHeader || checksum(from, to, lneto.IPProtoTCP, body) != 0 {
			d.stats.Malformed++
			return
		}
		d.tcpInput(from, mac, body)
	case lneto.IPProtoUDP:
		u, err := udp.NewFrame(body)
		if err != nil || len(body) < udpHeader || int(u.Length()) < udpHeader || int(u.Length()) > len(body) {
			d.stats.Malformed++
			return
		}
		body = body[:u.Length()]
		if u.CRC() != 0 && checksum(from, to, lneto.IPProtoUDP, body) != 0 {
			d.stats.Malformed++
			return
		}
		if u.DestinationPort() == dhcpClientPort {
			d.lease.input(d, peer{from, u.SourcePort()}, body[udpHeader:])
			return
		}
		if !mine && !all && !group {
			d.stats.Unwanted++
			return
		}
		d.udpInput(peer{from, u.SourcePort()}, to, u.DestinationPort(), body[udpHeader:])
	case lneto.IPProtoICMP:
		if sum.Reset(); !mine || sum.PayloadSum16(body) != 0 {
			d.stats.Unwanted++
			return
		}
		d.icmpInput(from, mac, body)
	case protoIGMP:
		d.igmpInput(body)
	default:
		d.stats.Unwanted++
	}
}

// checksum is that of TCP and UDP: 0 over one that is right.
func checksum(from, to ip4, proto lneto.IPProto, body []byte) uint16 {
	var sum lneto.CRC791
	sum.AddUint32(toUint(from))
	sum.AddUint32(toUint(to))
	sum.AddUint16(uint16(proto))
	sum.AddUint16(uint16(len(body)))
	return sum.PayloadSum16(body)
}

// putIP writes the headers around a packet whose body is in its place, and
// returns the frame's length.
func (d *Device) putIP(frame []byte, mac [6]byte, from, to ip4, proto lneto.IPProto, body int) int {
	e, _ := ethernet.NewFrame(frame)
	*e.DestinationHardwareAddr() = mac
	*e.SourceHardwareAddr() = d.conf.MAC
	e.SetEtherType(ethernet.TypeIPv4)
	packet := frame[etherHeader : etherHeader+ipHeader+body]
	f, _ := ipv4.NewFrame(packet)
	f.ClearHeader()
	f.SetVersionAndIHL(4, 5)
	f.SetTotalLength(uint16(ipHeader + body))
	d.ipID++
	f.SetID(d.ipID)
	// A router may take it apart (DF is not set): we do not look for how much fits
	// on the way, and what does not would be lost each time that it is sent.
	f.SetTTL(64)
	if ipv4.IsMulticast(to) {
		f.SetTTL(1)
	}
	f.SetProtocol(proto)
	*f.SourceAddr() = from
	*f.DestinationAddr() = to
	var sum lneto.CRC791
	f.SetCRC(sum.PayloadSum16(packet[:ipHeader]))
	payload := packet[ipHeader:]
	switch proto {
	case lneto.IPProtoTCP:
		t, _ := tcp.NewFrame(payload)
		t.SetCRC(0)
		t.SetCRC(checksum(from, to, proto, payload))
	case lneto.IPProtoUDP:
		u, _ := udp.NewFrame(payload)
		u.SetCRC(0)
		u.SetCRC(lneto.NeverZeroSum(checksum(from, to, proto, payload)))
	}
	return etherHeader + len(packet)
}

// hardwareFor finds where to send what is for an address; false: it is not
// known yet.
func (d *Device) hardwareFor(ip ip4, now int64) (mac [6]byte, known bool) {
	switch {
	case ip == d.ip:
		return d.conf.MAC, true
	case d.broadcast(ip):
		return everybody, true
	case ipv4.IsMulticast(ip):
		return groupMAC(ip), true
	}
	return d.arp.resolve(d, d.route(ip), now)
}

// reaches reports whether it is known where to send what is for an address. It asks
// nobody.
func (d *Device) reaches(ip ip4) bool {
	if ip == d.ip || d.broadcast(ip) || ipv4.IsMulticast(ip) {
		return true
	}
	n := d.arp.find(d.route(ip))
	return n != nil && n.known
}

// groupMAC is where frames for a group go (RFC 1112).
func groupMAC(ip ip4) [6]byte { return [6]byte{0x01, 0x00, 0x5e, ip[1] & 0x7f, ip[2], ip[3]} }

// egress puts the next frame to be sent into frame and returns its length; 0 if
// there is none.
func (d *Device) egress(frame []byte, now int64) int {
	if !d.linkUp {
		return 0
	}
	if n := d.out.egress(d, frame); n > 0 {
		return n
	}
	if n := d.arp.egress(d, frame, now); n > 0 {
		return n
	}
	if n := d.lease.egress(d, frame, now); n > 0 {
		return n
	}
	if d.ip == (ip4{}) {
		return 0
	}
	if n := d.groupsEgress(frame); n > 0 {
		return n
	}
	for _, s := range d.leaving {
		if n := d.datagramEgress(s, frame, now); n > 0 {
			return n
		}
	}
	// Connections and datagram sockets take turns.
	all := len(d.conns) + len(d.socks)
	for i := 0; i < all && all > 0; i++ {
		at := (d.turn + i) % all
		n := 0
		if at < len(d.conns) {
			n = d.connEgress(d.conns[at], frame, now)
		} else {
			n = d.datagramEgress(d.socks[at-len(d.conns)], frame, now)
		}
		if n > 0 {
			d.turn = at + 1
			return n
		}
		if len(d.conns)+len(d.socks) != all { // one was released
			all, i = len(d.conns)+len(d.socks), -1
		}
	}
	return 0
}

func (d *Device) connEgress(c *conn, frame []byte, now int64) int {
	mac, known := d.hardwareFor(c.remote.ip, now)
	if !known {
		return 0
	}
	room := frame[etherHeader+ipHeader : etherHeader+d.conf.MTU]
	n := c.output(d, room, now)
	if n == 0 {
		return 0
	}
	return d.putIP(frame, mac, d.ip, c.remote.ip, lneto.IPProtoTCP, n)
}

// An outbox has the answers to what has arrived that are no connection's. It is
// short: a flood gets as many answers as there is room for.
type outbox struct {
	replies [8]reply
	n       int
	echo    []byte // the body of an answer to a ping
	echoTo  ip4
	echoMAC [6]byte
}

type reply struct {
	mac      [6]byte
	known    bool // mac is
	remote   peer
	port     uint16
	seq, ack tcp.Value
	flags    tcp.Flags
}

func (o *outbox) add(r reply) {
	if o.n < len(o.replies) {
		o.replies[o.n] = r
		o.n++
	}
}

// segment answers a peer whose hardware address will be looked up.
func (o *outbox) segment(d *Device, to peer, port uint16, seq, ack tcp.Value, flags tcp.Flags) {
	o.add(reply{remote: to, port: port, seq: seq, ack: ack, flags: flags})
	d.kick()
}

// segmentTo answers the sender of a frame.
func (o *outbox) segmentTo(d *Device, mac [6]byte, to peer, port uint16, seq, ack tcp.Value, flags tcp.Flags) {
	o.add(reply{mac: mac, known: true, remote: to, port: port, seq: seq, ack: ack, flags: flags})
	d.kick()
}

func (o *outbox) egress(d *Device, frame []byte) int {
	if len(o.echo) > 0 {
		n := copy(frame[etherHeader+ipHeader:], o.echo)
		o.echo = o.echo[:0]
		return d.putIP(frame, o.echoMAC, d.ip, o.echoTo, lneto.IPProtoICMP, n)
	}
	for o.n > 0 {
		r := o.replies[0]
		copy(o.replies[:], o.replies[1:o.n])
		o.n--
		if !r.known {
			if r.mac, r.known = d.hardwareFor(r.remote.ip, d.now()); !r.known {
				continue // the peer will ask again
			}
		}
		n := putSegment(frame[etherHeader+ipHeader:], r.port, r.remote.port, r.seq, r.ack, r.flags, 0)
		return d.putIP(frame, r.mac, d.ip, r.remote.ip, lneto.IPProtoTCP, n)
	}
	return 0
}
