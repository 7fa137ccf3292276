//go:build tinynetport && !nohostnet && !tinygo

package net

import (
	"internal/poll"
	"internal/syscall/windows"
	"net/netip"
	"os"
	"syscall"
	"time"
	"unsafe"
)

// hostHandle is the type in which the system counts sockets.
type hostHandle = syscall.Handle

const (
	hostNumberStep  = 4    // between the numbers of handles
	hostPollsAtOnce = true // calls are overlapped, connecting too, and the poller has to know
	hostMapsIPv4    = true // IPv6 sockets of the system can speak IPv4

	// What Go's syscall does not have, as in Windows' headers.
	hostSO_TYPE                   = 0x1008
	hostSIO_UDP_NETRESET          = 0x9800000f
	hostSIO_TCP_INITIAL_RTO       = 0x98000011
	hostTCP_KEEPIDLE              = 3
	hostTCP_KEEPCNT               = 16
	hostTCP_KEEPINTVL             = 17
	hostUnspecifiedRTT            = 0xffff
	hostNoSynRetransmissions      = 0xfe
	hostDefaultKeepAliveIntervalS = 1

	// The calls that errors name, as Go's net does.
	hostCallRead     = "wsarecv"
	hostCallWrite    = "wsasend"
	hostCallRecvFrom = "wsarecvfrom"
	hostCallSendTo   = "wsasendto"
	hostCallRecvMsg  = "wsarecvmsg"
	hostCallSendMsg  = "wsasendmsg"
	hostCallWritev   = "wsasend"
)

func init() { poll.InitWSA() }

var errHostFDClosing = poll.ErrNetClosing

// hostFD is a socket for which Go's runtime waits. What internal/poll's FD has
// in another form than on Unix, this has in Unix's.
type hostFD struct {
	poll.FD
	family, sotype int // the system's numbers
}

func newHostFD(handle hostHandle, domain, sotype int) hostFD {
	fd := hostFD{family: hostFamily(domain), sotype: sotype}
	fd.Sysfd = handle
	fd.IsStream = sotype == ndSOCK_STREAM
	fd.ZeroReadIsEOF = sotype != ndSOCK_DGRAM && sotype != ndSOCK_RAW
	return fd
}

func hostJoinPoller(fd *hostFD) error {
	network := "tcp"
	switch {
	case fd.sotype == ndSOCK_DGRAM:
		network = "udp"
	case fd.sotype == ndSOCK_RAW:
		network = "ip"
	case fd.family == syscall.AF_UNIX:
		network = "unix"
	}
	if err := fd.init(network); err != nil {
		return err
	}
	if fd.sotype == ndSOCK_DGRAM {
		// Without this, a datagram that one peer refuses makes the next read
		// fail, whoever it would have been from. Not every Windows has both.
		for _, what := range [...]uint32{syscall.SIO_UDP_CONNRESET, hostSIO_UDP_NETRESET} {
			off, got := uint32(0), uint32(0)
			syscall.WSAIoctl(fd.Sysfd, what, (*byte)(unsafe.Pointer(&off)), uint32(unsafe.Sizeof(off)), nil, 0, &got, nil, 0)
		}
	}
	return nil
}

// Accept waits for a connection. Windows wants its socket to be made before.
func (fd *hostFD) Accept() (hostHandle, syscall.Sockaddr, string, error) {
	handle, names, size, call, err := fd.FD.Accept(func() (syscall.Handle, error) {
		return sysSocket(fd.family, fd.sotype, 0)
	})
	if err != nil {
		return syscall.InvalidHandle, nil, call, err
	}
	var local, peer *syscall.RawSockaddrAny
	var localSize, peerSize int32
	syscall.GetAcceptExSockaddrs((*byte)(unsafe.Pointer(&names[0])), 0, size, size, &local, &localSize, &peer, &peerSize)
	sa, _ := peer.Sockaddr()
	return handle, sa, "", nil
}

func hostClose(handle hostHandle) error { return syscall.Closesocket(handle) }

// connect connects to sa. For streams of IP there is a call that can be
// interrupted; for others none is needed.
func (s *hostSock) connect(sa syscall.Sockaddr) error {
	if err := s.poll(); err != nil {
		return err
	}
	if s.sotype != ndSOCK_STREAM || s.domain == ndAF_UNIX {
		return os.NewSyscallError("connect", connectFunc(s.pfd.Sysfd, sa))
	}
	local := false
	var any syscall.Sockaddr
	switch sa := sa.(type) {
	case *syscall.SockaddrInet4:
		local, any = sa.Addr[0] == 127, &syscall.SockaddrInet4{}
	case *syscall.SockaddrInet6:
		local, any = sa.Addr == netip.IPv6Loopback().As16(), &syscall.SockaddrInet6{}
	}
	if !s.bound { // which the call wants it to be
		if err := syscall.Bind(s.pfd.Sysfd, any); err != nil {
			return os.NewSyscallError("bind", err)
		}
		s.bound = true
	}
	if local {
		s.failFast()
	}
	if err := s.pfd.ConnectEx(sa); err != nil {
		return hostError("connectex", err)
	}
	// From here on the system knows it as connected in all calls.
	h := s.pfd.Sysfd
	return os.NewSyscallError("setsockopt", syscall.Setsockopt(h, syscall.SOL_SOCKET, syscall.SO_UPDATE_CONNECT_CONTEXT, (*byte)(unsafe.Pointer(&h)), int32(unsafe.Sizeof(h))))
}

// failFast makes Windows believe a refusal of this computer's at once. It asks
// again for two seconds otherwise.
func (s *hostSock) failFast() {
	retries := uint8(1)
	if windows.SupportTCPInitialRTONoSYNRetransmissions() {
		retries = hostNoSynRetransmissions
	}
	params := struct {
		rtt     uint16
		retries uint8
	}{hostUnspecifiedRTT, retries}
	got := uint32(0)
	s.pfd.WSAIoctl(hostSIO_TCP_INITIAL_RTO, (*byte)(unsafe.Pointer(&params)), uint32(unsafe.Sizeof(params)), nil, 0, &got, nil, 0)
}

// hostNoOption is the error for a socket option that the system does not have.
var hostNoOption error = os.NewSyscallError("setsockopt", syscall.WSAENOPROTOOPT)

func (s *hostSock) setSystemOption(level, opt, value int) error {
	switch {
	case level == syscall.SOL_SOCKET && opt == syscall.SO_REUSEADDR && s.sotype == ndSOCK_STREAM:
		return nil // here it would let others take the port of a listener
	case level == syscall.SOL_SOCKET && opt == syscall.SO_BROADCAST && s.domain == ndAF_INET6:
		return nil // IPv6 has no broadcasts, and Windows says so
	case level == syscall.IPPROTO_TCP && opt == hostTCP_KEEPIDLE && !windows.SupportTCPKeepAliveIdle():
		return s.setOldKeepAlive(value)
	}
	return hostError("setsockopt", s.pfd.SetsockoptInt(level, opt, value))
}

func (h *host) SetMulticastLoopback(sockfd int, ip6 bool, on bool) error {
	if ip6 {
		return h.setSwitch(sockfd, syscall.IPPROTO_IPV6, syscall.IPV6_MULTICAST_LOOP, on)
	}
	return h.setSwitch(sockfd, syscall.IPPROTO_IP, syscall.IP_MULTICAST_LOOP, on)
}

func (h *host) setSwitch(sockfd, level, opt int, on bool) error {
	s, err := h.sock(sockfd)
	if err != nil {
		return err
	}
	value := 0
	if on {
		value = 1
	}
	return hostError("setsockopt", s.pfd.SetsockoptInt(level, opt, value))
}

// setOldKeepAlive sets the time before the first message as Windows did before
// version 1709 of Windows 10, which can only set both times at once.
func (s *hostSock) setOldKeepAlive(seconds int) error {
	times := syscall.TCPKeepalive{
		OnOff:    1,
		Time:     uint32(time.Duration(seconds) * time.Second / time.Millisecond),
		Interval: hostDefaultKeepAliveIntervalS * 1000,
	}
	got := uint32(0)
	err := s.pfd.WSAIoctl(syscall.SIO_KEEPALIVE_VALS, (*byte)(unsafe.Pointer(&times)), uint32(unsafe.Sizeof(times)), nil, 0, &got, nil, 0)
	return hostError("wsaioctl", err)
}
