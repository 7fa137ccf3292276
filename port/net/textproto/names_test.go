//go:build tinynetport

package textproto

import (
	"net/textproto"
	"strings"
	"testing"
)

func TestCommonName(t *testing.T) {
	names := strings.Split(strings.Trim(commonNames, "\n"), "\n")
	for _, name := range names {
		if canonical := textproto.CanonicalMIMEHeaderKey(name); canonical != name {
			t.Errorf("%q is in the list, where names are looked up as %q", name, canonical)
		}
		if got := commonName([]byte(name)); got != name {
			t.Errorf("commonName(%q) = %q", name, got)
		}
		for _, other := range []string{name + "x", name[1:], name[:len(name)-1], strings.ToLower(name), "\n" + name, name + "\n"} {
			if got := commonName([]byte(other)); got != "" {
				t.Errorf("commonName(%q) = %q, want none", other, got)
			}
		}
	}
	for _, none := range []string{"", "\n", "X-Own", "Accept\nAccept-Encoding"} {
		if got := commonName([]byte(none)); got != "" {
			t.Errorf("commonName(%q) = %q, want none", none, got)
		}
	}
	name := []byte(names[len(names)-1])
	if n := testing.AllocsPerRun(100, func() { commonName(name) }); n != 0 {
		t.Errorf("a common name takes %v allocations, want 0", n)
	}
}
