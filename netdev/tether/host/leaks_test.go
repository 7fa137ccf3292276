package host

import (
	"net/netip"
	"testing"

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
