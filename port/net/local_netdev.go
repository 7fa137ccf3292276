//go:build tinynetport

package net

// The half of a wildcard socket that is on the built-in loopback, while the other
// half is on the device.

import (
	"net/netip"
	"sync"
	"time"
)

// A localHalf lets a wildcard listener, or UDP socket, on a device also be
// reached over the built-in loopback. Its arrivals wake the call that waits in
// the device.
type localHalf struct {
	fd    *netFD
	dev   *device
	sysfd int

	mu       sync.Mutex // taken after fd.mu
	arrived  bool       // the device's deadline is spoilt, to wake the call
	closed   bool       // the device's socket may be gone
	deadline time.Time  // the deadline that reads have in truth
}

func (fd *netFD) openLocal() error {
	dev := loopbackDevice()
	sysfd, err := dev.Socket(ndAF_INET6, fd.sotype, 0)
	if err != nil {
		return err
	}
	h := &localHalf{fd: fd, dev: dev, sysfd: sysfd}
	at := netip.AddrPortFrom(netip.IPv6Unspecified(), addrPortOf(fd.laddr).Port())
	if err = dev.Bind(sysfd, at); err == nil && fd.sotype == ndSOCK_STREAM {
		err = dev.Listen(sysfd, listenerBacklog())
	}
	if err != nil {
		dev.Close(sysfd)
		return err
	}
	fd.local = hide(h)
	theLoopback().notify(sysfd, h.arrive)
	return nil
}

func (h *localHalf) arrive() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.arrived && !h.closed {
		h.arrived = true
		h.fd.dev.get().SetSockDeadline(h.fd.sysfd, ndReads, aLongTimeAgo)
	}
}

// woke reports whether a call of the device has ended because something
// arrived here, and puts the deadline right.
func (h *localHalf) woke() bool {
	h.fd.mu.Lock() // so that it is not Close's deadline that is put right
	defer h.fd.mu.Unlock()
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.arrived || h.fd.closed() {
		return false
	}
	h.arrived = false
	h.fd.dev.get().SetSockDeadline(h.fd.sysfd, ndReads, h.deadline)
	return true
}

// setDeadline sets the deadlines of the device's half, but keeps a spoilt one:
// woke puts it right.
func (h *localHalf) setDeadline(t time.Time, calls int) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if calls&ndReads != 0 {
		h.deadline = t
		if h.arrived {
			calls &^= ndReads
		}
	}
	if calls == 0 {
		return nil
	}
	return h.fd.dev.get().SetSockDeadline(h.fd.sysfd, calls, t)
}

func (h *localHalf) acceptNow() *netFD {
	sysfd, peer, err := theLoopback().acceptNow(h.sysfd)
	if err != nil {
		return nil
	}
	c := newFD(h.dev, sysfd, h.fd.family, h.fd.sotype, h.fd.net)
	c.isConnected = true
	c.setAddr(c.sockname(netip.AddrPort{}), c.addr(peer))
	return c
}

func (h *localHalf) recvNow(p []byte) (int, netip.AddrPort, bool) {
	n, from, err := theLoopback().recvNow(h.sysfd, p)
	if err != nil {
		return 0, from, false
	}
	if a, err := inFamily(from, h.fd.family); err == nil {
		from = a
	}
	return n, from, true
}

func (h *localHalf) send(p []byte, to netip.AddrPort) (int, error) {
	return h.dev.SendTo(h.sysfd, p, to)
}

func (h *localHalf) close() {
	h.mu.Lock()
	h.closed = true
	h.mu.Unlock()
	h.dev.Close(h.sysfd)
}
