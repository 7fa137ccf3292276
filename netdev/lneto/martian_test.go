package lneto_test

import (
	"bytes"
	"encoding/binary"
	"io"
	"net/netip"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/tinynet/tinynet/netdev"
	device "github.com/tinynet/tinynet/netdev/lneto"
	"github.com/tinynet/tinynet/netdev/lneto/cable"
)

// packetFrom is a frame for the device at 10.7.0.1.
func packetFrom(from [4]byte, proto byte, body []byte) []byte {
	frame := append([]byte{2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 9, 8, 0}, ip(proto, body)...)
	copy(frame[26:], from[:])
	mendSums(frame)
	return frame
}

// datagramTo9 is UDP from port 7 to port 9.
func datagramTo9(text string) []byte {
	b := append([]byte{0, 7, 0, 9, 0, byte(8 + len(text)), 0, 0}, text...)
	return b
}

// TestMartians sends from addresses that nobody has. A program may trust who comes
// from 127.0.0.1.
func TestMartians(t *testing.T) {
	w := cable.New(cable.Faults{})
	d := plug(t, w, at(1, device.Config{}))
	num := must(d.Socket(netdev.AF_INET, netdev.SOCK_DGRAM, 0))(t)
	d.Bind(num, netip.MustParseAddrPort("0.0.0.0:9"))
	l, to := listening(t, d)
	answers := make(chan []byte, 100)
	w.Watch(func(f []byte) {
		if f[11] == 1 && !isARP(f) {
			answers <- append([]byte(nil), f...)
		}
	})
	p := w.Join()
	syn := make([]byte, 20)
	binary.BigEndian.PutUint16(syn, 4000)
	binary.BigEndian.PutUint16(syn[2:], to.Port())
	syn[12], syn[13] = 0x50, 2
	for _, from := range [][4]byte{
		{127, 0, 0, 1}, {127, 1, 2, 3}, {0, 1, 2, 3}, {224, 0, 0, 1}, {239, 1, 1, 1}, {240, 0, 0, 1},
		{255, 255, 255, 255}, {10, 7, 0, 255}, {10, 7, 0, 1},
	} {
		p.Send(packetFrom(from, 17, datagramTo9("false")))
		p.Send(packetFrom(from, 6, append([]byte(nil), syn...)))
		p.Send(packetFrom(from, 1, []byte{8, 0, 0, 0, 0, 1, 0, 1}))
	}
	p.Send(packetFrom([4]byte{}, 6, append([]byte(nil), syn...)))
	p.Send(packetFrom([4]byte{}, 1, []byte{8, 0, 0, 0, 0, 1, 0, 1}))
	p.Send(packetFrom([4]byte{10, 7, 0, 9}, 17, datagramTo9("right")))
	buf := make([]byte, 10)
	n, from, err := d.RecvFrom(num, buf, 0, time.Now().Add(10*time.Second))
	if string(buf[:max(n, 0)]) != "right" || from.String() != "10.7.0.9:7" {
		t.Errorf("%q comes from %v, %v; want what 10.7.0.9 has sent", buf[:max(n, 0)], from, err)
	}
	d.SetSockDeadline(l, netdev.Reads, time.Now().Add(50*time.Millisecond))
	if _, from, err := d.Accept(l); err == nil {
		t.Errorf("there is a connection with %v", from)
	}
	select {
	case f := <-answers:
		t.Errorf("the device answers %x", f)
	default:
	}
}

// TestPort0 sends from and to port 0, and asks to connect to it.
func TestPort0(t *testing.T) {
	w := cable.New(cable.Faults{})
	d := plug(t, w, at(1, device.Config{}))
	p := w.Join()
	var answers atomic.Int32
	w.Watch(func(f []byte) {
		if f[11] == 1 && !isARP(f) {
			answers.Add(1)
		}
	})
	for _, ports := range [][2]byte{{0, 80}, {9, 0}, {0, 0}} {
		seg := make([]byte, 20)
		seg[1], seg[3], seg[12], seg[13] = ports[0], ports[1], 0x50, 2
		p.Send(packetFrom([4]byte{10, 7, 0, 9}, 6, seg))
		p.Send(packetFrom([4]byte{10, 7, 0, 9}, 17, []byte{0, ports[0], 0, ports[1], 0, 8, 0, 0}))
	}
	num := must(d.Socket(netdev.AF_INET, netdev.SOCK_STREAM, 0))(t)
	if err := d.Connect(num, "", netip.MustParseAddrPort("10.7.0.9:0")); err != syscall.EINVAL {
		t.Errorf("Connect to port 0: %v, want %v", err, syscall.EINVAL)
	}
	out := must(d.Socket(netdev.AF_INET, netdev.SOCK_DGRAM, 0))(t)
	if _, err := d.SendTo(out, []byte("x"), 0, time.Time{}, netip.MustParseAddrPort("10.7.0.9:0")); err != syscall.EINVAL {
		t.Errorf("SendTo port 0: %v, want %v", err, syscall.EINVAL)
	}
	<-time.After(50 * time.Millisecond)
	if n := answers.Load(); n != 0 {
		t.Errorf("the device sends %d packets for port 0, want none", n)
	}
}

// TestOddHeaders takes a datagram behind IP options, one with bytes behind it in
// its frame, one without a checksum, and none that has a wrong one, or claims more
// than there is.
func TestOddHeaders(t *testing.T) {
	w := cable.New(cable.Faults{})
	d := plug(t, w, at(1, device.Config{}))
	num := must(d.Socket(netdev.AF_INET, netdev.SOCK_DGRAM, 0))(t)
	d.Bind(num, netip.MustParseAddrPort("0.0.0.0:9"))
	p := w.Join()
	peer := [4]byte{10, 7, 0, 9}
	plain := func(text string) []byte { return packetFrom(peer, 17, datagramTo9(text)) }

	options := plain("")
	options = append(options[:34:34], append([]byte{0x94, 4, 0, 0, 1, 1, 1, 0}, datagramTo9("options")...)...)
	options[14] = 0x47
	binary.BigEndian.PutUint16(options[16:], uint16(len(options)-14))
	mendSums(options)
	unsummed := plain("unsummed")
	unsummed[40], unsummed[41] = 0, 0
	damaged := plain("damaged")
	damaged[len(damaged)-1] ^= 1
	long := plain("long")
	long[39] += 4 // UDP's length is more than IP's
	badHead := plain("bad head")
	badHead[24] ^= 1
	frames := [][]byte{damaged, long, badHead, long[:30], options, append(plain("behind"), "and more"...), unsummed, plain("x"), plain("odd")}
	for _, f := range frames {
		p.Send(f)
	}
	buf := make([]byte, 100)
	for _, want := range []string{"options", "behind", "unsummed", "x", "odd"} {
		n, err := d.Recv(num, buf, 0, time.Now().Add(10*time.Second))
		if string(buf[:max(n, 0)]) != want {
			t.Fatalf("%q arrives, %v; want %q", buf[:max(n, 0)], err, want)
		}
	}
	if n := d.Statistics().Malformed; n != 4 {
		t.Errorf("%d frames are counted as malformed, want 4", n)
	}
}

// TestTinySegments has a peer whose limit for a segment is 1 byte, and one that
// says nothing: what it gets is as RFC 9293 has it.
func TestTinySegments(t *testing.T) {
	for _, test := range []struct {
		name    string
		options []byte
		most    int
	}{
		{"1 byte", []byte{2, 4, 0, 1}, 216}, {"none", nil, 536}, {"too short an option", []byte{2, 3, 0, 0}, 536},
		{"no length", []byte{2, 0, 0, 0}, 536}, {"700", []byte{1, 2, 4, 700 >> 8, 700 & 255, 0, 0, 0}, 700},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := cable.New(cable.Faults{})
			d := plug(t, w, at(1, device.Config{}))
			l, to := listening(t, d)
			seen := make(chan []byte, 100)
			p := w.Join()
			p.Receive(func(f []byte) {
				switch {
				case isARP(f) && f[21] == 1 && f[41] == 9:
					reply := append([]byte{2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 9, 8, 6, 0, 1, 8, 0, 6, 4, 0, 2}, 2, 0, 0, 0, 0, 9, 10, 7, 0, 9)
					p.Send(append(reply, 2, 0, 0, 0, 0, 1, 10, 7, 0, 1))
				case !isARP(f):
					seen <- append([]byte(nil), f...)
				}
			})
			defer p.Close()
			segment := func(flags byte, seq, ack uint32, options []byte) {
				b := make([]byte, 20, 40)
				binary.BigEndian.PutUint16(b, 4000)
				binary.BigEndian.PutUint16(b[2:], to.Port())
				binary.BigEndian.PutUint32(b[4:], seq)
				binary.BigEndian.PutUint32(b[8:], ack)
				b[12], b[13] = byte(5+len(options)/4)<<4, flags
				binary.BigEndian.PutUint16(b[14:], 60000)
				p.Send(packetFrom([4]byte{10, 7, 0, 9}, 6, append(b, options...)))
			}
			next := func() []byte {
				select {
				case f := <-seen:
					return f
				case <-time.After(10 * time.Second):
					t.Fatal("nothing comes within 10 s")
					return nil
				}
			}
			segment(2, 100, 0, test.options)
			iss := binary.BigEndian.Uint32(next()[38:])
			segment(0x10, 101, iss+1, nil)
			num, _, err := d.Accept(l)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := d.Send(num, make([]byte, 1400), 0, time.Time{}); err != nil {
				t.Fatal(err)
			}
			if n := int(binary.BigEndian.Uint16(next()[16:])) - 40; n != test.most {
				t.Errorf("a segment has %d bytes, want %d", n, test.most)
			}
		})
	}
}

// TestSimultaneousOpen has two devices connect to each other at once, as RFC 9293
// lets them, also where frames are lost.
func TestSimultaneousOpen(t *testing.T) {
	t.Parallel()
	for name, loss := range map[string]int{"whole": 0, "losses": 5} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			// Each SYN is on its way for longer than the other's call takes.
			w := cable.New(cable.Faults{Seed: 3, Latency: 100 * time.Millisecond, Loss: loss})
			a, b := plug(t, w, at(1, device.Config{})), plug(t, w, at(2, device.Config{}))
			// Both know the other's hardware address.
			warm(t, a, b)
			open := func(d *device.Device, from, to netip.AddrPort) (int, chan error) {
				num := must(d.Socket(netdev.AF_INET, netdev.SOCK_STREAM, 0))(t)
				if err := d.Bind(num, netip.AddrPortFrom(netip.IPv4Unspecified(), from.Port())); err != nil {
					t.Fatal(err)
				}
				done := make(chan error, 1)
				go func() { done <- d.Connect(num, "", to) }()
				return num, done
			}
			pa, pb := netip.MustParseAddrPort("10.7.0.1:4001"), netip.MustParseAddrPort("10.7.0.2:4002")
			x, dx := open(a, pa, pb)
			y, dy := open(b, pb, pa)
			for _, done := range []chan error{dx, dy} {
				if err := <-done; err != nil {
					t.Fatal(err)
				}
			}
			if err := transfer(t, a, b, x, y, 3000); err != nil {
				t.Error(err)
			}
		})
	}
}

// warm has two devices exchange datagrams.
func warm(t *testing.T, a, b *device.Device) {
	t.Helper()
	x := must(a.Socket(netdev.AF_INET, netdev.SOCK_DGRAM, 0))(t)
	y := must(b.Socket(netdev.AF_INET, netdev.SOCK_DGRAM, 0))(t)
	a.Bind(x, netip.MustParseAddrPort("0.0.0.0:9"))
	b.Bind(y, netip.MustParseAddrPort("0.0.0.0:9"))
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); {
		a.SendTo(x, []byte("x"), 0, time.Time{}, peerAddr(2))
		b.SendTo(y, []byte("y"), 0, time.Time{}, peerAddr(1))
		_, err1 := a.Recv(x, make([]byte, 1), 0, time.Now().Add(500*time.Millisecond))
		_, err2 := b.Recv(y, make([]byte, 1), 0, time.Now().Add(500*time.Millisecond))
		if err1 == nil && err2 == nil {
			return
		}
	}
	t.Fatal("no datagrams within 20 s")
}

// TestSimultaneousClose has both ends close at once.
func TestSimultaneousClose(t *testing.T) {
	t.Parallel()
	w := cable.New(cable.Faults{})
	a, b := plug(t, w, at(1, device.Config{Conns: 2})), plug(t, w, at(2, device.Config{Conns: 2}))
	for range 10 {
		x, y := connected(t, a, b)
		w.Set(cable.Faults{Latency: 20 * time.Millisecond})
		a.Shutdown(x, netdev.SHUT_WR)
		b.Shutdown(y, netdev.SHUT_WR)
		for d, num := range map[*device.Device]int{a: x, b: y} {
			if n, err := d.Recv(num, make([]byte, 1), 0, time.Now().Add(10*time.Second)); n != 0 || err != io.EOF {
				t.Fatalf("after both have closed Recv gives %d, %v; want EOF", n, err)
			}
			d.Close(num)
		}
		w.Set(cable.Faults{})
	}
}

// TestSimultaneousCloseLoss has both ends close at once, and the first FIN of one
// or of both lost: both ends read to the end nevertheless.
func TestSimultaneousCloseLoss(t *testing.T) {
	t.Parallel()
	for name, who := range map[string][]byte{"one's": {1}, "both's": {1, 2}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := cable.New(cable.Faults{})
			a, b := plug(t, w, at(1, device.Config{})), plug(t, w, at(2, device.Config{}))
			x, y := connected(t, a, b)
			lost := map[byte]int{}
			w.Set(cable.Faults{Latency: 20 * time.Millisecond, Loss: 1, Only: func(f []byte) bool {
				const fin = 1
				if isARP(f) || f[47]&fin == 0 || !bytes.Contains(who, f[11:12]) {
					return false
				}
				lost[f[11]]++
				return lost[f[11]] == 1
			}})
			a.Shutdown(x, netdev.SHUT_WR)
			b.Shutdown(y, netdev.SHUT_WR)
			for d, num := range map[*device.Device]int{a: x, b: y} {
				if n, err := d.Recv(num, make([]byte, 1), 0, time.Now().Add(20*time.Second)); n != 0 || err != io.EOF {
					t.Errorf("Recv gives %d, %v; want EOF", n, err)
				}
			}
		})
	}
}

// TestReusedPort closes connections first, and has the peer dial again from the
// same port at once, while ours remembers the old connection.
func TestReusedPort(t *testing.T) {
	t.Parallel()
	w := cable.New(cable.Faults{})
	d, other := plug(t, w, at(1, device.Config{})), plug(t, w, at(2, device.Config{}))
	l, to := listening(t, d)
	for i := range 5 {
		num := must(other.Socket(netdev.AF_INET, netdev.SOCK_STREAM, 0))(t)
		if err := other.Bind(num, netip.MustParseAddrPort("0.0.0.0:4000")); err != nil {
			t.Fatal(err)
		}
		// The peer's own end of the old connection may wait for its last
		// acknowledgement.
		for end := time.Now().Add(10 * time.Second); ; <-time.After(time.Millisecond) {
			err := other.Connect(num, "", to)
			if err == nil {
				break
			}
			if err != syscall.EADDRINUSE || time.Now().After(end) {
				t.Fatalf("connection %d: %v", i, err)
			}
		}
		in, _, err := d.Accept(l)
		if err != nil {
			t.Fatal(err)
		}
		d.Close(in)
		if n, err := other.Recv(num, make([]byte, 1), 0, time.Now().Add(10*time.Second)); n != 0 || err != io.EOF {
			t.Fatalf("connection %d: %d, %v; want EOF", i, n, err)
		}
		other.Close(num)
	}
}
