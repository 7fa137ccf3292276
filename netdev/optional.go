package netdev

import (
	"context"
	"net"
	"net/netip"
	"time"
)

// A Datagrammer can send datagrams to, and receive them from, more than one
// peer: what ListenUDP, ReadFrom and WriteTo need.
type Datagrammer interface {
	// SendTo sends buf as one datagram from a socket that is not connected, and
	// binds the socket to a free port if it has none. It returns len(buf), or an
	// error: there is no half of a datagram. Blocking and deadline are as with
	// Send.
	SendTo(sockfd int, buf []byte, flags int, deadline time.Time, to netip.AddrPort) (n int, err error)

	// RecvFrom waits for a datagram and returns also who sent it. What is longer
	// than buf is dropped. An empty datagram is n = 0 with a valid sender and no
	// error. Blocking and deadline are as with Recv.
	RecvFrom(sockfd int, buf []byte, flags int, deadline time.Time) (n int, from netip.AddrPort, err error)
}

// A SockNamer tells a socket's local address: after Bind with port 0 the port
// that the device chose, after Connect and Accept the address that the peer
// sees. It does not block.
type SockNamer interface {
	GetSockname(sockfd int) (netip.AddrPort, error)
}

// A Shutdowner closes one half of a connection. After SHUT_WR the peer reads
// the end of the stream, once it has read what was sent, and this side can
// still receive; Send fails. After SHUT_RD Recv returns io.EOF. It does not
// block; a Recv or Send that waits in that half ends.
type Shutdowner interface {
	Shutdown(sockfd int, how int) error
}

// A Deadliner has deadlines that are a state of the socket and not of a call.
//
// SetSockDeadline sets the deadline of some calls, [Reads] or [Writes] or both,
// to t; the zero time is none. It acts on the calls that wait at this moment
// and on all later ones. When t has passed, they return an error that is
// os.ErrDeadlineExceeded by [errors.Is]; so do calls that begin after t, even
// if they have something to return, which stays for the next call after the
// deadline was moved. It does not block, may be called at any time between
// Socket and Close, and no error means that it has been done.
//
// If a call has a deadline of its own as well, the earlier one counts. Package
// net uses only the socket's: its calls then need no goroutine and no buffer
// besides the caller's.
type Deadliner interface {
	SetSockDeadline(sockfd int, calls int, t time.Time) error
}

// An Interrupter can wake the calls of a socket: the least that lets package
// net do without a second goroutine on a driver with no [Deadliner].
//
// Interrupt with on set makes the calls that wait, [Reads] or [Writes] or both,
// return an error with a Timeout method that returns true, such as
// [ErrTimeout], and so does each such call from now on that would have to wait,
// until Interrupt is called with on unset. It is a state, so it cannot be too
// early for a call that is about to begin. It does not block. What arrives
// stays for the next call. Close ends the state: a new socket of the same
// number is not interrupted.
type Interrupter interface {
	Interrupt(sockfd int, calls int, on bool) error
}

// AddressFamilies tells which sockets the device has: of [AF_INET], of
// [AF_INET6], and whether those of AF_INET6 also speak IPv4, with addresses
// like ::ffff:192.0.2.1. It is asked once, by Use.
type AddressFamilies interface {
	AddressFamilies() (ip4, ip6, mapped bool)
}

// A NetIPLookuper looks names up, for all addresses of a family.
//
// The network is "ip", "ip4" or "ip6". It blocks until there is an answer or
// ctx ends, when it returns ctx.Err(). A name that has no such address is
// [ErrHostUnknown], or a *[net.DNSError], which is passed on as it is.
type NetIPLookuper interface {
	LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error)
}

// A DNSConfigurer knows DNS servers, say from DHCP. Go's own DNS client then
// asks these, over the device's UDP, in the place of the device's
// GetHostByName. On a board it is linked with the build tag netgo only.
//
// DNSConfig returns the servers in the order in which they are to be asked,
// and the domains that are tried behind names without a dot. It does not block,
// and is asked for each lookup. No servers are as if there was no such method.
type DNSConfigurer interface {
	DNSConfig() (servers []netip.AddrPort, search []string)
}

// An Interfacer tells the device's network interfaces, without the built-in
// loopback, which has index 1; theirs begin at 2. Neither method blocks.
type Interfacer interface {
	Interfaces() ([]net.Interface, error)
	// InterfaceAddrs returns the addresses of the interface with this index.
	InterfaceAddrs(index int) ([]netip.Prefix, error)
}

// A Multicaster can receive what is sent to a group. An ifindex is that of an
// interface of [Interfacer], 0 for the one that the device chooses. A group of
// a family that the device lacks is an error. No method blocks.
type Multicaster interface {
	// JoinGroup makes a datagram socket receive what is sent to the group.
	JoinGroup(sockfd int, group netip.Addr, ifindex int) error
	// SetMulticastInterface says where datagrams to groups go out.
	SetMulticastInterface(sockfd int, ip6 bool, ifindex int) error
	// SetMulticastLoopback says whether they come back to the device's own
	// members.
	SetMulticastLoopback(sockfd int, ip6 bool, on bool) error
}

// A UnixNamer has sockets of [AF_UNIX], whose addresses are names. It has to be
// a [Deadliner] too, or else is not used. The methods are the ones of Netdever and [Datagrammer] with
// names; a name that begins with @ is in no file system, and an empty one lets
// BindUnix choose. Close does not remove the file of a socket: Unlink does.
type UnixNamer interface {
	BindUnix(sockfd int, name string) error
	ConnectUnix(sockfd int, name string) error
	SocknameUnix(sockfd int) (name string, err error)
	AcceptUnix(sockfd int) (newfd int, peer string, err error)
	SendToUnix(sockfd int, buf []byte, to string) (int, error)
	RecvFromUnix(sockfd int, buf []byte) (n int, from string, err error)
	Unlink(name string) error
}

// A TLSOffload is a device that may do TLS itself. If TLSOffload returns true,
// a socket with [IPPROTO_TLS] is TLS: Connect ends after the handshake, in which
// the device has checked that the peer's certificate is valid now, is trusted
// and is for host; it fails otherwise. What is given to Send is encrypted, what
// Recv returns was authenticated, and the end that Recv tells by io.EOF is the
// peer's close_notify; a connection that is cut off is another error. TLSOffload
// does not block; it is asked before each dial, as firmware may be updated.
type TLSOffload interface {
	TLSOffload() bool
}

// An Exclusive is a device that may do nothing else while a Recv waits. If
// Exclusive returns true, net/http's client reads from a connection only when
// its request is written, and not to see whether the server closes one that is
// idle. It does not block; it is asked before each dial of the client.
type Exclusive interface {
	Exclusive() bool
}
