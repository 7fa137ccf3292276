//go:build tinynet_port

package behaviour_test

// The probes of the table of promises: table_test.go runs them.

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"
)

// A probe holds some functions and methods of net to what Go's documentation
// says of them. Its error is net's own, where net says that it cannot be done; a
// promise that is broken is an error of type broken.
type probe struct {
	name   string // what is tried
	covers string // the functions and methods that run calls, as go doc names them
	run    func(w *world) error
}

type broken struct{ text string }

func (b broken) Error() string { return "BROKEN: " + b.text }

func brokenf(format string, args ...any) error { return broken{fmt.Sprintf(format, args...)} }

// serving listens at the peer and hands f the address, and the connections.
func (w *world) serving(f func(at netip.AddrPort, accept func() (net.Conn, error)) error) error {
	l, err := w.peer.Listen()
	if err != nil {
		return brokenf("the peer: %v", err)
	}
	defer l.Close()
	came := make(chan net.Conn, 10)
	go func() {
		defer close(came)
		for {
			p, err := l.Accept()
			if err != nil {
				return
			}
			came <- p
		}
	}()
	return f(addrPort(l.Addr()), func() (net.Conn, error) {
		select {
		case p := <-came:
			return p, nil
		case <-time.After(patience):
			return nil, brokenf("the peer sees no connection")
		}
	})
}

// pair dials the peer.
func (w *world) pair(f func(c *net.TCPConn, p net.Conn) error) error {
	return w.serving(func(at netip.AddrPort, accept func() (net.Conn, error)) error {
		c, err := net.DialTimeout("tcp", at.String(), patience)
		if err != nil {
			return err
		}
		defer c.Close()
		p, err := accept()
		if err != nil {
			return err
		}
		defer p.Close()
		c.SetDeadline(time.Now().Add(patience))
		return f(c.(*net.TCPConn), p)
	})
}

func (w *world) packets(f func(c *net.UDPConn, p net.PacketConn) error) error {
	p, err := w.peer.ListenPacket()
	if err != nil {
		return err
	}
	defer p.Close()
	at := &net.UDPAddr{IP: w.ip.AsSlice()}
	if w.name == "tether" {
		// There, a socket without a port of the program's hears nobody whom it does
		// not know. This one is free, for both are on this computer.
		free, err := w.peer.ListenPacket()
		if err != nil {
			return brokenf("the peer: %v", err)
		}
		at.Port = int(addrPort(free.LocalAddr()).Port())
		free.Close()
	}
	c, err := net.ListenUDP("udp", at)
	if err != nil {
		return err
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(patience))
	return f(c, p)
}

// asked sends a datagram to c and receives it there.
func asked(c *net.UDPConn, p net.PacketConn, receive func(buf []byte) (int, net.Addr, error)) (from net.Addr, err error) {
	if _, err := p.WriteTo([]byte("question"), c.LocalAddr()); err != nil {
		return nil, brokenf("the peer sends %v", err)
	}
	buf := make([]byte, 100)
	n, from, err := receive(buf)
	switch {
	case err != nil:
		return nil, err
	case string(buf[:n]) != "question" || from == nil || from.Network() != "udp":
		return nil, brokenf("%q is received from %v", buf[:n], from)
	}
	return from, nil
}

// told has the peer read what was sent to it.
func told(p io.Reader, want string) error {
	buf := make([]byte, len(want))
	if _, err := io.ReadFull(p, buf); err != nil || string(buf) != want {
		return brokenf("the peer gets %q, %v, and not %q", buf, err, want)
	}
	return nil
}

func option(set func(c *net.TCPConn) error) func(w *world) error {
	return func(w *world) error {
		return w.pair(func(c *net.TCPConn, _ net.Conn) error { return set(c) })
	}
}

// A finding is what a lookup gives: how many answers, and an error.
func finding[T any](found []T, err error) error {
	if err == nil && len(found) == 0 {
		return brokenf("nothing, and no error")
	}
	return err
}

// first returns the first error that is one.
func first(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

var ctx = context.Background()

// names answers for the peer, in a DNS server of the peer's, and for the names
// that records has.
func names(query dnsmessage.Message, tcp bool) [][]byte {
	q := query.Questions[0]
	four := netip.MustParseAddr("10.0.0.2")
	switch q.Name.String() + " " + q.Type.String() {
	case "peer.example. TypeA":
		return [][]byte{answerTo(query, func(m *dnsmessage.Message) {
			m.Answers = append(m.Answers, resource(q, &dnsmessage.AResource{A: four.As4()}))
		})}
	case "peer.example. TypeAAAA":
		return [][]byte{answerTo(query, func(m *dnsmessage.Message) {
			m.Answers = append(m.Answers, resource(q, &dnsmessage.AAAAResource{AAAA: to6(four).As16()}))
		})}
	}
	return records(query, tcp)
}

// lookup runs f with time enough for DNS servers that do not answer.
func lookup(f func(ctx context.Context, r *net.Resolver) error) func(w *world) error {
	return func(*world) error {
		c, cancel := context.WithTimeout(ctx, patience/4)
		defer cancel()
		return f(c, net.DefaultResolver)
	}
}

// What a Dialer has since Go 1.26. In an older release there is nothing to try, and
// nothing that fails.
type (
	tcpDialer interface {
		DialTCP(ctx context.Context, network string, laddr, raddr netip.AddrPort) (*net.TCPConn, error)
	}
	udpDialer interface {
		DialUDP(ctx context.Context, network string, laddr, raddr netip.AddrPort) (*net.UDPConn, error)
	}
	ipDialer interface {
		DialIP(ctx context.Context, network string, laddr, raddr netip.Addr) (*net.IPConn, error)
	}
	unixDialer interface {
		DialUnix(ctx context.Context, network string, laddr, raddr *net.UnixAddr) (*net.UnixConn, error)
	}
)

func dialTCP(d any, at netip.AddrPort) (io.Closer, error) {
	if d, ok := d.(tcpDialer); ok {
		return d.DialTCP(ctx, "tcp", netip.AddrPort{}, at)
	}
	return io.NopCloser(nil), nil
}

func dialUDP(d any, at netip.AddrPort) (io.Closer, error) {
	if d, ok := d.(udpDialer); ok {
		return d.DialUDP(ctx, "udp", netip.AddrPort{}, at)
	}
	return io.NopCloser(nil), nil
}

func dialIP(d any, at netip.Addr) (io.Closer, error) {
	if d, ok := d.(ipDialer); ok {
		return d.DialIP(ctx, "ip4:icmp", netip.Addr{}, at)
	}
	return io.NopCloser(nil), nil
}

func dialUnix(d any, at *net.UnixAddr) (io.Closer, error) {
	if d, ok := d.(unixDialer); ok {
		return d.DialUnix(ctx, "unix", nil, at)
	}
	return io.NopCloser(nil), nil
}

var probes = []probe{
	{"dial, read and write TCP", "Dial DialTCP DialTimeout Dialer.Dial Dialer.DialContext Dialer.DialTCP Dialer.MultipathTCP Dialer.SetMultipathTCP TCPConn.Read TCPConn.Write TCPConn.Close TCPConn.ReadFrom TCPConn.WriteTo TCPConn.RemoteAddr TCPConn.MultipathTCP Buffers.Read Buffers.WriteTo", func(w *world) error {
		return w.serving(func(at netip.AddrPort, accept func() (net.Conn, error)) error {
			d := &net.Dialer{Timeout: patience}
			d.SetMultipathTCP(!d.MultipathTCP())
			for name, dial := range map[string]func() (io.Closer, error){
				"Dial":               func() (io.Closer, error) { return net.Dial("tcp", at.String()) },
				"DialTCP":            func() (io.Closer, error) { return net.DialTCP("tcp", nil, net.TCPAddrFromAddrPort(at)) },
				"DialTimeout":        func() (io.Closer, error) { return net.DialTimeout("tcp", at.String(), patience) },
				"Dialer.Dial":        func() (io.Closer, error) { return d.Dial("tcp", at.String()) },
				"Dialer.DialContext": func() (io.Closer, error) { return d.DialContext(ctx, "tcp", at.String()) },
				"Dialer.DialTCP":     func() (io.Closer, error) { return dialTCP(d, at) },
			} {
				closer, err := dial()
				if err != nil {
					return err
				}
				c, ok := closer.(*net.TCPConn)
				if !ok {
					continue // a release without it
				}
				defer c.Close()
				p, err := accept()
				if err != nil {
					return err
				}
				defer p.Close()
				c.SetDeadline(time.Now().Add(patience))
				if got := c.RemoteAddr().String(); got != at.String() {
					return brokenf("%s: RemoteAddr is %s, not %v", name, got, at)
				}
				if on, err := c.MultipathTCP(); on || err != nil {
					return brokenf("MultipathTCP gives %v, %v", on, err)
				}
				if _, err := c.Write([]byte("some ")); err != nil {
					return err
				}
				if _, err := c.ReadFrom(strings.NewReader("of ")); err != nil {
					return err
				}
				parts := net.Buffers{[]byte("?t"), []byte("his")}
				if n, err := parts.Read(make([]byte, 1)); n != 1 || err != nil {
					return brokenf("Buffers.Read gives %d, %v", n, err)
				}
				if _, err := parts.WriteTo(c); err != nil {
					return err
				}
				if err := told(p, "some of this"); err != nil {
					return err
				}
				p.Write([]byte("and back"))
				buf := make([]byte, 4)
				if n, err := io.ReadFull(c, buf); n != 4 || err != nil {
					return brokenf("Read gives %d, %v", n, err)
				}
				p.Close()
				var rest bytes.Buffer
				if n, err := c.WriteTo(&rest); n != 4 || err != nil || rest.String() != "back" {
					return brokenf("WriteTo gives %d, %v, %q", n, err, rest.String())
				}
				if err := c.Close(); err != nil {
					return brokenf("Close gives %v", err)
				}
			}
			return nil
		})
	}},
	{"know the port of a dialled connection", "TCPConn.LocalAddr", option(func(c *net.TCPConn) error {
		if c.LocalAddr() == nil {
			return brokenf("LocalAddr is nil")
		}
		if addrPort(c.LocalAddr()).Port() == 0 {
			return errors.New("LocalAddr tells port 0")
		}
		return nil
	})},
	{"end what waits by a deadline", "TCPConn.SetDeadline TCPConn.SetReadDeadline TCPConn.SetWriteDeadline UDPConn.SetDeadline UDPConn.SetReadDeadline UDPConn.SetWriteDeadline TCPListener.SetDeadline", func(w *world) error {
		short := func() time.Time { return time.Now().Add(time.Millisecond) }
		late := func(what string, err error) error {
			if !errors.Is(err, os.ErrDeadlineExceeded) {
				return brokenf("%s gives %v", what, err)
			}
			return nil
		}
		buf := make([]byte, 1)
		tcp := w.pair(func(c *net.TCPConn, _ net.Conn) error {
			for _, set := range []func(time.Time) error{c.SetReadDeadline, c.SetDeadline} {
				if err := set(short()); err != nil {
					return err
				}
				if _, err := c.Read(buf); late("Read", err) != nil {
					return late("Read", err)
				}
			}
			if err := c.SetWriteDeadline(time.Unix(1, 0)); err != nil {
				return err
			}
			if _, err := c.Write(buf); late("Write", err) != nil {
				return late("Write", err)
			}
			if err := c.SetDeadline(time.Time{}); err != nil {
				return err
			}
			if _, err := c.Write(buf); err != nil {
				return brokenf("after the deadline was taken back, Write gives %v", err)
			}
			return nil
		})
		udp := w.packets(func(c *net.UDPConn, _ net.PacketConn) error {
			for _, set := range []func(time.Time) error{c.SetReadDeadline, c.SetDeadline} {
				if err := set(short()); err != nil {
					return err
				}
				if _, err := c.Read(buf); late("Read", err) != nil {
					return late("Read", err)
				}
			}
			return first(c.SetWriteDeadline(short()), c.SetDeadline(time.Time{}))
		})
		l, err := net.Listen("tcp", netip.AddrPortFrom(w.ip, 0).String())
		if err != nil {
			return err
		}
		defer l.Close()
		if err := l.(*net.TCPListener).SetDeadline(short()); err != nil {
			return err
		}
		_, err = l.Accept()
		return first(tcp, udp, late("Accept", err))
	}},
	{"close the reading half", "TCPConn.CloseRead", option(func(c *net.TCPConn) error {
		if err := c.CloseRead(); err != nil {
			return err
		}
		if n, err := c.Read(make([]byte, 1)); n != 0 || err != io.EOF {
			return brokenf("Read gives %d, %v", n, err)
		}
		return nil
	})},
	{"close the writing half", "TCPConn.CloseWrite", func(w *world) error {
		return w.pair(func(c *net.TCPConn, p net.Conn) error {
			if err := c.CloseWrite(); err != nil {
				return err
			}
			if _, err := p.Read(make([]byte, 1)); err != io.EOF {
				return brokenf("the peer reads %v", err)
			}
			return nil
		})
	}},
	{"set keep-alive, no delay, lingering and buffers", "TCPConn.SetKeepAlive TCPConn.SetKeepAliveConfig TCPConn.SetKeepAlivePeriod TCPConn.SetNoDelay TCPConn.SetLinger TCPConn.SetReadBuffer TCPConn.SetWriteBuffer", option(func(c *net.TCPConn) error {
		return first(c.SetKeepAlive(true), c.SetKeepAlivePeriod(time.Minute), c.SetKeepAliveConfig(net.KeepAliveConfig{Enable: true}),
			c.SetNoDelay(true), c.SetLinger(3), c.SetReadBuffer(4096), c.SetWriteBuffer(4096))
	})},
	{"set the buffers of UDP", "UDPConn.SetReadBuffer UDPConn.SetWriteBuffer", func(w *world) error {
		return w.packets(func(c *net.UDPConn, _ net.PacketConn) error {
			return first(c.SetReadBuffer(4096), c.SetWriteBuffer(4096))
		})
	}},
	{"have a raw connection call its function", "TCPConn.SyscallConn TCPListener.SyscallConn UDPConn.SyscallConn", func(w *world) error {
		called := 0
		control := func(c syscall.Conn) error {
			raw, err := c.SyscallConn()
			if err == nil {
				err = raw.Control(func(uintptr) { called++ })
			}
			return err
		}
		err := w.pair(func(c *net.TCPConn, _ net.Conn) error { return control(c) })
		udp := w.packets(func(c *net.UDPConn, _ net.PacketConn) error { return control(c) })
		l, lerr := net.ListenTCP("tcp", &net.TCPAddr{IP: w.ip.AsSlice()})
		if lerr == nil {
			defer l.Close()
			lerr = control(l)
		}
		if err = first(err, udp, lerr); err == nil && called != 3 {
			return brokenf("of three functions %d were called", called)
		}
		return err
	}},
	{"read from a raw connection", "", option(func(c *net.TCPConn) error {
		raw, _ := c.SyscallConn()
		return raw.Read(func(uintptr) bool { return true })
	})},
	{"have a socket as a file, and back", "TCPConn.File TCPListener.File UDPConn.File UnixConn.File UnixListener.File FileConn FileListener FilePacketConn", func(w *world) error {
		// Where there are no files, none of these may say that there is one.
		f, err := os.CreateTemp("", "tinynet-promise")
		if err != nil {
			return err
		}
		defer os.Remove(f.Name())
		defer f.Close()
		if c, err := net.FileConn(f); err == nil {
			return brokenf("FileConn of a plain file gives %v", c)
		}
		if l, err := net.FileListener(f); err == nil {
			return brokenf("FileListener of a plain file gives %v", l)
		}
		if c, err := net.FilePacketConn(f); err == nil {
			return brokenf("FilePacketConn of a plain file gives %v", c)
		}
		var all []error
		tcp := func(file *os.File, err error) {
			if err == nil {
				defer file.Close()
				c, e := net.FileConn(file)
				if err = e; e == nil {
					c.Close()
				}
			}
			all = append(all, err)
		}
		err = w.pair(func(c *net.TCPConn, _ net.Conn) error {
			tcp(c.File())
			return nil
		})
		if err == nil {
			err = w.packets(func(c *net.UDPConn, _ net.PacketConn) error {
				tcp(c.File())
				return nil
			})
		}
		if err != nil {
			return err
		}
		l, err := net.ListenTCP("tcp", &net.TCPAddr{IP: w.ip.AsSlice()})
		if err != nil {
			return err
		}
		defer l.Close()
		tcp(l.File())
		u, err := net.ListenUnix("unix", &net.UnixAddr{Name: "@promise-file", Net: "unix"})
		if err != nil {
			return err
		}
		defer u.Close()
		tcp(u.File())
		g, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: "@promise-file-gram", Net: "unixgram"})
		if err != nil {
			return err
		}
		defer g.Close()
		tcp(g.File())
		for _, err := range all {
			if (err == nil) != (all[0] == nil) {
				return brokenf("some have files, and some not: %v", all)
			}
		}
		return all[0]
	}},
	{"listen on a port of the device's choice", "Listen ListenTCP ListenConfig.Listen ListenConfig.MultipathTCP ListenConfig.SetMultipathTCP TCPListener.Accept TCPListener.AcceptTCP TCPListener.Addr TCPListener.Close", func(w *world) error {
		conf := new(net.ListenConfig)
		conf.SetMultipathTCP(conf.MultipathTCP())
		for _, listen := range []func() (net.Listener, error){
			func() (net.Listener, error) { return net.Listen("tcp", ":0") },
			func() (net.Listener, error) { return net.ListenTCP("tcp", nil) },
			func() (net.Listener, error) { return conf.Listen(ctx, "tcp", ":0") },
		} {
			l, err := listen()
			if err != nil {
				return err
			}
			defer l.Close()
			at := addrPort(l.Addr())
			if at.Port() == 0 {
				return brokenf("Addr is %v", l.Addr())
			}
			for _, accept := range []func() (net.Conn, error){
				l.Accept,
				func() (net.Conn, error) { return l.(*net.TCPListener).AcceptTCP() },
			} {
				done := inBackground(func() error {
					c, err := accept()
					if err == nil {
						defer c.Close()
						if addrPort(c.LocalAddr()).Port() != at.Port() || c.RemoteAddr() == nil {
							return brokenf("a connection from %v to %v", c.RemoteAddr(), c.LocalAddr())
						}
					}
					return err
				})
				p, err := w.peer.Dial(netip.AddrPortFrom(w.ip, at.Port()))
				if err != nil {
					return brokenf("nobody arrives: %v", err)
				}
				defer p.Close()
				p.Write([]byte("x"))
				if err := <-done; err != nil {
					return err
				}
			}
			if err := l.Close(); err != nil {
				return brokenf("Close gives %v", err)
			}
		}
		return nil
	}},
	{"serve and fetch a page over HTTP", "", func(w *world) error {
		l, err := w.peer.Listen()
		if err != nil {
			return brokenf("the peer: %v", err)
		}
		hello := http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) { io.WriteString(rw, "hello") })
		theirs := &http.Server{Handler: hello}
		go theirs.Serve(l)
		defer theirs.Close()
		tr := new(http.Transport)
		defer tr.CloseIdleConnections()
		for range 2 {
			r, err := (&http.Client{Transport: tr, Timeout: patience}).Get("http://" + l.Addr().String())
			if err != nil {
				return err
			}
			body, err := io.ReadAll(r.Body)
			r.Body.Close()
			if err != nil || string(body) != "hello" {
				return brokenf("the body is %q, %v", body, err)
			}
		}
		m, err := net.Listen("tcp", netip.AddrPortFrom(w.ip, 0).String())
		if err != nil {
			return err
		}
		ours := &http.Server{Handler: hello}
		go ours.Serve(m)
		defer ours.Close()
		p, err := w.peer.Dial(addrPort(m.Addr()))
		if err != nil {
			return brokenf("nobody arrives: %v", err)
		}
		defer p.Close()
		io.WriteString(p, "GET / HTTP/1.0\r\n\r\n")
		answer, err := io.ReadAll(p)
		if err != nil || !strings.HasSuffix(string(answer), "\r\n\r\nhello") {
			return brokenf("the answer is %q, %v", answer, err)
		}
		return nil
	}},
	{"dial, read and write UDP", "DialUDP Dialer.DialUDP UDPConn.Read UDPConn.Write UDPConn.RemoteAddr UDPConn.LocalAddr UDPConn.Close", func(w *world) error {
		p, err := w.peer.ListenPacket()
		if err != nil {
			return brokenf("the peer: %v", err)
		}
		defer p.Close()
		at := addrPort(p.LocalAddr())
		for _, dial := range []func() (io.Closer, error){
			func() (io.Closer, error) { return net.Dial("udp", at.String()) },
			func() (io.Closer, error) { return net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(at)) },
			func() (io.Closer, error) {
				return dialUDP(new(net.Dialer), at)
			},
		} {
			closer, err := dial()
			if err != nil {
				return err
			}
			c, ok := closer.(*net.UDPConn)
			if !ok {
				continue // a release without it
			}
			defer c.Close()
			c.SetDeadline(time.Now().Add(patience))
			if c.RemoteAddr().String() != at.String() || c.LocalAddr() == nil {
				return brokenf("a connection from %v to %v", c.LocalAddr(), c.RemoteAddr())
			}
			if _, err := c.Write([]byte("hello")); err != nil {
				return err
			}
			buf := make([]byte, 10)
			n, from, err := p.ReadFrom(buf)
			if err != nil || n != 5 {
				return brokenf("the peer gets %d, %v", n, err)
			}
			p.WriteTo(buf[:n], from)
			if n, err := c.Read(buf); n != 5 || err != nil {
				return brokenf("Read gives %d, %v", n, err)
			}
			p.WriteTo([]byte("lost"), from)
			p.WriteTo([]byte("next"), from)
			if n, err := c.Read(nil); n != 0 || err != nil {
				return brokenf("Read of nothing gives %d, %v", n, err)
			}
			if n, err := c.Read(buf); n != 4 || err != nil || string(buf[:n]) != "next" {
				return brokenf("after a Read of nothing comes %q, %v", buf[:max(n, 0)], err)
			}
			if err := c.Close(); err != nil {
				return brokenf("Close gives %v", err)
			}
		}
		return nil
	}},
	{"receive datagrams of any sender", "ListenPacket ListenUDP ListenConfig.ListenPacket UDPConn.ReadFrom UDPConn.ReadFromUDP UDPConn.ReadFromUDPAddrPort UDPConn.ReadMsgUDP UDPConn.ReadMsgUDPAddrPort", func(w *world) error {
		for _, listen := range []func() (net.PacketConn, error){
			func() (net.PacketConn, error) { return net.ListenPacket("udp", ":0") },
			func() (net.PacketConn, error) { return new(net.ListenConfig).ListenPacket(ctx, "udp", ":0") },
		} {
			c, err := listen()
			if err != nil {
				return err
			}
			if err := c.Close(); err != nil {
				return brokenf("Close gives %v", err)
			}
		}
		return w.packets(func(c *net.UDPConn, p net.PacketConn) error {
			for _, receive := range []func(buf []byte) (int, net.Addr, error){
				c.ReadFrom,
				func(buf []byte) (int, net.Addr, error) { return c.ReadFromUDP(buf) },
				func(buf []byte) (int, net.Addr, error) {
					n, from, err := c.ReadFromUDPAddrPort(buf)
					return n, net.UDPAddrFromAddrPort(from), err
				},
				func(buf []byte) (int, net.Addr, error) {
					n, oobn, _, from, err := c.ReadMsgUDP(buf, make([]byte, 10))
					return n + oobn, from, err
				},
				func(buf []byte) (int, net.Addr, error) {
					n, oobn, _, from, err := c.ReadMsgUDPAddrPort(buf, make([]byte, 10))
					return n + oobn, net.UDPAddrFromAddrPort(from), err
				},
			} {
				if _, err := asked(c, p, receive); err != nil {
					return err
				}
			}
			return nil
		})
	}},
	{"receive datagrams of any sender at a port of the device's choice", "", func(w *world) error {
		p, err := w.peer.ListenPacket()
		if err != nil {
			return brokenf("the peer: %v", err)
		}
		defer p.Close()
		c, err := net.ListenUDP("udp", &net.UDPAddr{IP: w.ip.AsSlice()})
		if err != nil {
			return err
		}
		defer c.Close()
		c.SetDeadline(time.Now().Add(patience))
		if w.name == "tether" {
			c.SetDeadline(time.Now().Add(time.Second))
		}
		_, err = asked(c, p, c.ReadFrom)
		if w.name == "tether" && errors.Is(err, os.ErrDeadlineExceeded) {
			return errors.New("hears only those to whom it has sent")
		}
		return err
	}},
	{"know who has sent a datagram", "", func(w *world) error {
		return w.packets(func(c *net.UDPConn, p net.PacketConn) error {
			from, err := asked(c, p, c.ReadFrom)
			if err == nil && from.String() != p.LocalAddr().String() {
				return errors.New("ReadFrom tells " + from.String())
			}
			return err
		})
	}},
	{"send datagrams to any receiver", "UDPConn.WriteTo UDPConn.WriteToUDP UDPConn.WriteToUDPAddrPort UDPConn.WriteMsgUDP UDPConn.WriteMsgUDPAddrPort", func(w *world) error {
		return w.packets(func(c *net.UDPConn, p net.PacketConn) error {
			to := p.LocalAddr()
			udp := net.UDPAddrFromAddrPort(addrPort(to))
			var all []error
			for i, send := range []func(b []byte) (int, error){
				func(b []byte) (int, error) { return c.WriteTo(b, udp) },
				func(b []byte) (int, error) { return c.WriteToUDP(b, udp) },
				func(b []byte) (int, error) { return c.WriteToUDPAddrPort(b, addrPort(to)) },
				func(b []byte) (int, error) { n, _, err := c.WriteMsgUDP(b, nil, udp); return n, err },
				func(b []byte) (int, error) { n, _, err := c.WriteMsgUDPAddrPort(b, nil, addrPort(to)); return n, err },
			} {
				n, err := send(make([]byte, i+1))
				all = append(all, err)
				if (err == nil) != (all[0] == nil) || err == nil && n != i+1 {
					return brokenf("some can send, and some not: %d, %v", n, all)
				}
				if err == nil {
					if n, _, err := p.ReadFrom(make([]byte, 10)); n != i+1 || err != nil {
						return brokenf("the peer gets %d, %v", n, err)
					}
				}
			}
			if all[0] == nil {
				if n, err := c.WriteTo(nil, udp); n != 0 || err != nil {
					return brokenf("WriteTo of nothing gives %d, %v", n, err)
				}
				if n, _, err := p.ReadFrom(make([]byte, 10)); n != 0 || err != nil {
					return brokenf("of an empty datagram the peer gets %d, %v", n, err)
				}
			}
			return all[0]
		})
	}},
	{"send out-of-band data", "", func(w *world) error {
		return w.packets(func(c *net.UDPConn, p net.PacketConn) error {
			_, _, err := c.WriteMsgUDP([]byte("x"), []byte("oob"), net.UDPAddrFromAddrPort(addrPort(p.LocalAddr())))
			return err
		})
	}},
	{"listen to a group", "ListenMulticastUDP", func(w *world) error {
		group := netip.MustParseAddr("239.255.77.88")
		if c, err := net.ListenMulticastUDP("udp4", nil, &net.UDPAddr{IP: w.ip.AsSlice()}); err == nil {
			return brokenf("it listens at %v, which is no group", c.LocalAddr())
		}
		c, err := net.ListenMulticastUDP("udp4", nil, &net.UDPAddr{IP: group.AsSlice()})
		if err != nil {
			return err
		}
		defer c.Close()
		if w.every == nil {
			return nil // sending to a group is for tests of the device's own
		}
		if !w.every.joined(group) {
			return brokenf("the device was not told of the group")
		}
		p, err := w.peer.ListenPacket()
		if err != nil {
			return brokenf("the peer: %v", err)
		}
		defer p.Close()
		p.WriteTo([]byte("all"), net.UDPAddrFromAddrPort(netip.AddrPortFrom(w.ip, addrPort(c.LocalAddr()).Port())))
		c.SetDeadline(time.Now().Add(patience))
		if n, _, err := c.ReadFrom(make([]byte, 10)); n != 3 || err != nil {
			return brokenf("ReadFrom gives %d, %v", n, err)
		}
		return nil
	}},
	// IPConn's own methods cannot be called where nothing makes one.
	{"use raw IP", "DialIP ListenIP Dialer.DialIP IPConn.*", func(w *world) error {
		here := &net.IPAddr{IP: net.IPv4zero}
		_, byDialer := dialIP(new(net.Dialer), w.ip)
		_, dialled := net.DialIP("ip4:icmp", nil, &net.IPAddr{IP: w.ip.AsSlice()})
		_, err := net.ListenIP("ip4:icmp", here)
		if dialled == nil || err == nil {
			return brokenf("DialIP gives %v, ListenIP %v", dialled, err)
		}
		return first(byDialer, dialled, err)
	}},
	{"use unix sockets", "DialUnix ListenUnix ListenUnixgram Dialer.DialUnix UnixConn.Close UnixConn.CloseRead UnixConn.CloseWrite UnixConn.LocalAddr UnixConn.RemoteAddr UnixConn.Read UnixConn.Write UnixConn.ReadFrom UnixConn.ReadFromUnix UnixConn.ReadMsgUnix UnixConn.WriteTo UnixConn.WriteToUnix UnixConn.WriteMsgUnix UnixConn.SetDeadline UnixConn.SetReadDeadline UnixConn.SetWriteDeadline UnixConn.SetReadBuffer UnixConn.SetWriteBuffer UnixConn.SyscallConn UnixListener.Accept UnixListener.AcceptUnix UnixListener.Addr UnixListener.Close UnixListener.SetDeadline UnixListener.SetUnlinkOnClose UnixListener.SyscallConn", func(w *world) error {
		at := &net.UnixAddr{Name: "@promise-" + w.name, Net: "unix"}
		l, err := net.ListenUnix("unix", at)
		if err != nil {
			return err
		}
		defer l.Close()
		l.SetUnlinkOnClose(true)
		if raw, err := l.SyscallConn(); err != nil || raw == nil || l.Addr().String() != at.Name {
			return brokenf("a listener at %v, SyscallConn %v", l.Addr(), err)
		}
		l.SetDeadline(time.Now().Add(patience))
		for _, accept := range []func() (net.Conn, error){l.Accept, func() (net.Conn, error) { return l.AcceptUnix() }} {
			closer, err := dialUnix(new(net.Dialer), at)
			c, ok := closer.(*net.UnixConn)
			if !ok {
				c, err = net.DialUnix("unix", nil, at)
			}
			if err != nil {
				return err
			}
			defer c.Close()
			p, err := accept()
			if err != nil {
				return err
			}
			defer p.Close()
			now := time.Now().Add(patience)
			if err := first(c.SetDeadline(now), c.SetReadDeadline(now), c.SetWriteDeadline(now), c.SetReadBuffer(4096), c.SetWriteBuffer(4096)); err != nil {
				return err
			}
			if raw, err := c.SyscallConn(); err != nil || raw == nil || c.RemoteAddr().String() != at.Name || c.LocalAddr() == nil {
				return brokenf("a connection from %v to %v, SyscallConn %v", c.LocalAddr(), c.RemoteAddr(), err)
			}
			c.Write([]byte("hello"))
			if err := told(p, "hello"); err != nil {
				return err
			}
			p.Write([]byte("back"))
			if n, err := c.Read(make([]byte, 10)); n != 4 || err != nil {
				return brokenf("Read gives %d, %v", n, err)
			}
			if err := first(c.CloseRead(), c.CloseWrite()); err != nil {
				return err
			}
			if n, err := c.Read(make([]byte, 10)); n != 0 || err != io.EOF {
				return brokenf("Read after CloseRead gives %d, %v", n, err)
			}
			if n, err := p.Read(make([]byte, 10)); n != 0 || err != io.EOF {
				return brokenf("after CloseWrite the peer reads %d, %v", n, err)
			}
		}
		if err := l.Close(); err != nil {
			return brokenf("Close gives %v", err)
		}
		unnamed, err := net.ListenUnix("unix", &net.UnixAddr{Net: "unix"})
		if err != nil {
			return err
		}
		if unnamed.Addr().String() == "" {
			return brokenf("a listener without a name gets none")
		}
		unnamed.Close()
		gram := func(name string) (*net.UnixConn, *net.UnixAddr, error) {
			a := &net.UnixAddr{Name: at.Name + name, Net: "unixgram"}
			c, err := net.ListenUnixgram("unixgram", a)
			return c, a, err
		}
		a, aAddr, err := gram("a")
		if err != nil {
			return err
		}
		defer a.Close()
		b, bAddr, err := gram("b")
		if err != nil {
			return err
		}
		defer b.Close()
		b.SetDeadline(time.Now().Add(patience))
		for i, send := range []func(p []byte) (int, error){
			func(p []byte) (int, error) { return a.WriteTo(p, bAddr) },
			func(p []byte) (int, error) { return a.WriteToUnix(p, bAddr) },
			func(p []byte) (int, error) { n, _, err := a.WriteMsgUnix(p, nil, bAddr); return n, err },
		} {
			if n, err := send(make([]byte, i+1)); n != i+1 || err != nil {
				return brokenf("sending %d bytes gives %d, %v", i+1, n, err)
			}
			buf := make([]byte, 10)
			n, from, err := 0, net.Addr(nil), error(nil)
			switch i {
			case 0:
				n, from, err = b.ReadFrom(buf)
			case 1:
				n, from, err = b.ReadFromUnix(buf)
			case 2:
				n, _, _, from, err = b.ReadMsgUnix(buf, nil)
			}
			if n != i+1 || err != nil || from.String() != aAddr.Name {
				return brokenf("of %d bytes %d arrive from %v, %v", i+1, n, from, err)
			}
		}
		return nil
	}},
	{"have the device do TLS", "", func(w *world) error {
		at := netip.AddrPort{}
		return w.serving(func(peer netip.AddrPort, accept func() (net.Conn, error)) error {
			at = peer
			c, err := net.DialTLS(at.String())
			if err != nil {
				return err
			}
			defer c.Close()
			p, err := accept()
			if err != nil {
				return err
			}
			defer p.Close()
			c.SetDeadline(time.Now().Add(patience))
			if _, err := c.Write([]byte("secret")); err != nil {
				return err
			}
			if told(p, "secret") == nil {
				return brokenf("the peer reads what was to be secret")
			}
			return nil
		})
	}},
	{"reach the peer over IPv6", "", func(w *world) error {
		if !w.six.IsValid() { // nobody is known there
			l, err := net.Listen("tcp6", "[::]:0")
			if err == nil {
				l.Close()
			}
			return err
		}
		return w.serving(func(at netip.AddrPort, accept func() (net.Conn, error)) error {
			c, err := net.DialTimeout("tcp6", netip.AddrPortFrom(w.six, at.Port()).String(), patience)
			if err != nil {
				return err
			}
			defer c.Close()
			p, err := accept()
			if err != nil {
				return err
			}
			defer p.Close()
			c.Write([]byte("hello"))
			if err := told(p, "hello"); err != nil {
				return err
			}
			l, err := net.Listen("tcp6", "[::]:0")
			if err != nil {
				return err
			}
			defer l.Close()
			u, err := net.ListenPacket("udp6", "[::]:0")
			if err != nil {
				return err
			}
			return u.Close()
		})
	}},
	{"look up a name", "LookupHost LookupIP Resolver.LookupHost Resolver.LookupIPAddr Resolver.LookupIP Resolver.LookupNetIP ResolveIPAddr ResolveTCPAddr ResolveUDPAddr", lookup(func(ctx context.Context, r *net.Resolver) error {
		const name = "peer.example"
		if _, err := net.LookupHost(name); err != nil {
			return err
		}
		_, ip := net.ResolveIPAddr("ip", name)
		_, tcp := net.ResolveTCPAddr("tcp", name+":80")
		_, udp := net.ResolveUDPAddr("udp", name+":80")
		err := first(finding(net.LookupIP(name)), finding(r.LookupHost(ctx, name)), finding(r.LookupIPAddr(ctx, name)),
			finding(r.LookupIP(ctx, "ip4", name)), finding(r.LookupNetIP(ctx, "ip", name)), ip, tcp, udp)
		if err != nil {
			return brokenf("LookupHost finds %s, and then: %v", name, err)
		}
		return nil
	})},
	{"look up a name's IPv6 addresses", "", lookup(func(ctx context.Context, r *net.Resolver) error {
		return finding(r.LookupIP(ctx, "ip6", "peer.example"))
	})},
	{"look up MX, NS, SRV, TXT, CNAME and PTR", "LookupMX LookupNS LookupSRV LookupTXT LookupCNAME LookupAddr Resolver.LookupMX Resolver.LookupNS Resolver.LookupSRV Resolver.LookupTXT Resolver.LookupCNAME Resolver.LookupAddr", lookup(func(ctx context.Context, r *net.Resolver) error {
		if err := finding(r.LookupMX(ctx, "mail.example")); err != nil {
			return err
		}
		_, srvs, srv := r.LookupSRV(ctx, "http", "tcp", "zone.example")
		cname, alias := r.LookupCNAME(ctx, "alias.example")
		if alias == nil && cname != "host.example." {
			return brokenf("LookupCNAME gives %q", cname)
		}
		_, plain, plainErr := net.LookupSRV("http", "tcp", "zone.example")
		_, plainAlias := net.LookupCNAME("alias.example")
		err := first(finding(r.LookupNS(ctx, "zone.example")), finding(srvs, srv), finding(r.LookupTXT(ctx, "text.example")), alias,
			finding(r.LookupAddr(ctx, "192.0.2.1")), finding(net.LookupMX("mail.example")), finding(net.LookupNS("zone.example")),
			finding(plain, plainErr), finding(net.LookupTXT("text.example")), plainAlias, finding(net.LookupAddr("192.0.2.1")))
		if err != nil {
			return brokenf("LookupMX finds something, and then: %v", err)
		}
		return nil
	})},
	{"look up a port", "LookupPort Resolver.LookupPort", lookup(func(ctx context.Context, r *net.Resolver) error {
		a, err := net.LookupPort("tcp", "http")
		b, err2 := r.LookupPort(ctx, "tcp", "http")
		if err == nil && a != 80 || err2 == nil && b != 80 {
			return brokenf("the ports are %d, %d", a, b)
		}
		return first(err, err2)
	})},
	{"list interfaces and their addresses", "Interfaces InterfaceAddrs InterfaceByIndex InterfaceByName Interface.Addrs", func(w *world) error {
		found := false
		interfaces, err := net.Interfaces()
		if err != nil {
			return err
		}
		for _, i := range interfaces {
			byName, err := net.InterfaceByName(i.Name)
			byIndex, err2 := net.InterfaceByIndex(i.Index)
			addrs, err3 := i.Addrs()
			if err := first(err, err2, err3); err != nil || byName.Index != i.Index || byIndex.Name != i.Name {
				return brokenf("interface %s: %v, %v, %v", i.Name, byName, byIndex, err)
			}
			for _, a := range addrs {
				found = found || a.(*net.IPNet).IP.Equal(w.ip.AsSlice())
			}
		}
		all, err := net.InterfaceAddrs()
		// Of a tether, whose address the board is told apart, they are the computer's.
		if err != nil || len(all) == 0 || !found && w.name != "tether" {
			return brokenf("%v, %v: the interfaces lack %v", all, err, w.ip)
		}
		return nil
	}},
	{"list an interface's groups", "Interface.MulticastAddrs", func(*world) error {
		all, err := net.Interfaces()
		if err != nil {
			return err
		}
		_, err = all[len(all)-1].MulticastAddrs()
		return err
	}},
}

// noDevice are the functions and methods that need no device: they work with
// values, or in memory.
const noDevice = `CIDRMask IP.* IPMask.* IPNet.* HardwareAddr.* Flags.* IPAddr.* TCPAddr.* UDPAddr.* UnixAddr.*
	IPv4 IPv4Mask JoinHostPort SplitHostPort ParseCIDR ParseIP ParseMAC Pipe ResolveUnixAddr TCPAddrFromAddrPort UDPAddrFromAddrPort
	AddrError.* DNSConfigError.* DNSError.* InvalidAddrError.* OpError.* ParseError.* UnknownNetworkError.*`

// result is a cell of the table.
func (p probe) result(t *testing.T, w *world) string {
	done := make(chan error, 1)
	go func() { done <- p.run(w) }()
	var err error
	select {
	case err = <-done:
	case <-time.After(2 * patience):
		t.Errorf("%s hangs", p.name)
		return "hangs"
	}
	if err == nil {
		return "yes"
	}
	var b broken
	if errors.As(err, &b) {
		t.Errorf("%s: %v", p.name, err)
	}
	var op *net.OpError
	var de *net.DNSError
	switch {
	case errors.As(err, &de):
		return de.Err
	case errors.As(err, &op):
		return op.Err.Error()
	}
	return err.Error()
}
