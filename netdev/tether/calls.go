package tether

import (
	"context"
	"net/netip"
	"sync"
	"time"

	"github.com/tinynet/tinynet/netdev/tether/internal/wire"
)

// A call waits for a reply.
type call struct {
	done  bool
	err   error
	reply func(*wire.Reader)
	wake  *sync.Cond
	stop  func() bool // of the timer or context
}

func (c *call) finish(err error) {
	if c.done {
		return
	}
	c.done, c.err = true, err
	if c.stop != nil {
		c.stop()
	}
	if c.wake != nil {
		c.wake.Broadcast()
	}
}

// begin starts the message of a call.
func (d *Device) begin(op wire.Op, c *call) *wire.Builder {
	for d.lastID++; d.calls[d.lastID] != nil; d.lastID++ {
	}
	d.calls[d.lastID] = c
	return d.out.Begin(op).U16(d.lastID)
}

// await waits for the other end. The lock is held, as for all that follow
// and are not methods of netdev's.
func (d *Device) await(s *sock, h *half) error {
	for !d.ready {
		if err := d.usable(s); err != nil {
			return err
		}
		if h != nil {
			if err := h.late(time.Time{}); err != nil {
				return err
			}
		}
		if s == nil {
			d.changed.Wait() // a new session wakes sockets, and who waits for it
		} else {
			h.cond.Wait()
		}
	}
	return d.usable(s)
}

func (d *Device) usable(s *sock) error {
	switch {
	case d.err != nil:
		return d.err
	case s != nil && s.closed:
		return errClosed
	}
	return nil
}

// ask makes a call for a socket and waits for the reply, or as long as the half
// lets it wait.
func (d *Device) ask(s *sock, h *half, op wire.Op, fill func(*wire.Builder), reply func(*wire.Reader)) error {
	c := &call{wake: d.changed}
	if h != nil {
		c.wake = h.cond
	}
	for {
		if err := d.await(s, h); err != nil {
			return err
		}
		if d.pump.Line.Queued() < d.most() {
			break
		}
		if h != nil {
			if err := h.late(time.Time{}); err != nil {
				return err
			}
		}
		d.starve(c.wake)
	}
	c.reply = func(r *wire.Reader) {
		if c.err == nil && reply != nil {
			reply(r)
		}
	}
	b := d.begin(op, c)
	id := d.lastID
	if s != nil {
		b.U16(s.num)
	}
	fill(b)
	d.send(b)
	for !c.done {
		if h != nil {
			if err := h.late(time.Time{}); err != nil {
				delete(d.calls, id)
				return err
			}
		}
		if err := d.usable(s); err != nil {
			delete(d.calls, id)
			return err
		}
		c.wake.Wait()
	}
	return c.err
}

// GetHostByName has the computer look a name up.
func (d *Device) GetHostByName(name string) (netip.Addr, error) {
	ips, err := d.LookupNetIP(context.Background(), "ip", name)
	if err != nil {
		return netip.Addr{}, err
	}
	for _, ip := range ips {
		if ip.Is4() {
			return ip, nil
		}
	}
	return ips[0], nil
}

// LookupNetIP is netdev.NetIPLookuper's.
func (d *Device) LookupNetIP(ctx context.Context, network, host string) (ips []netip.Addr, err error) {
	if network != "ip" && network != "ip4" && network != "ip6" {
		return nil, errNetwork
	}
	d.pump.Lock()
	defer d.pump.Unlock()
	h := &half{cond: sync.NewCond(d.pump)}
	if ctx.Done() != nil {
		defer context.AfterFunc(ctx, func() {
			d.pump.Lock()
			defer d.pump.Unlock()
			h.passed = true
			h.cond.Broadcast()
			d.changed.Broadcast()
		})()
	}
	err = d.ask(nil, h, wire.OpLookup,
		func(b *wire.Builder) { b.Text(network).Text(host) },
		func(r *wire.Reader) {
			for n := r.U16(); n > 0 && !r.Bad; n-- {
				if ip := r.Addr(); ip.IsValid() && len(ips) < mostAnswers {
					ips = append(ips, ip)
				}
			}
		})
	switch {
	case h.passed && ctx.Err() != nil:
		return nil, ctx.Err()
	case err != nil:
		return nil, err
	case len(ips) == 0:
		return nil, errUnknownHost
	}
	return ips, nil
}

// Addr is where others reach the computer, as far as it knows.
func (d *Device) Addr() (netip.Addr, error) {
	d.pump.Lock()
	defer d.pump.Unlock()
	if err := d.await(nil, nil); err != nil {
		return netip.Addr{}, err
	}
	if !d.hello.Addr.IsValid() {
		return netip.Addr{}, errBadReply
	}
	return d.hello.Addr, nil
}

// AddressFamilies is netdev.AddressFamilies': the computer sorts out which of
// them it has.
func (d *Device) AddressFamilies() (ip4, ip6, mapped bool) { return true, true, true }

// DNSConfig is netdev.DNSConfigurer's. It has servers only if the computer
// was told to name some.
func (d *Device) DNSConfig() (servers []netip.AddrPort, search []string) {
	d.pump.Lock()
	defer d.pump.Unlock()
	return append(servers, d.hello.Servers...), nil
}

// JoinGroup and the two below that set something are netdev.Multicaster's.
func (d *Device) JoinGroup(sockfd int, group netip.Addr, ifindex int) error {
	return d.multicast(sockfd, wire.MulticastJoin, group, ifindex)
}

func family(ip6 bool) netip.Addr {
	if ip6 {
		return netip.IPv6Unspecified()
	}
	return netip.IPv4Unspecified()
}

// SetMulticastInterface says where datagrams to groups go out.
func (d *Device) SetMulticastInterface(sockfd int, ip6 bool, ifindex int) error {
	return d.multicast(sockfd, wire.MulticastInterface, family(ip6), ifindex)
}

// SetMulticastLoopback says whether the computer's own members get them.
func (d *Device) SetMulticastLoopback(sockfd int, ip6 bool, on bool) error {
	number := 0
	if on {
		number = 1
	}
	return d.multicast(sockfd, wire.MulticastLoopback, family(ip6), number)
}

func (d *Device) multicast(sockfd int, what byte, a netip.Addr, number int) error {
	d.pump.Lock()
	defer d.pump.Unlock()
	s, err := d.sock(sockfd)
	if err != nil {
		return err
	}
	err = d.ask(s, &s.wr, wire.OpMulticast, func(b *wire.Builder) { b.U8(what).Addr(a).U32(uint32(number)) }, nil)
	if err != nil {
		return err
	}
	// A setting takes the place of an earlier one; a membership is another one.
	kept := s.multicasts[:0]
	for _, m := range s.multicasts {
		if m.what != what || m.addr != a || what == wire.MulticastJoin && m.number != number {
			kept = append(kept, m)
		}
	}
	s.multicasts = append(kept, multicast{what, a, number})
	return nil
}

// Links returns the computer's network interfaces. It is what the methods of
// netdev.Interfacer are made of.
func (d *Device) Links() (links []wire.Link, err error) {
	d.pump.Lock()
	defer d.pump.Unlock()
	err = d.ask(nil, nil, wire.OpLinks, func(*wire.Builder) {}, func(r *wire.Reader) {
		for n := r.U16(); n > 0 && !r.Bad; n-- {
			if l, ok := sensible(r.Link()); ok && len(links) < mostLinks {
				links = append(links, l)
			}
		}
	})
	return links, err
}

// sensible gives an interface without what a program could trip over.
func sensible(l wire.Link) (wire.Link, bool) {
	if l.Index == 0 || l.Index > 1<<31-1 || l.MTU > 1<<31-1 || len(l.Name) > mostText || len(l.Hardware) > 32 {
		return l, false
	}
	kept := l.Prefixes[:0]
	for _, p := range l.Prefixes {
		if p.IsValid() && len(kept) < mostPrefixes {
			kept = append(kept, p)
		}
	}
	l.Prefixes = kept
	return l, true
}
