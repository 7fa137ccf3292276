//go:build tinynetport

package textproto

import (
	"net/textproto"
	"strings"
	"testing"
)

func TestCommonName(t *testing.T) {
	var names []string
	for rest := commonNames; rest != ""; {
		end := 1 + int(rest[0])
		names = append(names, rest[1:end])
		rest = rest[end:]
	}
	for _, name := range names {
		if canonical := textproto.CanonicalMIMEHeaderKey(name); canonical != name {
			t.Errorf("%q is in the list, where names are looked up as %q", name, canonical)
		}
		if got := commonName([]byte(name)); got != name {
			t.Errorf("commonName(%q) = %q", name, got)
		}
		for _, other := range []string{name + "x", name[1:], name[:len(name)-1], strings.ToLower(name), "\x06" + name, name + "\x06"} {
			if got := commonName([]byte(other)); got != "" {
				t.Errorf("commonName(%q) = %q, want none", other, got)
			}
		}
	}
	for _, none := range []string{"", "\x06", "X-Own", "Accept\x0fAccept-Encoding"} {
		if got := commonName([]byte(none)); got != "" {
			t.Errorf("commonName(%q) = %q, want none", none, got)
		}
	}
	name := []byte(names[len(names)-1])
	if n := testing.AllocsPerRun(100, func() { commonName(name) }); n != 0 {
		t.Errorf("a common name takes %v allocations, want 0", n)
	}
}
