//go:build tinynet_port

package behaviour_test

import (
	"bytes"
	"errors"
	"net"
	"net/netip"
	"os"
	"runtime"
	"syscall"
	"testing"
	"time"
)

func (w *world) listenUDP(t *testing.T, addr string) *net.UDPConn {
	t.Helper()
	c, err := net.ListenPacket("udp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	if err := c.SetReadDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	return c.(*net.UDPConn)
}

func (w *world) peerUDP(t *testing.T) net.PacketConn {
	t.Helper()
	p, err := w.peer.ListenPacket()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	if err := p.SetReadDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	return p
}

func TestUDPPeers(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		if w.sockets() < 2 && w.datagrams() {
			skip(t, "one socket only")
			return
		}
		c := w.listenUDP(t, netip.AddrPortFrom(w.ip, 0).String())
		if addrPort(c.LocalAddr()).Port() == 0 {
			t.Fatalf("the socket on port 0 is at %v", c.LocalAddr())
		}
		one, two := w.peerUDP(t), w.peerUDP(t)
		if !w.datagrams() {
			_, err := c.WriteTo([]byte("x"), one.LocalAddr())
			wantOp(t, "WriteTo on a device without SendTo", "write", err)
			if !errors.Is(err, syscall.ENOTSUP) {
				t.Errorf("WriteTo on a device without SendTo gives %v, want ENOTSUP", err)
			}
			one.WriteTo([]byte("anonymous"), c.LocalAddr())
			buf := make([]byte, 100)
			n, from, err := c.ReadFromUDPAddrPort(buf)
			if string(buf[:n]) != "anonymous" || from.String() != "0.0.0.0:0" || err != nil {
				t.Errorf("got %q from %v, %v, want %q from 0.0.0.0:0, who is nobody", buf[:n], from, err, "anonymous")
			}
			return
		}
		buf := make([]byte, 100)
		for _, p := range []net.PacketConn{one, two, one} {
			if _, err := p.WriteTo([]byte("to you"), c.LocalAddr()); err != nil {
				t.Fatal(err)
			}
			n, from, err := c.ReadFrom(buf)
			if err != nil || string(buf[:n]) != "to you" || from.String() != p.LocalAddr().String() {
				t.Fatalf("ReadFrom gives %q from %v, %v, want it from %v", buf[:n], from, err, p.LocalAddr())
			}
			if _, err := c.WriteTo([]byte("and back"), from); err != nil {
				t.Fatal(err)
			}
			n, from, err = p.ReadFrom(buf)
			if err != nil || string(buf[:n]) != "and back" || from.String() != c.LocalAddr().String() {
				t.Fatalf("the peer gets %q from %v, %v", buf[:n], from, err)
			}

			p.WriteTo([]byte("again"), c.LocalAddr())
			n, ap, err := c.ReadFromUDPAddrPort(buf)
			if err != nil || n != 5 || ap != addrPort(p.LocalAddr()) {
				t.Fatalf("ReadFromUDPAddrPort gives %d bytes from %v, %v", n, ap, err)
			}
			if _, err := c.WriteToUDPAddrPort([]byte("x"), ap); err != nil {
				t.Fatal(err)
			}
			if n, _, err = p.ReadFrom(buf); n != 1 || err != nil {
				t.Fatalf("the peer gets %d bytes, %v", n, err)
			}
		}

		// Empty ones and too long ones are one each.
		one.WriteTo(nil, c.LocalAddr())
		one.WriteTo(bytesOf(50), c.LocalAddr())
		one.WriteTo([]byte("last"), c.LocalAddr())
		if n, from, err := c.ReadFromUDPAddrPort(buf); n != 0 || err != nil || from != addrPort(one.LocalAddr()) {
			t.Errorf("an empty datagram gives %d bytes from %v, %v", n, from, err)
		}
		if n, _, err := c.ReadFrom(buf[:10]); w.onWindows() {
			if !errors.Is(err, w.errnoOf(syscall.EMSGSIZE)) {
				t.Errorf("a long datagram gives %d bytes, %v, want Windows' error, as with Go's own net", n, err)
			}
		} else if n != 10 || err != nil || !bytes.Equal(buf[:10], bytesOf(50)[:10]) {
			t.Errorf("a long datagram gives %d bytes, %v", n, err)
		}
		if n, _, err := c.ReadFrom(buf); err != nil || string(buf[:n]) != "last" {
			t.Errorf("after a long datagram comes %q, %v", buf[:n], err)
		}
	})
}

func TestUDPConnected(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		p := w.peerUDP(t)
		c, err := net.DialTimeout("udp", p.LocalAddr().String(), patience)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		buf := make([]byte, 2000)
		for _, n := range []int{1, 100, 1400} {
			if _, err := c.Write(bytesOf(n)); err != nil {
				t.Fatal(err)
			}
			got, from, err := p.ReadFrom(buf)
			if err != nil || !bytes.Equal(buf[:got], bytesOf(n)) {
				t.Fatalf("of %d bytes the peer gets %d, %v", n, got, err)
			}
			p.WriteTo(buf[:got], from)
			if got, err = c.Read(buf); err != nil || !bytes.Equal(buf[:got], bytesOf(n)) {
				t.Fatalf("of %d bytes %d come back, %v", n, got, err)
			}
		}
		if _, err := c.(net.PacketConn).WriteTo([]byte("x"), p.LocalAddr()); !errors.Is(err, net.ErrWriteToConnected) {
			t.Errorf("WriteTo on a connected socket gives %v", err)
		}
	})
}

// TestWildcard reaches what listens at all addresses over the device, and over
// the built-in loopback.
func TestWildcard(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		t.Run("tcp", func(t *testing.T) {
			if !w.listens() {
				skip(t, "the device has no listeners")
				return
			}
			l, err := net.Listen("tcp", ":0")
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			port := addrPort(l.Addr()).Port()
			for range 3 {
				for _, local := range []bool{true, false} {
					accepted := make(chan net.Conn, 1)
					go func() {
						c, _ := l.Accept()
						accepted <- c
					}()
					w.blocked(1)
					var p net.Conn
					if local {
						p, err = net.Dial("tcp", netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), port).String())
					} else {
						p, err = w.peer.Dial(netip.AddrPortFrom(w.ip, port))
					}
					if err != nil {
						t.Fatal(err)
					}
					p.Write([]byte("hello"))
					c := soon(t, "Accept", accepted)
					if c == nil {
						t.Fatal("Accept failed")
					}
					exchange(t, p, &eater{c, 5}, bytesOf(1000))
					exchange(t, c, p, bytesOf(1000))
					c.Close()
					p.Close()
				}
			}
			done := inBackground(func() error { _, err := l.Accept(); return err })
			w.blocked(1)
			l.Close()
			wantClosed(t, "Accept", "accept", soon(t, "Accept", done))
		})
		t.Run("udp", func(t *testing.T) {
			if !w.datagrams() {
				skip(t, "the device does not tell who sent a datagram")
				return
			}
			c := w.listenUDP(t, ":0")
			port := addrPort(c.LocalAddr()).Port()
			p := w.peerUDP(t)
			near, err := net.Dial("udp", netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), port).String())
			if err != nil {
				t.Fatal(err)
			}
			defer near.Close()
			near.SetReadDeadline(time.Now().Add(patience))
			buf := make([]byte, 10)
			for range 3 {
				got := inBackground(func() error {
					_, from, err := c.ReadFrom(buf)
					if err == nil {
						_, err = c.WriteTo(buf[:1], from)
					}
					return err
				})
				w.blocked(1)
				near.Write([]byte("near"))
				if err := soon(t, "ReadFrom", got); err != nil {
					t.Fatal(err)
				}
				if n, err := near.Read(buf); n != 1 || err != nil {
					t.Fatalf("the answer over the loopback is %d bytes, %v", n, err)
				}
				p.WriteTo([]byte("far"), net.UDPAddrFromAddrPort(netip.AddrPortFrom(w.ip, port)))
				n, from, err := c.ReadFromUDPAddrPort(buf)
				if n != 3 || err != nil || from.Port() != addrPort(p.LocalAddr()).Port() {
					t.Fatalf("got %d bytes from %v, %v", n, from, err)
				}
			}
			c.SetReadDeadline(time.Now().Add(5 * time.Millisecond))
			if _, _, err := c.ReadFrom(buf); !errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("ReadFrom with a deadline gives %v", err)
			}
		})
	})
}

// An eater skips the first bytes that it reads.
type eater struct {
	net.Conn
	skip int
}

func (e *eater) Read(p []byte) (int, error) {
	for e.skip > 0 {
		n, err := e.Conn.Read(make([]byte, e.skip))
		e.skip -= n
		if err != nil {
			return 0, err
		}
	}
	return e.Conn.Read(p)
}

// TestWildcardClose has arrivals over the built-in loopback race with Close and
// with deadlines: both wake the same call of the device.
func TestWildcardClose(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		if !w.listens() {
			skip(t, "the device has no listeners")
			return
		}
		for i := range 30 {
			l, err := net.Listen("tcp", ":0")
			if err != nil {
				t.Fatal(err)
			}
			at := netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), addrPort(l.Addr()).Port()).String()
			accepting := inBackground(func() error {
				for {
					c, err := l.Accept()
					if isClosed(err) {
						return err
					}
					if err == nil {
						c.Close()
					}
				}
			})
			dialling := inBackground(func() error {
				for range 20 {
					c, err := net.Dial("tcp", at)
					if err != nil {
						break // it is closed
					}
					c.Close()
				}
				return nil
			})
			setting := inBackground(func() error {
				for l.(*net.TCPListener).SetDeadline(past) == nil {
					l.(*net.TCPListener).SetDeadline(time.Time{})
					runtime.Gosched() // WebAssembly has one thread, and interrupts nobody
				}
				return nil
			})
			if i%2 == 0 {
				soon(t, "Dial", dialling)
			}
			if err := l.Close(); err != nil {
				t.Error(err)
			}
			wantClosed(t, "Accept", "accept", soon(t, "Accept after Close", accepting))
			if i%2 != 0 {
				soon(t, "Dial", dialling)
			}
			soon(t, "SetDeadline", setting)
		}
	})
}
