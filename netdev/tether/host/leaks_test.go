package host

import (
	"net"
	"net/netip"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/tinynet/tinynet/netdev"
	"github.com/tinynet/tinynet/netdev/tether/internal/wire"
)

// These got through a host that held what the others try.

// TestLocalhost: a rule with localhost means the computer's loopback addresses
// under the one that they have for the board, too.
func TestLocalhost(t *testing.T) {
	self := netip.MustParseAddr("192.0.2.1")
	for _, test := range []struct {
		allow, deny []string
		may, mayNot string
	}{
		{nil, []string{"localhost:2"}, "192.0.2.1:1", "192.0.2.1:2"},
		{nil, []string{"localhost:2"}, "127.0.0.1:1", "127.0.0.1:2"},
		{nil, []string{"localhost:2"}, "[::1]:1", "[::1]:2"},
		{[]string{"localhost:1"}, nil, "192.0.2.1:1", "192.0.2.1:2"},
		{[]string{"localhost:1"}, nil, "[::1]:1", "127.0.0.1:2"},
	} {
		h, _, s := bounded(t, Config{Self: self, Loopback: true, Rules: Rules{Allow: must(test.allow...), Deny: must(test.deny...)}})
		s.tell(s.out.Begin(wire.OpLookup).U16(1).Text("ip").Text("localhost"))
		s.until(t, "the lookup", func() bool { return h.looking == 0 })
		h.locked(func() {
			if at := netip.MustParseAddrPort(test.may); h.permitted(h.resolve(at)) != nil {
				t.Errorf("-allow %q -deny %q: %v is denied", test.allow, test.deny, at)
			}
			if at := netip.MustParseAddrPort(test.mayNot); h.permitted(h.resolve(at)) == nil {
				t.Errorf("-allow %q -deny %q: %v is allowed", test.allow, test.deny, at)
			}
		})
	}
}

// TestJoinPort: a group is judged with the port at which it is heard, also when
// that is known only late.
func TestJoinPort(t *testing.T) {
	h, w, s := bounded(t, Config{Rules: Rules{Deny: must("239.1.2.3:1-65535")}})
	w.mayGroup = func(netip.AddrPort) bool { return false }
	s.open(1, netdev.SOCK_DGRAM)
	s.tell(s.out.Begin(wire.OpMulticast).U16(1).U16(1).U8(wire.MulticastJoin).Addr(netip.MustParseAddr("239.1.2.3")).U32(2))
	s.exchange()
	h.locked(func() {
		if h.groups != 0 {
			t.Errorf("a member of %d groups, want none", h.groups)
		}
	})
}

// TestLongZone: what is kept of an address has a bound.
func TestLongZone(t *testing.T) {
	h, _, s := bounded(t, Config{})
	zone := strings.Repeat("z", 60000)
	for num := range uint16(20) {
		s.open(1+num, netdev.SOCK_STREAM)
		m := s.out.Begin(wire.OpBind).U16(1).U16(1 + num).U8(16).Raw(make([]byte, 16))
		s.tell(m.U16(uint16(len(zone))).Raw([]byte(zone)).U16(0))
		s.exchange()
	}
	h.locked(func() {
		for num, sock := range h.socks {
			if n := len(sock.bound.Addr().Zone()); n > 64 {
				t.Fatalf("socket %d keeps a zone of %d bytes", num, n)
			}
		}
	})
}

// A failing socket has an error each time that it is read, as one has at which
// somebody keeps sending what tells that a datagram has not arrived.
type failing struct{ *memPacket }

func (c failing) ReadFromUDPAddrPort([]byte) (int, netip.AddrPort, error) {
	select {
	case <-c.closed:
		return 0, netip.AddrPort{}, net.ErrClosed
	default:
		return 0, netip.AddrPort{}, syscall.ECONNREFUSED
	}
}

type failingWorld struct{ *world }

func (w failingWorld) dialDatagrams(network string, to netip.AddrPort) (packetConn, error) {
	c, err := w.world.dialDatagrams(network, to)
	if err != nil {
		return nil, err
	}
	return failing{c.(*memPacket)}, nil
}

// TestErrorsNotTaken: errors that others cause wait for the board as all else
// does.
func TestErrorsNotTaken(t *testing.T) {
	h, w, s := bounded(t, Config{})
	h.net = failingWorld{w}
	s.open(1, netdev.SOCK_DGRAM)
	s.tell(s.out.Begin(wire.OpConnect).U16(1).U16(1).AddrPort(netip.MustParseAddrPort("203.0.113.9:9")))
	s.deaf = true
	s.exchange()
	for begun := time.Now(); time.Since(begun) < 200*time.Millisecond; time.Sleep(time.Millisecond) {
		n := 0
		h.locked(func() { n = h.pump.Line.Queued() })
		if n > 2*mostWaiting {
			t.Fatalf("%d bytes wait for the board", n)
		}
	}
}

// TestRoomAgain: a listener that waits for room goes on when there is some, even
// if nothing comes or goes on the line.
func TestRoomAgain(t *testing.T) {
	h, w, s := bounded(t, Config{})
	s.open(1, netdev.SOCK_STREAM)
	s.tell(s.out.Begin(wire.OpListen).U16(1).U16(1).U16(100))
	s.open(2, netdev.SOCK_STREAM)
	s.tell(s.out.Begin(wire.OpConnect).U16(2).U16(2).AddrPort(netip.AddrPortFrom(netip.MustParseAddr("203.0.113.9"), portMute)))
	s.until(t, "a connection", func() bool { return h.socks[2].state == connected })
	for num := range uint16(mostSockets - 3) {
		s.open(3+num, netdev.SOCK_STREAM)
	}
	s.tell(s.out.Begin(wire.OpData).U16(2).Raw(make([]byte, 1000)))
	s.exchange()
	accept := func() bool {
		c := w.connection(w.lns[0].at, netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), 40000+portEcho))
		select {
		case w.lns[0].came <- c:
			return true
		case <-time.After(5 * time.Second):
			c.Close()
			return false
		}
	}
	if !accept() {
		t.Fatal("the last place is not used")
	}
	s.until(t, "no room", func() bool { return h.live == mostSockets })
	s.tell(s.out.Begin(wire.OpClose).U16(2).U8(0))
	s.until(t, "the end", func() bool { return len(h.draining) == 1 && h.pump.Line.Idle() })
	time.Sleep(20 * time.Millisecond)
	h.locked(func() {
		for sock := range h.draining {
			sock.abort() // as its peer may do
		}
	})
	if !accept() {
		t.Error("the listener does not see that there is room")
	}
}
