//go:build tinynetport

package net

import (
	"context"
	"io"
	"os"
	"syscall"
	"time"
)

func (sd *sysDialer) dialTCP(ctx context.Context, laddr, raddr *TCPAddr) (*TCPConn, error) {
	hook := sd.testHookDialTCP
	if hook == nil {
		hook = testHookDialTCP
	}
	if hook != nil {
		return hook(ctx, sd.network, laddr, raddr)
	}
	return sd.doDialTCP(ctx, laddr, raddr)
}

func (sd *sysDialer) doDialTCP(ctx context.Context, laddr, raddr *TCPAddr) (*TCPConn, error) {
	var fd *netFD
	var err error
	for tries := 0; tries < 3; tries++ {
		fd, err = openIP(ctx, sd.network, laddr.endpoint(), raddr.endpoint(), ndSOCK_STREAM, 0, nil, sd.dialControl())
		if laddr != nil && laddr.Port != 0 {
			break
		}
		// A system that chooses the local port may choose one that is taken, or
		// raddr's own, and so connect the socket to itself (Go issue 2690).
		if err == nil && fd.connectedToItself() {
			if tries < 2 {
				fd.Close()
			}
			continue
		}
		if !spuriousPort(err) {
			break
		}
	}
	if err != nil {
		return nil, err
	}
	return fd.newConn(sd.Dialer.KeepAlive, sd.Dialer.KeepAliveConfig), nil
}

// newConn makes a connection with the options that each has at its beginning. Whether
// these fail nobody is told, so a driver whose calls are made by workers gets them with the
// first transfer.
func (fd *netFD) newConn(idle time.Duration, config KeepAliveConfig) *TCPConn {
	p := fd.dev.get().patient
	if p != nil {
		p.collect(fd.sysfd, true)
	}
	c := newTCPConn(fd, idle, config, testPreHookSetKeepAlive, testHookSetKeepAlive)
	if p != nil {
		p.collect(fd.sysfd, false)
	}
	return c
}

func (fd *netFD) connectedToItself() bool {
	l, r := addrPortOf(fd.laddr), addrPortOf(fd.raddr)
	return l == r && l.Port() != 0
}

// No device speaks multipath TCP (RFC 8684); as Go does where the system
// doesn't, these fall back to plain TCP.
func (sd *sysDialer) dialMPTCP(ctx context.Context, laddr, raddr *TCPAddr) (*TCPConn, error) {
	return sd.dialTCP(ctx, laddr, raddr)
}

func (sl *sysListener) listenMPTCP(ctx context.Context, laddr *TCPAddr) (*TCPListener, error) {
	return sl.listenTCP(ctx, laddr)
}

func isUsingMultipathTCP(*netFD) bool { return false }

func (sl *sysListener) listenTCP(ctx context.Context, laddr *TCPAddr) (*TCPListener, error) {
	fd, err := openIP(ctx, sl.network, laddr.endpoint(), endpoint{}, ndSOCK_STREAM, 0, (*netFD).listen, sl.listenControl())
	if err != nil {
		return nil, err
	}
	return &TCPListener{fd: fd, lc: sl.ListenConfig}, nil
}

func (l *TCPListener) ok() bool { return l != nil && l.fd != nil }

func (l *TCPListener) accept() (*TCPConn, error) {
	fd, err := l.fd.accept()
	if err != nil {
		return nil, err
	}
	return fd.newConn(l.lc.KeepAlive, l.lc.KeepAliveConfig), nil
}

func (l *TCPListener) close() error { return l.fd.Close() }

func (l *TCPListener) file() (*os.File, error) { return l.fd.dup() }

func (c *TCPConn) readFrom(r io.Reader) (int64, error) {
	if n, handled, err := c.fd.sendFile(r); handled {
		return n, err
	}
	if copyBuffer == 0 {
		return genericReadFrom(c, r)
	}
	return io.CopyBuffer(tcpConnWithoutReadFrom{TCPConn: c}, r, make([]byte, copyBuffer))
}

func (c *TCPConn) writeTo(w io.Writer) (int64, error) {
	if copyBuffer == 0 {
		return genericWriteTo(c, w)
	}
	return io.CopyBuffer(w, tcpConnWithoutWriteTo{TCPConn: c}, make([]byte, copyBuffer))
}

// SetKeepAliveConfig configures the keep-alive messages that the device sends
// on an idle connection. A device that lacks one of the settings gives an
// error, and the others are set all the same.
func (c *TCPConn) SetKeepAliveConfig(config KeepAliveConfig) error {
	if !c.ok() {
		return syscall.EINVAL
	}
	err := firstError(setKeepAlive(c.fd, config.Enable), setKeepAliveIdle(c.fd, config.Idle))
	err = firstError(err, setKeepAliveInterval(c.fd, config.Interval))
	err = firstError(err, setKeepAliveCount(c.fd, config.Count))
	if err != nil {
		return &OpError{Op: "set", Net: c.fd.net, Source: c.fd.laddr, Addr: c.fd.raddr, Err: err}
	}
	return nil
}

func firstError(first, second error) error {
	if first != nil {
		return first
	}
	return second
}

// setKeepAliveSeconds sets a time of keep-alive: unchanged if negative, byDefault seconds
// if zero.
func setKeepAliveSeconds(fd *netFD, opt int, d time.Duration, byDefault int) error {
	seconds := byDefault
	switch {
	case d < 0:
		return nil
	case d > 0:
		seconds = int(roundDurationUp(d, time.Second))
	}
	return fd.setOption(ndSOL_TCP, opt, seconds)
}

func setKeepAliveIdle(fd *netFD, d time.Duration) error {
	return setKeepAliveSeconds(fd, ndTCP_KEEPIDLE, d, int(defaultTCPKeepAliveIdle/time.Second))
}

func setKeepAliveInterval(fd *netFD, d time.Duration) error {
	return setKeepAliveSeconds(fd, ndTCP_KEEPINTVL, d, int(defaultTCPKeepAliveInterval/time.Second))
}

func setKeepAliveCount(fd *netFD, n int) error {
	if n < 0 {
		return nil
	}
	if n == 0 {
		n = defaultTCPKeepAliveCount
	}
	return fd.setOption(ndSOL_TCP, ndTCP_KEEPCNT, n)
}

func setNoDelay(fd *netFD, on bool) error {
	return fd.setOption(ndSOL_TCP, ndTCP_NODELAY, on)
}
