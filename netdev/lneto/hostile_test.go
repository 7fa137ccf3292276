package lneto_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"testing"
	"time"

	"github.com/soypat/lneto"

	"github.com/tinynet/tinynet/netdev"
	device "github.com/tinynet/tinynet/netdev/lneto"
	"github.com/tinynet/tinynet/netdev/lneto/cable"
)

// A nowhere takes frames and forgets them.
type nowhere struct{}

func (nowhere) Send([]byte) error { return nil }

// FuzzReceive hands the device frames of all sorts, of which it is to believe
// none that is not right: no panic, and what a listener, a datagram socket and a
// name get is nothing.
func FuzzReceive(f *testing.F) {
	mac := []byte{2, 0, 0, 0, 0, 1}
	ether := func(kind uint16, body ...byte) []byte {
		b := append(append(append([]byte(nil), mac...), 2, 0, 0, 0, 0, 9), byte(kind>>8), byte(kind))
		return append(b, body...)
	}
	f.Add([]byte{}, false)
	f.Add(ether(0x0800), true)
	f.Add(ether(0x0806, 0, 1, 8, 0, 6, 4, 0, 1, 2, 0, 0, 0, 0, 9, 10, 7, 0, 9, 0, 0, 0, 0, 0, 0, 10, 7, 0, 1), false)
	f.Add(ether(0x0800, ip(6, []byte{0, 9, 0, 80, 0, 0, 0, 1, 0, 0, 0, 0, 0x50, 2, 4, 0, 0, 0, 0, 0})...), true)
	f.Add(ether(0x0800, ip(17, []byte{0, 9, 0, 68, 0, 9, 0, 0, 1})...), true)
	f.Add(ether(0x0800, ip(17, []byte{0, 67, 0, 68, 0, 200, 0, 0, 1})...), true)
	f.Add(ether(0x0800, ip(1, []byte{8, 0, 0, 0, 1, 1, 1, 1})...), true)
	f.Add(ether(0x0800, ip(1, append([]byte{3, 3, 0, 0, 0, 0, 0, 0}, ip(17, make([]byte, 8))...))...), true)
	f.Add(ether(0x0800, ip(2, []byte{0x11, 0, 0, 0, 0, 0, 0, 0})...), true)
	f.Fuzz(func(t *testing.T, frame []byte, mend bool) {
		if mend {
			mendSums(frame)
		}
		for _, conf := range []device.Config{at(1, device.Config{Seed: 1}), {MAC: [6]byte{2, 0, 0, 0, 0, 1}, Seed: 1}} {
			d, err := device.New(nowhere{}, conf)
			if err != nil {
				t.Fatal(err)
			}
			if conf.Addr.IsValid() {
				l, _ := d.Socket(netdev.AF_INET, netdev.SOCK_STREAM, 0)
				d.Bind(l, netip.MustParseAddrPort("0.0.0.0:80"))
				d.Listen(l, 2)
				defer func() {
					d.SetSockDeadline(l, netdev.Reads, time.Unix(1, 0))
					if n, from, err := d.Accept(l); err == nil {
						t.Errorf("one frame makes connection %d with %v", n, from)
					}
				}()
			}
			d.Receive(append([]byte(nil), frame...))
			d.Receive(append([]byte(nil), frame...))
			defer d.Halt()
		}
	})
}

// FuzzConversation is a peer that has opened a connection, and then sends what
// the script says: segments that are old, early, overlapping, beyond the window
// or with any flags, all with right checksums. The byte at each place of the
// stream is always the same, so what the program reads has to be the stream from
// its beginning, as far as it got.
func FuzzConversation(f *testing.F) {
	f.Add([]byte{0x10, 0, 0, 20, 0x18, 20, 0, 20, 0x11, 40, 0, 0}, uint32(1))
	f.Add([]byte{0x10, 40, 0, 20, 0x10, 20, 0, 20, 0x10, 0, 0, 30, 0x10, 60, 0, 9}, uint32(0xfffffff0)) // backwards, past the end of numbers
	f.Add([]byte{0x10, 0, 1, 200, 0x10, 200, 255, 200, 0x10, 0, 0, 200, 0x12, 0, 0, 1, 0x14, 5, 0, 0, 0x11, 190, 9, 10}, uint32(7))
	f.Fuzz(func(t *testing.T, script []byte, seed uint32) {
		p := &talker{t: t, seq: seed, frames: make(chan []byte, 64)}
		conf := device.Config{Seed: uint64(seed) + 1, RetryTimeout: time.Second, RecvBuffer: 600, SendBuffer: 600}
		var err error
		if p.d, err = device.New(p, at(1, conf)); err != nil {
			t.Fatal(err)
		}
		defer p.d.Halt()
		l, _ := p.d.Socket(netdev.AF_INET, netdev.SOCK_STREAM, 0)
		p.d.Bind(l, netip.MustParseAddrPort("0.0.0.0:80"))
		p.d.Listen(l, 2)
		p.give(2, 0, 0, 0)
		p.ack = p.answer() + 1
		p.seq++
		p.give(0x10, 0, 0, 0)
		num, _, err := p.d.Accept(l)
		if err != nil {
			t.Fatal(err)
		}
		p.d.Send(num, make([]byte, 300), 0, time.Unix(1, 0))
		at := 0
		buf := make([]byte, 1<<10)
		for place := 0; len(script) >= 4; script = script[4:] {
			// Places advance with the script, so that long ones get around the buffer.
			from := place + int(int8(script[1]))
			p.give(script[0], from, int(int8(script[2])), int(script[3]))
			place = max(place, from+int(script[3])/2)
			if script[1]&3 == 3 {
				continue // it is not read after each segment
			}
			n, _ := p.d.Recv(num, buf, 0, time.Unix(1, 0))
			at = p.check(at, buf[:max(n, 0)])
		}
		for {
			n, _ := p.d.Recv(num, buf, 0, time.Unix(1, 0))
			if n <= 0 {
				break
			}
			at = p.check(at, buf[:n])
		}
	})
}

// A talker is the peer of FuzzConversation, and the device's link.
type talker struct {
	t        *testing.T
	d        *device.Device
	seq, ack uint32 // of the connection's first bytes, each way
	farthest int    // the end of what was sent
	frames   chan []byte
}

func (p *talker) Send(frame []byte) error {
	select {
	case p.frames <- append([]byte(nil), frame...):
	default:
	}
	return nil
}

// letter is the byte of the stream at a place.
func letter(place int) byte { return byte(place*7 + place>>8) }

// give sends a segment whose data are those of the stream from a place on.
func (p *talker) give(flags byte, from, ack, size int) {
	b := make([]byte, 20+size)
	binary.BigEndian.PutUint16(b, 4000)
	binary.BigEndian.PutUint16(b[2:], 80)
	binary.BigEndian.PutUint32(b[4:], p.seq+uint32(from))
	binary.BigEndian.PutUint32(b[8:], p.ack+uint32(ack))
	b[12], b[13] = 0x50, flags
	binary.BigEndian.PutUint16(b[14:], 1000)
	for i := range size {
		b[20+i] = letter(from + i)
	}
	p.farthest = max(p.farthest, from+size)
	frame := append([]byte{2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 9, 8, 0}, ip(6, b)...)
	mendSums(frame)
	p.d.Receive(frame)
}

// answer is the number of the device's SYN with ACK. Who asks for our hardware
// address is told.
func (p *talker) answer() uint32 {
	limit := time.After(20 * time.Second)
	for {
		select {
		case frame := <-p.frames:
			switch {
			case len(frame) >= 42 && frame[12] == 8 && frame[13] == 6:
				reply := append([]byte{2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 9, 8, 6, 0, 1, 8, 0, 6, 4, 0, 2}, 2, 0, 0, 0, 0, 9, 10, 7, 0, 9)
				p.d.Receive(append(reply, 2, 0, 0, 0, 0, 1, 10, 7, 0, 1))
			case len(frame) >= 54 && frame[23] == 6 && frame[47] == 0x12:
				return binary.BigEndian.Uint32(frame[38:])
			}
		case <-limit:
			p.t.Fatal("the device does not answer a SYN within 20 s")
		}
	}
}

// check holds what was read against the stream.
func (p *talker) check(at int, got []byte) int {
	for i, b := range got {
		if b != letter(at+i) {
			p.t.Fatalf("the byte at %d is %#x, want %#x", at+i, b, letter(at+i))
		}
	}
	if at += len(got); at > p.farthest {
		p.t.Fatalf("%d bytes arrive, of %d that were sent", at, p.farthest)
	}
	return at
}

// ip is a packet from 10.7.0.9 to 10.7.0.1.
func ip(proto byte, body []byte) []byte {
	b := make([]byte, 20, 20+len(body))
	b[0] = 0x45
	binary.BigEndian.PutUint16(b[2:], uint16(20+len(body)))
	b[8], b[9] = 64, proto
	copy(b[12:], []byte{10, 7, 0, 9, 10, 7, 0, 1})
	return append(b, body...)
}

// mendSums makes the checksums of a frame right, as far as its lengths let it.
func mendSums(frame []byte) {
	if len(frame) < 34 || frame[12] != 8 || frame[13] != 0 {
		return
	}
	p := frame[14:]
	head := 4 * int(p[0]&15)
	total := int(binary.BigEndian.Uint16(p[2:]))
	if head < 20 || head > len(p) || total < head || total > len(p) {
		return
	}
	var sum lneto.CRC791
	p[10], p[11] = 0, 0
	binary.BigEndian.PutUint16(p[10:], sum.PayloadSum16(p[:head]))
	body := p[head:total]
	at := map[byte]int{1: 2, 2: 2, 6: 16, 17: 6}[p[9]]
	if at == 0 || len(body) < at+2 {
		return
	}
	sum.Reset()
	body[at], body[at+1] = 0, 0
	if p[9] == 6 || p[9] == 17 {
		sum.WriteEven(p[12:20])
		sum.AddUint16(uint16(p[9]))
		sum.AddUint16(uint16(len(body)))
	}
	binary.BigEndian.PutUint16(body[at:], sum.PayloadSum16(body))
}

// TestSynFlood sends beginnings of connections that nobody goes on with: others
// are still served.
func TestSynFlood(t *testing.T) {
	w := cable.New(cable.Faults{})
	d, other := plug(t, w, at(1, device.Config{})), plug(t, w, at(2, device.Config{}))
	l, to := listening(t, d)
	go func() {
		for {
			num, _, err := d.Accept(l)
			if err != nil {
				return
			}
			d.Send(num, []byte("served"), 0, time.Time{})
			d.Close(num)
		}
	}()
	flood := w.Join()
	stop := make(chan struct{})
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			case <-time.After(time.Millisecond):
			}
			b := make([]byte, 20)
			binary.BigEndian.PutUint16(b, uint16(1024+i%60000))
			binary.BigEndian.PutUint16(b[2:], to.Port())
			binary.BigEndian.PutUint32(b[4:], uint32(i))
			b[12], b[13] = 0x50, 2
			binary.BigEndian.PutUint16(b[14:], 1000)
			frame := append([]byte{2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 9, 8, 0}, ip(6, b)...)
			mendSums(frame)
			flood.Send(frame)
		}
	}()
	served := 0
	for end := time.Now().Add(60 * time.Second); (served < 3 || w.Counts().Sent < 500) && time.Now().Before(end); {
		num, err := other.Socket(netdev.AF_INET, netdev.SOCK_STREAM, 0)
		if err != nil {
			t.Fatal(err)
		}
		if err := other.Connect(num, "", to); err == nil {
			if got, err := readAll(other, num); string(got) == "served" && err == nil {
				served++
			}
		}
		other.Close(num)
	}
	close(stop)
	<-ended
	if served < 3 {
		t.Errorf("%d of 3 clients are served during the flood", served)
	}
	t.Logf("%+v", d.Statistics())
}

// TestSpoofedARP tells the device wrong hardware addresses that it has not asked
// for.
func TestSpoofedARP(t *testing.T) {
	w := cable.New(cable.Faults{})
	d, other := plug(t, w, at(1, device.Config{})), plug(t, w, at(2, device.Config{}))
	x, y := connected(t, d, other)
	bad := w.Join()
	for range 20 {
		bad.Send([]byte{2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 66, 8, 6, 0, 1, 8, 0, 6, 4, 0, 2, 2, 0, 0, 0, 0, 66, 10, 7, 0, 2, 2, 0, 0, 0, 0, 1, 10, 7, 0, 1})
	}
	if _, err := d.Send(x, []byte("for the right one"), 0, time.Time{}); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 100)
	if n, err := other.Recv(y, buf, 0, time.Now().Add(10*time.Second)); string(buf[:n]) != "for the right one" {
		t.Errorf("after false ARP answers the peer gets %q, %v", buf[:n], err)
	}
}

// TestForgedNames answers a question from elsewhere, with another number, and
// about another name, before the server does.
func TestForgedNames(t *testing.T) {
	w := cable.New(cable.Faults{})
	right := netip.MustParseAddr("10.7.0.2")
	server := serveNames(t, w, 53, map[string]netip.Addr{"peer.example": right})
	d := plug(t, w, at(1, device.Config{DNS: []netip.Addr{server}}))
	forger := plug(t, w, at(66, device.Config{}))
	num := must(forger.Socket(netdev.AF_INET, netdev.SOCK_DGRAM, 0))(t)
	forger.Bind(num, netip.MustParseAddrPort("0.0.0.0:53"))
	w.Watch(func(frame []byte) {
		if len(frame) < 60 || frame[23] != 17 || frame[36] != 0 || frame[37] != 53 {
			return
		}
		q := append([]byte(nil), frame[42:]...)
		to := netip.AddrPortFrom(netip.MustParseAddr("10.7.0.1"), binary.BigEndian.Uint16(frame[34:]))
		go func() {
			if a := answerFor(q, map[string]netip.Addr{"peer.example": netip.MustParseAddr("10.7.0.66")}); a != nil {
				forger.SendTo(num, a, 0, time.Time{}, to)
			}
		}()
	})
	for range 5 {
		got, err := d.GetHostByName("peer.example")
		if got != right || err != nil {
			t.Errorf("peer.example is at %v, %v; want %v", got, err, right)
		}
	}
	if got, err := d.GetHostByName("nobody.example"); !errors.Is(err, netdev.ErrHostUnknown) {
		t.Errorf("nobody.example is at %v, %v; want %v", got, err, netdev.ErrHostUnknown)
	}
}

// TestFragments sends pieces of a packet: nothing of them arrives.
func TestFragments(t *testing.T) {
	w := cable.New(cable.Faults{})
	d := plug(t, w, at(1, device.Config{}))
	num := must(d.Socket(netdev.AF_INET, netdev.SOCK_DGRAM, 0))(t)
	d.Bind(num, netip.MustParseAddrPort("0.0.0.0:7"))
	p := w.Join()
	for _, part := range []uint16{0x2000, 0x0001} { // the first, and what follows
		b := ip(17, []byte{0, 9, 0, 7, 0, 24, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8})
		binary.BigEndian.PutUint16(b[6:], part)
		frame := append([]byte{2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 9, 8, 0}, b...)
		var sum lneto.CRC791
		frame[24], frame[25] = 0, 0
		binary.BigEndian.PutUint16(frame[24:], sum.PayloadSum16(frame[14:34]))
		p.Send(frame)
	}
	if n, err := d.Recv(num, make([]byte, 100), 0, time.Now().Add(100*time.Millisecond)); err == nil {
		t.Errorf("of fragments %d bytes arrive", n)
	}
	if n := d.Statistics().Fragments; n != 2 {
		t.Errorf("%d fragments are counted, want 2", n)
	}
	if _, err := d.SendTo(num, make([]byte, 1473), 0, time.Time{}, netip.MustParseAddrPort("10.7.0.2:7")); err == nil {
		t.Error("a datagram that needs fragments is sent")
	}
}

// TestMTU has a wire that takes no frames longer than 600 bytes with the MTU
// that fits: streams and datagrams arrive.
func TestMTU(t *testing.T) {
	w := cable.New(cable.Faults{MaxBytes: 614})
	conf := device.Config{MTU: 600}
	d, other := plug(t, w, at(1, conf)), plug(t, w, at(2, device.Config{}))
	x, y := connected(t, d, other)
	if err := transfer(t, d, other, x, y, 50_000); err != nil {
		t.Error(err)
	}
}

// TestUnreadSurvives reads what came before the end, and before a reset.
func TestUnreadSurvives(t *testing.T) {
	w := cable.New(cable.Faults{})
	d, other := plug(t, w, at(1, device.Config{})), plug(t, w, at(2, device.Config{}))
	for _, linger := range []int{-1, 0} {
		x, y := connected(t, d, other)
		other.Send(y, []byte("unread"), 0, time.Time{})
		// One byte of it is read, so that the rest has come too.
		if n, err := d.Recv(x, make([]byte, 1), 0, time.Now().Add(5*time.Second)); n != 1 || err != nil {
			t.Fatal(n, err)
		}
		d.Shutdown(x, netdev.SHUT_WR)
		if _, err := other.Recv(y, make([]byte, 1), 0, time.Now().Add(5*time.Second)); err != io.EOF {
			t.Fatal(err)
		}
		other.SetSockOpt(y, netdev.SOL_SOCKET, netdev.SO_LINGER, linger)
		other.Close(y)
		got, err := readAll(d, x)
		if string(got) != "nread" || linger < 0 && err != nil || linger == 0 && err == nil {
			t.Error(fmt.Errorf("linger %d: it reads %q, %v", linger, got, err))
		}
		d.Close(x)
	}
}
