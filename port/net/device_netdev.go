//go:build tinynetport

package net

import (
	"net/netip"
	"time"
	"unsafe"
)

// A device is where sockets are: the built-in loopback, or a driver with its
// optional interfaces looked up once.
//
// The calls of a device are not an interface's, and a netFD has its device
// hidden, because of TinyGo: for each type that is put into an interface, and
// each type that a field of it has, it links a description and, as far as
// interfaces of the program have them, the methods. See docs/RATIONALE.md,
// "One switch for each call" and docs/RATIONALE.md, "Hidden devices".
type device struct {
	loop   *loopback
	driver netdever // if loop is nil

	// Stand in for what the driver lacks, at most one of them.
	patient   *patient
	interrupt *interruptible

	deadlines  deadliner
	datagrams  datagrammer
	names      sockNamer
	shutdowns  shutdowner
	lookups    netIPLookuper
	dns        dnsConfigurer
	interfaces interfacer
	multicasts multicaster
	unixes     unixNamer
	system     systemSockets // the host device only

	ip4, ip6, mapped bool
	reachesLocal     bool // has the loopback addresses itself: the built-in loopback is not needed
	host             bool // is the system's sockets
	trustedTLS       bool // does TLS, as the program says
}

func newDevice(dev netdever) *device {
	d := &device{driver: dev, ip4: true}
	d.datagrams, _ = dev.(datagrammer)
	if v, ok := dev.(deadliner); ok {
		d.deadlines = v
	} else if v, ok := dev.(interrupter); ok && !alone {
		linkInterruptible()
		d.interrupt = newInterruptible(dev, d.datagrams, v)
	} else {
		d.patient = newPatient(dev, d.datagrams)
	}
	d.names, _ = dev.(sockNamer)
	d.shutdowns, _ = dev.(shutdowner)
	d.lookups, _ = dev.(netIPLookuper)
	if linksGoResolver {
		d.dns, _ = dev.(dnsConfigurer)
	}
	d.interfaces, _ = dev.(interfacer)
	d.multicasts, _ = dev.(multicaster)
	if d.deadlines != nil { // the calls of a unixNamer have no deadlines of their own
		d.unixes, _ = dev.(unixNamer)
	}
	if hosted {
		d.system, _ = dev.(systemSockets)
	}
	if v, ok := dev.(addressFamilies); ok {
		d.ip4, d.ip6, d.mapped = v.AddressFamilies()
	}
	return d
}

// hidden is a *T that TinyGo does not see: the description of a type with such a
// field does not lead to the description of T, so the linker can leave that out.
type hidden[T any] struct{ p unsafe.Pointer }

func hide[T any](v *T) hidden[T] { return hidden[T]{unsafe.Pointer(v)} }

func (h hidden[T]) get() *T { return (*T)(h.p) }

func (d *device) hasNames() bool     { return d.loop != nil || d.names != nil }
func (d *device) hasDatagrams() bool { return d.loop != nil || d.datagrams != nil }
func (d *device) hasUnix() bool      { return d.loop != nil || d.unixes != nil }
func (d *device) hasShutdown() bool  { return d.loop != nil || d.shutdowns != nil }

// sys is what only the system's sockets can do, nil for other devices.
func (d *device) sys() systemSockets {
	if !hosted {
		return nil
	}
	return d.system
}

func (d *device) Addr() (netip.Addr, error) {
	if d.loop != nil {
		return d.loop.Addr()
	}
	return d.driver.Addr()
}

func (d *device) GetHostByName(name string) (netip.Addr, error) {
	if d.loop != nil {
		return d.loop.GetHostByName(name)
	}
	return d.driver.GetHostByName(name)
}

func (d *device) Socket(domain, stype, protocol int) (int, error) {
	switch {
	case d.loop != nil:
		return d.loop.Socket(domain, stype, protocol)
	case d.patient != nil:
		return d.patient.Socket(domain, stype, protocol)
	}
	return d.driver.Socket(domain, stype, protocol)
}

func (d *device) Bind(sockfd int, ip netip.AddrPort) error {
	switch {
	case d.loop != nil:
		return d.loop.Bind(sockfd, ip)
	case d.patient != nil:
		return d.patient.Bind(sockfd, ip)
	}
	return d.driver.Bind(sockfd, ip)
}

func (d *device) Connect(sockfd int, host string, ip netip.AddrPort) error {
	switch {
	case d.loop != nil:
		return d.loop.Connect(sockfd, host, ip)
	case d.patient != nil:
		return d.patient.Connect(sockfd, host, ip)
	case linksInterruptible && d.interrupt != nil:
		return d.interrupt.Connect(sockfd, host, ip)
	}
	return d.driver.Connect(sockfd, host, ip)
}

func (d *device) Listen(sockfd, backlog int) error {
	switch {
	case d.loop != nil:
		return d.loop.Listen(sockfd, backlog)
	case d.patient != nil:
		return d.patient.Listen(sockfd, backlog)
	}
	return d.driver.Listen(sockfd, backlog)
}

func (d *device) Accept(sockfd int) (int, netip.AddrPort, error) {
	switch {
	case d.loop != nil:
		return d.loop.Accept(sockfd)
	case d.patient != nil:
		return d.patient.Accept(sockfd)
	case linksInterruptible && d.interrupt != nil:
		return d.interrupt.Accept(sockfd)
	}
	return d.driver.Accept(sockfd)
}

// The four that transfer have neither flags nor a deadline: net's flags are 0,
// and its deadlines are the socket's.

func (d *device) Send(sockfd int, buf []byte) (int, error) {
	switch {
	case d.loop != nil:
		return d.loop.Send(sockfd, buf, 0, time.Time{})
	case d.patient != nil:
		return d.patient.Send(sockfd, buf)
	case linksInterruptible && d.interrupt != nil:
		return d.interrupt.Send(sockfd, buf)
	}
	return d.driver.Send(sockfd, buf, 0, time.Time{})
}

func (d *device) Recv(sockfd int, buf []byte) (int, error) {
	switch {
	case d.loop != nil:
		return d.loop.Recv(sockfd, buf, 0, time.Time{})
	case d.patient != nil:
		return d.patient.Recv(sockfd, buf)
	case linksInterruptible && d.interrupt != nil:
		return d.interrupt.Recv(sockfd, buf)
	}
	return d.driver.Recv(sockfd, buf, 0, time.Time{})
}

func (d *device) SendTo(sockfd int, buf []byte, to netip.AddrPort) (int, error) {
	switch {
	case d.loop != nil:
		return d.loop.SendTo(sockfd, buf, 0, time.Time{}, to)
	case d.patient != nil:
		return d.patient.SendTo(sockfd, buf, to)
	case linksInterruptible && d.interrupt != nil:
		return d.interrupt.SendTo(sockfd, buf, to)
	}
	return d.datagrams.SendTo(sockfd, buf, 0, time.Time{}, to)
}

// RecvFrom of a driver that has none receives all the same. The sender, whom
// nobody knows, is an address that can be printed, and that no device can send to.
// See docs/RATIONALE.md, "The sender 0.0.0.0:0".
func (d *device) RecvFrom(sockfd int, buf []byte) (int, netip.AddrPort, error) {
	if d.loop == nil && d.datagrams == nil {
		n, err := d.Recv(sockfd, buf)
		return n, netip.AddrPortFrom(netip.IPv4Unspecified(), 0), err
	}
	switch {
	case d.loop != nil:
		return d.loop.RecvFrom(sockfd, buf, 0, time.Time{})
	case d.patient != nil:
		return d.patient.RecvFrom(sockfd, buf)
	case linksInterruptible && d.interrupt != nil:
		return d.interrupt.RecvFrom(sockfd, buf)
	}
	return d.datagrams.RecvFrom(sockfd, buf, 0, time.Time{})
}

func (d *device) Close(sockfd int) error {
	switch {
	case d.loop != nil:
		return d.loop.Close(sockfd)
	case d.patient != nil:
		return d.patient.Close(sockfd)
	case linksInterruptible && d.interrupt != nil:
		return d.interrupt.Close(sockfd)
	}
	return d.driver.Close(sockfd)
}

func (d *device) SetSockOpt(sockfd, level, opt int, value any) error {
	switch {
	case d.loop != nil:
		return d.loop.SetSockOpt(sockfd, level, opt, value)
	case d.patient != nil:
		return d.patient.SetSockOpt(sockfd, level, opt, value)
	}
	return d.driver.SetSockOpt(sockfd, level, opt, value)
}

func (d *device) SetSockDeadline(sockfd, calls int, t time.Time) error {
	switch {
	case d.loop != nil:
		return d.loop.SetSockDeadline(sockfd, calls, t)
	case d.patient != nil:
		return d.patient.SetSockDeadline(sockfd, calls, t)
	case linksInterruptible && d.interrupt != nil:
		return d.interrupt.SetSockDeadline(sockfd, calls, t)
	}
	return d.deadlines.SetSockDeadline(sockfd, calls, t)
}

func (d *device) GetSockname(sockfd int) (netip.AddrPort, error) {
	if d.loop != nil {
		return d.loop.GetSockname(sockfd)
	}
	return d.names.GetSockname(sockfd)
}

func (d *device) Shutdown(sockfd, how int) error {
	switch {
	case d.loop != nil:
		return d.loop.Shutdown(sockfd, how)
	case d.shutdowns != nil:
		return d.shutdowns.Shutdown(sockfd, how)
	}
	return errNoHalfClose
}

func (d *device) BindUnix(sockfd int, name string) error {
	if d.loop != nil {
		return d.loop.BindUnix(sockfd, name)
	}
	return d.unixes.BindUnix(sockfd, name)
}

func (d *device) ConnectUnix(sockfd int, name string) error {
	if d.loop != nil {
		return d.loop.ConnectUnix(sockfd, name)
	}
	return d.unixes.ConnectUnix(sockfd, name)
}

func (d *device) SocknameUnix(sockfd int) (string, error) {
	if d.loop != nil {
		return d.loop.SocknameUnix(sockfd)
	}
	return d.unixes.SocknameUnix(sockfd)
}

func (d *device) AcceptUnix(sockfd int) (int, string, error) {
	if d.loop != nil {
		return d.loop.AcceptUnix(sockfd)
	}
	return d.unixes.AcceptUnix(sockfd)
}

func (d *device) SendToUnix(sockfd int, buf []byte, to string) (int, error) {
	if d.loop != nil {
		return d.loop.SendToUnix(sockfd, buf, to)
	}
	return d.unixes.SendToUnix(sockfd, buf, to)
}

func (d *device) RecvFromUnix(sockfd int, buf []byte) (int, string, error) {
	if d.loop != nil {
		return d.loop.RecvFromUnix(sockfd, buf)
	}
	return d.unixes.RecvFromUnix(sockfd, buf)
}

func (d *device) Unlink(name string) error {
	if d.loop != nil {
		return d.loop.Unlink(name)
	}
	return d.unixes.Unlink(name)
}
