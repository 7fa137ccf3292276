//go:build tinynet_port

package behaviour_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"syscall"
	"testing"
	"time"
)

func TestEcho(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		c, p := w.connect(t)
		for _, n := range []int{1, 100, 1460, 5000, 40000} {
			exchange(t, c, p, bytesOf(n))
			exchange(t, p, c, bytesOf(n))
		}
		if !w.listens() {
			return
		}
		c, p = w.accept(t, w.listen(t))
		exchange(t, c, p, bytesOf(20000))
		exchange(t, p, c, bytesOf(20000))
	})
}

// TestBothWays has both directions of a connection busy at once.
func TestBothWays(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		if w.greedy() {
			skip(t, "the device can do only one thing at a time")
			return
		}
		c, p := w.connect(t)
		there := make(chan struct{})
		go func() {
			defer close(there)
			exchange(t, c, p, bytesOf(60000))
		}()
		exchange(t, p, c, bytesOf(50000))
		<-there
	})
}

func TestEmptyReadAndWrite(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		c, p := w.connect(t)
		if n, err := c.Read(nil); n != 0 || err != nil {
			t.Errorf("Read of nothing gives %d, %v", n, err)
		}
		if n, err := c.Write(nil); n != 0 || err != nil {
			t.Errorf("Write of nothing gives %d, %v", n, err)
		}
		exchange(t, p, c, []byte("something"))
		if w.dev != nil && w.dev.Spins() > 0 {
			t.Error("the driver was made to spin")
		}
	})
}

func TestEOF(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		c, p := w.connect(t)
		if _, err := p.Write([]byte("last words")); err != nil {
			t.Fatal(err)
		}
		p.Close()
		got, err := io.ReadAll(c)
		if string(got) != "last words" || err != nil {
			t.Errorf("read %q, %v", got, err)
		}
		for range 2 {
			if n, err := c.Read(make([]byte, 1)); n != 0 || err != io.EOF {
				t.Errorf("Read at the end gives %d, %v, want io.EOF itself", n, err)
			}
		}
	})
}

func TestReset(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		c, p := w.connect(t)
		if err := p.(interface{ SetLinger(int) error }).SetLinger(0); err != nil {
			t.Fatal(err)
		}
		p.Close()
		if w.conf.Misbehaviour.RecvRetriesErrors {
			// Nobody can tell: at least a deadline must act.
			c.SetReadDeadline(time.Now().Add(10 * time.Millisecond))
			_, err := c.Read(make([]byte, 1))
			wantTimeout(t, "Read from a driver that retries errors", "read", err)
			return
		}
		_, err := c.Read(make([]byte, 1))
		wantOp(t, "Read of a broken connection", "read", err)
		if !errors.Is(err, w.errnoOf(syscall.ECONNRESET)) {
			t.Errorf("Read of a broken connection gives %v, want ECONNRESET", err)
		}
	})
}

func TestHalfClose(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		c, p := w.connect(t)
		err := c.CloseWrite()
		if w.dev != nil && !w.datagrams() {
			wantOp(t, "CloseWrite", "close", err)
			if !errors.Is(err, syscall.ENOTSUP) {
				t.Errorf("CloseWrite without Shutdown gives %v, want ENOTSUP", err)
			}
		} else {
			if err != nil {
				t.Fatal(err)
			}
			if got, err := io.ReadAll(p); len(got) > 0 || err != nil {
				t.Errorf("after CloseWrite the peer reads %q, %v", got, err)
			}
			if _, err := c.Write([]byte("x")); err == nil {
				t.Error("Write after CloseWrite works")
			}
		}
		exchange(t, p, c, bytesOf(3000))
		if w.onWindows() {
			return // where a read that waits goes on waiting, as with Go's own net
		}
		blocked := inBackground(func() error { _, err := c.Read(make([]byte, 1)); return err })
		w.blocked(1)
		if err := c.CloseRead(); err != nil {
			t.Fatal(err)
		}
		if err := soon(t, "Read after CloseRead", blocked); err != io.EOF {
			t.Errorf("CloseRead ends Read with %v, want io.EOF", err)
		}
		if err := c.SetReadDeadline(time.Now().Add(patience)); err != nil {
			t.Errorf("SetReadDeadline after CloseRead: %v", err)
		}
		if _, err := c.Read(make([]byte, 1)); err != io.EOF {
			t.Errorf("Read after CloseRead gives %v, want io.EOF", err)
		}
		c.Close()
		_, err = c.Read(make([]byte, 1))
		wantClosed(t, "Read after CloseRead and Close", "read", err)
		wantClosed(t, "CloseRead after Close", "close", c.CloseRead())
	})
}

// TestHalfCloseRead ends the reading half of a connection that can still write.
func TestHalfCloseRead(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		c, p := w.connect(t)
		for range 2 {
			if err := c.CloseRead(); err != nil {
				t.Fatal(err)
			}
			n, err := c.Read(make([]byte, 1))
			if w.onWindows() {
				wantOp(t, "Read after CloseRead", "read", err) // WSAESHUTDOWN, as with Go's own net
			} else if n != 0 || err != io.EOF {
				t.Errorf("Read after CloseRead gives %d, %v, want 0, io.EOF", n, err)
			}
		}
		exchange(t, c, p, bytesOf(3000))
	})
}

func TestAddresses(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		c, p := w.connect(t)
		if a, ok := c.LocalAddr().(*net.TCPAddr); !ok || a.AddrPort().Addr().Unmap() != w.ip {
			t.Errorf("LocalAddr is %v, want %v", c.LocalAddr(), w.ip)
		} else if w.datagrams() && a.Port == 0 {
			t.Error("LocalAddr has no port")
		}
		if a, ok := c.RemoteAddr().(*net.TCPAddr); !ok || a.AddrPort().Addr().Unmap() != w.peer.Addr() || a.Port == 0 {
			t.Errorf("RemoteAddr is %v, want %v", c.RemoteAddr(), w.peer.Addr())
		}
		_ = p
		if !w.listens() {
			return
		}
		l := w.listen(t)
		if addrPort(l.Addr()).Port() == 0 {
			t.Errorf("a listener on port 0 is at %v", l.Addr())
		}
		c, p = w.accept(t, l)
		if c.LocalAddr().String() != l.Addr().String() {
			t.Errorf("LocalAddr of an accepted connection is %v, the listener's %v", c.LocalAddr(), l.Addr())
		}
		if got := addrPort(c.RemoteAddr()); got.Addr() != w.peer.Addr() || got.Port() == 0 {
			t.Errorf("RemoteAddr of an accepted connection is %v, want %v", got, p.LocalAddr())
		}
	})
}

func TestListenTwice(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		l := w.listen(t)
		if other, err := net.Listen("tcp", l.Addr().String()); err == nil {
			other.Close()
			t.Error("two listeners are on one port")
		} else {
			wantOp(t, "Listen on a port in use", "listen", err)
			if !errors.Is(err, w.errnoOf(syscall.EADDRINUSE)) {
				t.Errorf("Listen on a port in use gives %v, want EADDRINUSE", err)
			}
		}
		l.Close()
		again, err := net.Listen("tcp", l.Addr().String())
		if err != nil {
			t.Fatalf("Listen after Close of another listener: %v", err)
		}
		defer again.Close()
		c, p := w.accept(t, again)
		exchange(t, p, c, []byte("anew"))
	})
}

func TestDialRefused(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		l, err := w.peer.Listen()
		if err != nil {
			t.Fatal(err)
		}
		addr := l.Addr().String()
		l.Close()
		for range 3 {
			_, err := net.Dial("tcp", addr)
			wantOp(t, "Dial where nobody listens", "dial", err)
			want := error(w.errnoOf(syscall.ECONNREFUSED))
			if w.conf.Misbehaviour.RefusedIsLate {
				want = os.ErrDeadlineExceeded // the device says no more
			}
			if !errors.Is(err, want) {
				t.Errorf("Dial where nobody listens gives %v, want %v", err, want)
			}
		}
	})
}

func TestDialCancelled(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		var d net.Dialer
		_, err := d.DialContext(ctx, "tcp", netip.AddrPortFrom(w.peer.Addr(), 1).String())
		if !errors.Is(err, context.Canceled) {
			// Go gives its own error for it, which is not the context's.
			if oe, ok := err.(*net.OpError); !ok || oe.Err.Error() != "operation was canceled" {
				t.Errorf("a dial that was cancelled before gives %v", err)
			}
		}
	})
}

// nowhere is an address on the network of the devices that nobody has.
const nowhere = "10.0.0.99:80"

func TestDialNowhere(t *testing.T) {
	eachOf(t, 10, func(t *testing.T, w *world) {
		if w.dev == nil {
			skip(t, "each address answers")
			return
		}
		t.Run("timeout", func(t *testing.T) {
			_, err := net.DialTimeout("tcp", nowhere, 20*time.Millisecond)
			if ne := netError(err); ne == nil || !ne.Timeout() {
				t.Errorf("a dial with a timeout gives %v, want one", err)
			}
			wantOp(t, "a dial with a timeout", "dial", err)
		})
		t.Run("deadline", func(t *testing.T) {
			d := net.Dialer{Deadline: time.Now().Add(20 * time.Millisecond)}
			if _, err := d.Dial("tcp", nowhere); !errors.Is(err, os.ErrDeadlineExceeded) && !err.(net.Error).Timeout() {
				t.Errorf("a dial with a deadline gives %v", err)
			}
		})
		// With a timeout there is a context between the caller's and the dial.
		for name, d := range map[string]*net.Dialer{"cancel": {}, "cancel with a timeout": {Timeout: time.Hour}} {
			t.Run(name, func(t *testing.T) {
				ctx, cancel := context.WithCancel(context.Background())
				done := inBackground(func() error {
					_, err := d.DialContext(ctx, "tcp", nowhere)
					return err
				})
				if w.sockets() > 1 { // else the last dial is still in the driver
					w.blocked(1)
				}
				cancel()
				wantOp(t, "a cancelled dial", "dial", soon(t, "a cancelled dial", done))
			})
		}
	})
}

// TestDialAgain dials, many times, with a socket that was just given back.
func TestDialAgain(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		l, err := w.peer.Listen()
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		served := inBackground(func() error {
			for {
				c, err := l.Accept()
				if err != nil {
					return nil
				}
				io.Copy(c, c)
				c.Close()
			}
		})
		for i := range 15 {
			c, err := net.DialTimeout("tcp", l.Addr().String(), patience)
			if err != nil {
				t.Fatalf("dial %d: %v", i, err)
			}
			sent := bytesOf(i + 1)
			if _, err := c.Write(sent); err != nil {
				t.Fatal(err)
			}
			got := make([]byte, len(sent))
			if _, err := io.ReadFull(c, got); err != nil || !bytes.Equal(got, sent) {
				t.Fatalf("%x has come back as %x, %v", sent, got, err)
			}
			if err := c.Close(); err != nil {
				t.Fatal(err)
			}
		}
		l.Close()
		soon(t, "Accept after Close", served)
	})
}

func TestLookup(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		if w.dev != nil {
			addrs, err := net.LookupHost("peer.example")
			if err != nil || len(addrs) != 1 || addrs[0] != w.peer.Addr().String() {
				t.Errorf("LookupHost gives %v, %v", addrs, err)
			}
			_, err = net.LookupHost("nobody.example")
			var de *net.DNSError
			if !errors.As(err, &de) || !de.IsNotFound || de.Name != "nobody.example" {
				t.Errorf("LookupHost of nobody gives %#v", err)
			}
			_, err = net.Dial("tcp", "nobody.example:80")
			wantOp(t, "Dial of nobody", "dial", err)
			if !errors.As(err, &de) || !de.IsNotFound {
				t.Errorf("Dial of nobody gives %v, want a *DNSError", err)
			}
		}
		addrs, err := net.LookupHost("localhost")
		if err != nil || len(addrs) == 0 {
			t.Errorf("LookupHost of localhost gives %v, %v", addrs, err)
		}
	})
}
