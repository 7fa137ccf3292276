//go:build tinynetport

package net

import (
	"context"
	"errors"
	"net/netip"
	"syscall"
	"time"
	_ "unsafe" // for linkname
)

// useTLSNetdev is UseTLS of tinynet's package netdev.
//
//go:linkname useTLSNetdev
func useTLSNetdev(dev netdever) {
	if dev == nil || ownDevice(dev) != nil {
		useNetdev(dev)
		return
	}
	d := newDevice(dev)
	d.trustedTLS = true
	setDevice.Store(d)
}

// errNoOffload fails a dial that would otherwise go out in the clear: there are
// drivers that take IPPROTO_TLS for TCP.
var errNoOffload = errors.New("the network device does not say that it does TLS (see TLSOffload and UseTLS of tinynet's package netdev; build tag tlssoftware does it in the program)")

// offloadsTLS tells whether a socket with IPPROTO_TLS may be asked of d.
// See docs/RATIONALE.md, "A device says that it does TLS".
func (d *device) offloadsTLS() bool {
	if d.driver == nil || d.trustedTLS {
		return d.trustedTLS
	}
	if v, ok := d.driver.(tlsOffload); ok {
		return v.TLSOffload()
	}
	return tlsFirmware(d.driver)
}

// A TLSConn is a connection over which the network device speaks TLS: what is
// written here is encrypted by the device, and it has checked that the peer is
// the host that was dialled, as far as its firmware does.
type TLSConn struct {
	conn
	host string
}

// Host returns the name of the peer that the device was given.
func (c *TLSConn) Host() string { return c.host }

// DialTLS connects to a "host:port" over a TLS socket of the network device. It
// waits for as long as the device does. The error is an [*OpError]; it is one
// if the device does not do TLS itself, and nothing is sent then.
//
// Programs that are to work on all boards use crypto/tls, which dials with this
// where it has to.
func DialTLS(addr string) (*TLSConn, error) {
	return dialTLS(context.Background(), new(Dialer), "tcp", addr)
}

// dialTLS is for crypto/tls.
//
//go:linkname dialTLS
func dialTLS(ctx context.Context, d *Dialer, network, addr string) (*TLSConn, error) {
	fail := func(err error) (*TLSConn, error) {
		return nil, &OpError{Op: "dial", Net: "tls", Addr: tlsAddr(addr), Err: err}
	}
	if ctx == nil {
		panic("nil context")
	}
	if deadline := d.deadline(ctx, time.Now()); !deadline.IsZero() {
		sub, cancel := ctxWithDeadline(ctx, deadline)
		defer cancel()
		ctx = sub
	}
	switch network {
	case "tcp", "tcp4":
	default:
		return fail(UnknownNetworkError(network))
	}
	switch {
	case d.LocalAddr != nil:
		return fail(errors.New("a TLS socket of the network device has no LocalAddr to choose"))
	case d.Control != nil || d.ControlContext != nil:
		return fail(errors.New("a TLS socket of the network device has no Control"))
	}
	host, service, err := SplitHostPort(addr)
	if err != nil {
		return fail(err)
	}
	port, err := d.resolver().LookupPort(ctx, "tcp", service)
	if err != nil {
		return fail(err)
	}
	dev := currentDevice()
	if host == "" || host == "localhost" {
		dev = loopbackDevice()
	} else if ip, err := parseAddr(host); err == nil {
		dev = deviceFor(netip.AddrPort{}, netip.AddrPortFrom(ip, uint16(port)))
	}
	if !dev.offloadsTLS() {
		return fail(errNoOffload)
	}
	fd, err := dev.dialTLS(ctx, host, port)
	if err != nil {
		return fail(err)
	}
	return &TLSConn{conn{fd}, host}, nil
}

func (dev *device) dialTLS(ctx context.Context, host string, port int) (*netFD, error) {
	if dev.patient == nil {
		fd, err := dev.openTLS(ctx, nil, host, port)
		return fd, known(err)
	}
	return dev.patient.open(&attempt{ctx: ctx, dev: dev, host: host, raddr: endpoint{port: port}, tls: tryTLS})
}

func tryTLS(a *attempt) (*netFD, error) { return a.dev.openTLS(a.ctx, a, a.host, a.raddr.port) }

func (dev *device) openTLS(ctx context.Context, a *attempt, host string, port int) (*netFD, error) {
	sysfd, err := dev.Socket(ndAF_INET, ndSOCK_STREAM, ndIPPROTO_TLS)
	if err != nil {
		return nil, err
	}
	fd := newFD(dev, sysfd, ndAF_INET, ndSOCK_STREAM, "tcp")
	// The device looks the host up: it has to know the name anyway.
	to := netip.AddrPortFrom(netip.Addr{}, uint16(port))
	if err := fd.connectIP(ctx, a, host, to); err != nil {
		fd.Close()
		return nil, err
	}
	fd.isConnected = true
	fd.setAddr(fd.sockname(netip.AddrPort{}), &TCPAddr{IP: ParseIP(host), Port: port})
	return fd, nil
}

// tlsAddr is the address in the errors of dialTLS: a name, not looked up here.
type tlsAddr string

func (tlsAddr) Network() string  { return "tls" }
func (a tlsAddr) String() string { return string(a) }

// SyscallConn fails: nothing but the device can use its socket.
func (c *TLSConn) SyscallConn() (syscall.RawConn, error) { return nil, syscall.EINVAL }
