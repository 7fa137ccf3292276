package host

import (
	"net"
	"time"

	"github.com/tinynet/tinynet/netdev"
	"github.com/tinynet/tinynet/netdev/internal/errno"
)

// An option is one of a socket's. What is not here is not supported: a board
// that is told that an option is set can rely on that.
type option struct{ level, opt int }

var (
	reuseAddr = option{netdev.SOL_SOCKET, netdev.SO_REUSEADDR}
	broadcast = option{netdev.SOL_SOCKET, netdev.SO_BROADCAST}
	sendSize  = option{netdev.SOL_SOCKET, netdev.SO_SNDBUF}
	recvSize  = option{netdev.SOL_SOCKET, netdev.SO_RCVBUF}
	keepAlive = option{netdev.SOL_SOCKET, netdev.SO_KEEPALIVE}
	linger    = option{netdev.SOL_SOCKET, netdev.SO_LINGER}
	noDelay   = option{netdev.SOL_TCP, netdev.TCP_NODELAY}
	keepIdle  = option{netdev.SOL_TCP, netdev.TCP_KEEPIDLE}
	keepIntvl = option{netdev.SOL_TCP, netdev.TCP_KEEPINTVL}
	keepCount = option{netdev.SOL_TCP, netdev.TCP_KEEPCNT}
	only6     = option{netdev.SOL_IPV6, netdev.IPV6_V6ONLY}
)

// setOption sets one, now or when there is a connection.
func (s *socket) setOption(o option, value int) error {
	switch o {
	case only6:
		if s.domain != netdev.AF_INET6 {
			return errno.ENOTSUP
		}
		if s.state != fresh {
			return errno.EINVAL
		}
		s.only6 = value != 0
		return nil
	case reuseAddr:
		switch {
		case s.stream && value == 0:
			return errno.ENOTSUP // package net switches it on where it makes sense
		case s.stream:
			return nil
		case s.state != fresh:
			return errno.EINVAL
		}
		s.shared = value != 0
		return nil
	case broadcast:
		if s.stream {
			return errno.ENOTSUP
		}
		s.quiet = value == 0
		return nil
	case linger:
		if !s.stream {
			return errno.ENOTSUP
		}
		// The system's would have Close wait; the host waits by itself.
		s.linger = max(value, -1)
		return nil
	case sendSize, recvSize:
		if value <= 0 {
			return errno.EINVAL
		}
	case keepIdle, keepIntvl, keepCount:
		if !s.stream {
			return errno.ENOTSUP
		}
		if value <= 0 || value > 0x7fff {
			return errno.EINVAL
		}
	case keepAlive, noDelay:
		if !s.stream {
			return errno.ENOTSUP
		}
	default:
		return errno.ENOTSUP
	}
	if s.conn == nil && s.udp == nil {
		if s.options == nil {
			s.options = map[option]int{}
		}
		s.options[o] = value
		return nil
	}
	return s.apply(o, value)
}

// apply sets an option on what there is to set it on.
func (s *socket) apply(o option, value int) error {
	on := buffered(s.udp)
	if s.stream {
		on = s.conn
	}
	switch o {
	case sendSize:
		return on.SetWriteBuffer(min(value, mostBuffer))
	case recvSize:
		return on.SetReadBuffer(min(value, mostBuffer))
	case keepAlive:
		return s.conn.SetKeepAlive(value != 0)
	case noDelay:
		return s.conn.SetNoDelay(value != 0)
	}
	keep := net.KeepAliveConfig{Enable: true, Idle: -1, Interval: -1, Count: -1}
	switch o {
	case keepIdle:
		keep.Idle = time.Duration(value) * time.Second
	case keepIntvl:
		keep.Interval = time.Duration(value) * time.Second
	case keepCount:
		keep.Count = value
	}
	return s.conn.SetKeepAliveConfig(keep)
}
