//go:build tinynet_port

package behaviour_test

import (
	"math"
	"net"
	"net/netip"
	"testing"
	"time"
)

// TestBadInput has calls with what makes no sense. An error is right; a panic, a
// hang or a socket left open is not.
func TestBadInput(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		closer := func(c interface{ Close() error }, err error) {
			if err == nil {
				c.Close()
			}
		}
		for _, addr := range []string{
			"", ":", "::", "x", "10.0.0.2", "10.0.0.2:", "10.0.0.2:-1", "10.0.0.2:65536", "10.0.0.2:99999999999999999999",
			"10.0.0.2:no-such-service", "[::1", "[::1]:x", "256.0.0.1:1", "[fe80::1%nowhere]:1", "10.0.0.2:1:1", "\x00:1",
		} {
			for _, network := range []string{"tcp", "udp", "tcp4", "udp6", "ip", "ip:1", "unix", "", "sctp"} {
				d := net.Dialer{Timeout: 5 * time.Millisecond}
				c, err := d.Dial(network, addr)
				closer(c, err)
				if addr == "" || addr == ":" {
					continue // listening at any port is right
				}
				if network == "unix" {
					continue
				}
				l, err := net.Listen(network, addr)
				closer(l, err)
				p, err := net.ListenPacket(network, addr)
				closer(p, err)
			}
		}
		for _, port := range []int{-1, 65536, math.MaxInt, math.MinInt} {
			for _, ip := range []net.IP{nil, {}, {1}, net.IPv4(10, 0, 0, 2), make(net.IP, 17), net.IPv6loopback} {
				tcp, udp := &net.TCPAddr{IP: ip, Port: port}, &net.UDPAddr{IP: ip, Port: port}
				if c, err := net.DialTCP("tcp", nil, tcp); err == nil {
					c.Close()
					t.Errorf("DialTCP to %v works", tcp)
				}
				if c, err := net.DialTCP("tcp", tcp, tcp); err == nil {
					c.Close()
					t.Errorf("DialTCP from %v works", tcp)
				}
				if l, err := net.ListenTCP("tcp", tcp); err == nil {
					l.Close()
					t.Errorf("ListenTCP at %v works", tcp)
				}
				if c, err := net.DialUDP("udp", nil, udp); err == nil {
					c.Close()
					t.Errorf("DialUDP to %v works", udp)
				}
				if c, err := net.ListenUDP("udp", udp); err == nil {
					c.Close()
					t.Errorf("ListenUDP at %v works", udp)
				}
			}
		}
		if _, err := net.DialTCP("tcp", nil, nil); err == nil {
			t.Error("DialTCP to nobody works")
		}
		if _, err := net.DialUDP("udp", nil, nil); err == nil {
			t.Error("DialUDP to nobody works")
		}
		if c, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IP(w.ip.AsSlice())}); err == nil {
			for _, to := range []net.Addr{nil, (*net.UDPAddr)(nil), &net.UDPAddr{}, &net.UDPAddr{Port: -1}, &net.TCPAddr{}, &net.UDPAddr{IP: net.IP{1}, Port: 9}} {
				c.WriteTo([]byte("x"), to)
			}
			c.SetReadDeadline(past)
			c.WriteToUDPAddrPort(nil, netip.AddrPort{})
			c.Write([]byte("x"))
			c.ReadMsgUDP(nil, nil)
			c.Close()
		}
		zero := new(net.TCPConn)
		zero.Write(nil)
		zero.LocalAddr()
		new(net.TCPListener).Close()
		new(net.UDPConn).ReadFrom(nil)

		c, _ := w.connect(t)
		c.Close()
		c.Read(nil)
		c.Write(nil)
		c.CloseRead()
		c.CloseWrite()
		c.SetLinger(0)
		c.SetNoDelay(true)
		c.SetKeepAliveConfig(net.KeepAliveConfig{Enable: true})
		c.File()
		if raw, err := c.SyscallConn(); err == nil {
			raw.Control(func(uintptr) {})
			raw.Read(func(uintptr) bool { return true })
		}
		if !isClosed(c.SetDeadline(past)) || !isClosed(c.Close()) {
			t.Error("calls after Close do not say so")
		}
	})
}
