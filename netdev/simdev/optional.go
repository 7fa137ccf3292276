package simdev

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"syscall"
	"time"

	"github.com/tinynet/tinynet/netdev"
)

// Netdever returns the device as its driver would be: with the optional methods
// of its Config, and no others.
func (d *Device) Netdever() netdev.Netdever {
	switch d.conf.Methods {
	case Datagrams:
		return &datagramDevice{d}
	case Interrupts:
		return &interruptDevice{datagramDevice{d}}
	case All:
		return &fullDevice{datagramDevice{d}}
	}
	return &bareDevice{d}
}

// The types below hide a Device's own methods, so that they have those of a
// driver alone.
type eleven = netdev.Netdever

type bareDevice struct{ eleven }

type datagramDevice struct{ eleven }

func (b *datagramDevice) device() *Device { return b.eleven.(*Device) }

func (b *datagramDevice) SendTo(sockfd int, buf []byte, flags int, deadline time.Time, to netip.AddrPort) (int, error) {
	d := b.device()
	defer d.begin()()
	s, err := d.sock(sockfd)
	switch {
	case err != nil:
		return -1, err
	case s.stype != datagrams || flags != 0 || to.Port() == 0:
		return -1, syscall.EINVAL
	case s.remote.IsValid():
		return -1, syscall.EISCONN
	case !to.Addr().Is4():
		return -1, netdev.ErrFamilyNotSupported
	case d.once(d.conf.Faults.Transient):
		return -1, ErrTransient
	}
	return d.sendTo(s, buf, to)
}

func (b *datagramDevice) RecvFrom(sockfd int, buf []byte, flags int, deadline time.Time) (int, netip.AddrPort, error) {
	return b.device().recv(sockfd, buf, flags, deadline)
}

func (b *datagramDevice) GetSockname(sockfd int) (netip.AddrPort, error) {
	d := b.device()
	defer d.begin()()
	s, err := d.sock(sockfd)
	if err != nil {
		return netip.AddrPort{}, err
	}
	if !s.local.IsValid() {
		return netip.AddrPortFrom(netip.IPv4Unspecified(), 0), nil
	}
	return s.local, nil
}

func (b *datagramDevice) Shutdown(sockfd, how int) error {
	d := b.device()
	defer d.begin()()
	s, err := d.sock(sockfd)
	switch {
	case err != nil:
		return err
	case s.peer == nil:
		return syscall.ENOTCONN
	case how != netdev.SHUT_RD && how != netdev.SHUT_WR:
		return syscall.EINVAL
	}
	if how == netdev.SHUT_RD {
		s.deaf = true
	} else {
		s.finished = true
	}
	s.push()
	s.changed()
	return nil
}

type interruptDevice struct{ datagramDevice }

func (b *interruptDevice) Interrupt(sockfd, calls int, on bool) error {
	d := b.device()
	defer d.begin()()
	s, err := d.sock(sockfd)
	if err != nil {
		return err
	}
	if !someCalls(calls) {
		return syscall.EINVAL
	}
	if s.interrupted &^= calls; on {
		s.interrupted |= calls
	}
	s.changed()
	return nil
}

// someCalls reports whether these are calls that a deadline is for.
func someCalls(calls int) bool { return calls > 0 && calls <= netdev.Reads|netdev.Writes }

type fullDevice struct{ datagramDevice }

func (b *fullDevice) SetSockDeadline(sockfd, calls int, t time.Time) error {
	d := b.device()
	defer d.begin()()
	s, err := d.sock(sockfd)
	if err != nil {
		return err
	}
	if !someCalls(calls) {
		return syscall.EINVAL
	}
	for i := range s.deadlines {
		if calls&(netdev.Reads<<i) != 0 {
			s.deadlines[i].at = t
		}
	}
	s.changed()
	return nil
}

func (b *fullDevice) AddressFamilies() (ip4, ip6, mapped bool) { return true, false, false }

func (b *fullDevice) LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error) {
	d := b.device()
	switch network {
	case "ip", "ip4", "ip6":
	default:
		return nil, net.UnknownNetworkError(network)
	}
	t := time.NewTimer(d.conf.DNSDelay)
	defer t.Stop()
	select {
	case <-t.C:
	case <-d.halted:
		return nil, ErrHalted
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	ip, ok := d.conf.Names[host]
	if !ok || network == "ip6" && ip.Is4() || network == "ip4" && !ip.Is4() {
		return nil, netdev.ErrHostUnknown
	}
	return []netip.Addr{ip}, nil
}

func (b *fullDevice) DNSConfig() (servers []netip.AddrPort, search []string) { return nil, nil }

func (b *fullDevice) Interfaces() ([]net.Interface, error) {
	return []net.Interface{{
		Index: 2, MTU: 1500, Name: "sim0", HardwareAddr: net.HardwareAddr{2, 0, 0, 0, 0, 1},
		Flags: net.FlagUp | net.FlagBroadcast | net.FlagRunning,
	}}, nil
}

func (b *fullDevice) InterfaceAddrs(index int) ([]netip.Prefix, error) {
	if index != 2 {
		return nil, errors.New("simdev: no interface has this index")
	}
	return []netip.Prefix{netip.PrefixFrom(b.device().conf.Addr, 24)}, nil
}
