package host

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

// Rules say where a board may connect, or send datagrams. With no Allow, that is
// everywhere, else where one of Allow applies; never where one of Deny applies.
// They judge canonical addresses and names only, see addr.go.
type Rules struct{ Allow, Deny []Rule }

// A Rule applies to addresses or to a name, and to ports.
//
// A name's addresses are those that the board was given when it looked the name
// up over the tether. Loopback addresses are localhost's, whether or not it was
// looked up, and no other name's.
type Rule struct {
	prefix netip.Prefix // if valid
	name   string       // else, if not empty; else it applies to all
	lo, hi uint16
}

// ParseRule reads WHERE[:PORT[-PORT]], where WHERE is an address, a prefix such
// as 192.168.0.0/16, a name, a name such as *.example.com for all below it, or
// * for everything. An IPv6 address with a port is in brackets. What would never
// apply, because addresses and names are judged in one spelling only, is an
// error that says the right one.
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
	inner := where
	if strings.HasPrefix(inner, "[") && strings.HasSuffix(inner, "]") {
		inner = inner[1 : len(inner)-1]
	}
	if a, err := netip.ParseAddr(inner); err == nil {
		if c := bare(canonical(a)); c != a {
			return r, fmt.Errorf("rule %s: %s is judged as %s: say that", s, a, c)
		}
		r.prefix = netip.PrefixFrom(a, a.BitLen())
		return r, nil
	}
	if p, err := netip.ParsePrefix(inner); err == nil {
		switch {
		case p.Addr().Is4In6() && p.Bits() >= 96:
			return r, fmt.Errorf("rule %s: IPv4 in IPv6 is judged as IPv4: say %s", s, netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-96))
		case p.Addr().Is4In6():
			return r, fmt.Errorf("rule %s: IPv4 in IPv6 is judged as IPv4: say 0.0.0.0/0", s)
		case p != p.Masked():
			return r, fmt.Errorf("rule %s: the prefix is %s: say that", s, p.Masked())
		case p.IsSingleIP() && canonical(p.Addr()) != p.Addr():
			return r, fmt.Errorf("rule %s: %s is judged as %s: say that", s, p.Addr(), canonical(p.Addr()))
		}
		r.prefix = p
		return r, nil
	}
	if where == "*" {
		return r, nil
	}
	below, wild := strings.CutPrefix(where, "*.")
	name, ok := canonicalName(below)
	switch {
	case !ok:
		return r, bad
	case name != "localhost" && strings.HasSuffix(name, ".localhost") || wild && name == "localhost":
		return r, fmt.Errorf("rule %s: only localhost itself is a name of 127.0.0.1 and ::1: say that, or 127.0.0.0/8", s)
	}
	if wild {
		name = "*." + name
	}
	r.name = name
	return r, nil
}

// Check finds rules that would never apply because Self has another meaning.
func (c Config) Check() error {
	for _, list := range [][]Rule{c.Rules.Allow, c.Rules.Deny} {
		for _, r := range list {
			if c.Self.IsValid() && r.prefix.IsValid() && r.prefix.IsSingleIP() && r.prefix.Addr() == c.Self.Unmap() {
				return fmt.Errorf("rule %s: that address is 127.0.0.1 of this computer for the board (-self): say that", c.Self.Unmap())
			}
		}
	}
	return nil
}

// named tells whether the rule is for this name.
func (r Rule) named(name string) bool {
	if below, ok := strings.CutPrefix(r.name, "*"); ok {
		return strings.HasSuffix(name, below)
	}
	return r.name != "" && r.name == name
}

// everything tells whether the rule is for all addresses and names.
func (r Rule) everything() bool { return r.name == "" && !r.prefix.IsValid() }

// applies judges a canonical address. Got tells whether the board got it by a
// name of the rule's.
func (r Rule) applies(to netip.AddrPort, got bool) bool {
	if to.Port() < r.lo || to.Port() > r.hi {
		return false
	}
	ip := bare(to.Addr())
	switch {
	case r.prefix.IsValid():
		return r.prefix.Contains(ip)
	case r.name == "":
		return true
	case ip.IsLoopback():
		return r.name == "localhost"
	}
	return got
}

// connect tells whether the board may connect to an address, which it got by
// the names of some rules.
func (r Rules) connect(to netip.AddrPort, got ruleSet) bool {
	for i, rule := range r.Deny {
		if rule.applies(to, got.has(i)) {
			return false
		}
	}
	for i, rule := range r.Allow {
		if rule.applies(to, got.has(len(r.Deny)+i)) {
			return true
		}
	}
	return len(r.Allow) == 0
}

// lookup tells whether the board may look a canonical name up: a name itself
// can carry something out.
func (r Rules) lookup(name string) bool {
	for _, rule := range r.Deny {
		if rule.lo == 0 && rule.hi == 0xffff && (rule.everything() || rule.named(name)) {
			return false
		}
	}
	for _, rule := range r.Allow {
		if rule.everything() || rule.named(name) {
			return true
		}
	}
	return len(r.Allow) == 0
}

// named gives the rules that are for this name. Deny tells whether one of them
// denies something.
func (r Rules) named(name string) (got ruleSet, deny bool) {
	for i, rule := range append(append([]Rule(nil), r.Deny...), r.Allow...) {
		if rule.named(name) {
			got = got.with(i)
			deny = deny || i < len(r.Deny)
		}
	}
	return got, deny
}

// haveNames tells whether some rule is for a name.
func (r Rules) haveNames() bool {
	for _, list := range [][]Rule{r.Allow, r.Deny} {
		for _, rule := range list {
			if rule.name != "" {
				return true
			}
		}
	}
	return false
}

// A ruleSet is a set of rules, by their numbers: first those of Deny, then
// those of Allow.
type ruleSet []uint64

func (s ruleSet) has(i int) bool { return i/64 < len(s) && s[i/64]>>(i%64)&1 != 0 }

func (s ruleSet) with(i int) ruleSet {
	for i/64 >= len(s) {
		s = append(s, 0)
	}
	s[i/64] |= 1 << (i % 64)
	return s
}

func (s ruleSet) union(t ruleSet) ruleSet {
	for i := range t {
		if i == len(s) {
			s = append(s, 0)
		}
		s[i] |= t[i]
	}
	return s
}
