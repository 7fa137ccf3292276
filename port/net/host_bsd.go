//go:build tinynetport && port.sockets && !tinygo && !windows && (!linux || tinynet_bsd)

package net

import (
	"runtime"
	"syscall"
)

// hostMapsIPv4 says that IPv6 sockets of the system can speak IPv4.
const hostMapsIPv4 = runtime.GOOS != "openbsd" && runtime.GOOS != "dragonfly"

// hostNoOption is the error for a socket option that the system does not have.
var hostNoOption error = syscall.ENOPROTOOPT

func (s *hostSock) setSystemOption(level, opt, value int) error {
	err := s.pfd.SetsockoptInt(level, opt, value)
	if err == nil && level == syscall.SOL_SOCKET && opt == syscall.SO_REUSEADDR && s.sotype != ndSOCK_STREAM {
		// Here this is not enough for two programs to listen to one group.
		err = s.pfd.SetsockoptInt(level, hostSO_REUSEPORT, value)
	}
	return hostError("setsockopt", err)
}

func (h *host) SetMulticastLoopback(sockfd int, ip6 bool, on bool) error {
	s, err := h.sock(sockfd)
	if err != nil {
		return err
	}
	value := 0
	if on {
		value = 1
	}
	if ip6 {
		err = s.pfd.SetsockoptInt(syscall.IPPROTO_IPV6, syscall.IPV6_MULTICAST_LOOP, value)
	} else {
		err = s.pfd.SetsockoptByte(syscall.IPPROTO_IP, syscall.IP_MULTICAST_LOOP, byte(value)) // an int is an error
	}
	return hostError("setsockopt", err)
}
