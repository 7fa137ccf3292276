package lneto

import (
	"github.com/soypat/lneto"
	"github.com/soypat/lneto/ipv4"
	"github.com/soypat/lneto/ipv4/icmpv4"
	"github.com/soypat/lneto/udp"
)

const icmpHeader = 8

// icmpInput takes an ICMP message whose checksum is right: it answers pings, and
// tells datagram sockets whose peer's port is closed.
func (d *Device) icmpInput(from ip4, mac [6]byte, body []byte) {
	f, err := icmpv4.NewFrame(body)
	if err != nil || len(body) < icmpHeader {
		d.stats.Malformed++
		return
	}
	switch f.Type() {
	case icmpv4.TypeEcho:
		if len(d.out.echo) > 0 || len(body) > d.conf.MTU-ipHeader {
			return
		}
		d.out.echo = append(d.out.echo[:0], body...)
		d.out.echoTo, d.out.echoMAC = from, mac
		r, _ := icmpv4.NewFrame(d.out.echo)
		r.SetType(icmpv4.TypeEchoReply)
		r.SetCode(0)
		r.SetCRC(0)
		var sum lneto.CRC791
		r.SetCRC(sum.PayloadSum16(d.out.echo))
	case icmpv4.TypeDestinationUnreachable:
		const portUnreachable = 3
		if body[1] != portUnreachable {
			return
		}
		// The beginning of what we had sent follows.
		sent := body[icmpHeader:]
		p, err := ipv4.NewFrame(sent)
		if err != nil || len(sent) < ipHeader+udpHeader || sent[0] != 0x45 || p.Protocol() != lneto.IPProtoUDP || *p.SourceAddr() != d.ip {
			return
		}
		u, err := udp.NewFrame(sent[ipHeader:])
		if err != nil {
			return
		}
		d.refused(u.SourcePort(), peer{*p.DestinationAddr(), u.DestinationPort()})
	}
}
