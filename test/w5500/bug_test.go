//go:build tinynet_port

package w5500_test

import (
	"bytes"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"testing"
	"time"

	"tinygo.org/x/drivers/netdev"
	"tinygo.org/x/drivers/w5500"

	sim "github.com/tinynet/tinynet/netdev/w5500sim"
)

// Each test here shows a bug of the driver, with no package net around it, and
// fails once the bug is gone. docs/w5500.md has them by name.

func bug(t *testing.T, conf sim.Config) *world {
	t.Helper()
	return newWorld(t, conf, false)
}

// must is for what works.
func must[T any](v T, err error) func(t *testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func noError(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (w *world) socket(t *testing.T, stype, port int) int {
	t.Helper()
	proto := netdev.IPPROTO_TCP
	if stype == netdev.SOCK_DGRAM {
		proto = netdev.IPPROTO_UDP
	}
	fd := must(w.driver.Socket(netdev.AF_INET, stype, proto))(t)
	if port != 0 {
		noError(t, w.driver.Bind(fd, netip.AddrPortFrom(chipIP, uint16(port))))
	}
	return fd
}

// server returns a listener and a connection, both in the driver, and the peer
// of the latter.
func (w *world) server(t *testing.T) (lfd, fd int, peer *net.TCPConn) {
	t.Helper()
	lfd = w.socket(t, netdev.SOCK_STREAM, 80)
	noError(t, w.driver.Listen(lfd, 1))
	peer = w.call(t, 80)
	fd, _, err := w.driver.Accept(lfd)
	noError(t, err)
	return lfd, fd, peer
}

func (w *world) udpPeer(t *testing.T) (pc net.PacketConn, port uint16) {
	t.Helper()
	pc, err := net.ListenPacket("udp", "127.0.0.1:0")
	noError(t, err)
	t.Cleanup(func() { pc.Close() })
	pc.SetDeadline(time.Now().Add(patience))
	return pc, pc.LocalAddr().(*net.UDPAddr).AddrPort().Port()
}

func in(d time.Duration) time.Time { return time.Now().Add(d) }

func TestBugConnect(t *testing.T) {
	w := bug(t, sim.Config{})
	l := must(net.Listen("tcp", "127.0.0.1:0"))(t)
	defer l.Close()
	fd := w.socket(t, netdev.SOCK_STREAM, 5000)
	noError(t, w.driver.Connect(fd, "", netip.AddrPortFrom(hostIP, l.Addr().(*net.TCPAddr).AddrPort().Port())))
	if got := w.chip.Status(0); got != sim.Init {
		t.Errorf("the socket is in %v after Connect", got)
	}
	if _, err := w.driver.Send(fd, []byte("x"), 0, in(50*time.Millisecond)); err == nil {
		t.Error("Send succeeds")
	}
}

func TestBugDatagramHeader(t *testing.T) {
	w := bug(t, sim.Config{})
	fd := w.socket(t, netdev.SOCK_DGRAM, 53)
	pc, _ := w.udpPeer(t)
	to := net.UDPAddrFromAddrPort(w.chip.HostAddr("udp", 53))
	pc.WriteTo([]byte("one"), to)
	pc.WriteTo([]byte("two"), to)
	noError(t, w.chip.AwaitReceived(w.ctx, 0, 22))
	buf := make([]byte, 100)
	n, err := w.driver.Recv(fd, buf, 0, in(patience))
	if err != nil || n != 22 || string(buf[8:11]) != "one" || string(buf[19:22]) != "two" {
		t.Errorf("Recv gives %q, %v, want two datagrams with their headers", buf[:n], err)
	}
}

func TestBugLargeDatagram(t *testing.T) {
	w := bug(t, sim.Config{})
	pc, port := w.udpPeer(t)
	fd := w.socket(t, netdev.SOCK_DGRAM, 5000)
	noError(t, w.driver.Connect(fd, "", netip.AddrPortFrom(hostIP, port)))
	if n, err := w.driver.Send(fd, make([]byte, 2100), 0, in(patience)); n != 2100 || err != nil {
		t.Fatal(n, err)
	}
	for i, want := range []int{1472, 2048 - 1472, 2100 - 2048} {
		if n, _, err := pc.ReadFrom(make([]byte, 3000)); n != want || err != nil {
			t.Errorf("datagram %d has %d bytes, %v, want %d", i, n, err, want)
		}
	}
}

func TestBugSourcePort(t *testing.T) {
	w := bug(t, sim.Config{})
	pc, port := w.udpPeer(t)
	fd := w.socket(t, netdev.SOCK_DGRAM, 0)
	noError(t, w.driver.Connect(fd, "", netip.AddrPortFrom(hostIP, port)))
	must(w.driver.Send(fd, []byte("x"), 0, in(patience)))(t)
	_, from, err := pc.ReadFrom(make([]byte, 10))
	noError(t, err)
	pc.WriteTo([]byte("y"), from)
	if n, err := w.driver.Recv(fd, make([]byte, 10), 0, in(50*time.Millisecond)); err == nil {
		t.Errorf("the answer to port 0 arrives: %d bytes", n)
	}
}

func TestBugDataBeforeFIN(t *testing.T) {
	for try := 0; ; try++ {
		w := bug(t, sim.Config{})
		_, fd, peer := w.server(t)
		w.chip.SetLink(false)
		peer.Write([]byte("the last words"))
		peer.CloseWrite()
		got := make(chan error, 1)
		go func() {
			_, err := w.driver.Recv(fd, make([]byte, 100), 0, in(patience))
			got <- err
		}()
		time.Sleep(15 * time.Millisecond) // the driver polls every 8 to 10 ms
		w.chip.SetLink(true)
		if err := soon(t, "Recv", got); errors.Is(err, net.ErrClosed) {
			if _, err := w.driver.Recv(fd, make([]byte, 100), 0, in(patience)); !errors.Is(err, os.ErrClosed) {
				t.Errorf("the next Recv gives %v", err)
			}
			return
		}
		if try == 5 {
			t.Fatal("nothing is lost")
		}
	}
}

func TestBugHalfClosed(t *testing.T) {
	w := bug(t, sim.Config{})
	_, fd, peer := w.server(t)
	peer.CloseWrite()
	noError(t, w.chip.AwaitStatus(w.ctx, 0, sim.CloseWait))
	if n, err := w.driver.Send(fd, []byte("answer"), 0, in(patience)); n != 0 || !errors.Is(err, net.ErrClosed) {
		t.Errorf("Send to a peer that still reads: %d, %v", n, err)
	}
	buf := make([]byte, 6)
	if _, err := io.ReadFull(peer, buf); err != nil || string(buf) != "answer" {
		t.Errorf("the peer has %q, %v", buf, err) // although Send says 0
	}
}

func TestBugStaleInterrupts(t *testing.T) {
	w := bug(t, sim.Config{})
	lfd, fd, peer := w.server(t) // on the chip's socket 0
	peer.Close()
	noError(t, w.chip.AwaitInterrupt(w.ctx, 0, sim.IntDISCON))
	noError(t, w.driver.Close(fd))
	second := w.call(t, 80) // on socket 1, and then 0 listens
	w.driverAccept(t, lfd)
	defer second.Close()
	w.call(t, 80)
	noError(t, w.chip.AwaitStatus(w.ctx, 0, sim.Established)) // an Accept that waits would clear it
	fd = w.driverAccept(t, lfd)
	if _, err := w.driver.Recv(fd, make([]byte, 10), 0, in(patience)); !errors.Is(err, net.ErrClosed) {
		t.Errorf("Recv of a new connection gives %v, want the end of the old one", err)
	}
}

func (w *world) driverAccept(t *testing.T, lfd int) int {
	t.Helper()
	fd, _, err := w.driver.Accept(lfd)
	noError(t, err)
	return fd
}

func TestBugCloseIsSilent(t *testing.T) {
	w := bug(t, sim.Config{})
	_, fd, peer := w.server(t)
	noError(t, w.driver.Close(fd))
	peer.SetDeadline(in(50 * time.Millisecond))
	if _, err := peer.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("the peer reads %v after Close", err)
	}
}

func TestBugCloseAndRecv(t *testing.T) {
	w := bug(t, sim.Config{})
	fd := w.socket(t, netdev.SOCK_DGRAM, 53)
	old := make(chan []byte, 1)
	go func() {
		buf := make([]byte, 100)
		n, _ := w.driver.Recv(fd, buf, 0, in(patience))
		old <- buf[:n]
	}()
	time.Sleep(5 * time.Millisecond) // it waits in the driver
	noError(t, w.driver.Close(fd))
	if again := w.socket(t, netdev.SOCK_DGRAM, 54); again != fd {
		t.Fatalf("the number %d is not used again", fd)
	}
	pc, _ := w.udpPeer(t)
	pc.WriteTo([]byte("secret"), net.UDPAddrFromAddrPort(w.chip.HostAddr("udp", 54)))
	if got := soon(t, "Recv of a closed socket", old); !bytes.HasSuffix(got, []byte("secret")) {
		t.Errorf("Recv of a closed socket gives %q", got)
	}
}

func TestBugCloseAndAccept(t *testing.T) {
	w := bug(t, sim.Config{})
	lfd := w.socket(t, netdev.SOCK_STREAM, 80)
	noError(t, w.driver.Listen(lfd, 1))
	old := inBackground(func() error {
		_, _, err := w.driver.Accept(lfd)
		return err
	})
	time.Sleep(5 * time.Millisecond) // it waits in the driver
	noError(t, w.driver.Close(lfd))
	lfd = w.socket(t, netdev.SOCK_STREAM, 81)
	noError(t, w.driver.Listen(lfd, 1))
	w.call(t, 81)
	if err := soon(t, "Accept of a closed listener", old); err != nil {
		t.Errorf("Accept of a closed listener: %v, want another one's connection", err)
	}
}

func TestBugAcceptFails(t *testing.T) {
	w := bug(t, sim.Config{})
	lfd := w.socket(t, netdev.SOCK_STREAM, 80)
	noError(t, w.driver.Listen(lfd, 1))
	w.call(t, 80).CloseWrite()
	noError(t, w.chip.AwaitStatus(w.ctx, 0, sim.CloseWait))
	for range 2 {
		if _, _, err := w.driver.Accept(lfd); err == nil {
			t.Error("Accept succeeds after a peer has closed")
		}
	}
	at := w.chip.HostAddr("tcp", 80)
	if c, err := net.Dial("tcp", at.String()); err == nil {
		c.Close()
		t.Error("it still listens")
	}
}

func TestBugAcceptReset(t *testing.T) {
	w := bug(t, sim.Config{})
	lfd := w.socket(t, netdev.SOCK_STREAM, 80)
	noError(t, w.driver.Listen(lfd, 1))
	c := w.call(t, 80)
	noError(t, w.chip.AwaitStatus(w.ctx, 0, sim.Established))
	c.SetLinger(0)
	c.Close()
	noError(t, w.chip.AwaitStatus(w.ctx, 0, sim.Closed))
	if _, _, err := w.driver.Accept(lfd); !errors.Is(err, net.ErrClosed) {
		t.Errorf("Accept gives %v", err)
	}
}

func TestBugOneAtATime(t *testing.T) {
	w := bug(t, sim.Config{})
	lfd := w.socket(t, netdev.SOCK_STREAM, 80)
	noError(t, w.driver.Listen(lfd, 8))
	w.call(t, 80)
	noError(t, w.chip.AwaitStatus(w.ctx, 0, sim.Established))
	c, err := net.Dial("tcp", w.chip.HostAddr("tcp", 80).String())
	if err == nil {
		defer c.Close()
		c.SetDeadline(in(patience))
		_, err = c.Read(make([]byte, 1))
	}
	if err == nil {
		t.Error("a second peer is taken before Accept")
	}
}

func TestBugSendPastDeadline(t *testing.T) {
	w := bug(t, sim.Config{})
	_, fd, peer := w.server(t)
	if n, err := w.driver.Send(fd, []byte("twice?"), 0, time.Unix(1, 0)); n != 0 || !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("Send past its deadline: %d, %v", n, err)
	}
	buf := make([]byte, 6)
	if _, err := io.ReadFull(peer, buf); err != nil || string(buf) != "twice?" {
		t.Errorf("the peer has %q, %v", buf, err)
	}
}

func TestBugSendErrors(t *testing.T) {
	w := bug(t, sim.Config{})
	_, fd, _ := w.server(t)
	w.chip.SetLink(false)
	_, err := w.driver.Send(fd, make([]byte, 4096), 0, in(20*time.Millisecond))
	var ne interface{ Timeout() bool }
	if err == nil || errors.Is(err, os.ErrDeadlineExceeded) || errors.As(err, &ne) {
		t.Errorf("a large Send past its deadline gives %v, which is a time-out", err)
	}
}

func TestBugResetUnnoticed(t *testing.T) {
	w := bug(t, sim.Config{})
	_, fd, peer := w.server(t)
	peer.SetLinger(0)
	peer.Close()
	noError(t, w.chip.AwaitStatus(w.ctx, 0, sim.Closed))
	if _, err := w.driver.Recv(fd, make([]byte, 1), 0, in(30*time.Millisecond)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("Recv gives %v", err)
	}
	if _, err := w.driver.Send(fd, []byte("x"), 0, in(30*time.Millisecond)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("Send gives %v", err)
	}
}

// A levelPin remembers its level.
type levelPin struct {
	*sim.Pin
	high bool
}

func (p *levelPin) Set(high bool) { p.high = high; p.Pin.Set(high) }

func TestBugChipSelect(t *testing.T) {
	chip := must(sim.New(sim.Config{}))(t)
	defer chip.Close()
	cs := &levelPin{Pin: chip.CS()}
	d := w5500.New(chip, cs)
	noError(t, d.Configure(w5500.Config{MAC: net.HardwareAddr{2, 0, 0, 0, 0, 50}, IP: chipIP})) // no Gateway
	if cs.high {
		t.Error("the chip is not left selected")
	}
}

func TestBugClosedNumber(t *testing.T) {
	w := bug(t, sim.Config{})
	_, fd, _ := w.server(t)
	noError(t, w.driver.Close(fd))
	if err := w.driver.Close(fd); err != nil {
		t.Errorf("the second Close gives %v", err)
	}
	if _, err := w.driver.Recv(fd, make([]byte, 1), 0, in(20*time.Millisecond)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("Recv of a closed number gives %v", err)
	}
}

// What package w5500mend makes of all this.

func TestMendedConn(t *testing.T) {
	w := newWorld(t, sim.Config{}, true)
	l := w.listen(t, 80)
	for range 5 { // the sockets are used again
		ours, theirs := w.accept(t, l)
		w.chip.SetLink(false)
		theirs.Write([]byte("the last words"))
		theirs.CloseWrite()
		read := make(chan []byte, 1)
		go func() {
			p, err := io.ReadAll(ours)
			if err != nil {
				t.Error(err)
			}
			read <- p
		}()
		time.Sleep(2 * time.Millisecond) // so that the driver waits, or else this tests less
		w.chip.SetLink(true)
		if got := soon(t, "ReadAll", read); string(got) != "the last words" {
			t.Errorf("received %q", got)
		}
		ours.Close()
		if p, err := io.ReadAll(theirs); len(p) > 0 || err != nil {
			t.Errorf("the peer reads %q, %v after Close", p, err)
		}
	}
	// A peer that still reads, and that we have not read from.
	ours, theirs := w.accept(t, l)
	theirs.CloseWrite()
	if _, err := w.chip.AwaitAny(w.ctx, sim.CloseWait); err != nil {
		t.Fatal(err)
	}
	data := pattern(10000)
	go func() {
		if _, err := ours.Write(data); err != nil {
			t.Error(err)
		}
		ours.Close()
	}()
	if got, err := io.ReadAll(theirs); err != nil || !bytes.Equal(got, data) {
		t.Errorf("the peer has %d bytes, %v", len(got), err)
	}
}

func TestMendedUDP(t *testing.T) {
	w := newWorld(t, sim.Config{}, true)
	c := must(net.ListenPacket("udp", ":5353"))(t)
	defer c.Close()
	c.SetDeadline(in(patience))
	to := net.UDPAddrFromAddrPort(w.chip.HostAddr("udp", 5353))
	buf := make([]byte, 2000)
	for i := range 6 {
		pc, port := w.udpPeer(t)
		data := pattern(1 + 200*i)
		pc.WriteTo(nil, to) // lost, and no harm
		pc.WriteTo(data, to)
		n, from, err := c.ReadFrom(buf[:1+100*i]) // cut off
		if want := netip.AddrPortFrom(hostIP, port).String(); err != nil || !bytes.Equal(buf[:n], data[:1+100*i]) || from.String() != want {
			t.Fatalf("ReadFrom gives %d bytes from %v, %v, want %d from %v", n, from, err, len(data), want)
		}
		must(c.WriteTo(data, from))(t)
		if n, _, err := pc.ReadFrom(buf); err != nil || !bytes.Equal(buf[:n], data) {
			t.Fatalf("the peer has %d bytes, %v", n, err)
		}
	}
	// Dialled with no port, and hears nobody else.
	pc, port := w.udpPeer(t)
	d := must(net.Dial("udp", netip.AddrPortFrom(hostIP, port).String()))(t)
	defer d.Close()
	d.SetDeadline(in(patience))
	must(d.Write([]byte("question")))(t)
	_, from, err := pc.ReadFrom(buf)
	noError(t, err)
	other, _ := w.udpPeer(t)
	other.WriteTo([]byte("spoof"), from)
	pc.WriteTo([]byte("answer"), from)
	if n, err := d.Read(buf); err != nil || string(buf[:n]) != "answer" {
		t.Errorf("Read gives %q, %v", buf[:n], err)
	}
}
