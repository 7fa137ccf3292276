//go:build tinynet_port

package behaviour_test

import (
	"bytes"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"testing"
	"time"

	"github.com/tinynet/tinynet/netdev/simdev"
)

// Whatever a driver hands over when its caller has left is for the next call.

func TestLateBytes(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		c, p := w.connect(t)
		want := bytesOf(2000)
		sent := inBackground(func() error {
			pace := time.NewTicker(time.Millisecond)
			defer pace.Stop()
			for i := 0; i < len(want); i += 50 {
				if _, err := p.Write(want[i : i+50]); err != nil {
					return err
				}
				<-pace.C
			}
			return nil
		})
		var got []byte
		buf := make([]byte, 30)
		timeouts := 0
		for end := time.Now().Add(patience); len(got) < len(want); {
			c.SetReadDeadline(time.Now().Add(time.Millisecond / 2))
			n, err := c.Read(buf)
			got = append(got, buf[:n]...)
			if errors.Is(err, os.ErrDeadlineExceeded) {
				timeouts++
			} else if err != nil {
				t.Fatal(err)
			}
			if time.Now().After(end) {
				t.Fatalf("only %d of %d bytes came", len(got), len(want))
			}
		}
		if err := <-sent; err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("with %d deadlines between them, bytes were lost or doubled", timeouts)
		}
		exchange(t, p, eofless{c}, []byte("end"))
	})
}

// eofless reads without a deadline.
type eofless struct{ *net.TCPConn }

func (c eofless) Read(p []byte) (int, error) {
	c.SetReadDeadline(time.Time{})
	return c.TCPConn.Read(p)
}

func TestLateWrites(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		c, p := w.connect(t)
		want := bytesOf(300 << 10)
		if w.dev != nil {
			want = want[:60<<10]
		}
		var got bytes.Buffer
		read := inBackground(func() error {
			pace := time.NewTicker(time.Millisecond)
			defer pace.Stop()
			buf := make([]byte, 4000)
			for got.Len() < len(want) {
				n, err := p.Read(buf)
				got.Write(buf[:n])
				if err != nil {
					return err
				}
				<-pace.C
			}
			return nil
		})
		for at := 0; at < len(want); {
			c.SetWriteDeadline(time.Now().Add(time.Millisecond))
			n, err := c.Write(want[at:])
			at += n
			if err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
				t.Fatal(err)
			}
		}
		if err := soon(t, "the peer's Read", read); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got.Bytes(), want) {
			t.Error("bytes were lost or doubled")
		}
	})
}

func TestLateConnections(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		l := w.listen(t)
		const count = 5
		called := inBackground(func() error {
			for i := range count {
				c, err := w.peer.Dial(addrPort(l.Addr()))
				if err != nil {
					return err
				}
				t.Cleanup(func() { c.Close() })
				if _, err := c.Write([]byte{byte(i)}); err != nil {
					return err
				}
			}
			return nil
		})
		seen := map[byte]bool{}
		for end := time.Now().Add(patience); len(seen) < count; {
			l.SetDeadline(time.Now().Add(time.Millisecond / 2))
			c, err := l.Accept()
			if errors.Is(err, os.ErrDeadlineExceeded) && time.Now().Before(end) {
				continue
			}
			if err != nil {
				t.Fatalf("after %d connections: %v", len(seen), err)
			}
			buf := make([]byte, 1)
			if _, err := io.ReadFull(c, buf); err != nil {
				t.Fatal(err)
			}
			if seen[buf[0]] {
				t.Errorf("connection %d came twice", buf[0])
			}
			seen[buf[0]] = true
			c.Close()
		}
		if err := <-called; err != nil {
			t.Fatal(err)
		}
		l.SetDeadline(time.Now().Add(5 * time.Millisecond))
		if _, err := l.Accept(); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("one more Accept gives %v", err)
		}
	})
}

func TestLateDatagrams(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		p, err := w.peer.ListenPacket()
		if err != nil {
			t.Fatal(err)
		}
		defer p.Close()
		c, err := net.Dial("udp", p.LocalAddr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if _, err := c.Write([]byte("here I am")); err != nil {
			t.Fatal(err)
		}
		buf := make([]byte, 100)
		_, from, err := p.ReadFrom(buf)
		if err != nil {
			t.Fatal(err)
		}
		const count = 40
		sent := inBackground(func() error {
			pace := time.NewTicker(time.Millisecond)
			defer pace.Stop()
			for i := range count {
				if _, err := p.WriteTo([]byte{byte(i), 0, 0}, from); err != nil {
					return err
				}
				<-pace.C
			}
			return nil
		})
		for i, end := 0, time.Now().Add(patience); i < count; {
			c.SetReadDeadline(time.Now().Add(time.Millisecond / 2))
			n, err := c.Read(buf)
			if errors.Is(err, os.ErrDeadlineExceeded) && time.Now().Before(end) {
				continue
			}
			if err != nil || n != 3 || int(buf[0]) != i {
				t.Fatalf("datagram %d is %d bytes, number %d, %v", i, n, buf[0], err)
			}
			i++
		}
		if err := <-sent; err != nil {
			t.Fatal(err)
		}
	})
}

func TestExhaustion(t *testing.T) {
	few := func(c *simdev.Config) { c.MaxSockets = 6 }
	eachDevice(t, few, func(t *testing.T, w *world) {
		if w.greedy() {
			skip(t, "a call that waits keeps all others from the device")
			return
		}
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
				defer c.Close()
			}
		})
		var conns []net.Conn
		defer func() {
			for _, c := range conns {
				c.Close()
			}
		}()
		for range w.sockets() - 1 {
			c, err := net.Dial("tcp", l.Addr().String())
			if err != nil {
				t.Fatalf("connection %d of %d: %v", len(conns), w.sockets(), err)
			}
			conns = append(conns, c)
		}
		last := net.Listener(nil)
		if w.listens() {
			last = w.listen(t)
			addr := last.Addr().String()
			_, err := net.Listen("tcp", netip.AddrPortFrom(w.ip, 0).String())
			wantOp(t, "Listen without a socket left", "listen", err)
			// An Accept that finds no socket must not lose the connection.
			p := w.call(t, last)
			if _, err = last.Accept(); err == nil {
				t.Error("Accept found a socket where there is none")
			} else {
				wantOp(t, "Accept without a socket left", "accept", err)
			}
			conns[0].Close()
			conns = conns[1:]
			c, err := last.Accept()
			if err != nil {
				t.Fatalf("Accept at %s after a socket was freed: %v", addr, err)
			}
			conns = append(conns, c)
			buf := make([]byte, 1)
			if _, err := io.ReadFull(c, buf); err != nil {
				t.Error(err)
			}
			exchange(t, p, c, []byte("at last"))
		} else {
			c, err := net.Dial("tcp", l.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			conns = append(conns, c)
		}
		for range 3 {
			_, err = net.Dial("tcp", l.Addr().String())
			wantOp(t, "Dial without a socket left", "dial", err)
		}
		for i := range 3 {
			conns[len(conns)-1].Close()
			conns = conns[:len(conns)-1]
			c, err := net.Dial("tcp", l.Addr().String())
			if err != nil {
				t.Fatalf("Dial %d after a socket was freed: %v", i, err)
			}
			conns = append(conns, c)
		}
		l.Close()
		soon(t, "the peer's Accept", served)
	})
}

// TestListenAtOnce has a listener take the place of one that was closed while it
// waited, before the driver has noticed.
func TestListenAtOnce(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		l := w.listen(t)
		at := l.Addr().String()
		for range 5 {
			accepted := inBackground(func() error {
				_, err := l.Accept()
				return err
			})
			w.blocked(1)
			l.Close()
			again, err := net.Listen("tcp", at)
			if err != nil {
				t.Fatal(err)
			}
			if err := soon(t, "Accept of a listener that was closed", accepted); !isClosed(err) {
				t.Errorf("Accept of a listener that was closed gives %v", err)
			}
			l = again.(*net.TCPListener)
			t.Cleanup(func() { again.Close() })
			ours, theirs := w.accept(t, l)
			ours.Close()
			theirs.Close()
		}
	})
}
