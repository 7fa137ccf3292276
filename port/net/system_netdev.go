//go:build tinynetport

package net

import (
	"io"
	"net/netip"
	"os"
	"syscall"
)

// systemSockets is what only the sockets of an operating system can do.
type systemSockets interface {
	rawControl(sockfd int, f func(fd uintptr)) error
	rawCall(sockfd int, what int, f func(fd uintptr) (done bool)) error
	recvMsg(sockfd int, p, oob []byte) (n, oobn, flags int, from sockname, err error)
	sendMsg(sockfd int, p, oob []byte, to sockname) (n, oobn int, err error)
	writev(sockfd int, v *[][]byte) (int64, error)
	sendFile(sockfd int, file uintptr, most int64) (n int64, handled bool, err error)
	dup(sockfd int, name string) (*os.File, error)
	adopt(f *os.File) (systemSocket, error)
}

// A sockname is a socket's address on the system: one of an IP family, or the
// name of a unix socket.
type sockname struct {
	ip   netip.AddrPort
	unix string
}

// A systemSocket describes a socket that the system had before.
type systemSocket struct {
	sockfd, family, sotype int
	local, remote          sockname
	connected              bool
}

func (fd *netFD) recvMsg(p, oob []byte) (n, oobn, flags int, from netip.AddrPort, err error) {
	n, oobn, flags, name, err := fd.recvMsgFrom(p, oob)
	return n, oobn, flags, name.ip, err
}

func (fd *netFD) recvMsgUnix(p, oob []byte) (n, oobn, flags int, from string, err error) {
	n, oobn, flags, name, err := fd.recvMsgFrom(p, oob)
	return n, oobn, flags, name.unix, err
}

func (fd *netFD) recvMsgFrom(p, oob []byte) (n, oobn, flags int, from sockname, err error) {
	if err = fd.enter(ndReads); err != nil {
		return
	}
	defer fd.leave(ndReads)
	n, oobn, flags, from, err = fd.dev.get().sys().recvMsg(fd.sysfd, p, oob)
	if err != nil {
		err = fd.failure(err)
	}
	return
}

func (fd *netFD) sendMsg(p, oob []byte, to netip.AddrPort) (n, oobn int, err error) {
	return fd.sendMsgTo(p, oob, sockname{ip: to})
}

func (fd *netFD) sendMsgUnix(p, oob []byte, to string) (n, oobn int, err error) {
	return fd.sendMsgTo(p, oob, sockname{unix: to})
}

func (fd *netFD) sendMsgTo(p, oob []byte, to sockname) (n, oobn int, err error) {
	if err = fd.enter(ndWrites); err != nil {
		return
	}
	defer fd.leave(ndWrites)
	n, oobn, err = fd.dev.get().sys().sendMsg(fd.sysfd, p, oob, to)
	if err != nil {
		err = fd.failure(err)
	}
	return
}

// writeBuffers writes several buffers in one go, where the system can.
func (c *conn) writeBuffers(v *Buffers) (int64, error) {
	if !c.ok() {
		return 0, syscall.EINVAL
	}
	fd := c.fd
	n, err := fd.writeBuffers(v)
	if err != nil {
		err = &OpError{Op: "writev", Net: fd.net, Source: fd.laddr, Addr: fd.raddr, Err: err}
	}
	return n, err
}

func (fd *netFD) writeBuffers(v *Buffers) (total int64, err error) {
	if fd.dev.get().sys() == nil {
		for len(*v) > 0 && err == nil {
			var n int
			n, err = fd.Write((*v)[0])
			total += int64(n)
			v.consume(int64(n))
			if err == nil && len(*v) > 0 && len((*v)[0]) == 0 {
				*v = (*v)[1:] // consume leaves an empty buffer at the front
			}
		}
		return total, err
	}
	if err = fd.enter(ndWrites); err != nil {
		return 0, err
	}
	defer fd.leave(ndWrites)
	total, err = fd.dev.get().sys().writev(fd.sysfd, (*[][]byte)(v))
	if err != nil {
		err = fd.failure(err)
	}
	return total, err
}

// sendFile has the system copy a file to the connection, if r is one, or a
// part of one. If handled is false nothing was done.
func (fd *netFD) sendFile(r io.Reader) (n int64, handled bool, err error) {
	if fd.dev.get().sys() == nil {
		return 0, false, nil
	}
	most := int64(-1)
	limited, _ := r.(*io.LimitedReader)
	if limited != nil {
		if r, most = limited.R, limited.N; most <= 0 {
			return 0, true, nil
		}
	}
	// Not only *os.File: os wraps it in a type of its own to call here.
	file, ok := r.(syscall.Conn)
	if _, isConn := r.(Conn); !ok || isConn {
		return 0, false, nil
	}
	raw, err := file.SyscallConn()
	if err != nil {
		return 0, false, nil
	}
	if err := fd.enter(ndWrites); err != nil {
		return 0, true, err
	}
	defer fd.leave(ndWrites)
	readErr := raw.Read(func(osfd uintptr) bool {
		n, handled, err = fd.dev.get().sys().sendFile(fd.sysfd, osfd, most)
		return true
	})
	if limited != nil {
		limited.N -= n
	}
	switch {
	case err != nil:
		err = fd.failure(err)
	case readErr != nil && handled:
		err = readErr
	}
	return n, handled, err
}

// dup gives a copy of the socket as a file.
func (fd *netFD) dup() (*os.File, error) {
	if err := fd.enterOther(); err != nil {
		return nil, err
	}
	defer fd.leave(fdOther)
	if fd.dev.get().sys() == nil {
		return nil, errNoFile
	}
	return fd.dev.get().sys().dup(fd.sysfd, fd.name())
}

// fileFD makes a netFD of a copy of the socket that f is.
func fileFD(f *os.File) (*netFD, error) {
	dev, s, err := adoptFile(f)
	if err != nil {
		return nil, err
	}
	fd := newFD(dev, s.sockfd, s.family, s.sotype, "")
	fd.isConnected = s.connected
	var local, remote Addr
	if s.family == ndAF_UNIX {
		local = fd.unixAddr(s.local.unix)
		if s.connected {
			remote = fd.unixAddr(s.remote.unix)
		}
	} else {
		local, remote = fd.addr(s.local.ip), fd.addr(s.remote.ip)
	}
	if local == nil {
		dev.Close(s.sockfd)
		return nil, syscall.EINVAL
	}
	fd.net = local.Network()
	fd.setAddr(local, remote)
	return fd, nil
}

func fileConn(f *os.File) (Conn, error) {
	fd, err := fileFD(f)
	if err != nil {
		return nil, err
	}
	if _, ok := fd.laddr.(*TCPAddr); ok {
		return newTCPConn(fd, defaultTCPKeepAliveIdle, KeepAliveConfig{}, testPreHookSetKeepAlive, testHookSetKeepAlive), nil
	}
	return fd.messageConn().(Conn), nil
}

// messageConn is the PacketConn for a socket that is not TCP's.
func (fd *netFD) messageConn() PacketConn {
	switch fd.laddr.(type) {
	case *UDPAddr:
		return newUDPConn(fd)
	case *IPAddr:
		return newIPConn(fd)
	}
	return newUnixConn(fd)
}

func fileListener(f *os.File) (Listener, error) {
	fd, err := fileFD(f)
	if err != nil {
		return nil, err
	}
	switch a := fd.laddr.(type) {
	case *TCPAddr:
		return &TCPListener{fd: fd}, nil
	case *UnixAddr:
		return &UnixListener{fd: fd, path: a.Name}, nil
	}
	fd.Close()
	return nil, syscall.EINVAL
}

func filePacketConn(f *os.File) (PacketConn, error) {
	fd, err := fileFD(f)
	if err != nil {
		return nil, err
	}
	if _, ok := fd.laddr.(*TCPAddr); ok {
		fd.Close()
		return nil, syscall.EINVAL
	}
	return fd.messageConn(), nil
}
