package host

import (
	"net/netip"
	"runtime"
	"runtime/metrics"
	"strings"
	"testing"
	"time"

	"github.com/tinynet/tinynet/netdev/tether/internal/wire"
)

// A scene is a configuration, and what it means, in words of its own: the rules
// are held against these.
type scene struct {
	conf     Config
	may      func(to netip.AddrPort, learned map[string]bool) bool
	mayAsk   func(name string) bool
	mayGroup func(g netip.AddrPort) bool
}

func within(p string, a netip.Addr) bool { return netip.MustParsePrefix(p).Contains(a) }

func below(names map[string]bool, suffix string) bool {
	for n := range names {
		if strings.HasSuffix(n, suffix) {
			return true
		}
	}
	return false
}

func must(list ...string) (rules []Rule) {
	for _, s := range list {
		r, err := ParseRule(s)
		if err != nil {
			panic(err)
		}
		rules = append(rules, r)
	}
	return rules
}

func scenes() []scene {
	anyName := func(string) bool { return true }
	outside := func(to netip.AddrPort, _ map[string]bool) bool { return !to.Addr().IsLoopback() }
	self := netip.MustParseAddr("192.0.2.1")
	return []scene{
		{Config{Self: self, AnyPort: true}, outside, anyName, func(netip.AddrPort) bool { return true }},
		{
			Config{Self: self, Rules: Rules{Allow: must("192.0.2.0/24:1-6", "*.example.com"), Deny: must("192.0.2.66")}},
			func(to netip.AddrPort, learned map[string]bool) bool {
				a := bare(to.Addr())
				if a.IsLoopback() || a == netip.MustParseAddr("192.0.2.66") {
					return false
				}
				return within("192.0.2.0/24", a) && to.Port() >= 1 && to.Port() <= 6 || below(learned, ".example.com")
			},
			func(name string) bool { return strings.HasSuffix(name, ".example.com") },
			func(netip.AddrPort) bool { return false },
		},
		{
			Config{Loopback: true, Rules: Rules{Allow: must("good.example.com:1", "bad.example.com", "224.0.0.251:1", "localhost:2"), Deny: must("bad.example.com:1")}},
			func(to netip.AddrPort, learned map[string]bool) bool {
				a := bare(to.Addr())
				switch {
				case a.IsLoopback():
					return to.Port() == 2
				case learned["bad.example.com"] && to.Port() == 1:
					return false
				}
				return learned["good.example.com"] && to.Port() == 1 || learned["bad.example.com"] || to == netip.MustParseAddrPort("224.0.0.251:1")
			},
			func(name string) bool {
				return name == "good.example.com" || name == "bad.example.com" || name == "localhost"
			},
			func(g netip.AddrPort) bool { return g == netip.MustParseAddrPort("224.0.0.251:1") },
		},
		{
			Config{Self: self, Loopback: true, Rules: Rules{Deny: must("127.0.0.0/8", "::1", "224.0.0.0/4", "*:4")}},
			func(to netip.AddrPort, _ map[string]bool) bool {
				return !to.Addr().IsLoopback() && !within("224.0.0.0/4", to.Addr()) && to.Port() != 4
			},
			anyName,
			func(g netip.AddrPort) bool { return g.Addr().Is6() && g.Port() != 4 },
		},
	}
}

// places are addresses in all the spellings that there are.
var places = []netip.Addr{
	{}, netip.MustParseAddr("192.0.2.7"), netip.MustParseAddr("192.0.2.66"), netip.MustParseAddr("::ffff:192.0.2.66"), netip.MustParseAddr("192.0.2.1"),
	netip.MustParseAddr("127.0.0.1"), netip.MustParseAddr("127.9.9.9"), netip.MustParseAddr("::1"), netip.MustParseAddr("::1%lo"), netip.MustParseAddr("::%1"),
	netip.MustParseAddr("0.0.0.0"), netip.MustParseAddr("::"), netip.MustParseAddr("::ffff:127.0.0.1"), netip.MustParseAddr("::ffff:0.0.0.0%x"),
	netip.MustParseAddr("198.51.100.7"), netip.MustParseAddr("198.51.100.8"), netip.MustParseAddr("2001:db8::7%a"), netip.MustParseAddr("203.0.113.9"),
	netip.MustParseAddr("224.0.0.251"), netip.MustParseAddr("ff02::fb%mem0"), netip.MustParseAddr("fe80::1%mem0"), netip.MustParseAddr("fe80::1%a b"),
	netip.MustParseAddr("255.255.255.255"), netip.MustParseAddr("192.0.2.255"),
}

var askedNames = []string{
	"good.example.com", "GOOD.example.COM.", "bad.example.com", "home.example.com", "any.example.org", "slow.example.com", "localhost", "nobody.example.com",
	"::ffff:192.0.2.66%.example.com", "127.1", "0x7f.1", "192.0.2.66", "::%.example.com", "a b.example.com", ".example.com", "",
}

// A stranger is the board of a fuzz run: it and the host's line are joined by
// hand, so that nothing happens by itself but what the world does.
type stranger struct {
	h    *Host
	line *wire.Line
	now  time.Time
	out  wire.Builder
	buf  []byte
	deaf bool // it takes nothing of what the host says
}

func (s *stranger) begin(id uint32) {
	s.line = wire.NewLine(wire.Config{ID: id, MTU: 1024, Window: 64, Data: func([]byte) {}, Up: func() {
		s.line.Write(s.out.Begin(wire.OpHello).Hello(wire.Hello{Version: wire.Version, Stream: 8 << 10, Datagrams: 8 << 10}).Message())
	}})
}

// exchange moves frames until there are none.
func (s *stranger) exchange() {
	for quiet, n := false, 0; !quiet && n < 1000; n++ {
		s.now = s.now.Add(time.Millisecond)
		quiet = true
		if s.buf = s.line.Output(s.buf[:0], s.now); len(s.buf) > 0 {
			quiet = false
			s.h.locked(func() { s.h.pump.Line.Input(s.buf, s.now) })
		}
		s.h.locked(func() { s.buf = s.h.pump.Line.Output(s.buf[:0], s.now) })
		if len(s.buf) > 0 && (!s.deaf || !s.line.IsUp()) {
			quiet = false
			s.line.Input(s.buf, s.now)
		}
	}
}

// say gives the host what a message is, as far as the line has room.
func (s *stranger) say(p []byte) {
	s.line.Write(p)
	if s.line.Queued() > 64<<10 {
		s.exchange()
	}
	if s.line.Queued() > 256<<10 { // the host does not take more: begin anew
		s.begin(uint32(s.now.UnixNano()) | 1)
		s.exchange()
	}
}

// inUse is how much of the heap is in use.
func inUse() int {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(sample)
	return int(sample[0].Value.Uint64())
}

// FuzzHost lets a board do what it likes, in a world that is in memory, and
// holds what the host does against what the rules mean, and memory, goroutines
// and sockets against their bounds.
func FuzzHost(f *testing.F) {
	for sc := range byte(4) {
		for _, kind := range []byte{0, 1} {
			for op := range byte(24) {
				f.Add([]byte{sc, 0, 1, kind, op, 1, 5, 1, 1, op, 1, 1, 1, 1, 16, 16})
			}
		}
		f.Add([]byte{sc, 0, 1, 1, 1, 1, 10, 0, 8, 1, 0, 0, 16, 16})
		f.Add([]byte{sc, 17, 0, 1, 0, 19, 2, 1, 14, 1, 6, 1, 99, 16})
	}
	// Every place, by every kind of call, after every name was looked up.
	for sc := range byte(4) {
		for port := range byte(7) {
			for kind := range byte(4) {
				seed := []byte{sc, 16}
				for n := range byte(len(askedNames)) {
					seed = append(seed, 12, 0, n)
				}
				seed = append(seed, 16)
				for a := range byte(len(places)) {
					switch kind {
					case 0, 1: // a connection, or datagrams of one peer
						seed = append(seed, 0, 1, 1, kind, 2, 1, a, port)
					case 2:
						seed = append(seed, 0, 1, 1, 1, 7, 1, a, port, 1)
					case 3:
						seed = append(seed, 0, 1, 1, 1, 1, 1, 5, port, 5, 1, 1, a, 0)
					}
					if a%2 == 0 {
						seed = append(seed, 16)
					}
					seed = append(seed, 11, 1)
				}
				f.Add(seed)
			}
		}
	}
	all := scenes()
	f.Fuzz(func(t *testing.T, p []byte) {
		if len(p) == 0 {
			return
		}
		sc := all[int(p[0])%len(all)]
		p = p[1:]
		next := func() byte {
			if len(p) == 0 {
				return 0
			}
			b := p[0]
			p = p[1:]
			return b
		}
		goroutines, before := runtime.NumGoroutine(), inUse()
		w := newWorld()
		w.may, w.mayAsk, w.mayGroup = sc.may, sc.mayAsk, sc.mayGroup
		conf := sc.conf
		conf.Addr = netip.MustParseAddr("192.0.2.200")
		conf.Fault = func(err error) { t.Error(err) }
		h := New(conf)
		h.net = w
		s := &stranger{h: h, now: time.Now()}
		s.begin(7)
		s.exchange()
		times := 1
		for id := uint16(1); len(p) > 0 && id < 400; id++ {
			op, num := next()%22, uint16(0)
			if op < 14 {
				if num = uint16(next() % 8); num == 7 {
					num = wire.HostSocket | uint16(next()%4+1)
				}
			}
			place := func() netip.AddrPort {
				return netip.AddrPortFrom(places[int(next())%len(places)], uint16(next()%8))
			}
			m := s.out.Begin(wire.OpLinks).U16(id)
			switch op {
			case 0:
				m = s.out.Begin(wire.OpOpen).U16(num).U8([]byte{2, 10, 3}[next()%3]).U8(1 + next()%3)
			case 1:
				m = s.out.Begin(wire.OpBind).U16(id).U16(num).AddrPort(place())
			case 2:
				m = s.out.Begin(wire.OpConnect).U16(id).U16(num).AddrPort(place())
			case 3:
				m = s.out.Begin(wire.OpListen).U16(id).U16(num).U16(uint16(next()))
			case 4:
				m = s.out.Begin(wire.OpOption).U16(id).U16(num).U32([]uint32{1, 6, 41, 9}[next()%4]).U32(uint32(next() % 28)).U32(uint32(int32(int8(next()))))
			case 5:
				m = s.out.Begin(wire.OpMulticast).U16(id).U16(num).U8(next() % 5).Addr(places[int(next())%len(places)]).U32(uint32(next() % 4))
			case 6:
				m = s.out.Begin(wire.OpData).U16(num).Raw(make([]byte, int(next())*4))
			case 7:
				m = s.out.Begin(wire.OpDatagram).U16(num).AddrPort(place()).Raw(make([]byte, int(next())*4))
			case 8:
				m = s.out.Begin(wire.OpEnd).U16(num)
			case 9:
				m = s.out.Begin(wire.OpCredit).U16(num).U32(uint32(next()) << (next() % 25))
			case 10, 11:
				m = s.out.Begin(wire.OpClose).U16(num).U8(op - 10)
			case 12:
				m = s.out.Begin(wire.OpLookup).U16(id).Text([]string{"ip", "ip4", "ip6", "tcp"}[next()%4]).Text(askedNames[int(next())%len(askedNames)])
			case 13:
				n := min(int(next()), len(p))
				m = s.out.Begin(wire.Op(next())).Raw(p[:min(n, len(p))])
			case 14: // a visitor
				s.exchange()
				w.mu.Lock()
				lns := w.lns
				w.mu.Unlock()
				if len(lns) > 0 {
					lns[int(next())%len(lns)].visit()
				}
				continue
			case 15: // somebody sends
				s.exchange()
				w.mu.Lock()
				udps := w.udps
				w.mu.Unlock()
				if len(udps) > 0 {
					from := place()
					if !from.Addr().IsValid() || from.Addr().IsUnspecified() || from.Addr().IsMulticast() || from.Addr().Is4In6() || from.Addr().Zone() != "" {
						continue // nothing comes from there
					}
					c := udps[int(next())%len(udps)]
					w.mu.Lock()
					if c.at.Addr().IsLoopback() {
						w.heard[from] = true
					}
					w.mu.Unlock()
					c.send([]byte("hello"), from)
				}
				continue
			case 16:
				s.exchange()
				continue
			case 17:
				times = 1 + int(next())
				continue
			case 18:
				s.deaf = !s.deaf
				continue
			case 19:
				s.exchange()
				s.begin(uint32(id)<<8 | 7)
				s.deaf = false
				s.exchange()
				continue
			case 20:
				n := min(int(next()), len(p))
				s.line.Write(p[:n]) // no message, but bytes
				p = p[n:]
				continue
			}
			whole := append([]byte(nil), m.Message()...)
			for range times {
				s.say(whole)
			}
			times = 1
		}
		s.exchange()
		h.locked(func() {
			if n := h.pump.Line.Queued(); n > mostWaiting+256<<10 {
				t.Errorf("%d bytes wait for the board, want %d or not much more", n, mostWaiting)
			}
			if h.live > mostSockets || h.datagrams > mostDatagramSockets || h.groups > mostGroups || h.looking > mostLookups || len(h.queries) > mostQueries || len(h.names.got) > mostNames {
				t.Errorf("%d sockets, %d for datagrams, %d groups, %d lookups, %d queries, %d names", h.live, h.datagrams, h.groups, h.looking, len(h.queries), len(h.names.got))
			}
		})
		if inUse() > before+64<<20 {
			runtime.GC() // of earlier runs, perhaps
			if n := inUse() - before; n > 64<<20 {
				t.Errorf("%d MB more are in use, want 64 or less", n>>20)
			}
		}
		if n := runtime.NumGoroutine() - goroutines; n > 4*mostSockets {
			t.Errorf("there are %d goroutines more", n)
		}
		begun := time.Now()
		h.Close()
		if took := time.Since(begun); took > 2*time.Second {
			t.Errorf("it takes %v to close", took)
		}
		w.mu.Lock()
		for _, s := range w.wrong {
			t.Error(s)
		}
		if w.open != 0 || h.live != 0 || len(h.socks)+len(h.ports)+len(h.draining)+h.groups+h.datagrams+h.looking > 0 {
			t.Errorf("after Close there are %d sockets in the world, and %d of the board's", w.open, h.live)
		}
		if w.most > mostSockets+mostGroups {
			t.Errorf("%d sockets were open at once", w.most)
		}
		w.mu.Unlock()
		for deadline := time.Now().Add(10 * time.Second); runtime.NumGoroutine() > goroutines; runtime.Gosched() {
			if time.Now().After(deadline) {
				buf := make([]byte, 1<<16)
				t.Fatalf("%d goroutines are left\n%s", runtime.NumGoroutine()-goroutines, buf[:runtime.Stack(buf, true)])
			}
		}
	})
}
