package host

import (
	"context"
	"encoding/binary"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/tinynet/tinynet/netdev/tether/internal/wire"
)

// bounded is a host in a world, with a board that says things by hand.
func bounded(t *testing.T, conf Config) (*Host, *world, *stranger) {
	w := newWorld()
	w.may = func(netip.AddrPort, map[string]bool) bool { return true }
	w.mayAsk = func(string) bool { return true }
	w.mayGroup = func(netip.AddrPort) bool { return true }
	conf.Addr = netip.MustParseAddr("192.0.2.200")
	h := New(conf)
	h.net = w
	s := &stranger{h: h, now: time.Now()}
	s.begin(7)
	s.exchange()
	t.Cleanup(func() {
		h.Close()
		for _, wrong := range w.wrong {
			t.Error(wrong)
		}
		if w.open != 0 {
			t.Errorf("%d sockets are left", w.open)
		}
	})
	return h, w, s
}

func (s *stranger) tell(m *wire.Builder) { s.say(m.Message()) }

func (s *stranger) open(num uint16, kind byte) {
	s.tell(s.out.Begin(wire.OpOpen).U16(num).U8(10).U8(kind))
}

// until calls f with the lock until it is true.
func (s *stranger) until(t *testing.T, what string, f func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(time.Millisecond) {
		s.exchange()
		ok := false
		s.h.locked(func() { ok = f() })
		if ok {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s: not within 30 s", what)
		}
	}
}

// TestBounds goes to each bound, and beyond.
func TestBounds(t *testing.T) {
	t.Run("sockets", func(t *testing.T) {
		h, w, s := bounded(t, Config{})
		for num := range uint16(2000) {
			s.open(1+num, 1+byte(num%2))
			s.tell(s.out.Begin(wire.OpBind).U16(1).U16(1 + num).AddrPort(netip.MustParseAddrPort("0.0.0.0:0")))
			s.tell(s.out.Begin(wire.OpListen).U16(1).U16(1 + num).U16(1000))
		}
		s.exchange()
		h.locked(func() {
			if h.live != mostSockets || h.datagrams != mostDatagramSockets {
				t.Errorf("%d sockets, %d of them for datagrams, want %d and %d", h.live, h.datagrams, mostSockets, mostDatagramSockets)
			}
		})
		if w.most > mostSockets {
			t.Errorf("%d sockets of the system, want %d or less", w.most, mostSockets)
		}
	})
	t.Run("accepted", func(t *testing.T) {
		h, w, s := bounded(t, Config{})
		s.open(1, 1)
		s.tell(s.out.Begin(wire.OpListen).U16(1).U16(1).U16(0xffff))
		s.exchange()
		for range 3 * mostBacklog {
			w.lns[0].visit()
		}
		h.locked(func() {
			if n := len(h.socks) - 1; n > mostBacklog {
				t.Errorf("%d connections were accepted, want %d or less", n, mostBacklog)
			}
		})
	})
	t.Run("a peer that takes nothing", func(t *testing.T) {
		h, _, s := bounded(t, Config{})
		s.open(1, 1)
		s.tell(s.out.Begin(wire.OpConnect).U16(1).U16(1).AddrPort(netip.AddrPortFrom(netip.MustParseAddr("203.0.113.9"), portMute)))
		s.until(t, "a connection", func() bool { return h.socks[1].state == connected })
		for range 100 {
			s.tell(s.out.Begin(wire.OpData).U16(1).Raw(make([]byte, 1000)))
		}
		s.until(t, "the end of the connection", func() bool { return h.socks[1].state == failed })
		h.locked(func() {
			if n := h.socks[1].queued; n > streamCredit {
				t.Errorf("%d bytes are kept, want %d or less", n, streamCredit)
			}
		})
	})
	t.Run("lookups", func(t *testing.T) {
		h, _, s := bounded(t, Config{})
		for n := range 2000 {
			s.tell(s.out.Begin(wire.OpLookup).U16(1).Text("ip").Text(fmt.Sprint("slow.n", n, ".example.com")))
		}
		s.exchange()
		h.locked(func() {
			if h.looking != mostLookups || len(h.queries) != mostQueries {
				t.Errorf("%d lookups and %d that wait, want %d and %d", h.looking, len(h.queries), mostLookups, mostQueries)
			}
		})
	})
	t.Run("answers", func(t *testing.T) {
		var many []string
		for i := range 200 {
			many = append(many, fmt.Sprintf("198.51.100.%d", i))
		}
		worldZone["many.example.com"] = many
		defer delete(worldZone, "many.example.com")
		h, _, s := bounded(t, Config{})
		got := 0
		s.line = wire.NewLine(wire.Config{ID: 9, MTU: 1024, Window: 64, Up: func() {
			s.line.Write(s.out.Begin(wire.OpHello).Hello(wire.Hello{Version: wire.Version, Stream: 1, Datagrams: 1}).Message())
		}, Data: func(p []byte) {
			if wire.Op(p[2]) == wire.OpReply {
				got = int(binary.LittleEndian.Uint16(p[6:]))
			}
		}})
		s.exchange()
		s.tell(s.out.Begin(wire.OpLookup).U16(1).Text("ip").Text("many.example.com"))
		s.until(t, "an answer", func() bool { return h.looking == 0 && got > 0 })
		if got != mostAnswers {
			t.Errorf("%d addresses, want %d", got, mostAnswers)
		}
	})
	t.Run("groups", func(t *testing.T) {
		h, _, s := bounded(t, Config{})
		for num := range uint16(8) {
			s.open(1+num, 2)
			for i := range 30 {
				s.tell(s.out.Begin(wire.OpMulticast).U16(1).U16(1 + num).U8(wire.MulticastJoin).Addr(netip.AddrFrom4([4]byte{224, 0, 1, byte(i)})).U32(0))
			}
		}
		s.exchange()
		h.locked(func() {
			if h.groups != mostGroups {
				t.Errorf("%d groups, want %d", h.groups, mostGroups)
			}
		})
		for num := range uint16(8) {
			s.tell(s.out.Begin(wire.OpClose).U16(1 + num).U8(0))
		}
		s.until(t, "no group", func() bool { return h.groups == 0 && h.live == 0 })
	})
}

// TestNames: what a rule denies is not forgotten, what one allows may be.
func TestNames(t *testing.T) {
	r := Rules{Deny: must("*.bad.example:80"), Allow: must("*.bad.example", "*.example")}
	denied := func(got ruleSet) bool { return got.has(0) }
	var n names
	bad, _ := r.named("x.bad.example")
	good, _ := r.named("x.example")
	addr := func(i int) netip.Addr { return netip.AddrFrom4([4]byte{198, byte(18 + i>>16), byte(i >> 8), byte(i)}) }
	if !n.add(addr(0), bad, denied) {
		t.Fatal("there is no room for the first")
	}
	for i := 1; i < 3*mostNames; i++ {
		if !n.add(addr(i), good, denied) {
			t.Fatalf("there is no room for number %d, want that the oldest is forgotten", i)
		}
	}
	if len(n.got) != mostNames || len(n.order) != mostNames || !n.got[addr(0)].has(0) || n.got[addr(1)] != nil {
		t.Errorf("%d names, denied %v, the oldest %v; want %d, true, none", len(n.got), n.got[addr(0)].has(0), n.got[addr(1)], mostNames)
	}
	full := false
	for i := 3 * mostNames; i < 5*mostNames && !full; i++ {
		full = !n.add(addr(i), bad, denied)
	}
	if !full || len(n.got) != mostNames {
		t.Errorf("full is %v with %d denied names, want true with %d", full, len(n.got), mostNames)
	}
	if n.add(addr(70000), nil, denied); n.got[addr(70000)] != nil {
		t.Error("a name that no rule has is remembered")
	}
}

// TestPeers: the oldest is forgotten.
func TestPeers(t *testing.T) {
	var p peers
	at := func(i int) netip.AddrPort { return netip.AddrPortFrom(loopback4, uint16(i)) }
	for i := 1; i <= 3*mostPeers; i++ {
		p.add(at(i))
		p.add(at(i))
		if !p.has(at(i)) {
			t.Fatalf("number %d is not known", i)
		}
	}
	if len(p.set) != mostPeers || len(p.list) != mostPeers || p.has(at(2*mostPeers)) || !p.has(at(2*mostPeers+1)) {
		t.Errorf("%d are known, want the newest %d", len(p.set), mostPeers)
	}
}

// A faulty network panics.
type faulty struct{ *world }

func (faulty) listen(string, netip.AddrPort) (listener, error) { panic("a fault") }
func (faulty) dial(context.Context, uint16, netip.AddrPort) (streamConn, error) {
	panic("a fault in a goroutine")
}

// TestFault: a panic ends the session in which it happens, and nothing else.
func TestFault(t *testing.T) {
	for name, call := range map[string]func(s *stranger) *wire.Builder{
		"a fault": func(s *stranger) *wire.Builder { return s.out.Begin(wire.OpListen).U16(1).U16(1).U16(1) },
		"a fault in a goroutine": func(s *stranger) *wire.Builder {
			return s.out.Begin(wire.OpConnect).U16(1).U16(1).AddrPort(netip.MustParseAddrPort("192.0.2.7:1"))
		},
	} {
		t.Run(name, func(t *testing.T) {
			faults, downs := []string{}, 0
			h, w, s := bounded(t, Config{Fault: func(err error) { faults = append(faults, err.Error()) }, Session: func(up bool) {
				if !up {
					downs++
				}
			}})
			h.net = faulty{w}
			for range 3 {
				faults, downs = nil, 0
				s.open(1, 1)
				s.open(2, 2)
				s.tell(s.out.Begin(wire.OpBind).U16(1).U16(2).AddrPort(netip.MustParseAddrPort("0.0.0.0:0")))
				s.tell(call(s))
				s.until(t, "a fault", func() bool { return len(faults) > 0 })
				if !strings.Contains(faults[0], name) || downs != 1 {
					t.Errorf("faults %q, %d sessions ended; want %s, 1", faults, downs, name)
				}
				// The line has found together again: a new session is there.
				s.until(t, "another session", func() bool { return h.ready })
				s.until(t, "no socket", func() bool { return h.live == 0 })
			}
		})
	}
}
