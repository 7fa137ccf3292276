//go:build tinynetport

package net

import (
	"runtime"
	"syscall"
)

// noDescriptor is a number that is no file's: what a program does with it fails
// (EBADF).
const noDescriptor = ^uintptr(0)

// A rawConn gives functions the system's file descriptor on the host device. On
// others a socket has none: its number there is the driver's, and what a program
// would find at the descriptor of that number is somebody else's. Control then
// succeeds all the same, with noDescriptor, because there are programs (gRPC) that
// close a connection on which they cannot set an option.
type rawConn struct {
	fd        *netFD
	listening bool
}

func newRawConn(fd *netFD) *rawConn     { return &rawConn{fd: fd} }
func newRawListener(fd *netFD) *rawConn { return &rawConn{fd: fd, listening: true} }

func (c *rawConn) ok() bool { return c != nil && c.fd != nil }

func (c *rawConn) failed(op string, err error) error {
	if err == nil {
		return nil
	}
	e := &OpError{Op: op, Net: c.fd.net, Addr: c.fd.raddr, Source: c.fd.laddr, Err: err}
	if op == "raw-control" {
		e.Source, e.Addr = nil, c.fd.laddr
	}
	return e
}

func (c *rawConn) Control(f func(fd uintptr)) error {
	if !c.ok() {
		return syscall.EINVAL
	}
	err := c.fd.checkOpen()
	switch sys := c.fd.dev.get().sys(); {
	case err != nil:
	case sys != nil:
		if err = c.fd.enterOther(); err == nil {
			defer c.fd.leave(fdOther)
			err = sys.rawControl(c.fd.sysfd, f)
		}
	default:
		f(noDescriptor)
	}
	runtime.KeepAlive(c.fd)
	return c.failed("raw-control", err)
}

func (c *rawConn) Read(f func(fd uintptr) (done bool)) error {
	return c.call("raw-read", ndReads, f)
}

func (c *rawConn) Write(f func(fd uintptr) (done bool)) error {
	return c.call("raw-write", ndWrites, f)
}

func (c *rawConn) call(op string, what int, f func(uintptr) bool) error {
	if !c.ok() || c.listening {
		return syscall.EINVAL
	}
	sys := c.fd.dev.get().sys()
	if sys == nil {
		return c.failed(op, errNoRaw)
	}
	if err := c.fd.enter(uint32(what)); err != nil {
		return c.failed(op, err)
	}
	defer c.fd.leave(uint32(what))
	err := sys.rawCall(c.fd.sysfd, what, f)
	if err != nil {
		err = c.fd.failure(err)
	}
	return c.failed(op, err)
}
