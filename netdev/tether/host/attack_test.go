package host_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tinynet/tinynet/netdev/tether/host"
	"github.com/tinynet/tinynet/netdev/tether/internal/wire"
)

// These are attacks by a board that speaks the protocol and means harm. Each got
// through once.

func rules(t testing.TB, list ...string) (rules []host.Rule) {
	for _, s := range list {
		r, err := host.ParseRule(s)
		if err != nil {
			t.Fatal(err)
		}
		rules = append(rules, r)
	}
	return rules
}

// target is a listener that counts who comes.
type target struct {
	at   netip.AddrPort
	came atomic.Int32
}

func newTarget(t testing.TB, network, at string) *target {
	ln, err := net.Listen(network, at)
	if err != nil {
		t.Skip(err)
	}
	t.Cleanup(func() { ln.Close() })
	x := &target{at: ln.Addr().(*net.TCPAddr).AddrPort()}
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			x.came.Add(1)
			c.Close()
		}
	}()
	return x
}

// spellings are addresses that systems take for the computer itself.
var spellings = []netip.Addr{
	netip.MustParseAddr("127.0.0.1"), netip.MustParseAddr("127.1.2.3"), netip.MustParseAddr("0.0.0.0"),
	netip.MustParseAddr("::1"), netip.MustParseAddr("::"),
	netip.MustParseAddr("::ffff:127.0.0.1"), netip.MustParseAddr("::ffff:0.0.0.0"),
	netip.MustParseAddr("::%lo"), netip.MustParseAddr("::1%lo"), netip.MustParseAddr("::%1"), netip.MustParseAddr("::1%1"),
	netip.MustParseAddr("::ffff:127.0.0.1%lo"), netip.MustParseAddr("::ffff:0.0.0.0%1"),
}

// TestSpellings names the computer itself in every way, where that is denied by
// default or by rules.
func TestSpellings(t *testing.T) {
	four, six := newTarget(t, "tcp4", "0.0.0.0:0"), newTarget(t, "tcp6", "[::]:0")
	heard, err := net.ListenPacket("udp", ":0")
	if err != nil {
		t.Fatal(err)
	}
	defer heard.Close()
	for name, conf := range map[string]host.Config{
		"default": {},
		"deny":    {Loopback: true, Rules: host.Rules{Deny: rules(t, "127.0.0.0/8", "::1")}},
		"allow":   {Loopback: true, Rules: host.Rules{Allow: rules(t, "192.0.2.0/24", "*.example.com")}},
	} {
		t.Run(name, func(t *testing.T) {
			line, _ := serve(t, conf)
			b := newBoard(t, line)
			num := uint16(0)
			for _, a := range spellings {
				for _, x := range []*target{four, six} {
					num++
					b.open(num, inet6, streams)
					if e := b.connect(num, netip.AddrPortFrom(a, x.at.Port())); e.Code != wire.ErrDenied {
						t.Errorf("to connect to %v gives %+v, want that it is denied", a, e)
					}
				}
				num++
				b.open(num, inet6, datagrams)
				if e := b.connect(num, netip.AddrPortFrom(a, 9)); e.Code != wire.ErrDenied {
					t.Errorf("to connect datagrams to %v gives %+v, want that it is denied", a, e)
				}
				num++
				b.open(num, inet6, datagrams)
				b.say(func(m *wire.Builder) *wire.Builder {
					return m.Begin(wire.OpDatagram).U16(num).AddrPort(netip.AddrPortFrom(a, heard.LocalAddr().(*net.UDPAddr).AddrPort().Port())).Raw([]byte("x"))
				})
				b.await("failed", func() bool {
					for _, m := range b.got {
						if m.op == wire.OpFailed && m.num == num {
							return m.p[0] == wire.ErrDenied
						}
					}
					return false
				})
			}
			b.alive()
			if n := four.came.Load() + six.came.Load(); n > 0 {
				t.Errorf("%d connections came, want none", n)
			}
			heard.SetReadDeadline(time.Unix(1, 0))
			if _, from, err := heard.ReadFrom(make([]byte, 9)); !errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("a datagram came from %v (%v), want none", from, err)
			}
		})
	}
}

// TestAddressNames has a board ask for addresses as if they were names that it
// may look up: it gets nothing by that which it could not have without.
func TestAddressNames(t *testing.T) {
	line, _ := serve(t, host.Config{Rules: host.Rules{Allow: rules(t, "*.example.com")}})
	b := newBoard(t, line)
	for i, name := range []string{
		"::ffff:192.0.2.2%.example.com", "::ffff:192.0.2.2%a.example.com", "192.0.2.2", "::ffff:192.0.2.2", "fe80::1%.example.com",
		"192.0.2.2%.example.com", "::%.example.com", "0xc0.0.2.1", "3221225985", "192.0.1", "0300.0.2.1", " a.example.com", "a..example.com", "a/.example.com",
		"-.example.com", strings.Repeat("a", 64) + ".example.com", strings.Repeat("a.", 130) + "example.com",
	} {
		e, ips := b.lookup(name)
		for _, ip := range ips {
			num := uint16(i + 1)
			b.open(num, inet6, streams)
			if e := b.connect(num, netip.AddrPortFrom(ip, 9)); e.Code != wire.ErrDenied {
				t.Errorf("%q is %v, and to connect there gives %+v, want that it is denied", name, ip, e)
			}
		}
		if e.Code == wire.ErrNone && strings.Contains(name, "%") && len(ips) > 0 && ips[0].Zone() != "" {
			t.Errorf("%q is %v, want no zone", name, ips)
		}
	}
	b.alive()
}

// TestRulesThatCannotBe are those that would never apply to what is judged.
func TestRulesThatCannotBe(t *testing.T) {
	for _, s := range []string{
		"::ffff:192.0.2.1", "::ffff:192.0.2.0/120", "::ffff:0:0/96", "[::ffff:192.0.2.1]:80", "0.0.0.0", "::", "0.0.0.0/32", "::/128",
		"::1%lo", "fe80::1%eth0", "10.1.2.3/8", "2001:db8::1/32", "127.1", "0x7f.0.0.1", "2130706433", "0177.0.0.1", "10.1:80",
		"a_b.example.com%x", "foo.localhost", "*.localhost", "exa mple.com", "example..com", "-a.example.com", "münchen.example.com",
	} {
		if r, err := host.ParseRule(s); err == nil {
			t.Errorf("%q is the rule %+v, want an error", s, r)
		}
	}
	for _, s := range []string{"0.0.0.0/0", "::/0", "127.0.0.0/8", "::1", "fe80::/10", "localhost", "localhost:80", "*.example.com:443", "xn--mnchen-3ya.example", "a_b.example", "*", "*:80"} {
		if _, err := host.ParseRule(s); err != nil {
			t.Errorf("%q: %v, want a rule", s, err)
		}
	}
}

// setUp brings a socket into a state.
var setUp = map[string]func(b *board, x *target){
	"fresh stream":    func(b *board, x *target) { b.open(1, inet, streams) },
	"fresh datagrams": func(b *board, x *target) { b.open(1, inet, datagrams) },
	"named":           func(b *board, x *target) { b.open(1, inet, streams); b.bind(1, "0.0.0.0:0") },
	"dialing": func(b *board, x *target) {
		b.open(1, inet, streams)
		b.begin(wire.OpConnect, func(m *wire.Builder) { m.U16(1).AddrPort(x.at) })
	},
	"connected": func(b *board, x *target) { b.open(1, inet, streams); b.connect(1, x.at) },
	"finished": func(b *board, x *target) {
		b.open(1, inet, streams)
		b.connect(1, x.at)
		b.say(func(m *wire.Builder) *wire.Builder { return m.Begin(wire.OpEnd).U16(1) })
	},
	"listening": func(b *board, x *target) {
		b.open(1, inet, streams)
		b.call(wire.OpListen, func(m *wire.Builder) { m.U16(1).U16(1) })
	},
	"receiving": func(b *board, x *target) { b.open(1, inet, datagrams); b.bind(1, "0.0.0.0:0") },
	"bound":     func(b *board, x *target) { b.open(1, inet, datagrams); b.bind(1, "127.0.0.1:0") },
	"dialled":   func(b *board, x *target) { b.open(1, inet, datagrams); b.connect(1, x.at) },
	"accepted": func(b *board, x *target) {
		b.open(2, inet, streams)
		b.bind(2, "0.0.0.0:0")
		_, r := b.call(wire.OpListen, func(m *wire.Builder) { m.U16(2).U16(1) })
		c, err := net.Dial("tcp", netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), r.AddrPort().Port()).String())
		if err != nil {
			b.t.Fatal(err)
		}
		b.t.Cleanup(func() { c.Close() })
	},
}

// TestEveryMessageInEveryState sends each message to a socket in each state,
// and two of them after one another: the host goes on.
func TestEveryMessageInEveryState(t *testing.T) {
	x := newTarget(t, "tcp4", "127.0.0.1:0")
	id := uint16(1000)
	calls := map[uint16]bool{}
	messages := []func(num uint16, m *wire.Builder) *wire.Builder{
		func(num uint16, m *wire.Builder) *wire.Builder {
			return m.Begin(wire.OpBind).U16(id).U16(num).AddrPort(netip.MustParseAddrPort("0.0.0.0:0"))
		},
		func(num uint16, m *wire.Builder) *wire.Builder {
			return m.Begin(wire.OpBind).U16(id).U16(num).AddrPort(netip.MustParseAddrPort("127.0.0.1:0"))
		},
		func(num uint16, m *wire.Builder) *wire.Builder {
			return m.Begin(wire.OpConnect).U16(id).U16(num).AddrPort(x.at)
		},
		func(num uint16, m *wire.Builder) *wire.Builder {
			return m.Begin(wire.OpListen).U16(id).U16(num).U16(1)
		},
		func(num uint16, m *wire.Builder) *wire.Builder {
			return m.Begin(wire.OpOption).U16(id).U16(num).U32(6).U32(1).U32(1)
		},
		func(num uint16, m *wire.Builder) *wire.Builder {
			return m.Begin(wire.OpMulticast).U16(id).U16(num).U8(wire.MulticastLoopback).Addr(netip.IPv4Unspecified()).U32(1)
		},
		func(num uint16, m *wire.Builder) *wire.Builder {
			return m.Begin(wire.OpMulticast).U16(id).U16(num).U8(wire.MulticastJoin).Addr(netip.MustParseAddr("224.0.0.77")).U32(0)
		},
		func(num uint16, m *wire.Builder) *wire.Builder {
			return m.Begin(wire.OpData).U16(num).Raw([]byte("x"))
		},
		func(num uint16, m *wire.Builder) *wire.Builder {
			return m.Begin(wire.OpDatagram).U16(num).AddrPort(netip.MustParseAddrPort("127.0.0.1:9")).Raw([]byte("x"))
		},
		func(num uint16, m *wire.Builder) *wire.Builder { return m.Begin(wire.OpEnd).U16(num) },
		func(num uint16, m *wire.Builder) *wire.Builder { return m.Begin(wire.OpCredit).U16(num).U32(9) },
		func(num uint16, m *wire.Builder) *wire.Builder { return m.Begin(wire.OpClose).U16(num).U8(0) },
		func(num uint16, m *wire.Builder) *wire.Builder { return m.Begin(wire.OpClose).U16(num).U8(1) },
		func(num uint16, m *wire.Builder) *wire.Builder {
			return m.Begin(wire.OpOpen).U16(num).U8(inet).U8(datagrams)
		},
	}
	before := runtime.NumGoroutine()
	for name, up := range setUp {
		t.Run(name, func(t *testing.T) {
			line, stop := serve(t, host.Config{Loopback: true})
			b := newBoard(t, line)
			for i := range messages {
				for j := range messages {
					up(b, x)
					num := uint16(1)
					if name == "accepted" {
						b.await("accepted", func() bool {
							for k, m := range b.got {
								if m.op == wire.OpAccepted {
									num = reader(m.p).U16()
									b.got = append(b.got[:k:k], b.got[k+1:]...)
									return true
								}
							}
							return false
						})
					}
					clear(calls)
					for _, k := range []int{i, j} {
						id++
						b.say(func(m *wire.Builder) *wire.Builder { return messages[k](num, m) })
						if k < 7 && (name != "dialing" || k != 2) {
							calls[id] = i != 11 && i != 12 || k == i
						}
					}
					// A call is answered, unless its socket is closed meanwhile.
					if i < 11 && j < 11 {
						for c := range calls {
							b.reply(c)
						}
					}
					for _, n := range []uint16{1, 2, num} {
						b.close(n, 1)
					}
				}
			}
			b.alive()
			if d := stop(); d > 2*time.Second {
				t.Errorf("the end takes %v", d)
			}
		})
	}
	goroutines(t, before+2)
}

// TestNotTaken floods a host by a board that takes nothing of what it is told.
// Whatever it says, the host stays under 64 MB.
func TestNotTaken(t *testing.T) {
	x, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	at := x.Addr().(*net.TCPAddr).AddrPort()
	many := func(n int, make func(i int) *wire.Builder) (p []byte) {
		for i := range n {
			p = append(p, make(i).Message()...)
		}
		return p
	}
	for name, test := range map[string]struct {
		first []byte
		then  []byte
	}{
		"calls for sockets that are not there": {nil, new(wire.Builder).Begin(wire.OpBind).U16(1).U16(9).AddrPort(at).Message()},
		"empty data": {
			append(new(wire.Builder).Begin(wire.OpOpen).U16(1).U8(inet).U8(streams).Message(), new(wire.Builder).Begin(wire.OpConnect).U16(1).U16(1).AddrPort(at).Message()...),
			new(wire.Builder).Begin(wire.OpData).U16(1).Message(),
		},
		"links":                {nil, new(wire.Builder).Begin(wire.OpLinks).U16(1).Message()},
		"closes":               {nil, new(wire.Builder).Begin(wire.OpClose).U16(1).U8(0).Message()},
		"options":              {append([]byte(nil), new(wire.Builder).Begin(wire.OpOpen).U16(1).U8(inet).U8(streams).Message()...), new(wire.Builder).Begin(wire.OpOption).U16(1).U16(1).U32(6).U32(1).U32(1).Message()},
		"lookups of addresses": {nil, new(wire.Builder).Begin(wire.OpLookup).U16(1).Text("ip").Text("192.0.2.1").Message()},
		"sockets": {nil, many(30, func(i int) *wire.Builder {
			return new(wire.Builder).Begin(wire.OpOpen).U16(uint16(1 + i)).U8(inet).U8(streams)
		})},
		"datagrams that are denied": {
			append([]byte(nil), new(wire.Builder).Begin(wire.OpOpen).U16(1).U8(inet).U8(datagrams).Message()...),
			new(wire.Builder).Begin(wire.OpDatagram).U16(1).AddrPort(netip.MustParseAddrPort("224.0.0.1:9")).Message(),
		},
		"half a message": {nil, append([]byte{0xff, 0xff}, make([]byte, 500)...)},
	} {
		t.Run(name, func(t *testing.T) {
			line, stop := serve(t, host.Config{Loopback: true, Rules: host.Rules{Deny: rules(t, "224.0.0.0/4")}})
			b := newMute(t, line)
			peak := watch(t)
			if test.first != nil {
				b.data(test.first)
			}
			b.flood(24<<20, test.then)
			if n := peak(); n > 64<<20 {
				t.Errorf("the host needs %d MB, want 64 or less", n>>20)
			}
			if d := stop(); d > 2*time.Second {
				t.Errorf("the end takes %v", d)
			}
		})
	}
}

// TestEmptyData sends data that is none to a connection whose peer takes nothing.
func TestEmptyData(t *testing.T) {
	ln, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	line, stop := serve(t, host.Config{Loopback: true})
	b := newBoard(t, line)
	b.fill(ln.Addr().(*net.TCPAddr).AddrPort())
	peak := watch(t)
	var empty []byte
	for range 1000 {
		empty = append(empty, new(wire.Builder).Begin(wire.OpData).U16(1).Message()...)
	}
	for range 2000 {
		b.await("room", func() bool {
			if b.pump.Line.Queued() > 32<<10 {
				return false
			}
			b.pump.Line.Write(empty)
			b.pump.Wake()
			return true
		})
	}
	b.alive()
	if n := peak(); n > 64<<20 {
		t.Errorf("the host needs %d MB, want 64 or less", n>>20)
	}
	if d := stop(); d > 2*time.Second {
		t.Errorf("the end takes %v", d)
	}
}

// silence is a DNS server that answers nothing. It returns how many queries are
// waiting there.
func silence(t *testing.T) *atomic.Int32 {
	var asked atomic.Int32
	had := net.DefaultResolver
	net.DefaultResolver = &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
		asked.Add(1)
		c, other := net.Pipe()
		go io.Copy(io.Discard, other)
		return &silentConn{Conn: c, asked: &asked}, nil
	}}
	t.Cleanup(func() { net.DefaultResolver = had })
	return &asked
}

type silentConn struct {
	net.Conn
	asked *atomic.Int32
}

func (c *silentConn) Close() error {
	c.asked.Add(-1)
	return c.Conn.Close()
}

// TestManyLookups has a board look up names faster than anybody answers.
func TestManyLookups(t *testing.T) {
	waiting := silence(t)
	line, stop := serve(t, host.Config{})
	b := newMute(t, line)
	peak := watch(t)
	m := wire.Builder{}
	most := int32(0)
	for i := range 600 {
		var p []byte
		for j := range 50 {
			p = append(p, m.Begin(wire.OpLookup).U16(uint16(i)).Text("ip").Text("n"+string(rune('a'+j%26))).Message()...)
		}
		b.data(p)
		most = max(most, waiting.Load())
	}
	if n := peak(); n > 64<<20 {
		t.Errorf("the host needs %d MB, want 64 or less", n>>20)
	}
	// Two questions each, for IPv4 and IPv6.
	if most > 2*8 {
		t.Errorf("%d questions are asked at once, want 16 or less", most)
	}
	if d := stop(); d > 2*time.Second {
		t.Errorf("with lookups under way the end takes %v", d)
	}
}

// TestTwice has one socket do twice what it may do once.
func TestTwice(t *testing.T) {
	ln, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	at := ln.Addr().(*net.TCPAddr).AddrPort()
	var open, most atomic.Int32
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			if n := open.Add(1); n > most.Load() {
				most.Store(n)
			}
			go func() {
				io.Copy(io.Discard, c)
				c.Close()
				open.Add(-1)
			}()
		}
	}()
	before := runtime.NumGoroutine()
	line, stop := serve(t, host.Config{Loopback: true})
	b := newBoard(t, line)
	b.open(1, inet, streams)
	var ids []uint16
	for range 200 {
		ids = append(ids, b.begin(wire.OpConnect, func(m *wire.Builder) { m.U16(1).AddrPort(at) }))
	}
	made := 0
	for _, id := range ids {
		if e, _ := b.reply(id); e.Code == wire.ErrNone {
			made++
		}
	}
	if made != 1 || most.Load() > 1 {
		t.Errorf("of 200 connects on one socket %d were made, and the peer sees %d at once; want 1", made, most.Load())
	}
	// Datagrams and connects at once.
	u, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer u.Close()
	to := u.LocalAddr().(*net.UDPAddr).AddrPort()
	for num := uint16(2); num < 40; num++ {
		b.open(num, inet, datagrams)
		id := b.begin(wire.OpConnect, func(m *wire.Builder) { m.U16(num).AddrPort(to) })
		b.say(func(m *wire.Builder) *wire.Builder {
			return m.Begin(wire.OpDatagram).U16(num).AddrPort(netip.AddrPort{}).Raw([]byte("x"))
		})
		b.begin(wire.OpMulticast, func(m *wire.Builder) {
			m.U16(num).U8(wire.MulticastLoopback).Addr(netip.IPv4Unspecified()).U32(1)
		})
		b.reply(id)
		b.close(num, 1)
	}
	b.close(1, 1)
	b.alive()
	for deadline := time.Now().Add(patience); open.Load() > 0; runtime.Gosched() {
		if time.Now().After(deadline) {
			t.Fatalf("%d connections are left after close, want none", open.Load())
		}
	}
	if d := stop(); d > 2*time.Second {
		t.Errorf("the end takes %v", d)
	}
	goroutines(t, before+4)
}

// TestJoin joins groups, also in vain: the socket hears nobody because of that who
// does not send to the group.
func TestJoin(t *testing.T) {
	line, _ := serve(t, host.Config{})
	b := newBoard(t, line)
	b.open(1, inet, datagrams)
	e, at := b.bind(1, "0.0.0.0:0")
	if e.Code != wire.ErrNone {
		t.Fatalf("%+v", e)
	}
	for _, group := range []string{"224.0.0.77", "192.0.2.1"} {
		for _, ifindex := range []uint32{0, 1, 999_999} { // the system's choice, the loopback, none
			e, _ = b.call(wire.OpMulticast, func(m *wire.Builder) {
				m.U16(1).U8(wire.MulticastJoin).Addr(netip.MustParseAddr(group)).U32(ifindex)
			})
			if e.Code == wire.ErrNone && (ifindex > 1 || group == "192.0.2.1") {
				t.Errorf("to join %s on interface %d works, want an error", group, ifindex)
			}
		}
	}
	b.deaf(1, at.Port())
}

// deaf ends the test if a socket hears somebody whom it does not know.
func (b *board) deaf(num uint16, port uint16) {
	b.t.Helper()
	c, err := net.Dial("udp", netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), port).String())
	if err != nil {
		b.t.Fatal(err)
	}
	defer c.Close()
	for range 20 {
		c.Write([]byte("psst"))
		b.alive()
	}
	b.pump.Lock()
	defer b.pump.Unlock()
	for _, m := range b.got {
		if m.op == wire.OpDatagram && m.num == num {
			b.t.Fatalf("socket %d hears a stranger, want nothing", num)
		}
	}
}

// fill sends a peer that reads nothing more than fits on the way.
func (b *board) fill(at netip.AddrPort) {
	b.t.Helper()
	b.open(1, inet, streams)
	if e := b.connect(1, at); e.Code != wire.ErrNone {
		b.t.Fatalf("%+v", e)
	}
	credit := 32 << 10
	for stalled := false; !stalled; {
		for credit >= 1000 {
			b.say(func(m *wire.Builder) *wire.Builder { return m.Begin(wire.OpData).U16(1).Raw(make([]byte, 1000)) })
			credit -= 1000
		}
		stalled = !b.within(300*time.Millisecond, func() bool {
			for i, m := range b.got {
				if m.op == wire.OpCredit {
					credit += int(reader(m.p).U32())
					b.got = append(b.got[:i:i], b.got[i+1:]...)
					return true
				}
			}
			return false
		})
	}
}

// TestEnd ends a host, in each state that it could hang in.
func TestEnd(t *testing.T) {
	ln, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	at := ln.Addr().(*net.TCPAddr).AddrPort()
	for name, up := range map[string]func(t *testing.T, b *board){
		"nothing":     func(t *testing.T, b *board) {},
		"unread data": func(t *testing.T, b *board) { b.fill(at) },
		"closed with unread data": func(t *testing.T, b *board) {
			b.fill(at)
			b.close(1, 0)
		},
		"closed with a long linger": func(t *testing.T, b *board) {
			b.fill(at)
			b.call(wire.OpOption, func(m *wire.Builder) { m.U16(1).U32(1).U32(13).U32(3600) })
			b.close(1, 0)
		},
		"a long linger": func(t *testing.T, b *board) {
			b.fill(at)
			b.call(wire.OpOption, func(m *wire.Builder) { m.U16(1).U32(1).U32(13).U32(3600) })
		},
		"a lookup": func(t *testing.T, b *board) {
			waiting := silence(t)
			b.begin(wire.OpLookup, func(m *wire.Builder) { m.Text("ip").Text("nobody.example.com") })
			for deadline := time.Now().Add(patience); waiting.Load() == 0; runtime.Gosched() {
				if time.Now().After(deadline) {
					t.Fatal("nobody is asked")
				}
			}
		},
		"a connect": func(t *testing.T, b *board) {
			b.open(1, inet, streams)
			b.begin(wire.OpConnect, func(m *wire.Builder) { m.U16(1).AddrPort(netip.MustParseAddrPort("192.0.2.99:9")) })
			b.alive()
		},
		"listeners and datagrams": func(t *testing.T, b *board) {
			for num := uint16(1); num < 20; num++ {
				b.open(num, inet, byte(1+num%2))
				b.bind(num, "0.0.0.0:0")
				b.call(wire.OpListen, func(m *wire.Builder) { m.U16(num).U16(9) })
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			before := runtime.NumGoroutine()
			line, stop := serve(t, host.Config{Loopback: true})
			b := newBoard(t, line)
			up(t, b)
			d := stop()
			t.Logf("it ends after %v", d)
			if d > 2*time.Second {
				t.Errorf("it ends after %v, want within 2 s", d)
			}
			goroutines(t, before+4)
		})
	}
	t.Run("a board that takes nothing", func(t *testing.T) {
		line, stop := serve(t, host.Config{Loopback: true})
		newMute(t, line)
		if d := stop(); d > 2*time.Second {
			t.Errorf("it ends after %v, want within 2 s", d)
		}
	})
	t.Run("a console that takes nothing", func(t *testing.T) {
		waits := make(chan struct{})
		defer close(waits)
		line, stop := serve(t, host.Config{Console: stuck(waits)})
		newBoard(t, line)
		line.Write([]byte("hello"))
		if d := stop(); d > 2*time.Second {
			t.Errorf("it ends after %v, want within 2 s", d)
		}
	})
}

// A stuck console waits.
type stuck chan struct{}

func (s stuck) Write(p []byte) (int, error) {
	<-s
	return len(p), nil
}
