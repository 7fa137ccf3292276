package host

import (
	"net/netip"
	"testing"
)

func TestParsePublish(t *testing.T) {
	for s, want := range map[string]Publish{
		"8080:80":             {Port: 8080, Board: 80},
		"0:80/tcp":            {Board: 80, Network: "tcp"},
		"0.0.0.0:8080:80":     {Addr: netip.IPv4Unspecified(), Port: 8080, Board: 80},
		"[::1]:5353:53/udp":   {Addr: netip.IPv6Loopback(), Port: 5353, Board: 53, Network: "udp"},
		"192.0.2.7:1:2":       {Addr: netip.MustParseAddr("192.0.2.7"), Port: 1, Board: 2},
		"80":                  {},
		"80:":                 {},
		"80:0":                {},
		"80:99999":            {},
		"nobody:80:80":        {},
		"8080:80/sctp":        {},
		"8080:80/":            {},
		"1.2.3.4:8080:80:443": {},
	} {
		got, err := ParsePublish(s)
		if (err != nil) != (want == Publish{}) || err == nil && got != want {
			t.Errorf("%s gives %+v, %v, want %+v", s, got, err, want)
		}
	}
}

func TestRules(t *testing.T) {
	for _, test := range []struct {
		allow, deny []string
		to          string
		names       []string
		want        bool
	}{
		{nil, nil, "192.0.2.1:80", nil, true},
		{[]string{"192.0.2.1"}, nil, "192.0.2.1:80", nil, true},
		{[]string{"192.0.2.1"}, nil, "192.0.2.2:80", nil, false},
		{[]string{"192.0.2.1:443"}, nil, "192.0.2.1:80", nil, false},
		{[]string{"192.0.2.1:80-443"}, nil, "192.0.2.1:443", nil, true},
		{[]string{"192.0.2.0/24:80"}, nil, "192.0.2.77:80", nil, true},
		{[]string{"192.0.2.0/24:80"}, nil, "192.0.3.77:80", nil, false},
		{[]string{"[2001:db8::]:80"}, nil, "[2001:db8::]:80", nil, true},
		{[]string{"2001:db8::/32"}, nil, "[2001:db8::77]:80", nil, true},
		{[]string{"2001:db8::/32"}, nil, "[2001:db8::77%eth0]:80", nil, true},
		{[]string{"[2001:db8::/32]:81"}, nil, "[2001:db8::77]:80", nil, false},
		{[]string{"*"}, []string{"10.0.0.0/8"}, "10.1.2.3:80", nil, false},
		{[]string{"*"}, []string{"10.0.0.0/8"}, "11.1.2.3:80", nil, true},
		{[]string{"*:443"}, nil, "11.1.2.3:80", nil, false},
		{nil, []string{"*:25"}, "11.1.2.3:25", nil, false},
		{nil, []string{"*:25"}, "11.1.2.3:26", nil, true},
		{[]string{"example.com:443"}, nil, "192.0.2.1:443", nil, false},
		{[]string{"Example.com:443"}, nil, "192.0.2.1:443", []string{"example.com"}, true},
		{[]string{"example.com:443"}, nil, "192.0.2.1:443", []string{"evil-example.com"}, false},
		{[]string{"*.example.com"}, nil, "192.0.2.1:443", []string{"www.example.com"}, true},
		{[]string{"*.example.com"}, nil, "192.0.2.1:443", []string{"example.com"}, false},
		{[]string{"example.com"}, nil, "127.0.0.1:443", []string{"example.com"}, false},
		{[]string{"localhost"}, nil, "127.0.0.1:443", []string{"localhost"}, true},
		{nil, []string{"example.com"}, "192.0.2.1:443", []string{"example.com"}, false},
	} {
		var r Rules
		for _, s := range test.allow {
			rule, err := ParseRule(s)
			if err != nil {
				t.Fatal(err)
			}
			r.Allow = append(r.Allow, rule)
		}
		for _, s := range test.deny {
			rule, err := ParseRule(s)
			if err != nil {
				t.Fatal(err)
			}
			r.Deny = append(r.Deny, rule)
		}
		var names ruleSet
		for _, n := range test.names {
			got, _ := r.named(n)
			names = names.union(got)
		}
		if got := r.connect(netip.MustParseAddrPort(test.to), names); got != test.want {
			t.Errorf("allow %v, deny %v: %s %v is %v", test.allow, test.deny, test.to, test.names, got)
		}
	}
	for _, s := range []string{"", ":80", "a b", "*.", "192.0.2.1:", "192.0.2.1:x", "192.0.2.1:9-8", "a.*.b", "10.0.0.0/99"} {
		if r, err := ParseRule(s); err == nil {
			t.Errorf("%q is %+v", s, r)
		}
	}
}

func TestRulesForNames(t *testing.T) {
	rule := func(s string) Rule {
		r, err := ParseRule(s)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	for _, test := range []struct {
		r    Rules
		name string
		want bool
	}{
		{Rules{}, "example.com", true},
		{Rules{Allow: []Rule{rule("example.com:443")}}, "EXAMPLE.com.", true},
		{Rules{Allow: []Rule{rule("example.com:443")}}, "example.org", false},
		{Rules{Allow: []Rule{rule("192.0.2.1")}}, "example.com", false},
		{Rules{Allow: []Rule{rule("*:443")}}, "example.com", true},
		{Rules{Deny: []Rule{rule("*.example.com")}}, "www.example.com", false},
		{Rules{Deny: []Rule{rule("*.example.com")}}, "example.org", true},
		{Rules{Deny: []Rule{rule("*")}}, "example.org", false},
		{Rules{Deny: []Rule{rule("10.0.0.0/8")}}, "example.org", true},
	} {
		name, ok := canonicalName(test.name)
		if got := ok && test.r.lookup(name); got != test.want {
			t.Errorf("%+v: looking up %s is %v, want %v", test.r, test.name, got, test.want)
		}
	}
}

// FuzzHost gives a host messages that no board sends. Whatever they are, it
// connects nowhere that the rules forbid, which is everywhere.
