//go:build linux && tinynet_get && !tinynet_plain

package main

import (
	"errors"
	"io"
	"net/netip"
	"os"
	"syscall"
	"time"
)

// netdever is what each network device has.
type netdever interface {
	GetHostByName(name string) (netip.Addr, error)
	Addr() (netip.Addr, error)
	Socket(domain int, stype int, protocol int) (int, error)
	Bind(sockfd int, ip netip.AddrPort) error
	Connect(sockfd int, host string, ip netip.AddrPort) error
	Listen(sockfd int, backlog int) error
	Accept(sockfd int) (int, netip.AddrPort, error)
	Send(sockfd int, buf []byte, flags int, deadline time.Time) (int, error)
	Recv(sockfd int, buf []byte, flags int, deadline time.Time) (int, error)
	Close(sockfd int) error
	SetSockOpt(sockfd int, level int, opt int, value interface{}) error
}

// poll is how long the device waits before it looks at its deadline, as
// drivers of Wi-Fi modules do.
const poll = 100 * time.Millisecond

// systemDevice has the eleven methods of a netdev and no more. It is made of the
// system's blocking sockets, IPv4 only.
type systemDevice struct{}

func (systemDevice) GetHostByName(name string) (netip.Addr, error) { return netip.ParseAddr(name) }

func (systemDevice) Addr() (netip.Addr, error) { return netip.MustParseAddr("192.0.2.2"), nil }

func (systemDevice) Socket(domain, stype, protocol int) (int, error) {
	if domain != syscall.AF_INET || stype != syscall.SOCK_STREAM || protocol != syscall.IPPROTO_TCP {
		return -1, syscall.EPROTONOSUPPORT
	}
	fd, err := syscall.Socket(domain, stype|syscall.SOCK_CLOEXEC, protocol)
	if err != nil {
		return -1, err
	}
	wait := syscall.NsecToTimeval(int64(poll))
	if err := syscall.SetsockoptTimeval(fd, syscall.SOL_SOCKET, syscall.SO_RCVTIMEO, &wait); err != nil {
		syscall.Close(fd)
		return -1, err
	}
	return fd, nil
}

// on is a socket address of the system's for one of the device's network.
func on(a netip.AddrPort) *syscall.SockaddrInet4 {
	sa := &syscall.SockaddrInet4{Port: int(a.Port())}
	switch ip := a.Addr().Unmap(); {
	case ip.String() == serverName:
		sa.Addr = [4]byte{127, 0, 0, 1}
	case ip.Is4():
		sa.Addr = ip.As4()
	}
	return sa
}

func (systemDevice) Bind(fd int, ip netip.AddrPort) error { return syscall.Bind(fd, on(ip)) }

func (systemDevice) Connect(fd int, _ string, ip netip.AddrPort) error {
	sa := on(ip)
	err := syscall.Connect(fd, sa)
	for err == syscall.EINTR || err == syscall.EALREADY { // it goes on meanwhile
		err = syscall.Connect(fd, sa)
	}
	if err == syscall.EISCONN {
		return nil
	}
	return err
}

func (systemDevice) Listen(fd, backlog int) error { return syscall.Listen(fd, backlog) }

func (systemDevice) Accept(fd int) (int, netip.AddrPort, error) {
	for {
		c, sa, err := syscall.Accept4(fd, syscall.SOCK_CLOEXEC)
		switch {
		case err == syscall.EINTR || err == syscall.EAGAIN:
			continue
		case err != nil:
			return -1, netip.AddrPort{}, err
		}
		peer, ok := sa.(*syscall.SockaddrInet4)
		if !ok {
			syscall.Close(c)
			return -1, netip.AddrPort{}, syscall.EAFNOSUPPORT
		}
		return c, netip.AddrPortFrom(netip.AddrFrom4(peer.Addr), uint16(peer.Port)), nil
	}
}

func (systemDevice) Send(fd int, buf []byte, _ int, _ time.Time) (int, error) {
	for {
		n, err := syscall.Write(fd, buf)
		if err != syscall.EINTR {
			return n, err
		}
	}
}

func (systemDevice) Recv(fd int, buf []byte, _ int, deadline time.Time) (int, error) {
	for {
		n, err := syscall.Read(fd, buf)
		switch {
		case n > 0:
			return n, nil
		case err == nil:
			return 0, io.EOF
		case err != syscall.EINTR && err != syscall.EAGAIN:
			return -1, err
		case !deadline.IsZero() && !time.Now().Before(deadline):
			return -1, os.ErrDeadlineExceeded
		}
	}
}

func (systemDevice) Close(fd int) error { return syscall.Close(fd) }

func (systemDevice) SetSockOpt(fd, level, opt int, value any) error {
	switch v := value.(type) {
	case bool:
		n := 0
		if v {
			n = 1
		}
		return syscall.SetsockoptInt(fd, level, opt, n)
	case int:
		return syscall.SetsockoptInt(fd, level, opt, v)
	}
	return errors.ErrUnsupported
}
