package assemble

import (
	"slices"
	"strings"
	"testing"
)

func is(b bool) *bool { return &b }

func TestTinyGoSpan(t *testing.T) {
	t.Parallel()
	compilers := []string{"", "0.35.0", "0.39.0", "0.40.1", "0.42.0", "0.43.0-dev-1a2b3c", "0.43.1", "0.44.0"}
	for _, c := range []struct {
		span tomlSpan
		want string
	}{
		{tomlSpan{}, " 0.35.0 0.39.0 0.40.1 0.42.0 0.43.0-dev-1a2b3c 0.43.1 0.44.0"},
		{tomlSpan{TinyGo: is(false)}, ""},
		{tomlSpan{TinyGo: is(true)}, "0.35.0 0.39.0 0.40.1 0.42.0 0.43.0-dev-1a2b3c 0.43.1 0.44.0"},
		{tomlSpan{TinyGoUntil: "0.43"}, "0.35.0 0.39.0 0.40.1 0.42.0"},
		{tomlSpan{TinyGoSince: "0.43"}, "0.43.0-dev-1a2b3c 0.43.1 0.44.0"},
		{tomlSpan{TinyGoSince: "0.40", TinyGoUntil: "0.43"}, "0.40.1 0.42.0"},
		{tomlSpan{TinyGoSince: "0.40.2", TinyGoUntil: "0.43.1"}, "0.42.0 0.43.0-dev-1a2b3c"},
	} {
		s, err := newSpan(c.span)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, v := range compilers {
			if s.has(Goroot{Version: "go1.25.14", TinyGo: v}.target()) {
				got = append(got, v)
			}
		}
		if got := strings.Join(got, " "); got != c.want {
			t.Errorf("%+v is for %q, want %q", c.span, got, c.want)
		}
		if !s.has(target{release: "go1.25.14", all: true}) {
			t.Errorf("%+v is for no compiler at all", c.span)
		}
	}
	for _, c := range []struct {
		a, b tomlSpan
		want bool
	}{
		{tomlSpan{}, tomlSpan{TinyGo: is(false)}, true},
		{tomlSpan{TinyGo: is(true)}, tomlSpan{TinyGo: is(false)}, false},
		{tomlSpan{TinyGoUntil: "0.43"}, tomlSpan{TinyGo: is(false)}, false},
		{tomlSpan{TinyGoUntil: "0.43"}, tomlSpan{TinyGoSince: "0.43"}, false},
		{tomlSpan{TinyGoUntil: "0.43"}, tomlSpan{TinyGoSince: "0.42"}, true},
		{tomlSpan{TinyGoUntil: "0.43"}, tomlSpan{TinyGo: is(true)}, true},
		{tomlSpan{TinyGoUntil: "0.43", Since: "1.25"}, tomlSpan{TinyGo: is(true), Until: "1.25"}, false},
	} {
		a, _ := newSpan(c.a)
		b, _ := newSpan(c.b)
		if got := a.overlaps(b); got != c.want || b.overlaps(a) != c.want {
			t.Errorf("%+v and %+v overlap: got %v, want %v", c.a, c.b, got, c.want)
		}
	}
}

func TestCheckTinyGo(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ release, want string }{
		{"0.35.0", ""}, {"0.40.1", ""}, {"0.43.0-dev-1a2b3c", ""}, {"1.0.0", ""},
		{"0.34.0", "TinyGo 0.34.0 is too old: the port needs TinyGo 0.35 or newer"},
		{"0.40", `"0.40" is not the name of a TinyGo release, such as 0.40.1`},
		{"", `"" is not the name of a TinyGo release, such as 0.40.1`},
		{"go1.25", `"go1.25" is not the name of a TinyGo release, such as 0.40.1`},
	} {
		got := ""
		if err := CheckTinyGo(c.release); err != nil {
			got = err.Error()
		}
		if got != c.want {
			t.Errorf("%q: got %q, want %q", c.release, got, c.want)
		}
	}
}

// TestCompilers assembles what differs between compilers: a file that Go keeps and
// an old TinyGo has ours for, and a declaration.
func TestCompilers(t *testing.T) {
	t.Parallel()
	port := portOf(map[string]string{
		"net/manifest.toml": `
package = "net"
[[take]]
files = ["a.go"]
[[take]]
files = ["weak.go"]
tinygo = false
[[take]]
files = ["weak.go"]
tinygo-since = "0.43"
[[omit]]
files = ["weak.go"]
tinygo-until = "0.43"
why = "it has no weak pointers"
[[add]]
files = ["strong.go"]
tinygo-until = "0.43"
[[drop]]
file = "a.go"
decl = "f"
tinygo = true
why = "boards have no f"
`,
		"net/strong.go":           "//go:build tinynetport\n\npackage net\n\nvar strong int\n",
		"net/netip/manifest.toml": "package = \"net/netip\"\n[[drop]]\nfile = \"netip.go\"\ndecl = \"z\"\ntinygo-since = \"0.40.1\"\nwhy = \"x\"\n",
	})
	root := gorootOf(t, "go1.25.14", map[string]string{
		"net/a.go":           "package net\n\nfunc f() {}\n",
		"net/weak.go":        "package net\n\nvar weak int\n",
		"net/netip/netip.go": "package netip\n\nvar z int\n",
	})
	for _, c := range []struct{ tinygo, want string }{
		{"", "net/a.go   net/weak.go  "},
		{"0.35.0", "net/a.go * net/strong.go +"},
		{"0.40.1", "net/a.go * net/netip/netip.go * net/strong.go +"},
		{"0.43.0-dev", "net/a.go * net/netip/netip.go * net/weak.go  "},
	} {
		root.TinyGo = c.tinygo
		tree, err := assembled(port, root)
		if err != nil {
			t.Errorf("TinyGo %q: %v", c.tinygo, err)
			continue
		}
		var got []string
		for _, f := range tree.Files {
			got = append(got, f.Path+" "+string(f.Mark))
		}
		if got := strings.Join(got, " "); got != c.want || tree.TinyGo != c.tinygo {
			t.Errorf("TinyGo %q: got %q for %q, want %q", c.tinygo, got, tree.TinyGo, c.want)
		}
	}

	m, err := LoadManifest(port)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := m.TinyGos(), []string{"0.35.0", "0.40.1", "0.43.0"}; !slices.Equal(got, want) {
		t.Errorf("the kinds of TinyGo: got %v, want %v", got, want)
	}
	// What only some compilers get rests on Go's text all the same.
	s, err := Look(m, root)
	if err != nil {
		t.Fatal(err)
	}
	var touched []string
	for _, touch := range s.Touches {
		touched = append(touched, touch.Key())
	}
	if got, want := strings.Join(touched, ", "), "net/a.go f drop, net/netip/netip.go z drop"; !strings.Contains(got, want) {
		t.Errorf("the survey has %q, want %q in it", got, want)
	}

	// A problem says which compiler it is of.
	root = gorootOf(t, "go1.25.14", map[string]string{"net/a.go": "package net\n", "net/weak.go": "package net\n", "net/netip/netip.go": "package netip\n\nvar z int\n"})
	if _, err := assembled(port, root); err != nil {
		t.Errorf("for Go: %v", err)
	}
	root.TinyGo = "0.40.1"
	const want = "port/net/manifest.toml:20: drop net/a.go f: no such declaration in the file (go1.25.14 for TinyGo 0.40.1)"
	if _, err := assembled(port, root); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("for TinyGo 0.40.1: got %v, want %q", err, want)
	}
}
