// Package netdev is the interface between package net and a network device.
//
// A driver implements [Netdever], which is the interface of the same name in
// tinygo.org/x/drivers/netdev: a driver written for that one needs no change,
// and is set with either package's function. It may implement more, namely the
// optional interfaces of this package, each by having its methods. Package net
// looks for them when the device is set with [Use], and does without those that
// are not there:
//
//	interface          without it, net
//	-----------------  ---------------------------------------------------------
//	Datagrammer        has connected UDP only (Dial): ListenUDP receives, from a
//	                   sender that it tells as 0.0.0.0:0, and WriteTo fails
//	SockNamer          chooses the port itself where a program leaves it open
//	                   (port 0), and tells port 0 for that of a dialled connection
//	Shutdowner         fails CloseWrite, and ends the reading half by itself
//	Deadliner          runs each call that may block in a second goroutine, with
//	                   a buffer of its own, in slices of 100 ms; unless there is
//	Interrupter        in which case it sets timers, and needs neither
//	AddressFamilies    takes the device for one with IPv4 and without IPv6
//	NetIPLookuper      asks GetHostByName, for one address of either family
//	DNSConfigurer      has no DNS client of its own on the device, so LookupMX
//	                   and its kin fail; names are for the device to look up
//	Interfacer         tells one interface, net0, with the address from Addr
//	Multicaster        fails ListenMulticastUDP
//	UnixNamer          has unix sockets on its built-in loopback only
//	TLSOffload         never opens a socket with IPPROTO_TLS on it; see [UseTLS]
//	Exclusive          takes the device for one that sends while a Recv waits;
//	                   it knows the driver comboat (build tag comboat_fw)
//
// All methods may be called by several goroutines at once, for the same socket
// too: one in Recv, one in Send and others in Close, SetSockOpt and the methods
// of the optional interfaces.
//
// # Socket numbers
//
// A socket is a number that is not negative, the sockfd, from Socket or Accept
// until Close. A number may be given out again as soon as it was closed.
//
// # Blocking
//
// Accept, Recv, RecvFrom, Connect, Send and SendTo block until they can do
// something, but for no longer than their deadline, where they have one.
// Whatever one call waits for, calls for other sockets go on. Close ends all
// calls that wait on its socket. No other method blocks for longer than the
// device takes to answer.
//
// # Deadlines
//
// The deadline of a call is a point in time; the zero [time.Time] is none, also
// if an earlier call had one. A call that runs into its deadline
// returns an error that [errors.Is] os.ErrDeadlineExceeded, or at least has a
// method Timeout that returns true: [ErrTimeout] is such an error. What comes
// later is for the next call.
//
// # Errors
//
// Package net puts a driver's error, as it is, into a [net.OpError] or a
// [net.DNSError], and programs ask those with [errors.Is]. These are what a driver
// should return, or errors that are one of these by errors.Is:
//
//	what has happened                        error
//	---------------------------------------  -------------------------------------
//	the call's deadline has passed,          [ErrTimeout], or any error that is
//	or it was interrupted                    os.ErrDeadlineExceeded, or whose
//	                                         method Timeout returns true
//	all sockets are in use, at whatever      [ErrNoMoreSockets], syscall.EMFILE
//	call that shows
//	nobody listens there                     syscall.ECONNREFUSED
//	the peer does not answer                 syscall.ETIMEDOUT
//	there is no way to the peer              syscall.ENETUNREACH, EHOSTUNREACH
//	the peer has broken the connection       syscall.ECONNRESET
//	the peer has ended the stream            io.EOF from Recv, syscall.EPIPE from Send
//	somebody else has the port               syscall.EADDRINUSE
//	the address is not the device's          syscall.EADDRNOTAVAIL
//	the socket is not connected              syscall.ENOTCONN
//	the datagram is too long                 syscall.EMSGSIZE
//	the socket was closed meanwhile          net.ErrClosed
//	there is no such socket                  [ErrInvalidSocketFd]
//	there is no such name                    [ErrHostUnknown], a *net.DNSError, or any
//	                                         error whose method NotFound returns true
//	the device cannot do it                  [ErrNotSupported] and its kin
//
// A driver whose errors are only words is understood where net knows those words:
// of the drivers in tinygo.org/x/drivers and of lneto it does. The rule "errors" of
// package devtest tells which a driver should mend.
//
// A count that comes with an error may be -1 for 0.
package netdev

import (
	"net/netip"
	"time"
	_ "unsafe" // for linkname
)

// Netdever is what each network device has. Its method set is that of Netdever
// in tinygo.org/x/drivers/netdev.
type Netdever interface {
	// GetHostByName looks a name up. A name that does not exist is
	// [ErrHostUnknown].
	GetHostByName(name string) (netip.Addr, error)

	// Addr is the device's own address, from DHCP or given to it.
	Addr() (netip.Addr, error)

	// Socket opens a socket and returns its number. The domain is [AF_INET], or
	// one that [AddressFamilies] or [UnixNamer] adds; stype is [SOCK_STREAM] or
	// [SOCK_DGRAM]; protocol is [IPPROTO_TCP] for a stream and [IPPROTO_UDP] for
	// datagrams; 0, which net passes for a socket of AF_UNIX alone, need not be
	// taken for either. With IPPROTO_TLS, the device does TLS itself. A device that does not must fail: a plain socket
	// in the place of a TLS one sends secrets in the clear.
	Socket(domain int, stype int, protocol int) (sockfd int, err error)

	// Bind gives the socket its local address. The unspecified address (0.0.0.0)
	// stands for all of the device's. With port 0 the device chooses a port that
	// is free.
	Bind(sockfd int, ip netip.AddrPort) error

	// Connect connects the socket to a peer; datagrams are then sent to it, and
	// received from it only. For a TLS socket host is the peer's name, and ip
	// has only the port; for others host is empty.
	//
	// Connect has no deadline of its own: it gives up after a time that the
	// device chooses. A [Deadliner] or [Interrupter] can end it earlier.
	Connect(sockfd int, host string, ip netip.AddrPort) error

	// Listen makes a stream socket accept connections. Up to backlog of them
	// wait for Accept.
	Listen(sockfd int, backlog int) error

	// Accept waits for a connection and returns its socket and its peer's
	// address. It waits for the connection, not for what the peer sends over it.
	Accept(sockfd int) (newfd int, peer netip.AddrPort, err error)

	// Send sends bytes of a stream, or one datagram, and returns how much of buf
	// it took: for a stream possibly less than all, also together with an error.
	// What it did not count, it has not sent. The flags are 0.
	Send(sockfd int, buf []byte, flags int, deadline time.Time) (n int, err error)

	// Recv waits for bytes of a stream, or one datagram, and returns how many it
	// put into buf; the rest of a datagram that is too long is dropped. At the
	// end of a stream it returns [io.EOF], and after the peer has broken the
	// connection, another error. It never returns 0 without an error, except
	// for an empty datagram. Net gives no empty buf.
	// The flags are 0.
	Recv(sockfd int, buf []byte, flags int, deadline time.Time) (n int, err error)

	// Close ends the socket and all calls that wait on it, with an error. What
	// was sent still goes out.
	Close(sockfd int) error

	// SetSockOpt sets an option. Switches have a bool for a value, times an int
	// in seconds, sizes an int in bytes.
	SetSockOpt(sockfd int, level int, opt int, value interface{}) error
}

// Use makes dev the device of all sockets that package net opens from now on;
// sockets that are open stay where they are. Nil puts the default back: the
// system's sockets where there is a system, else the built-in loopback.
//
// Loopback addresses are never the device's: they are on the built-in loopback
// (on the system, if [Host] is set).
//
// A program that calls this function can be linked only with tinynet's net, or
// TinyGo's: Go's own net has no devices. The linker's words for that are
// "relocation target net.useNetdev not defined".
//
//go:linkname Use net.useNetdev
func Use(dev Netdever)

// UseTLS is Use for a device that does TLS itself and, other than by having
// [TLSOffload], cannot say so: the program vouches for it. The firmware drivers
// of tinygo.org/x/drivers (wifinina, rtl8720dn, espat, comboat) need it only
// where they are wrapped in another type, or on boards other than those that
// come with such a module. A device that takes IPPROTO_TLS for TCP sends in the
// clear what the program believes to be encrypted.
//
//go:linkname UseTLS net.useTLSNetdev
func UseTLS(dev Netdever)

// Host returns the device that is the system's own sockets, or on an emulated board
// of tinynet run the tether; nil if there are none. It has all optional interfaces,
// the tether all but UnixNamer. As Use does, it links only with tinynet's net.
//
//go:linkname Host net.hostNetdev
func Host() Netdever

// Loopback returns the built-in loopback, which connects sockets within the
// program: TCP and UDP on 127.0.0.0/8 and ::1, and unix sockets. As Use does,
// it links only with tinynet's net.
//
//go:linkname Loopback net.loopbackNetdev
func Loopback() Netdever

// Domains, types and protocols of sockets.
const (
	AF_UNIX  = 0x1
	AF_INET  = 0x2
	AF_INET6 = 0xa

	SOCK_STREAM    = 0x1
	SOCK_DGRAM     = 0x2
	SOCK_RAW       = 0x3
	SOCK_SEQPACKET = 0x5

	IPPROTO_TCP = 0x6
	IPPROTO_UDP = 0x11
	// IPPROTO_TLS is no number of IP's: it is for a stream over which the
	// device speaks TLS.
	IPPROTO_TLS = 0xFE
)

// Options, by their level. The numbers are those of Linux.
const (
	SOL_SOCKET   = 0x1
	SO_REUSEADDR = 0x2 // bool: bind although an old connection is on the port
	SO_BROADCAST = 0x6 // bool: allow datagrams to broadcast addresses
	SO_SNDBUF    = 0x7 // int: bytes
	SO_RCVBUF    = 0x8 // int: bytes
	SO_KEEPALIVE = 0x9 // bool
	SO_LINGER    = 0xd // int: seconds that Close goes on sending; 0 breaks the connection, -1 is the default

	SOL_TCP       = 0x6
	TCP_NODELAY   = 0x1 // bool
	TCP_KEEPIDLE  = 0x4 // int: seconds until the first keep-alive message
	TCP_KEEPINTVL = 0x5 // int: seconds between them
	TCP_KEEPCNT   = 0x6 // int: unanswered ones after which the connection is lost

	SOL_IPV6    = 0x29
	IPV6_V6ONLY = 0x1a // bool: an AF_INET6 socket that takes no IPv4
)

// The calls that deadlines and interrupts are for, as bits.
const (
	Reads  = 1 // Recv, RecvFrom, Accept
	Writes = 2 // Send, SendTo, Connect
)

// The halves of a connection, for [Shutdowner].
const (
	SHUT_RD = 0
	SHUT_WR = 1
)
