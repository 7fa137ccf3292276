//go:build tinynetport

package net

// How listeners take connections, also from drivers that lose their listeners.

import (
	"net/netip"
)

func (fd *netFD) accept() (*netFD, error) {
	if err := fd.enter(ndReads); err != nil {
		return nil, err
	}
	defer fd.leave(ndReads)
	if fd.family == ndAF_UNIX {
		return fd.acceptUnix()
	}
	failures := 0
	for {
		if fd.local.get() != nil {
			if c := fd.local.get().acceptNow(); c != nil {
				return c, nil
			}
		}
		sysfd, peer, err := fd.dev.get().Accept(fd.sysfd)
		if err == nil {
			return fd.accepted(fd.dev.get(), sysfd, peer), nil
		}
		if fd.local.get() != nil && fd.local.get().woke() {
			continue
		}
		if failures++; !fd.listenAgain(err, failures) {
			return nil, fd.failure(acceptError(err))
		}
	}
}

// listenAgain mends a listener that a driver has lost: on some devices, a peer
// that gives up before Accept takes the listening socket with it. The driver
// says so by letting the socket be bound once more.
func (fd *netFD) listenAgain(err error, failures int) bool {
	p := fd.dev.get().patient
	if p == nil || failures > 8 || driverTimeout(err) || outOfSockets(err) || fd.checkOpen() != nil {
		return false
	}
	bound, err := inFamily(addrPortOf(fd.laddr), fd.family)
	return err == nil && p.Bind(fd.sysfd, bound) == nil && p.Listen(fd.sysfd, listenerBacklog()) == nil
}

// acceptError makes it a passing failure that the device has no socket left for
// a connection, as EMFILE is: net/http's server then goes on.
func acceptError(err error) error {
	if outOfSockets(err) {
		return &knownError{err, faultNoSocket}
	}
	return err
}

// accepted makes the netFD of a new connection.
func (fd *netFD) accepted(dev *device, sysfd int, peer netip.AddrPort) *netFD {
	c := newFD(dev, sysfd, fd.family, fd.sotype, fd.net)
	c.isConnected = true
	bound := addrPortOf(fd.laddr)
	var local Addr
	if bound.IsValid() && !bound.Addr().IsUnspecified() {
		local = c.addr(bound) // the only address that it can have
	} else {
		local = c.sockname(bound)
	}
	c.setAddr(local, c.addr(peer))
	return c
}
