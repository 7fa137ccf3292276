package host

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"github.com/tinynet/tinynet/netdev/tether/internal/wire"
)

// A Publish puts a port of the board's at an address of this computer.
type Publish struct {
	Addr    netip.Addr // zero: Config.Listen
	Port    uint16     // 0: one that is free
	Board   uint16
	Network string // "tcp", "udp", or "" for both
}

// ParsePublish reads [ADDRESS:]PORT:BOARDPORT[/tcp|/udp], as in 8080:80,
// 0.0.0.0:8080:80 or [::1]:5353:53/udp.
func ParsePublish(s string) (p Publish, err error) {
	bad := fmt.Errorf("publish %s: want [ADDRESS:]PORT:BOARDPORT[/tcp|/udp], such as 8080:80 or 0.0.0.0:8080:80", s)
	rest, network, cut := strings.Cut(s, "/")
	if cut && network != "tcp" && network != "udp" {
		return p, bad
	}
	p.Network = network
	at, board, ok := cutLast(rest, ":")
	number, err := strconv.ParseUint(board, 10, 16)
	if !ok || err != nil || number == 0 {
		return p, bad
	}
	p.Board = uint16(number)
	if addr, port, ok := cutLast(at, ":"); ok {
		if p.Addr, err = netip.ParseAddr(strings.TrimSuffix(strings.TrimPrefix(addr, "["), "]")); err != nil {
			return p, bad
		}
		at = port
	}
	if number, err = strconv.ParseUint(at, 10, 16); err != nil {
		return p, bad
	}
	p.Port = uint16(number)
	return p, nil
}

func cutLast(s, sep string) (before, after string, ok bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return "", s, false
	}
	return s[:i], s[i+len(sep):], true
}

func (p Publish) covers(stream bool) bool {
	return p.Network == "" || stream == (p.Network == "tcp")
}

func (p Publish) at(listen netip.Addr) netip.AddrPort {
	if p.Addr.IsValid() {
		listen = p.Addr
	}
	return netip.AddrPortFrom(listen, p.Port)
}

// Rules say where a board may connect, or send datagrams. With no Allow, that is
// everywhere, else where one of Allow applies; never where one of Deny applies.
type Rules struct{ Allow, Deny []Rule }

// A Rule applies to addresses or to a name, and to ports.
//
// A name's addresses are those that the board was given when it looked the name
// up over the tether; loopback addresses are no name's but localhost's.
type Rule struct {
	prefix netip.Prefix // if valid
	name   string       // else, if not empty; else it applies to all
	lo, hi uint16
}

// ParseRule reads WHERE[:PORT[-PORT]], where WHERE is an address, a prefix such
// as 192.168.0.0/16, a name, a name such as *.example.com for all below it, or
// * for everything. An IPv6 address with a port is in brackets.
func ParseRule(s string) (r Rule, err error) {
	bad := fmt.Errorf("rule %s: want ADDRESS, PREFIX, NAME or *, and :PORT or :PORT-PORT, such as 192.168.0.0/16:80", s)
	where, ports := s, ""
	if _, err := netip.ParseAddr(s); err == nil {
		// All colons are the address's.
	} else if _, err := netip.ParsePrefix(s); err == nil {
	} else if before, after, ok := cutLast(s, ":"); ok {
		where, ports = before, after
	}
	r.lo, r.hi = 0, 0xffff
	if ports != "" {
		lo, hi, isRange := strings.Cut(ports, "-")
		if !isRange {
			hi = lo
		}
		a, err1 := strconv.ParseUint(lo, 10, 16)
		b, err2 := strconv.ParseUint(hi, 10, 16)
		if err1 != nil || err2 != nil || a > b {
			return r, bad
		}
		r.lo, r.hi = uint16(a), uint16(b)
	} else if where != s {
		return r, bad
	}
	bare := where
	if strings.HasPrefix(bare, "[") && strings.HasSuffix(bare, "]") {
		bare = bare[1 : len(bare)-1]
	}
	if a, err := netip.ParseAddr(bare); err == nil {
		a = a.WithZone("").Unmap()
		r.prefix = netip.PrefixFrom(a, a.BitLen())
		return r, nil
	}
	if p, err := netip.ParsePrefix(bare); err == nil {
		r.prefix = p.Masked()
		return r, nil
	}
	if where == "*" {
		return r, nil
	}
	name := strings.TrimPrefix(where, "*.")
	if name == "" || strings.ContainsAny(name, "*/:[] ") {
		return r, bad
	}
	r.name = canonical(where)
	return r, nil
}

func canonical(name string) string { return strings.ToLower(strings.TrimSuffix(name, ".")) }

// named tells whether the rule is for this name.
func (r Rule) named(name string) bool {
	if below, ok := strings.CutPrefix(r.name, "*"); ok {
		return strings.HasSuffix(name, below)
	}
	return r.name == name
}

func (r Rule) applies(to netip.AddrPort, names map[string]bool) bool {
	if to.Port() < r.lo || to.Port() > r.hi {
		return false
	}
	ip := to.Addr().WithZone("")
	switch {
	case r.prefix.IsValid():
		return r.prefix.Contains(ip)
	case r.name == "":
		return true
	case ip.IsLoopback() && r.name != "localhost":
		return false
	}
	for name := range names {
		if r.named(name) {
			return true
		}
	}
	return false
}

// connect tells whether the board may connect to an address, which has these
// names.
func (r Rules) connect(to netip.AddrPort, names map[string]bool) bool {
	for _, rule := range r.Deny {
		if rule.applies(to, names) {
			return false
		}
	}
	for _, rule := range r.Allow {
		if rule.applies(to, names) {
			return true
		}
	}
	return len(r.Allow) == 0
}

// lookup tells whether the board may look a name up: a name itself can carry
// something out.
func (r Rules) lookup(name string) wire.Error {
	name = canonical(name)
	denied := wire.Error{Code: wire.ErrDenied, Text: "looking up " + name + " is not allowed by the tether's rules (-allow, -deny)"}
	all := func(r Rule) bool { return r.name == "" && !r.prefix.IsValid() }
	for _, rule := range r.Deny {
		if rule.lo == 0 && rule.hi == 0xffff && (all(rule) || rule.name != "" && rule.named(name)) {
			return denied
		}
	}
	for _, rule := range r.Allow {
		if all(rule) || rule.name != "" && rule.named(name) {
			return wire.Error{}
		}
	}
	if _, err := netip.ParseAddr(name); err != nil && len(r.Allow) > 0 {
		return denied
	}
	return wire.Error{}
}
