//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package host

import (
	"net"
	"net/netip"
	"os"
	"syscall"
)

// share lets others have a socket's port, too.
func share(_, _ string, c syscall.RawConn) error {
	var err error
	if e := c.Control(func(fd uintptr) { err = shareFD(int(fd)) }); e != nil {
		return e
	}
	return err
}

func shareFD(fd int) error {
	err := syscall.SetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_REUSEADDR, 1)
	if err == nil && reusePort != 0 {
		err = syscall.SetsockoptInt(fd, syscall.SOL_SOCKET, reusePort, 1)
	}
	return os.NewSyscallError("setsockopt", err)
}

// group binds a socket to the group's own address. The system then gives it what
// is sent to that group and port and nothing else, above all nothing that is
// sent to this computer, which goes to those who listen there. Package net would
// bind it to the wildcard address.
func (computer) group(g netip.AddrPort, ifindex int) (packetConn, error) {
	domain, at := syscall.AF_INET6, syscall.Sockaddr(&syscall.SockaddrInet6{Port: int(g.Port()), Addr: g.Addr().As16(), ZoneId: uint32(ifindex)})
	if g.Addr().Is4() {
		domain, at = syscall.AF_INET, &syscall.SockaddrInet4{Port: int(g.Port()), Addr: g.Addr().As4()}
	}
	syscall.ForkLock.RLock()
	fd, err := syscall.Socket(domain, syscall.SOCK_DGRAM, 0)
	if err == nil {
		syscall.CloseOnExec(fd)
	}
	syscall.ForkLock.RUnlock()
	if err != nil {
		return nil, os.NewSyscallError("socket", err)
	}
	f := os.NewFile(uintptr(fd), "group")
	defer f.Close() // net has a copy
	if err := shareFD(fd); err != nil {
		return nil, err
	}
	if err := syscall.Bind(fd, at); err != nil {
		return nil, os.NewSyscallError("bind", err)
	}
	c, err := net.FilePacketConn(f)
	if err != nil {
		return nil, err
	}
	u := udpConn{c.(*net.UDPConn)}
	if err := u.join(g.Addr(), ifindex); err != nil {
		u.Close()
		return nil, err
	}
	return u, nil
}
