package lneto

import (
	"net/netip"
	"slices"
	"syscall"

	"github.com/soypat/lneto"

	"github.com/tinynet/tinynet/netdev"
)

const protoIGMP lneto.IPProto = 2

// A group is one that a socket has joined.
type group struct {
	ip     ip4
	sock   *socket
	report bool // the routers and switches are to be told
}

// A GroupLink is a Link that lets through only the groups that it is told.
type GroupLink interface {
	Link
	// SetGroups tells the hardware addresses of all groups. Frames may be handed to
	// Device.Receive meanwhile.
	SetGroups(macs [][6]byte) error
}

// JoinGroup makes a socket receive what is sent to a group.
func (d *Device) JoinGroup(sockfd int, to netip.Addr, ifindex int) error {
	to = to.Unmap()
	s, joined, err := d.joinGroup(sockfd, to, ifindex)
	if err != nil || joined {
		return err
	}
	if err := d.filterGroups(); err != nil {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.removeGroups(func(g group) bool { return g.sock == s && g.ip == to.As4() })
		return err
	}
	return nil
}

func (d *Device) joinGroup(sockfd int, to netip.Addr, ifindex int) (s *socket, joined bool, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	s, err = d.sock(sockfd)
	switch {
	case err != nil:
		return nil, false, err
	case s.stype != datagrams || !to.Is4() || !to.IsMulticast():
		return nil, false, netdev.ErrNotSupported
	case ifindex != 0 && ifindex != ifIndex:
		return nil, false, syscall.EINVAL
	case d.member(s, to.As4()):
		return s, true, nil
	}
	d.groups = append(d.groups, group{to.As4(), s, true})
	d.kick()
	return s, false, nil
}

// SetMulticastInterface succeeds for the one interface there is.
func (d *Device) SetMulticastInterface(sockfd int, ip6 bool, ifindex int) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if _, err := d.sock(sockfd); err != nil {
		return err
	}
	if ip6 || ifindex != 0 && ifindex != ifIndex {
		return netdev.ErrNotSupported
	}
	return nil
}

// SetMulticastLoopback can only switch it off: what is sent to a group does not
// come back.
func (d *Device) SetMulticastLoopback(sockfd int, ip6 bool, on bool) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if _, err := d.sock(sockfd); err != nil {
		return err
	}
	if ip6 || on {
		return netdev.ErrNotSupported
	}
	return nil
}

func (d *Device) member(s *socket, ip ip4) bool {
	for _, g := range d.groups {
		if g.sock == s && g.ip == ip {
			return true
		}
	}
	return false
}

// removeGroups reports whether there were any.
func (d *Device) removeGroups(which func(group) bool) bool {
	kept := d.groups[:0]
	for _, g := range d.groups {
		if !which(g) {
			kept = append(kept, g)
		}
	}
	removed := len(kept) != len(d.groups)
	clear(d.groups[len(kept):])
	d.groups = kept
	return removed
}

// filterGroups tells the link which groups there are. Callers do not hold d.mu:
// a link that waits for its chip's answer finds frames before it.
func (d *Device) filterGroups() error {
	link, ok := d.link.(GroupLink)
	if !ok {
		return nil
	}
	d.filter.Lock() // the last one to be told is the last that was changed
	defer d.filter.Unlock()
	var macs [][6]byte
	d.mu.Lock()
	for _, g := range d.groups {
		if mac := groupMAC(g.ip); !slices.Contains(macs, mac) {
			macs = append(macs, mac)
		}
	}
	d.mu.Unlock()
	return link.SetGroups(macs)
}

// igmpInput answers a router that asks who is in which group.
func (d *Device) igmpInput(body []byte) {
	const query = 0x11
	var sum lneto.CRC791
	if len(body) < 8 || body[0] != query || sum.PayloadSum16(body) != 0 {
		return
	}
	about := ip4(body[4:8])
	for i := range d.groups {
		if about == (ip4{}) || about == d.groups[i].ip {
			d.groups[i].report = true
		}
	}
}

// groupsEgress tells that we are in a group (IGMPv2).
func (d *Device) groupsEgress(frame []byte) int {
	for i := range d.groups {
		g := &d.groups[i]
		if !g.report {
			continue
		}
		g.report = false
		const report = 0x16
		body := frame[etherHeader+ipHeader : etherHeader+ipHeader+8]
		clear(body)
		body[0] = report
		copy(body[4:], g.ip[:])
		var sum lneto.CRC791
		n := sum.PayloadSum16(body)
		body[2], body[3] = byte(n>>8), byte(n)
		return d.putIP(frame, groupMAC(g.ip), d.ip, g.ip, protoIGMP, 8)
	}
	return 0
}
