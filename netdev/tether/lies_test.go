package tether

import (
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tinynet/tinynet/netdev/tether/internal/wire"
)

// A liar is a computer that says what it likes. It and the device are joined by
// a line in memory that loses nothing.
type liar struct {
	t    testing.TB
	line *wire.Line
	dev  *Device
	out  wire.Builder
	got  []wire.Op // from the device
	ids  []uint16  // of calls
	nums []uint16
}

// A joint is the line: what the device writes is here until the liar takes it.
type joint struct {
	mu      sync.Mutex
	changed *sync.Cond
	in, out []byte
	closed  bool
}

func (j *joint) Read(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for len(j.in) == 0 {
		if j.closed {
			return 0, io.EOF
		}
		j.changed.Wait()
	}
	n := copy(p, j.in)
	j.in = j.in[n:]
	j.changed.Broadcast()
	return n, nil
}

func (j *joint) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.closed {
		return 0, io.ErrClosedPipe
	}
	j.out = append(j.out, p...)
	j.changed.Broadcast()
	return len(p), nil
}

func (j *joint) close() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.closed = true
	j.changed.Broadcast()
}

// lie starts a device and a liar that greets it as hello says.
func lie(t testing.TB, conf Config, hello wire.Hello) (*liar, *joint) {
	j := &joint{}
	j.changed = sync.NewCond(&j.mu)
	l := &liar{t: t}
	var split wire.Splitter
	l.line = wire.NewLine(wire.Config{
		ID: 77, Host: true, MTU: 1024, Window: 64,
		Up: func() {
			l.line.Write(l.out.Begin(wire.OpHello).Hello(hello).Message())
		},
		Data: func(p []byte) {
			split.Feed(p, func(r *wire.Reader) {
				op := wire.Op(r.U8())
				l.got = append(l.got, op)
				if op >= wire.OpBind && op <= wire.OpMulticast {
					l.ids = append(l.ids, r.U16())
				}
				if op == wire.OpOpen {
					l.nums = append(l.nums, r.U16())
				}
			})
		},
	})
	l.dev = New(j, conf)
	t.Cleanup(j.close)
	return l, j
}

// exchange moves what there is, until f is true.
func (l *liar) exchange(j *joint, what string, f func() bool) {
	l.t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !f(); {
		now := time.Now()
		frames := l.line.Output(nil, now)
		j.mu.Lock()
		j.in = append(j.in, frames...)
		out := j.out
		j.out = nil
		j.changed.Broadcast()
		j.mu.Unlock()
		l.line.Input(out, now)
		if len(frames)+len(out) == 0 {
			runtime.Gosched()
		}
		if now.After(deadline) {
			l.t.Fatalf("%s: not within 30 s", what)
		}
	}
}

func (l *liar) settled(j *joint) func() bool {
	return func() bool {
		j.mu.Lock()
		defer j.mu.Unlock()
		return l.line.Idle() && len(j.in) == 0 && len(j.out) == 0
	}
}

// call makes one of the device, and has the liar answer it.
func (l *liar) call(j *joint, answer *wire.Builder, f func() error) error {
	l.t.Helper()
	done := make(chan error, 1)
	n := len(l.ids)
	go func() { done <- f() }()
	l.exchange(j, "a call", func() bool { return len(l.ids) > n })
	reply := append([]byte(nil), answer.Message()[3:]...)
	l.line.Write(l.out.Begin(wire.OpReply).U16(l.ids[n]).Raw(reply).Message())
	var err error
	l.exchange(j, "its end", func() bool {
		select {
		case err = <-done:
			return true
		default:
			return false
		}
	})
	return err
}

// answer is a reply without its head.
func answer() *wire.Builder { return new(wire.Builder).Begin(wire.OpReply).Error(wire.Error{}) }

var (
	liesHello = wire.Hello{Version: wire.Version, Stream: 1 << 20, Datagrams: 1 << 20, Addr: netip.MustParseAddr("192.0.2.2")}
	liesAt    = netip.MustParseAddrPort("192.0.2.1:80")
)

// TestLies has a host lie to a device with two connections, a listener and a
// socket for datagrams. No program crashes of it, no socket gets another one's
// bytes, and memory has its bound.
func TestLies(t *testing.T) {
	const most = 2048
	data := func(num uint16, n int) *wire.Builder {
		return new(wire.Builder).Begin(wire.OpData).U16(num).Raw([]byte(strings.Repeat("x", n)))
	}
	for name, lies := range map[string]func(l *liar, a, b, ln, u uint16) []*wire.Builder{
		"more bytes than there is credit for": func(l *liar, a, b, ln, u uint16) (list []*wire.Builder) {
			for range 100 {
				list = append(list, data(b, 1000))
			}
			return list
		},
		"empty datagrams": func(l *liar, a, b, ln, u uint16) (list []*wire.Builder) {
			for range 5000 {
				list = append(list, new(wire.Builder).Begin(wire.OpDatagram).U16(u).AddrPort(liesAt))
			}
			return list
		},
		"datagrams for streams, and the reverse": func(l *liar, a, b, ln, u uint16) (list []*wire.Builder) {
			for _, num := range []uint16{a, b, ln} {
				list = append(list, new(wire.Builder).Begin(wire.OpDatagram).U16(num).AddrPort(liesAt).Raw([]byte("x")))
			}
			return append(list, data(u, 10), data(ln, 10), new(wire.Builder).Begin(wire.OpEnd).U16(u), new(wire.Builder).Begin(wire.OpEnd).U16(ln))
		},
		"sockets that were never opened": func(l *liar, a, b, ln, u uint16) (list []*wire.Builder) {
			for num := range uint16(3000) {
				list = append(list, data(100+num*20, 3), new(wire.Builder).Begin(wire.OpClosed).U16(100+num*20), new(wire.Builder).Begin(wire.OpCredit).U16(100+num).U32(1<<31))
			}
			return list
		},
		"connections that nobody listens for": func(l *liar, a, b, ln, u uint16) (list []*wire.Builder) {
			for num := range uint16(3000) {
				list = append(list, new(wire.Builder).Begin(wire.OpAccepted).U16([]uint16{a, b, u, 999}[num%4]).U16(0x8000+num).AddrPort(liesAt).AddrPort(liesAt))
			}
			return list
		},
		"connections without end": func(l *liar, a, b, ln, u uint16) (list []*wire.Builder) {
			for num := range uint16(3000) {
				list = append(list, new(wire.Builder).Begin(wire.OpAccepted).U16(ln).U16(0x8000+num).AddrPort(liesAt).AddrPort(liesAt))
			}
			return list
		},
		"a connection that there is": func(l *liar, a, b, ln, u uint16) []*wire.Builder {
			return []*wire.Builder{new(wire.Builder).Begin(wire.OpAccepted).U16(ln).U16(a).AddrPort(liesAt).AddrPort(liesAt)}
		},
		"answers that nobody asked for": func(l *liar, a, b, ln, u uint16) (list []*wire.Builder) {
			for id := range uint16(3000) {
				list = append(list, new(wire.Builder).Begin(wire.OpReply).U16(id).Error(wire.Error{Code: wire.ErrReset, Text: strings.Repeat("x", 900)}))
			}
			return list
		},
		"greetings again and again": func(l *liar, a, b, ln, u uint16) (list []*wire.Builder) {
			h := liesHello
			h.Servers = make([]netip.AddrPort, 200)
			for range 1000 {
				list = append(list, new(wire.Builder).Begin(wire.OpHello).Hello(h))
			}
			return list
		},
		"long messages": func(l *liar, a, b, ln, u uint16) (list []*wire.Builder) {
			for range 20 {
				list = append(list, data(b, 60000))
			}
			return list
		},
		"failures": func(l *liar, a, b, ln, u uint16) (list []*wire.Builder) {
			for range 1000 {
				list = append(list, new(wire.Builder).Begin(wire.OpFailed).U16(u).Error(wire.Error{Code: wire.ErrOther, Text: strings.Repeat("x", 1000)}), new(wire.Builder).Begin(wire.OpFailed).U16(ln))
			}
			return list
		},
		"credit": func(l *liar, a, b, ln, u uint16) (list []*wire.Builder) {
			for range 10 {
				list = append(list, new(wire.Builder).Begin(wire.OpCredit).U16(b).U32(^uint32(0)), new(wire.Builder).Begin(wire.OpCredit).U16(ln).U32(^uint32(0)))
			}
			return list
		},
	} {
		t.Run(name, func(t *testing.T) {
			l, j := lie(t, Config{Buffer: most, Frame: 256, Window: 8}, liesHello)
			d := l.dev
			var socks [4]int
			for i, stype := range []int{sockStream, sockStream, sockStream, sockDgram} {
				num, err := d.Socket(afINET, stype, 0)
				if err != nil {
					t.Fatal(err)
				}
				socks[i] = num
			}
			for _, num := range socks[:2] {
				if err := l.call(j, answer().AddrPort(liesAt), func() error { return d.Connect(num, "", liesAt) }); err != nil {
					t.Fatal(err)
				}
			}
			if err := l.call(j, answer().AddrPort(liesAt), func() error { return d.Listen(socks[2], 3) }); err != nil {
				t.Fatal(err)
			}
			d.pump.Lock()
			var nums [4]uint16
			for i, num := range socks {
				nums[i] = d.socks[num].num
			}
			d.pump.Unlock()
			l.line.Write(new(wire.Builder).Begin(wire.OpData).U16(nums[0]).Raw([]byte("mine")).Message())
			before := inUse()
			for _, m := range lies(l, nums[0], nums[1], nums[2], nums[3]) {
				l.line.Write(m.Message())
				if l.line.Queued() > 4000 {
					l.exchange(j, "lies", func() bool { return l.line.Queued() < 1000 })
				}
			}
			l.exchange(j, "quiet", l.settled(j))
			runtime.GC()
			if n := inUse() - before; n > 1<<20 {
				t.Errorf("%d kB more are in use, want 1024 or less", n>>10)
			}
			d.pump.Lock()
			for _, s := range d.socks {
				if s.in.n+len(s.msgs)*wire.DatagramCost > most || len(s.arrived) > 3 {
					t.Errorf("socket %d holds %d bytes, %d datagrams and %d connections", s.fd, s.in.n, len(s.msgs), len(s.arrived))
				}
			}
			if len(d.socks) > 4+3 || len(d.calls) > 8 || len(d.closing) > 8 || d.pump.Line.Queued() > 16<<10 {
				t.Errorf("%d sockets, %d calls, %d closing, %d bytes that wait", len(d.socks), len(d.calls), len(d.closing), d.pump.Line.Queued())
			}
			d.pump.Unlock()
			// The first connection has its own bytes, and no others, or is lost.
			d.SetSockDeadline(socks[0], reads, time.Now().Add(20*time.Millisecond))
			var all []byte
			ended := false // the session, because of the lies
			buf := make([]byte, 100)
			for {
				n, err := d.Recv(socks[0], buf, 0, time.Time{})
				all = append(all, buf[:max(n, 0)]...)
				if err != nil {
					if ended = errors.Is(err, errBroken); !ended && !errors.Is(err, os.ErrDeadlineExceeded) {
						t.Errorf("Recv gives %v, want that there is nothing", err)
					}
					break
				}
			}
			if got := string(all); got != "mine" && (!ended || got != "") {
				t.Errorf("it gets %q, want its own bytes", got)
			}
		})
	}
}

// TestFalseAnswers answers calls with what makes no sense.
func TestFalseAnswers(t *testing.T) {
	hello := liesHello
	hello.Addr = netip.Addr{}
	hello.Servers = make([]netip.AddrPort, 200)
	l, j := lie(t, Config{}, hello)
	d := l.dev
	num, err := d.Socket(afINET, sockStream, 0)
	if err != nil {
		t.Fatal(err)
	}
	short := new(wire.Builder).Begin(wire.OpReply)
	for _, a := range []*wire.Builder{short, answer(), answer().U8(9), answer().AddrPort(netip.AddrPort{}), answer().U8(4).U8(1)} {
		if err := l.call(j, a, func() error { return d.Connect(num, "", liesAt) }); err == nil {
			t.Error("Connect believes an answer without an address")
		}
		if err := l.call(j, a, func() error { return d.Bind(num, liesAt) }); err == nil {
			t.Error("Bind believes an answer without an address")
		}
		if err := l.call(j, a, func() error { return d.Listen(num, 1) }); err == nil {
			t.Error("Listen believes an answer without an address")
		}
	}
	if at, err := d.GetSockname(num); err != nil || at.IsValid() {
		t.Errorf("the socket is at %v, %v; want nowhere", at, err)
	}
	many := answer().U16(3000)
	for range 3000 {
		many.Addr(netip.Addr{}).Addr(liesAt.Addr())
	}
	for _, a := range []*wire.Builder{answer().U16(0xffff), answer().U16(2).Addr(netip.Addr{}).Addr(netip.Addr{})} {
		if err := l.call(j, a, func() error { _, err := d.GetHostByName("x"); return err }); err == nil {
			t.Error("GetHostByName believes an answer without addresses")
		}
	}
	bad := answer().U16(4)
	for _, link := range []wire.Link{
		{Index: 0, Name: "zero"}, {Index: 1 << 31, Name: "negative"}, {Index: 2, Name: strings.Repeat("x", 1000)},
		{Index: 3, Name: "good", Prefixes: []netip.Prefix{netip.PrefixFrom(liesAt.Addr(), 24), {}}},
	} {
		bad.Link(link)
	}
	err = l.call(j, bad, func() error {
		links, err := d.Links()
		if err == nil && (len(links) != 1 || links[0].Name != "good" || len(links[0].Prefixes) != 1) {
			err = fmt.Errorf("the interfaces are %+v, want the good one with its prefix", links)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
	if _, err := d.Addr(); err == nil {
		t.Error("Addr gives an address that is none")
	}
	if servers, _ := d.DNSConfig(); len(servers) > 0 {
		t.Errorf("DNS servers %v, want none", servers)
	}
}

func inUse() int {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int(m.HeapInuse)
}
