//go:build tinynet_port

package behaviour_test

import (
	"context"
	"net/netip"
	"sync"
	"syscall"
	"time"

	"github.com/tinynet/tinynet/netdev"
)

// An everyDevice has all optional interfaces. A simulated device is most of it;
// its IPv6 is that device's IPv4 with other numbers, its unix sockets are the
// built-in loopback's, and its groups are a list.
type everyDevice struct {
	simDevice
	servers []netip.AddrPort

	mu     sync.Mutex
	six    map[int]bool // sockets of AF_INET6
	groups map[netip.Addr]bool
	tls    bool
}

// simDevice is what a simulated device has by itself.
type simDevice interface {
	netdev.Netdever
	netdev.Datagrammer
	netdev.SockNamer
	netdev.Shutdowner
	netdev.Deadliner
	netdev.NetIPLookuper
	netdev.Interfacer
}

// everything is what an everyDevice has.
type everything interface {
	simDevice
	netdev.Interrupter
	netdev.AddressFamilies
	netdev.DNSConfigurer
	netdev.Multicaster
	netdev.UnixNamer
	netdev.TLSOffload
	netdev.Exclusive
}

func newEveryDevice(dev simDevice, servers ...netip.AddrPort) *everyDevice {
	return &everyDevice{simDevice: dev, servers: servers, six: map[int]bool{}, groups: map[netip.Addr]bool{}, tls: true}
}

// lacking are devices without one optional interface, by its name, and without
// any. An interface is taken away by embedding it once more: of two methods that
// are equally deep, Go promotes neither.
func lacking(e everything) map[string]netdev.Netdever {
	return map[string]netdev.Netdever{
		"": e,
		"Datagrammer": struct {
			everything
			netdev.Datagrammer
		}{everything: e},
		"SockNamer": struct {
			everything
			netdev.SockNamer
		}{everything: e},
		"Shutdowner": struct {
			everything
			netdev.Shutdowner
		}{everything: e},
		"Deadliner": struct {
			everything
			netdev.Deadliner
		}{everything: e},
		"Interrupter": struct {
			everything
			netdev.Interrupter
		}{everything: e},
		"Deadliner, Interrupter": struct {
			everything
			netdev.Deadliner
			netdev.Interrupter
		}{everything: e},
		"AddressFamilies": struct {
			everything
			netdev.AddressFamilies
		}{everything: e},
		"NetIPLookuper": struct {
			everything
			netdev.NetIPLookuper
		}{everything: e},
		"DNSConfigurer": struct {
			everything
			netdev.DNSConfigurer
		}{everything: e},
		"DNSConfigurer, NetIPLookuper": struct {
			everything
			netdev.DNSConfigurer
			netdev.NetIPLookuper
		}{everything: e},
		"Interfacer": struct {
			everything
			netdev.Interfacer
		}{everything: e},
		"Multicaster": struct {
			everything
			netdev.Multicaster
		}{everything: e},
		"UnixNamer": struct {
			everything
			netdev.UnixNamer
		}{everything: e},
		"TLSOffload": struct {
			everything
			netdev.TLSOffload
		}{everything: e},
		"Exclusive": struct {
			everything
			netdev.Exclusive
		}{everything: e},
		"all": struct{ netdev.Netdever }{e},
	}
}

// unixNumbers is where the numbers of unix sockets begin.
const unixNumbers = 1 << 20

// unix returns where a socket is, and its number there.
func (d *everyDevice) unix(num int) (loopbackSockets, int, bool) {
	return netdev.Loopback().(loopbackSockets), num - unixNumbers, num >= unixNumbers
}

type loopbackSockets interface {
	netdev.Netdever
	netdev.UnixNamer
	netdev.Deadliner
	netdev.Shutdowner
}

// prefix6 is before the IPv4 addresses in the device's IPv6.
var prefix6 = netip.MustParsePrefix("fd00::/96")

func to6(ip netip.Addr) netip.Addr {
	if ip.IsUnspecified() {
		return netip.IPv6Unspecified()
	}
	a, b := prefix6.Addr().As16(), ip.As4()
	copy(a[12:], b[:])
	return netip.AddrFrom16(a)
}

// inner is the address that the simulated device has for one of the socket's.
func (d *everyDevice) inner(num int, a netip.AddrPort) (netip.AddrPort, error) {
	d.mu.Lock()
	six := d.six[num]
	d.mu.Unlock()
	switch {
	case !a.Addr().IsValid() || !six:
		return a, nil
	case a.Addr().IsUnspecified():
		return netip.AddrPortFrom(netip.IPv4Unspecified(), a.Port()), nil
	case !prefix6.Contains(a.Addr()):
		return a, syscall.ENETUNREACH
	}
	b := a.Addr().As16()
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte(b[12:])), a.Port()), nil
}

func (d *everyDevice) outer(num int, a netip.AddrPort) netip.AddrPort {
	d.mu.Lock()
	defer d.mu.Unlock()
	if a.Addr().Is4() && d.six[num] {
		return netip.AddrPortFrom(to6(a.Addr()), a.Port())
	}
	return a
}

func (d *everyDevice) note(num int, six bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if six {
		d.six[num] = true
	} else {
		delete(d.six, num)
	}
}

func (d *everyDevice) Socket(domain, stype, protocol int) (int, error) {
	if domain == netdev.AF_UNIX {
		l, _, _ := d.unix(0)
		num, err := l.Socket(domain, stype, protocol)
		return num + unixNumbers, err
	}
	six := domain == netdev.AF_INET6
	if six {
		domain = netdev.AF_INET
	}
	num, err := d.simDevice.Socket(domain, stype, protocol)
	if err == nil {
		d.note(num, six)
	}
	return num, err
}

func (d *everyDevice) Bind(num int, ip netip.AddrPort) error {
	in, err := d.inner(num, ip)
	if err != nil {
		return syscall.EADDRNOTAVAIL
	}
	return d.simDevice.Bind(num, in)
}

func (d *everyDevice) Connect(num int, host string, ip netip.AddrPort) error {
	in, err := d.inner(num, ip)
	if err != nil {
		return err
	}
	return d.simDevice.Connect(num, host, in)
}

func (d *everyDevice) Listen(num, backlog int) error {
	if l, n, ok := d.unix(num); ok {
		return l.Listen(n, backlog)
	}
	return d.simDevice.Listen(num, backlog)
}

func (d *everyDevice) Accept(num int) (int, netip.AddrPort, error) {
	n, from, err := d.simDevice.Accept(num)
	if err != nil {
		return n, from, err
	}
	d.mu.Lock()
	six := d.six[num]
	d.mu.Unlock()
	d.note(n, six)
	return n, d.outer(n, from), nil
}

func (d *everyDevice) Send(num int, buf []byte, flags int, deadline time.Time) (int, error) {
	if l, n, ok := d.unix(num); ok {
		return l.Send(n, buf, flags, deadline)
	}
	return d.simDevice.Send(num, buf, flags, deadline)
}

func (d *everyDevice) Recv(num int, buf []byte, flags int, deadline time.Time) (int, error) {
	if l, n, ok := d.unix(num); ok {
		return l.Recv(n, buf, flags, deadline)
	}
	return d.simDevice.Recv(num, buf, flags, deadline)
}

func (d *everyDevice) SendTo(num int, buf []byte, flags int, deadline time.Time, to netip.AddrPort) (int, error) {
	in, err := d.inner(num, to)
	if err != nil {
		return -1, err
	}
	return d.simDevice.SendTo(num, buf, flags, deadline, in)
}

func (d *everyDevice) RecvFrom(num int, buf []byte, flags int, deadline time.Time) (int, netip.AddrPort, error) {
	n, from, err := d.simDevice.RecvFrom(num, buf, flags, deadline)
	return n, d.outer(num, from), err
}

func (d *everyDevice) Close(num int) error {
	if l, n, ok := d.unix(num); ok {
		return l.Close(n)
	}
	return d.simDevice.Close(num)
}

func (d *everyDevice) SetSockOpt(num, level, opt int, value any) error {
	if l, n, ok := d.unix(num); ok {
		return l.SetSockOpt(n, level, opt, value)
	}
	if level == netdev.SOL_IPV6 && opt == netdev.IPV6_V6ONLY {
		return nil
	}
	return d.simDevice.SetSockOpt(num, level, opt, value)
}

func (d *everyDevice) GetSockname(num int) (netip.AddrPort, error) {
	a, err := d.simDevice.GetSockname(num)
	return d.outer(num, a), err
}

func (d *everyDevice) Shutdown(num, how int) error {
	if l, n, ok := d.unix(num); ok {
		return l.Shutdown(n, how)
	}
	return d.simDevice.Shutdown(num, how)
}

func (d *everyDevice) SetSockDeadline(num, calls int, t time.Time) error {
	if l, n, ok := d.unix(num); ok {
		return l.SetSockDeadline(n, calls, t)
	}
	return d.simDevice.SetSockDeadline(num, calls, t)
}

// Interrupt is a deadline that has passed long ago.
func (d *everyDevice) Interrupt(num, calls int, on bool) error {
	var t time.Time
	if on {
		t = time.Unix(1, 0)
	}
	return d.SetSockDeadline(num, calls, t)
}

func (d *everyDevice) AddressFamilies() (ip4, ip6, mapped bool) { return true, true, false }

func (d *everyDevice) LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error) {
	found, err := d.simDevice.LookupNetIP(ctx, "ip4", host)
	if err != nil {
		return nil, err
	}
	switch six := to6(found[0]); network {
	case "ip":
		found = append(found, six)
	case "ip6":
		found = []netip.Addr{six}
	}
	return found, nil
}

func (d *everyDevice) DNSConfig() ([]netip.AddrPort, []string) { return d.servers, nil }

func (d *everyDevice) InterfaceAddrs(index int) ([]netip.Prefix, error) {
	all, err := d.simDevice.InterfaceAddrs(index)
	if err != nil {
		return nil, err
	}
	return append(all, netip.PrefixFrom(to6(all[0].Addr()), 64)), nil
}

func (d *everyDevice) JoinGroup(num int, group netip.Addr, ifindex int) error {
	if !group.IsMulticast() {
		return syscall.EINVAL
	}
	d.mu.Lock()
	d.groups[group] = true
	d.mu.Unlock()
	return nil
}

func (d *everyDevice) SetMulticastInterface(int, bool, int) error { return nil }
func (d *everyDevice) SetMulticastLoopback(int, bool, bool) error { return nil }

// joined reports whether the device hears what is sent to a group.
func (d *everyDevice) joined(group netip.Addr) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.groups[group]
}

func (d *everyDevice) TLSOffload() bool { return d.tls }

// Exclusive says what is true of no such device: it costs time alone.
func (d *everyDevice) Exclusive() bool { return true }

func (d *everyDevice) BindUnix(num int, name string) error {
	l, n, _ := d.unix(num)
	return l.BindUnix(n, name)
}

func (d *everyDevice) ConnectUnix(num int, name string) error {
	l, n, _ := d.unix(num)
	return l.ConnectUnix(n, name)
}

func (d *everyDevice) SocknameUnix(num int) (string, error) {
	l, n, _ := d.unix(num)
	return l.SocknameUnix(n)
}

func (d *everyDevice) AcceptUnix(num int) (int, string, error) {
	l, n, _ := d.unix(num)
	n, peer, err := l.AcceptUnix(n)
	return n + unixNumbers, peer, err
}

func (d *everyDevice) SendToUnix(num int, buf []byte, to string) (int, error) {
	l, n, _ := d.unix(num)
	return l.SendToUnix(n, buf, to)
}

func (d *everyDevice) RecvFromUnix(num int, buf []byte) (int, string, error) {
	l, n, _ := d.unix(num)
	return l.RecvFromUnix(n, buf)
}

func (d *everyDevice) Unlink(name string) error {
	l, _, _ := d.unix(0)
	return l.Unlink(name)
}

var _ everything = (*everyDevice)(nil)
