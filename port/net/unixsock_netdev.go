//go:build tinynetport

package net

import (
	"context"
	"os"
	"syscall"
)

func unixType(network string) (int, error) {
	switch network {
	case "unix":
		return ndSOCK_STREAM, nil
	case "unixgram":
		return ndSOCK_DGRAM, nil
	case "unixpacket":
		return ndSOCK_SEQPACKET, nil
	}
	return 0, UnknownNetworkError(network)
}

// openUnix makes a unix socket, on the device if it has those, else on the
// built-in loopback. listen is (*netFD).listenUnix, or nil where nobody waits for
// connections: see listening.
func openUnix(ctx context.Context, network string, laddr, raddr *UnixAddr, dial bool, listen func(*netFD) error, control controlFunc) (*netFD, error) {
	sotype, err := unixType(network)
	if err != nil {
		return nil, err
	}
	if dial {
		if laddr != nil && laddr.isWildcard() {
			laddr = nil
		}
		if raddr != nil && raddr.isWildcard() {
			raddr = nil
		}
		if raddr == nil && (laddr == nil || sotype != ndSOCK_DGRAM) {
			return nil, errMissingAddress
		}
	}
	dev := currentDevice()
	if !dev.hasUnix() {
		dev = loopbackDevice()
	}
	sysfd, err := dev.Socket(ndAF_UNIX, sotype, 0)
	if err != nil {
		return nil, err
	}
	fd := newFD(dev, sysfd, ndAF_UNIX, sotype, network)
	if err = fd.nameUnix(ctx, laddr, raddr, listen, control); err != nil {
		fd.Close()
		return nil, err
	}
	return fd, nil
}

func (fd *netFD) nameUnix(ctx context.Context, laddr, raddr *UnixAddr, listen func(*netFD) error, control controlFunc) error {
	about := raddr
	if about == nil {
		about = laddr
	}
	if control != nil {
		if err := fd.control(ctx, control, about.String()); err != nil {
			return err
		}
	}
	if laddr != nil {
		if err := fd.dev.get().BindUnix(fd.sysfd, laddr.Name); err != nil {
			return err
		}
	}
	if raddr != nil {
		call := func() error { return fd.dev.get().ConnectUnix(fd.sysfd, raddr.Name) }
		if err := fd.connect(ctx, call); err != nil {
			return err
		}
		fd.isConnected = true
	} else if listen != nil {
		if err := listen(fd); err != nil {
			return err
		}
	}
	var remote Addr
	if raddr != nil {
		remote = fd.unixAddr(raddr.Name)
	}
	fd.setAddr(fd.socknameUnix(), remote)
	return nil
}

func (fd *netFD) listenUnix() error { return fd.dev.get().Listen(fd.sysfd, listenerBacklog()) }

func (fd *netFD) unixAddr(name string) *UnixAddr {
	network := "unix"
	switch fd.sotype {
	case ndSOCK_DGRAM:
		network = "unixgram"
	case ndSOCK_SEQPACKET:
		network = "unixpacket"
	}
	return &UnixAddr{Name: name, Net: network}
}

func (fd *netFD) socknameUnix() Addr {
	name, err := fd.dev.get().SocknameUnix(fd.sysfd)
	if err != nil {
		return nil
	}
	return fd.unixAddr(name)
}

// acceptUnix runs in accept, which has entered.
func (fd *netFD) acceptUnix() (*netFD, error) {
	sysfd, peer, err := fd.dev.get().AcceptUnix(fd.sysfd)
	if err != nil {
		return nil, fd.failure(err)
	}
	c := newFD(fd.dev.get(), sysfd, fd.family, fd.sotype, fd.net)
	c.isConnected = true
	c.setAddr(c.socknameUnix(), c.unixAddr(peer))
	return c, nil
}

func (c *UnixConn) readFrom(b []byte) (int, *UnixAddr, error) {
	fd := c.fd
	if err := fd.enter(ndReads); err != nil {
		return 0, nil, err
	}
	defer fd.leave(ndReads)
	n, from, err := fd.dev.get().RecvFromUnix(fd.sysfd, b)
	n, err = soundCount(n, len(b), err)
	if err != nil {
		return n, nil, fd.failure(err)
	}
	if from == "" {
		return n, nil, nil
	}
	return n, fd.unixAddr(from), nil
}

func (c *UnixConn) readMsg(b, oob []byte) (n, oobn, flags int, addr *UnixAddr, err error) {
	if c.fd.dev.get().sys() != nil {
		var from string
		n, oobn, flags, from, err = c.fd.recvMsgUnix(b, oob)
		if from != "" {
			addr = c.fd.unixAddr(from)
		}
		return n, oobn, flags, addr, err
	}
	// No other device has out-of-band data: none comes.
	n, addr, err = c.readFrom(b)
	return n, 0, 0, addr, err
}

// checkPeer tells whether a message may go to addr.
func (c *UnixConn) checkPeer(addr *UnixAddr) error {
	if addr.Net != c.fd.unixAddr("").Net {
		return syscall.EAFNOSUPPORT
	}
	return nil
}

func (c *UnixConn) writeTo(b []byte, addr *UnixAddr) (int, error) {
	fd := c.fd
	switch {
	case fd.isConnected:
		return 0, ErrWriteToConnected
	case addr == nil:
		return 0, errMissingAddress
	}
	if err := c.checkPeer(addr); err != nil {
		return 0, err
	}
	if err := fd.enter(ndWrites); err != nil {
		return 0, err
	}
	defer fd.leave(ndWrites)
	n, err := fd.dev.get().SendToUnix(fd.sysfd, b, addr.Name)
	n, err = soundCount(n, len(b), err)
	if err != nil {
		return n, fd.failure(err)
	}
	return n, nil
}

func (c *UnixConn) writeMsg(b, oob []byte, addr *UnixAddr) (n, oobn int, err error) {
	if c.fd.isConnected && c.fd.sotype == ndSOCK_DGRAM {
		return 0, 0, ErrWriteToConnected
	}
	to := ""
	if addr != nil {
		if err := c.checkPeer(addr); err != nil {
			return 0, 0, err
		}
		to = addr.Name
	}
	if c.fd.dev.get().sys() != nil {
		return c.fd.sendMsgUnix(b, oob, to)
	}
	if len(oob) > 0 {
		return 0, 0, errNoMessages
	}
	if addr != nil {
		n, err = c.writeTo(b, addr)
	} else {
		n, err = c.fd.Write(b)
	}
	return n, 0, err
}

func (sd *sysDialer) dialUnix(ctx context.Context, laddr, raddr *UnixAddr) (*UnixConn, error) {
	fd, err := openUnix(ctx, sd.network, laddr, raddr, true, nil, sd.dialControl())
	if err != nil {
		return nil, err
	}
	return newUnixConn(fd), nil
}

func (sl *sysListener) listenUnix(ctx context.Context, laddr *UnixAddr) (*UnixListener, error) {
	fd, err := openUnix(ctx, sl.network, laddr, nil, false, (*netFD).listenUnix, sl.listenControl())
	if err != nil {
		return nil, err
	}
	return &UnixListener{fd: fd, path: fd.laddr.String(), unlink: true}, nil
}

func (sl *sysListener) listenUnixgram(ctx context.Context, laddr *UnixAddr) (*UnixConn, error) {
	fd, err := openUnix(ctx, sl.network, laddr, nil, false, nil, sl.listenControl())
	if err != nil {
		return nil, err
	}
	return newUnixConn(fd), nil
}

// SetUnlinkOnClose sets whether Close removes the socket's name. It does by
// default where Listen made the name, and not for a FileListener.
func (l *UnixListener) SetUnlinkOnClose(unlink bool) { l.unlink = unlink }

func (l *UnixListener) accept() (*UnixConn, error) {
	fd, err := l.fd.accept()
	if err != nil {
		return nil, err
	}
	return newUnixConn(fd), nil
}

func (l *UnixListener) close() error {
	// Only once: the name may be somebody else's by the second time.
	l.unlinkOnce.Do(func() {
		if l.unlink && l.path != "" && l.path[0] != '@' {
			l.fd.dev.get().Unlink(l.path)
		}
	})
	return l.fd.Close()
}

func (l *UnixListener) file() (*os.File, error) { return l.fd.dup() }
