package tether_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"net/netip"
	"os"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/tinynet/tinynet/netdev"
	"github.com/tinynet/tinynet/netdev/devtest"
	"github.com/tinynet/tinynet/netdev/tether"
	"github.com/tinynet/tinynet/netdev/tether/host"
)

// Compile only if the device has the optional methods.
var _ interface {
	netdev.Netdever
	netdev.Datagrammer
	netdev.SockNamer
	netdev.Shutdowner
	netdev.Deadliner
	netdev.Interrupter
	netdev.AddressFamilies
	netdev.NetIPLookuper
	netdev.DNSConfigurer
	netdev.Interfacer
	netdev.Multicaster
} = (*tether.Device)(nil)

var here = netip.MustParseAddr("127.0.0.1")

// serve starts the computer's end of a cable. stop ends it, and waits.
func serve(t testing.TB, c *cable, conf host.Config) (h *host.Host, stop func()) {
	t.Helper()
	if !conf.Addr.IsValid() {
		conf.Addr = here
	}
	h = host.New(conf)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		h.Serve(ctx, c.ends[1])
		h.Close()
	}()
	return h, func() {
		cancel()
		<-ended
	}
}

// TestRules runs the tests for drivers, over a device with the defaults of a
// board and over one with small pieces.
func TestRules(t *testing.T) {
	for name, conf := range map[string]tether.Config{
		"board": {Buffer: 4 << 10, Frame: 512, Window: 8},
		"small": {Buffer: 2048, Frame: 64, Window: 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			devtest.Run(t, func(t *testing.T) devtest.Setup {
				c := newCable()
				_, stop := serve(t, c, host.Config{Loopback: true})
				return devtest.Setup{
					Dev: tether.New(c.ends[0], conf), Peer: devtest.Computer(here), Host: "localhost",
					Close: func() {
						stop()
						c.ends[0].Close()
					},
				}
			})
		})
	}
}

// A bench is a board's device and a host, and a peer on this computer.
type bench struct {
	t    testing.TB
	c    *cable
	dev  *tether.Device
	host *host.Host
	stop func()
}

func newBench(t testing.TB, hc host.Config, conf tether.Config) *bench {
	b := &bench{t: t, c: newCable()}
	b.host, b.stop = serve(t, b.c, hc)
	b.dev = tether.New(b.c.ends[0], conf)
	t.Cleanup(func() {
		b.stop()
		b.c.ends[0].Close()
	})
	return b
}

// must ends the test on an error.
func must[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// connect gives both ends of a connection that the board makes.
func (b *bench) connect() (num int, peer *net.TCPConn) {
	b.t.Helper()
	ln := must(net.Listen("tcp", "127.0.0.1:0"))(b.t)
	defer ln.Close()
	num = must(b.dev.Socket(netdev.AF_INET, netdev.SOCK_STREAM, 0))(b.t)
	if err := b.dev.Connect(num, "", ln.Addr().(*net.TCPAddr).AddrPort()); err != nil {
		b.t.Fatal(err)
	}
	conn := must(ln.Accept())(b.t).(*net.TCPConn)
	conn.SetDeadline(time.Now().Add(patience))
	b.t.Cleanup(func() { conn.Close() })
	return num, conn
}

// listen gives a listener of the board's and where it is on this computer.
func (b *bench) listen() (num int, at netip.AddrPort) {
	b.t.Helper()
	num = must(b.dev.Socket(netdev.AF_INET, netdev.SOCK_STREAM, 0))(b.t)
	if err := b.dev.Bind(num, netip.AddrPortFrom(here, 0)); err != nil {
		b.t.Fatal(err)
	}
	if err := b.dev.Listen(num, 4); err != nil {
		b.t.Fatal(err)
	}
	return num, must(b.dev.GetSockname(num))(b.t)
}

// stream is a socket of the board's as a ReadWriter.
type stream struct {
	dev netdev.Netdever
	num int
}

func (s stream) Read(p []byte) (int, error) {
	n, err := s.dev.Recv(s.num, p, 0, time.Time{})
	return max(n, 0), err
}

func (s stream) Write(p []byte) (int, error) { return s.dev.Send(s.num, p, 0, time.Time{}) }

func random(n int, seed uint64) []byte {
	r := rand.New(rand.NewPCG(seed, 0))
	p := make([]byte, n)
	for i := range p {
		p[i] = byte(r.Uint32())
	}
	return p
}

// TestNoisyLine has many goroutines use a line that damages something all the
// time.
func TestNoisyLine(t *testing.T) {
	b := newBench(t, host.Config{Loopback: true}, tether.Config{Buffer: 4 << 10, Frame: 256, Window: 8})
	b.c.noise(20_000, 1)
	var wg sync.WaitGroup
	for i := range 4 {
		num, peer := b.connect()
		data := random(20_000, uint64(i))
		wg.Add(3)
		go func() { // echo
			defer wg.Done()
			io.Copy(peer, peer)
			peer.CloseWrite()
		}()
		go func() {
			defer wg.Done()
			if _, err := (stream{b.dev, num}).Write(data); err != nil {
				t.Error(err)
			}
			if err := b.dev.Shutdown(num, netdev.SHUT_WR); err != nil {
				t.Error(err)
			}
		}()
		go func() {
			defer wg.Done()
			got, err := io.ReadAll(stream{b.dev, num})
			if err != nil || !bytes.Equal(got, data) {
				t.Errorf("of %d bytes %d came back, or others: %v", len(data), len(got), err)
			}
			b.dev.Close(num)
		}()
	}
	wg.Wait()
	if b.c.spoiled.Load() == 0 {
		t.Error("no byte was damaged: the test shows nothing")
	}
}

// TestCut cuts the cable in the middle of a transfer, and mends it.
func TestCut(t *testing.T) {
	b := newBench(t, host.Config{Loopback: true}, tether.Config{Buffer: 4 << 10})
	num, peer := b.connect()
	data := random(200_000, 1)
	sent := make(chan error, 1)
	go func() {
		_, err := peer.Write(data)
		peer.CloseWrite()
		sent <- err
	}()
	got := make([]byte, len(data))
	s := stream{b.dev, num}
	if _, err := io.ReadFull(s, got[:len(data)/3]); err != nil {
		t.Fatal(err)
	}
	b.c.cutOff(true)
	// What is on its way comes, and then nothing.
	n := len(data) / 3
	for {
		m, err := b.dev.Recv(num, got[n:], 0, time.Now().Add(300*time.Millisecond))
		n += max(m, 0)
		if errors.Is(err, os.ErrDeadlineExceeded) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if n == len(data) {
		t.Fatal("all came over a cable that is cut")
	}
	b.c.cutOff(false)
	if _, err := io.ReadFull(s, got[n:]); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Read(make([]byte, 1)); err != io.EOF || !bytes.Equal(got, data) {
		t.Errorf("the transfer ends with %v, or is damaged", err)
	}
	if err := <-sent; err != nil {
		t.Error(err)
	}
}

// TestBoardReset resets the board while clients are connected: they see that
// their connections are broken, and the new board can listen where the old one
// did.
func TestBoardReset(t *testing.T) {
	b := newBench(t, host.Config{Loopback: true}, tether.Config{})
	l, at := b.listen()
	var clients []net.Conn
	for range 3 {
		c := must(net.Dial("tcp", at.String()))(t)
		defer c.Close()
		c.SetDeadline(time.Now().Add(patience))
		clients = append(clients, c)
		if _, _, err := b.dev.Accept(l); err != nil {
			t.Fatal(err)
		}
	}
	b.c.ends[0].Close()
	b.c.replug(0)
	b.dev = tether.New(b.c.ends[0], tether.Config{})
	num := must(b.dev.Socket(netdev.AF_INET, netdev.SOCK_STREAM, 0))(t)
	if err := b.dev.Bind(num, at); err != nil {
		t.Fatal(err)
	}
	if err := b.dev.Listen(num, 4); err != nil {
		t.Fatal(err)
	}
	for _, c := range clients {
		if n, err := c.Read(make([]byte, 1)); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("a client reads %d bytes, %v", n, err)
		}
	}
	c := must(net.Dial("tcp", at.String()))(t)
	defer c.Close()
	if _, _, err := b.dev.Accept(num); err != nil {
		t.Error(err)
	}
}

// TestHostReset begins the computer's end anew: connections are lost, and
// a listener and a socket for datagrams go on.
func TestHostReset(t *testing.T) {
	b := newBench(t, host.Config{Loopback: true}, tether.Config{})
	conn, _ := b.connect()
	l, at := b.listen()
	u := must(b.dev.Socket(netdev.AF_INET, netdev.SOCK_DGRAM, 0))(t)
	if err := b.dev.Bind(u, netip.AddrPortFrom(here, 0)); err != nil {
		t.Fatal(err)
	}
	uat := must(b.dev.GetSockname(u))(t)
	accepted := make(chan error, 1)
	go func() {
		_, _, err := b.dev.Accept(l)
		accepted <- err
	}()
	b.stop()
	if _, err := b.dev.Recv(conn, make([]byte, 1), 0, time.Time{}); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("a lost connection gives %v", err)
	}
	b.c.replug(1)
	b.host, b.stop = serve(t, b.c, host.Config{Loopback: true})
	b.connect() // now the board knows
	c := must(net.Dial("tcp", at.String()))(t)
	defer c.Close()
	if err := <-accepted; err != nil {
		t.Error(err)
	}
	p := must(net.Dial("udp", uat.String()))(t)
	defer p.Close()
	p.Write([]byte("hello"))
	buf := make([]byte, 10)
	if n, from, err := b.dev.RecvFrom(u, buf, 0, time.Time{}); err != nil || string(buf[:n]) != "hello" || from != p.LocalAddr().(*net.UDPAddr).AddrPort() {
		t.Errorf("%q from %v, %v", buf[:n], from, err)
	}
	if err := b.dev.Close(conn); err != nil {
		t.Error(err)
	}
}

// TestReplug takes the line from the host and gives it another one, as when a
// plug is pulled and put back: the session goes on.
func TestReplug(t *testing.T) {
	c := newCable()
	h := host.New(host.Config{Addr: here, Loopback: true})
	defer h.Close()
	dev := tether.New(c.ends[0], tether.Config{})
	defer c.ends[0].Close()
	b := &bench{t: t, c: c, dev: dev, host: h}
	served := make(chan error, 1)
	go func() { served <- h.Serve(context.Background(), c.ends[1]) }()
	num, peer := b.connect()
	c.ends[1].Close()
	if err := <-served; err == nil {
		t.Error("Serve returns nil for a line that is gone")
	}
	c.replug(1)
	ctx, cancel := context.WithCancel(context.Background())
	go func() { served <- h.Serve(ctx, c.ends[1]) }()
	peer.Write([]byte("hello"))
	buf := make([]byte, 5)
	if _, err := io.ReadFull(stream{dev, num}, buf); err != nil || string(buf) != "hello" {
		t.Errorf("%q, %v", buf, err)
	}
	cancel()
	if err := <-served; !errors.Is(err, context.Canceled) {
		t.Errorf("Serve returns %v", err)
	}
}

// TestWaits: calls wait for the other end as long as they may, and no longer.
func TestWaits(t *testing.T) {
	c := newCable()
	defer c.ends[0].Close()
	dev := tether.New(c.ends[0], tether.Config{})
	num := must(dev.Socket(netdev.AF_INET, netdev.SOCK_STREAM, 0))(t)
	dev.SetSockDeadline(num, netdev.Writes, time.Now().Add(30*time.Millisecond))
	if err := dev.Connect(num, "", netip.MustParseAddrPort("127.0.0.1:1")); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("Connect gives %v", err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Millisecond)
	defer cancel()
	if _, err := dev.LookupNetIP(ctx, "ip", "localhost"); err != context.DeadlineExceeded {
		t.Errorf("LookupNetIP gives %v", err)
	}
	found := make(chan error, 1)
	go func() {
		ip, err := dev.GetHostByName("localhost")
		if err == nil && ip != here {
			err = errors.New("localhost is at " + ip.String())
		}
		found <- err
	}()
	_, stop := serve(t, c, host.Config{Loopback: true})
	defer stop()
	if err := <-found; err != nil {
		t.Error(err)
	}
	if _, err := dev.GetHostByName("nobody.invalid"); err == nil || err.Error() != netdev.ErrHostUnknown.Error() {
		t.Errorf("nobody.invalid: %v", err)
	}
}

// TestInterfaces are those of this computer.
func TestInterfaces(t *testing.T) {
	b := newBench(t, host.Config{Servers: []netip.AddrPort{netip.MustParseAddrPort("192.0.2.1:53")}}, tether.Config{})
	got := must(b.dev.Interfaces())(t)
	want := must(net.Interfaces())(t)
	n := 0
	for _, w := range want {
		if w.Flags&net.FlagLoopback != 0 {
			continue
		}
		if n >= len(got) || got[n].Name != w.Name || got[n].Index != w.Index || got[n].Flags != w.Flags || got[n].HardwareAddr.String() != w.HardwareAddr.String() {
			t.Fatalf("%+v is not in %+v", w, got)
		}
		prefixes := must(b.dev.InterfaceAddrs(w.Index))(t)
		addrs := must(w.Addrs())(t)
		for i, a := range addrs {
			if len(prefixes) != len(addrs) || prefixes[i].String() != a.String() {
				t.Errorf("%s has %v, want %v", w.Name, prefixes, addrs)
				break
			}
		}
		n++
	}
	if n != len(got) {
		t.Errorf("interfaces %+v, want %+v", got, want)
	}
	if servers, _ := b.dev.DNSConfig(); len(servers) != 1 || servers[0].String() != "192.0.2.1:53" {
		t.Errorf("DNS servers %v", servers)
	}
}

// A socket with a port of its own hears strangers; one that was only used to
// send hears whom it has sent to.
func TestStrangers(t *testing.T) {
	b := newBench(t, host.Config{Loopback: true}, tether.Config{})
	u := must(b.dev.Socket(netdev.AF_INET, netdev.SOCK_DGRAM, 0))(t)
	friend := must(net.ListenPacket("udp4", "127.0.0.1:0"))(t)
	defer friend.Close()
	friend.SetReadDeadline(time.Now().Add(patience))
	if _, err := b.dev.SendTo(u, []byte("hello"), 0, time.Time{}, friend.LocalAddr().(*net.UDPAddr).AddrPort()); err != nil {
		t.Fatal(err)
	}
	_, at, err := friend.ReadFrom(make([]byte, 10))
	if err != nil {
		t.Fatal(err)
	}
	stranger := must(net.ListenPacket("udp4", "127.0.0.1:0"))(t)
	defer stranger.Close()
	stranger.WriteTo([]byte("psst"), at)
	friend.WriteTo([]byte("well"), at)
	buf := make([]byte, 10)
	if n, _, err := b.dev.RecvFrom(u, buf, 0, time.Now().Add(patience)); err != nil || string(buf[:n]) != "well" {
		t.Errorf("it hears %q, %v", buf[:n], err)
	}
}

// TestRulesHold tries to reach what the rules forbid.
func TestRulesHold(t *testing.T) {
	ln := must(net.Listen("tcp", "127.0.0.1:0"))(t)
	defer ln.Close()
	pc := must(net.ListenPacket("udp", "127.0.0.1:0"))(t)
	defer pc.Close()
	at, uat := ln.Addr().(*net.TCPAddr).AddrPort(), pc.LocalAddr().(*net.UDPAddr).AddrPort()
	allow := must(host.ParseRule("192.0.2.0/24"))(t)
	b := newBench(t, host.Config{Loopback: true, Rules: host.Rules{Allow: []host.Rule{allow}}}, tether.Config{})
	for _, to := range []netip.AddrPort{
		at,
		netip.AddrPortFrom(netip.IPv4Unspecified(), at.Port()),
		netip.AddrPortFrom(netip.MustParseAddr("::ffff:127.0.0.1"), at.Port()),
		netip.AddrPortFrom(netip.IPv6Unspecified(), at.Port()),
	} {
		num := must(b.dev.Socket(netdev.AF_INET6, netdev.SOCK_STREAM, 0))(t)
		if err := b.dev.Connect(num, "", to); !errors.Is(err, syscall.EACCES) {
			t.Errorf("Connect to %v gives %v", to, err)
		}
	}
	u := must(b.dev.Socket(netdev.AF_INET, netdev.SOCK_DGRAM, 0))(t)
	if err := b.dev.Connect(u, "", uat); !errors.Is(err, syscall.EACCES) {
		t.Errorf("Connect of datagrams gives %v", err)
	}
	b.dev.SendTo(u, []byte("hello"), 0, time.Time{}, uat)
	if _, _, err := b.dev.RecvFrom(u, make([]byte, 1), 0, time.Now().Add(patience)); !errors.Is(err, syscall.EACCES) {
		t.Errorf("after a datagram to %v the socket says %v", uat, err)
	}
	if _, err := b.dev.GetHostByName("secret.example.com"); !errors.Is(err, syscall.EACCES) {
		t.Errorf("a lookup gives %v", err)
	}
}

// TestSelf reaches this computer by another address than 127.0.0.1, as far as
// it may.
func TestSelf(t *testing.T) {
	ln := must(net.Listen("tcp", "127.0.0.1:0"))(t)
	defer ln.Close()
	self := netip.MustParseAddr("192.0.2.1")
	to := netip.AddrPortFrom(self, ln.Addr().(*net.TCPAddr).AddrPort().Port())
	for _, test := range []struct {
		loopback bool
		deny     string
		want     bool
	}{{true, "192.0.2.1", true}, {true, "127.0.0.1", false}, {false, "192.0.2.2", false}} {
		deny := must(host.ParseRule(test.deny))(t)
		b := newBench(t, host.Config{Self: self, Loopback: test.loopback, Rules: host.Rules{Deny: []host.Rule{deny}}}, tether.Config{})
		num := must(b.dev.Socket(netdev.AF_INET, netdev.SOCK_STREAM, 0))(t)
		err := b.dev.Connect(num, "", to)
		if test.want && err != nil || !test.want && !errors.Is(err, syscall.EACCES) {
			t.Errorf("%+v: %v", test, err)
		}
	}
}

// TestAnswer answers a datagram from this computer, although the board may
// connect to nobody.
func TestAnswer(t *testing.T) {
	everything := must(host.ParseRule("*"))(t)
	self := netip.MustParseAddr("192.0.2.1")
	b := newBench(t, host.Config{Self: self, Rules: host.Rules{Deny: []host.Rule{everything}}}, tether.Config{})
	u := must(b.dev.Socket(netdev.AF_INET, netdev.SOCK_DGRAM, 0))(t)
	if err := b.dev.Bind(u, netip.AddrPortFrom(here, 0)); err != nil {
		t.Fatal(err)
	}
	c := must(net.Dial("udp", must(b.dev.GetSockname(u))(t).String()))(t)
	defer c.Close()
	c.SetDeadline(time.Now().Add(patience))
	c.Write([]byte("hello"))
	buf := make([]byte, 10)
	n, from, err := b.dev.RecvFrom(u, buf, 0, time.Time{})
	if err != nil || from.Addr() != self {
		t.Fatalf("from %v, %v", from, err)
	}
	if _, err := b.dev.SendTo(u, buf[:n], 0, time.Time{}, from); err != nil {
		t.Fatal(err)
	}
	if n, err := c.Read(buf); err != nil || string(buf[:n]) != "hello" {
		t.Errorf("%q, %v", buf[:n], err)
	}
	b.dev.SendTo(u, buf[:n], 0, time.Time{}, netip.AddrPortFrom(self, 9))
	if _, _, err := b.dev.RecvFrom(u, buf, 0, time.Now().Add(patience)); !errors.Is(err, syscall.EACCES) {
		t.Errorf("after a datagram to a stranger: %v", err)
	}
}

// TestPublish looks where the board's ports are.
func TestPublish(t *testing.T) {
	type place struct {
		network string
		port    uint16
		at      netip.AddrPort
	}
	places := make(chan place, 10)
	taken := must(net.Listen("tcp", "127.0.0.1:0"))(t)
	defer taken.Close()
	busy := taken.Addr().(*net.TCPAddr).AddrPort().Port()
	b := newBench(t, host.Config{
		Publish:   []host.Publish{must(host.ParsePublish("127.0.0.2:0:80"))(t)},
		AnyPort:   true,
		Listening: func(network string, port uint16, at netip.AddrPort) { places <- place{network, port, at} },
	}, tether.Config{})
	for _, test := range []struct {
		port uint16
		addr string
	}{{80, "127.0.0.2"}, {0, "127.0.0.1"}, {busy, "127.0.0.1"}} {
		num := must(b.dev.Socket(netdev.AF_INET6, netdev.SOCK_STREAM, 0))(t)
		if err := b.dev.Bind(num, netip.AddrPortFrom(netip.IPv6Unspecified(), test.port)); err != nil {
			t.Fatal(err)
		}
		if err := b.dev.Listen(num, 1); err != nil {
			t.Fatal(err)
		}
		p := <-places
		name := must(b.dev.GetSockname(num))(t)
		if p.at.Addr().String() != test.addr || test.port != 0 && p.port != test.port || name.Port() != p.port || !name.Addr().IsUnspecified() {
			t.Errorf("port %d is %+v here, and the board sees %v", test.port, p, name)
		}
		c := must(net.Dial("tcp", p.at.String()))(t)
		if _, _, err := b.dev.Accept(num); err != nil {
			t.Error(err)
		}
		c.Close()
		again := must(b.dev.Socket(netdev.AF_INET, netdev.SOCK_STREAM, 0))(t)
		if err := b.dev.Bind(again, netip.AddrPortFrom(netip.IPv4Unspecified(), name.Port())); !errors.Is(err, syscall.EADDRINUSE) {
			t.Errorf("a second listener on port %d: %v", name.Port(), err)
		}
	}
	num := must(b.dev.Socket(netdev.AF_INET, netdev.SOCK_STREAM, 0))(t)
	if err := b.dev.Bind(num, netip.MustParseAddrPort("192.0.2.9:80")); !errors.Is(err, syscall.EADDRNOTAVAIL) {
		t.Errorf("Bind to somebody else's address: %v", err)
	}
}

// TestLineGone: when the line itself fails, all calls fail.
func TestLineGone(t *testing.T) {
	b := newBench(t, host.Config{Loopback: true}, tether.Config{})
	num, _ := b.connect()
	ended := make(chan error, 1)
	go func() {
		_, err := b.dev.Recv(num, make([]byte, 1), 0, time.Time{})
		ended <- err
	}()
	b.c.ends[0].Close()
	if err := <-ended; err == nil {
		t.Error("Recv gives no error")
	}
	if _, err := b.dev.Socket(netdev.AF_INET, netdev.SOCK_STREAM, 0); err == nil {
		t.Error("Socket gives no error")
	}
	if _, err := b.dev.GetHostByName("localhost"); err == nil {
		t.Error("GetHostByName gives no error")
	}
}

const patience = 30 * time.Second
