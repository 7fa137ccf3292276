//go:build tinynetport

package net

import (
	"context"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"
	_ "unsafe" // for linkname
)

// Numbers that a netdev understands. They are Linux's, as in
// tinygo.org/x/drivers/netdev, so the host device passes them on.
const (
	ndAF_UNIX  = 0x1
	ndAF_INET  = 0x2
	ndAF_INET6 = 0xa

	ndSOCK_STREAM    = 0x1
	ndSOCK_DGRAM     = 0x2
	ndSOCK_RAW       = 0x3
	ndSOCK_SEQPACKET = 0x5

	ndIPPROTO_TCP = 0x6
	ndIPPROTO_UDP = 0x11
	ndIPPROTO_TLS = 0xFE

	ndSOL_SOCKET   = 0x1
	ndSO_REUSEADDR = 0x2
	ndSO_BROADCAST = 0x6
	ndSO_SNDBUF    = 0x7
	ndSO_RCVBUF    = 0x8
	ndSO_KEEPALIVE = 0x9
	ndSO_LINGER    = 0xd

	ndSOL_TCP       = 0x6
	ndTCP_NODELAY   = 0x1
	ndTCP_KEEPIDLE  = 0x4
	ndTCP_KEEPINTVL = 0x5
	ndTCP_KEEPCNT   = 0x6

	ndSOL_IPV6    = 0x29
	ndIPV6_V6ONLY = 0x1a

	ndSHUT_RD = 0
	ndSHUT_WR = 1
)

// The calls that a deadline ends.
const (
	ndReads  = 1 // Recv, RecvFrom, Accept
	ndWrites = 2 // Send, SendTo, Connect
)

// netdever is what every network device has. It has the method set of
// Netdever in tinygo.org/x/drivers/netdev, whose values arrive here through
// useNetdev.
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

// The optional interfaces. They are documented, under the same names with a
// capital letter, in tinynet's package netdev; a device has one by having its
// methods.
type (
	datagrammer interface {
		SendTo(sockfd int, buf []byte, flags int, deadline time.Time, to netip.AddrPort) (int, error)
		RecvFrom(sockfd int, buf []byte, flags int, deadline time.Time) (int, netip.AddrPort, error)
	}
	sockNamer interface {
		GetSockname(sockfd int) (netip.AddrPort, error)
	}
	shutdowner interface {
		Shutdown(sockfd int, how int) error
	}
	deadliner interface {
		SetSockDeadline(sockfd int, calls int, t time.Time) error
	}
	interrupter interface {
		Interrupt(sockfd int, calls int, on bool) error
	}
	addressFamilies interface {
		AddressFamilies() (ip4, ip6, mapped bool)
	}
	netIPLookuper interface {
		LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error)
	}
	dnsConfigurer interface {
		DNSConfig() (servers []netip.AddrPort, search []string)
	}
	interfacer interface {
		Interfaces() ([]Interface, error)
		InterfaceAddrs(index int) ([]netip.Prefix, error)
	}
	multicaster interface {
		JoinGroup(sockfd int, group netip.Addr, ifindex int) error
		SetMulticastInterface(sockfd int, ip6 bool, ifindex int) error
		SetMulticastLoopback(sockfd int, ip6 bool, on bool) error
	}
	// unixNamer has the calls on AF_UNIX sockets, whose addresses are names.
	unixNamer interface {
		BindUnix(sockfd int, name string) error
		ConnectUnix(sockfd int, name string) error
		SocknameUnix(sockfd int) (name string, err error)
		AcceptUnix(sockfd int) (newfd int, peer string, err error)
		SendToUnix(sockfd int, buf []byte, to string) (int, error)
		RecvFromUnix(sockfd int, buf []byte) (n int, from string, err error)
		Unlink(name string) error
	}
	tlsOffload interface {
		TLSOffload() bool
	}
	exclusive interface {
		Exclusive() bool
	}
)

var (
	// setDevice is the device given to useNetdev, nil before that.
	setDevice atomic.Pointer[device]

	hostDevice = sync.OnceValue(func() *device {
		host := newHost()
		if host == nil {
			return nil
		}
		d := newDevice(host)
		d.reachesLocal, d.host = true, hosted
		return d
	})
	loopbackDevice = sync.OnceValue(func() *device {
		return &device{loop: theLoopback(), ip4: true, ip6: true, mapped: true, reachesLocal: true}
	})
)

// useNetdev makes dev the device of all sockets opened from now on; nil puts
// the default back. tinygo.org/x/drivers/netdev.UseNetdev and tinynet's
// netdev.Use pull it by this name.
//
//go:linkname useNetdev
func useNetdev(dev netdever) {
	if dev == nil {
		setDevice.Store(nil)
		return
	}
	if own := ownDevice(dev); own != nil {
		setDevice.Store(own)
		return
	}
	setDevice.Store(newDevice(dev))
}

// exclusiveDevice reports whether the device that was set does nothing else while
// it waits for something to receive. net/http pulls it by this name.
//
//go:linkname exclusiveDevice
func exclusiveDevice() bool {
	d := setDevice.Load()
	if d == nil || d.driver == nil {
		return false
	}
	if v, ok := d.driver.(exclusive); ok {
		return v.Exclusive()
	}
	return exclusiveFirmware(d.driver)
}

// currentDevice is where sockets go that are not bound to a loopback address:
// the device that was set, else the system's sockets, else the loopback.
func currentDevice() *device {
	if d := setDevice.Load(); d != nil {
		return d
	}
	if d := hostDevice(); d != nil {
		return d
	}
	return loopbackDevice()
}

// deviceFor chooses the device for a socket with these addresses, either of
// which may be the zero AddrPort. Loopback addresses stay on the board.
func deviceFor(laddr, raddr netip.AddrPort) *device {
	d := currentDevice()
	if d.reachesLocal {
		return d
	}
	if laddr.Addr().Unmap().IsLoopback() {
		return loopbackDevice()
	}
	if r := raddr.Addr().Unmap(); r.IsLoopback() || r.IsUnspecified() {
		return loopbackDevice()
	}
	return d
}
