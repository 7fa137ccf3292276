package lneto

import (
	"errors"
	"math/bits"
	"net/netip"
	"time"

	"github.com/soypat/lneto"
	"github.com/soypat/lneto/dhcp/dhcpv4"
	"github.com/soypat/lneto/udp"
)

const (
	dhcpClientPort = dhcpv4.DefaultClientPort
	dhcpServerPort = dhcpv4.DefaultServerPort
)

// Why a device has no address.
var (
	errNoLease     = errors.New("lneto: no address: no DHCP server has answered")
	errRefused     = errors.New("lneto: no address: the DHCP server refuses one")
	errTaken       = errors.New("lneto: no address: another device uses it")
	errLeaseIsOver = errors.New("lneto: no address: its time is over, and no DHCP server has answered")
)

// A lease is the address and how it came about: a DHCP client as RFC 2131 has
// it, with the headers of lneto. lneto's own client takes offers of a second
// server into the request to the first, and does not renew.
type lease struct {
	state  leaseState
	static bool
	xid    uint32
	at     int64 // when something is to be done; 0: nothing
	tries  int
	send   bool // a message is to be sent now

	offer  terms
	has    terms // what the device uses
	t1, t2 int64 // when to renew, by asking its server, or any
	over   int64 // when the time is over; 0: never
}

// terms are what a server gives.
type terms struct {
	ip      ip4
	server  ip4
	bits    int
	router  ip4
	dns     []netip.Addr
	domain  string
	seconds uint32
	t1, t2  uint32
}

type leaseState uint8

const (
	leaseNone       leaseState = iota // there is an address for ever
	leaseSelecting                    // DISCOVER was sent
	leaseRequesting                   // REQUEST was sent
	leaseRebooting                    // REQUEST for what it had was sent
	leaseProbing                      // is the address free?
	leaseWaiting                      // it was not
	leaseBound
	leaseRenewing
	leaseRebinding
)

const (
	dhcpEvery    = int64(time.Second)
	dhcpLongest  = int64(8 * time.Second)
	dhcpDeclined = int64(10 * time.Second)
)

// fixed uses the address of Config.
func (l *lease) fixed(d *Device) {
	p := d.conf.Addr
	l.static = true
	l.offer = terms{ip: p.Addr().As4(), bits: p.Bits()}
	if d.conf.Gateway.IsValid() {
		l.offer.router = d.conf.Gateway.As4()
	}
	l.lookWhetherFree(d)
}

// begin asks for an address.
func (l *lease) begin(d *Device) {
	d.arp.probe, d.arp.probing, d.arp.taken = ip4{}, 0, false
	l.state, l.tries = leaseSelecting, 0
	l.offer = terms{}
	l.xid = uint32(d.random())
	l.at, l.send = d.now()+dhcpEvery, true
}

// again is called when the link has come back: is the network still the same?
func (l *lease) again(d *Device) {
	switch {
	case l.static:
		d.arp.announce = 1
	case l.has.ip == ip4{}:
		l.begin(d)
	default:
		d.arp.probe, d.arp.probing, d.arp.taken = ip4{}, 0, false
		l.state, l.tries = leaseRebooting, 0
		l.xid = uint32(d.random())
		l.offer = terms{}
		l.at, l.send = d.now()+dhcpEvery, true
	}
}

func (l *lease) next() int64 { return l.at }

func (l *lease) tick(d *Device, now int64) {
	if l.at == 0 || now < l.at {
		return
	}
	if l.over != 0 && now >= l.over && l.state != leaseProbing {
		l.lose(d, errLeaseIsOver)
		l.begin(d)
		return
	}
	// Each wait is twice as long as the one before, and not quite: many boards
	// may have got their power at the same moment.
	wait := min(dhcpEvery<<min(l.tries, 4), dhcpLongest) + int64(d.random()%uint64(dhcpEvery/4))
	switch l.state {
	case leaseSelecting:
		l.tries++
		if d.ip == (ip4{}) && l.tries > 1 && d.status == nil {
			d.status = errNoLease
		}
		l.at, l.send = now+wait, true
	case leaseRequesting:
		if l.tries++; l.tries >= 4 {
			l.begin(d) // the server that has made the offer is gone
			return
		}
		l.at, l.send = now+wait, true
	case leaseRebooting:
		if l.tries++; l.tries >= 3 {
			l.begin(d)
			return
		}
		l.at, l.send = now+wait, true
	case leaseProbing:
		l.at = 0
		taken := d.arp.taken
		d.arp.probe, d.arp.probing, d.arp.taken = ip4{}, 0, false
		if !taken {
			l.bind(d, now)
			return
		}
		d.stats.AddressConflicts++
		d.status = errTaken
		d.changed.wakeAll()
		l.state, l.send = leaseWaiting, !l.static // DECLINE
		l.at = now + dhcpDeclined
	case leaseWaiting:
		if l.static {
			l.lookWhetherFree(d)
		} else {
			l.begin(d)
		}
	case leaseBound:
		l.state, l.tries = leaseRenewing, 0
		l.xid = uint32(d.random())
		l.renew(now)
	case leaseRenewing, leaseRebinding:
		if now >= l.t2 {
			l.state = leaseRebinding
		}
		l.renew(now)
	default:
		l.at = 0
	}
}

// renew asks for more time, at half of what is left each time.
func (l *lease) renew(now int64) {
	l.send = true
	until := l.t2
	if l.state == leaseRebinding {
		until = l.over
	}
	l.at = now + max((until-now)/2, dhcpEvery)
	if now < until {
		l.at = min(l.at, max(until, now+dhcpEvery/4))
	}
}

// input takes a message from a server.
func (l *lease) input(d *Device, from peer, body []byte) {
	if l.static || from.port != dhcpServerPort {
		d.stats.Unwanted++
		return
	}
	f, err := dhcpv4.NewFrame(body)
	if err != nil || f.Op() != dhcpv4.OpReply || f.XID() != l.xid || f.MagicCookie() != dhcpv4.MagicCookie || *f.CHAddrAs6() != d.conf.MAC {
		d.stats.Unwanted++
		return
	}
	kind := dhcpv4.MessageType(0)
	t := terms{ip: *f.YIAddr()}
	err = f.ForEachOption(func(_ int, opt dhcpv4.OptNum, data []byte) error {
		switch {
		case opt == dhcpv4.OptMessageType && len(data) == 1:
			kind = dhcpv4.MessageType(data[0])
		case opt == dhcpv4.OptServerIdentification && len(data) == 4:
			t.server = ip4(data)
		case opt == dhcpv4.OptSubnetMask && len(data) == 4:
			mask := toUint(ip4(data))
			t.bits = bits.LeadingZeros32(^mask)
			if t.bits < 32 && mask<<uint(t.bits) != 0 {
				t.bits = 0 // no mask has holes
			}
		case opt == dhcpv4.OptRouter && len(data) >= 4:
			t.router = ip4(data[:4])
		case opt == dhcpv4.OptDNSServers:
			for ; len(data) >= 4 && len(t.dns) < 3; data = data[4:] {
				t.dns = append(t.dns, netip.AddrFrom4(ip4(data[:4])))
			}
		case opt == dhcpv4.OptDomainName && len(data) < 254:
			t.domain = string(data)
		case opt == dhcpv4.OptIPAddressLeaseTime && len(data) == 4:
			t.seconds = toUint(ip4(data))
		case opt == dhcpv4.OptRenewTimeValue && len(data) == 4:
			t.t1 = toUint(ip4(data))
		case opt == dhcpv4.OptRebindingTimeValue && len(data) == 4:
			t.t2 = toUint(ip4(data))
		}
		return nil
	})
	if err != nil {
		d.stats.Malformed++
		return
	}
	ours := l.offer.server == ip4{} || t.server == l.offer.server
	now := d.now()
	switch {
	case kind == dhcpv4.MsgOffer && l.state == leaseSelecting && usable(t.ip) && t.server != ip4{}:
		// The first offer is taken; later ones find another state.
		l.offer = t
		l.state, l.tries = leaseRequesting, 0
		l.at, l.send = now+dhcpEvery, true
	case kind == dhcpv4.MsgNack && ours && (l.state == leaseRequesting || l.state == leaseRebooting || l.state == leaseRenewing || l.state == leaseRebinding):
		l.lose(d, errRefused)
		l.begin(d)
		l.send, l.at = false, now+dhcpEvery // not in a loop with a server that refuses
	case kind == dhcpv4.MsgAck && ours && l.state == leaseRequesting && t.ip == l.offer.ip:
		l.offer = l.offer.with(t)
		l.lookWhetherFree(d)
	case kind == dhcpv4.MsgAck && l.state == leaseRebooting && t.ip == l.has.ip,
		kind == dhcpv4.MsgAck && (l.state == leaseRenewing && t.server == l.has.server || l.state == leaseRebinding) && t.ip == l.has.ip:
		l.offer = l.has.with(t)
		l.bind(d, now)
	default:
		d.stats.Unwanted++
	}
}

// with is the terms, with what a later message says of them.
func (t terms) with(n terms) terms {
	if n.server == (ip4{}) {
		n.server = t.server
	}
	if n.bits == 0 {
		n.bits = t.bits
	}
	if n.router == (ip4{}) {
		n.router = t.router
	}
	if n.dns == nil {
		n.dns = t.dns
	}
	if n.domain == "" {
		n.domain = t.domain
	}
	if n.seconds == 0 {
		n.seconds = t.seconds
	}
	return n
}

func usable(ip ip4) bool { return ip[0] != 0 && ip[0] != 127 && ip[0] < 224 }

// lookWhetherFree asks the network for the address on offer.
func (l *lease) lookWhetherFree(d *Device) {
	now := d.now()
	if d.conf.ProbeTime < 0 {
		l.bind(d, now)
		return
	}
	l.state, l.send = leaseProbing, false
	d.arp.probe, d.arp.probing, d.arp.taken = l.offer.ip, 2, false
	l.at = now + int64(d.conf.ProbeTime)
	d.kick()
}

// bind uses the address on offer.
func (l *lease) bind(d *Device, now int64) {
	t := l.offer
	if t.bits == 0 || t.bits > 32 {
		t.bits = 24
	}
	if d.ip != t.ip {
		d.dropAddress()
	}
	l.has = t
	l.send, l.tries = false, 0
	d.ip, d.bits, d.gateway, d.domain = t.ip, t.bits, t.router, t.domain
	d.servers = append(append(d.servers[:0:0], d.conf.DNS...), t.dns...)
	d.status = nil
	d.arp.announce = 1
	l.at, l.over = 0, 0
	if l.static || t.seconds == 0xffffffff || t.seconds == 0 {
		l.state = leaseNone
	} else {
		const second = int64(time.Second)
		l.state = leaseBound
		all := int64(t.seconds) * second
		l.over = now + all
		l.t2 = now + all/8*7
		if s := int64(t.t2) * second; s > 0 && s < all {
			l.t2 = now + s
		}
		l.t1 = now + all/2
		if s := int64(t.t1) * second; s > 0 && now+s < l.t2 {
			l.t1 = now + s
		}
		l.at = l.t1
	}
	d.changed.wakeAll()
	d.kick()
}

// lose gives the address up.
func (l *lease) lose(d *Device, why error) {
	l.has = terms{}
	l.over = 0
	d.dropAddress()
	d.status = why
	d.changed.wakeAll()
}

// dropAddress ends what hangs on the own address.
func (d *Device) dropAddress() {
	if d.ip == (ip4{}) {
		return
	}
	for i := len(d.conns) - 1; i >= 0; i-- {
		if i < len(d.conns) {
			d.conns[i].end(errAddressGone)
		}
	}
	d.ip, d.gateway = ip4{}, ip4{}
	d.out.n, d.out.echo = 0, d.out.echo[:0] // answers from the old address
	d.arp.forget()
}

var errAddressGone = errors.New("lneto: the device's address has changed")

// egress writes the message that is due.
func (l *lease) egress(d *Device, frame []byte, now int64) int {
	if !l.send {
		return 0
	}
	var kind dhcpv4.MessageType
	var from ip4
	to := ip4{255, 255, 255, 255}
	switch l.state {
	case leaseSelecting:
		kind = dhcpv4.MsgDiscover
	case leaseRequesting, leaseRebooting:
		kind = dhcpv4.MsgRequest
	case leaseRenewing:
		kind, from, to = dhcpv4.MsgRequest, d.ip, l.has.server
	case leaseRebinding:
		kind, from = dhcpv4.MsgRequest, d.ip
	case leaseWaiting:
		kind = dhcpv4.MsgDecline
	default:
		l.send = false
		return 0
	}
	mac, known := d.hardwareFor(to, now)
	if !known {
		return 0
	}
	l.send = false
	body := frame[etherHeader+ipHeader+udpHeader:]
	const least, most = 300, 400 // of a message: servers take so much, and shorter ones not all
	clear(body[:most])
	f, _ := dhcpv4.NewFrame(body[:most])
	f.SetOp(dhcpv4.OpRequest)
	f.SetHardware(1, 6, 0)
	f.SetXID(l.xid)
	f.SetMagicCookie(dhcpv4.MagicCookie)
	copy(f.CHAddrAs6()[:], d.conf.MAC[:])
	if from != (ip4{}) {
		*f.CIAddr() = from
	}
	opts, n := f.OptionsPayload(), 0
	put := func(opt dhcpv4.OptNum, data ...byte) {
		m, err := dhcpv4.EncodeOption(opts[n:len(opts)-1], opt, data...)
		if err == nil {
			n += m
		}
	}
	put(dhcpv4.OptMessageType, byte(kind))
	put(61, append([]byte{1}, d.conf.MAC[:]...)...) // client identifier; lneto has another number for it
	switch {
	case l.state == leaseRequesting || l.state == leaseWaiting:
		put(dhcpv4.OptRequestedIPaddress, l.offer.ip[:]...)
		put(dhcpv4.OptServerIdentification, l.offer.server[:]...)
	case l.state == leaseRebooting:
		put(dhcpv4.OptRequestedIPaddress, l.has.ip[:]...)
	}
	if kind != dhcpv4.MsgDecline {
		put(dhcpv4.OptParameterRequestList, byte(dhcpv4.OptSubnetMask), byte(dhcpv4.OptRouter), byte(dhcpv4.OptDNSServers),
			byte(dhcpv4.OptDomainName), byte(dhcpv4.OptIPAddressLeaseTime), byte(dhcpv4.OptRenewTimeValue), byte(dhcpv4.OptRebindingTimeValue))
		put(dhcpv4.OptHostName, []byte(d.conf.Hostname)...)
	}
	opts[n] = byte(dhcpv4.OptEnd)
	size := max(least, most-len(opts)+n+1)
	u, _ := udp.NewFrame(frame[etherHeader+ipHeader:])
	u.SetSourcePort(dhcpClientPort)
	u.SetDestinationPort(dhcpServerPort)
	u.SetLength(uint16(udpHeader + size))
	return d.putIP(frame, mac, from, to, lneto.IPProtoUDP, udpHeader+size)
}
