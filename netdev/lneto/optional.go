package lneto

import (
	"net"
	"net/netip"
	"syscall"
	"time"

	"github.com/tinynet/tinynet/netdev"
)

var _ interface {
	netdev.Netdever
	netdev.Datagrammer
	netdev.SockNamer
	netdev.Shutdowner
	netdev.Deadliner
	netdev.AddressFamilies
	netdev.NetIPLookuper
	netdev.DNSConfigurer
	netdev.Interfacer
	netdev.Multicaster
} = (*Device)(nil)

// SendTo sends a datagram to any address.
func (d *Device) SendTo(sockfd int, buf []byte, flags int, deadline time.Time, to netip.AddrPort) (int, error) {
	deadline = fromNow(deadline)
	d.mu.Lock()
	defer d.mu.Unlock()
	s, err := d.sock(sockfd)
	addr := to.Addr().Unmap()
	switch {
	case err != nil:
		return -1, err
	case s.stype != datagrams || !addr.Is4() || addr.IsUnspecified() || to.Port() == 0:
		return -1, syscall.EINVAL
	case s.remote != peer{}:
		return -1, syscall.EISCONN
	}
	return d.sendDatagram(s, buf, deadline, peer{addr.As4(), to.Port()})
}

// RecvFrom receives a datagram and tells whose it is.
func (d *Device) RecvFrom(sockfd int, buf []byte, flags int, deadline time.Time) (int, netip.AddrPort, error) {
	deadline = fromNow(deadline)
	d.mu.Lock()
	defer d.mu.Unlock()
	s, err := d.sock(sockfd)
	switch {
	case err != nil:
		return -1, netip.AddrPort{}, err
	case s.stype != datagrams:
		return -1, netip.AddrPort{}, syscall.EINVAL
	}
	return d.receiveDatagram(s, buf, deadline)
}

// GetSockname tells a socket's own address.
func (d *Device) GetSockname(sockfd int) (netip.AddrPort, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	s, err := d.sock(sockfd)
	if err != nil {
		return netip.AddrPort{}, err
	}
	ip := s.bound
	if ip == (ip4{}) && (s.conn != nil || s.remote != peer{}) {
		ip = d.ip
	}
	return netip.AddrPortFrom(netip.AddrFrom4(ip), s.port), nil
}

// Shutdown ends one half of a connection.
func (d *Device) Shutdown(sockfd, how int) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	s, err := d.sock(sockfd)
	switch {
	case err != nil:
		return err
	case s.conn == nil || !s.conn.up:
		return syscall.ENOTCONN
	case how == netdev.SHUT_WR:
		s.conn.shutdownWrite()
	case how == netdev.SHUT_RD:
		s.conn.deaf, s.conn.left = true, nil
		if !s.conn.ended {
			s.conn.discard()
		}
	default:
		return syscall.EINVAL
	}
	s.wakeAll()
	d.kick()
	return nil
}

// SetSockDeadline sets deadlines that are the socket's.
func (d *Device) SetSockDeadline(sockfd, calls int, t time.Time) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	s, err := d.sock(sockfd)
	if err != nil {
		return err
	}
	t = fromNow(t)
	if calls&netdev.Reads != 0 {
		s.rdead = t
	}
	if calls&netdev.Writes != 0 {
		s.wdead = t
	}
	s.wake(calls) // they look at their deadlines again
	return nil
}

// AddressFamilies tells that there is IPv4 only.
func (d *Device) AddressFamilies() (ip4, ip6, mapped bool) { return true, false, false }

// DNSConfig tells the DNS servers of Config and of DHCP.
func (d *Device) DNSConfig() (servers []netip.AddrPort, search []string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, a := range d.servers {
		servers = append(servers, netip.AddrPortFrom(a, dnsPort))
	}
	if d.domain != "" {
		search = []string{d.domain}
	}
	return servers, search
}

const ifIndex = 2

// Interfaces tells the one there is.
func (d *Device) Interfaces() ([]net.Interface, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	i := net.Interface{
		Index: ifIndex, MTU: d.conf.MTU, Name: d.conf.Name,
		HardwareAddr: net.HardwareAddr(append([]byte(nil), d.conf.MAC[:]...)),
		Flags:        net.FlagBroadcast | net.FlagMulticast,
	}
	if d.linkUp && !d.halted {
		i.Flags |= net.FlagUp | net.FlagRunning
	}
	return []net.Interface{i}, nil
}

// InterfaceAddrs tells its address.
func (d *Device) InterfaceAddrs(index int) ([]netip.Prefix, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if index != ifIndex || d.ip == (ip4{}) {
		return nil, nil
	}
	return []netip.Prefix{netip.PrefixFrom(netip.AddrFrom4(d.ip), d.bits)}, nil
}

// SetSockOpt sets an option. Data is never held back for more, so TCP_NODELAY
// changes nothing; the sizes of buffers are those of Config.
func (d *Device) SetSockOpt(sockfd, level, opt int, value interface{}) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	s, err := d.sock(sockfd)
	if err != nil {
		return err
	}
	n, isInt := value.(int)
	on, isBool := value.(bool)
	seconds := func(to *time.Duration) error {
		if !isInt || n <= 0 {
			return syscall.EINVAL
		}
		*to = time.Duration(n) * time.Second
		return nil
	}
	type option struct{ level, opt int }
	o := option{level, opt}
	switch o {
	case option{netdev.SOL_SOCKET, netdev.SO_REUSEADDR}, option{netdev.SOL_SOCKET, netdev.SO_BROADCAST},
		option{netdev.SOL_TCP, netdev.TCP_NODELAY}:
		if !isBool {
			return syscall.EINVAL
		}
		return nil
	case option{netdev.SOL_SOCKET, netdev.SO_LINGER}:
		if !isInt {
			return syscall.EINVAL
		}
		s.linger = max(n, -1)
		return nil
	}
	c := s.conn
	if c == nil {
		// Options of a connection that is still to come are its defaults.
		switch o {
		case option{netdev.SOL_SOCKET, netdev.SO_KEEPALIVE}:
			if isBool && s.stype == streams {
				return nil
			}
		}
		return netdev.ErrNotSupported
	}
	defer d.kick()
	switch o {
	case option{netdev.SOL_SOCKET, netdev.SO_KEEPALIVE}:
		if !isBool {
			return syscall.EINVAL
		}
		c.keepAlive, c.keepSent = on, 0
		c.heard = d.now()
		return nil
	case option{netdev.SOL_TCP, netdev.TCP_KEEPIDLE}:
		return seconds(&c.keepIdle)
	case option{netdev.SOL_TCP, netdev.TCP_KEEPINTVL}:
		return seconds(&c.keepEvery)
	case option{netdev.SOL_TCP, netdev.TCP_KEEPCNT}:
		if !isInt || n <= 0 {
			return syscall.EINVAL
		}
		c.keepCount = n
		return nil
	}
	return netdev.ErrNotSupported
}
