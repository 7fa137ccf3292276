package assemble

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
)

func TestSpan(t *testing.T) {
	t.Parallel()
	releases := []string{"go1.23.12", "go1.24rc1", "go1.24", "go1.24.0", "go1.24.13", "go1.25", "go1.25.3", "go1.25.10", "go1.26.8", "devel go1.27-abc123 Mon", "go1.27rc1", "go1.27.0", "go1.27.4-custom", "go1.28"}
	for _, c := range []struct{ since, until, first, last string }{
		{"", "", "go1.23.12", "go1.28"},
		{"1.24", "", "go1.24rc1", "go1.28"},
		{"1.24.0", "", "go1.24.0", "go1.28"},
		{"", "1.24", "go1.23.12", "go1.23.12"},
		{"", "1.24.0", "go1.23.12", "go1.24"},
		{"1.25.4", "1.27", "go1.25.10", "go1.26.8"},
		{"1.27", "1.28", "devel go1.27-abc123 Mon", "go1.27.4-custom"},
		{"1.27rc1", "1.27.4", "go1.27rc1", "go1.27.0"},
		{"1.24", "1.25", "go1.24rc1", "go1.24.13"},
	} {
		s, err := newSpan(tomlSpan{Since: c.since, Until: c.until})
		if err != nil {
			t.Fatal(err)
		}
		in := false
		for _, r := range releases {
			if r == c.first {
				in = true
			}
			if got := s.has(Goroot{Version: r}.target()); got != in && r != "go1.24" {
				t.Errorf("%s from %q to %q: %v", r, c.since, c.until, got)
			}
			if r == c.last {
				in = false
			}
		}
	}
	for _, c := range []struct {
		a, b [2]string
		want bool
	}{
		{[2]string{"", ""}, [2]string{"1.24", "1.25"}, true},
		{[2]string{"", "1.24"}, [2]string{"1.24", ""}, false},
		{[2]string{"1.25", ""}, [2]string{"", "1.25"}, false},
		{[2]string{"1.23", "1.25"}, [2]string{"1.24", "1.26"}, true},
		{[2]string{"1.23", "1.25.1"}, [2]string{"1.25", "1.26"}, true},
	} {
		a, _ := newSpan(tomlSpan{Since: c.a[0], Until: c.a[1]})
		b, _ := newSpan(tomlSpan{Since: c.b[0], Until: c.b[1]})
		if a.overlaps(b) != c.want || b.overlaps(a) != c.want {
			t.Errorf("%v and %v: want %v", c.a, c.b, c.want)
		}
	}
}

// TestRanges has an entry of each kind that is limited to some releases.
func TestRanges(t *testing.T) {
	t.Parallel()
	port := portOf(map[string]string{
		"net/manifest.toml": `
package = "net"
[[take]]
files = ["a.go"]
[[take]]
files = ["new.go"]
since = "1.25"
[[omit]]
files = ["old.go"]
until = "1.25"
why = "x"
[[add]]
files = ["ours.go"]
until = "1.25.3"
[[add]]
files = ["ours_new.go"]
since = "1.25.3"
[[drop]]
file = "a.go"
decl = "f"
until = "1.25"
why = "dropped before 1.25"
[[replace]]
file = "a.go"
decl = "f"
since = "1.25"
until = "1.25.3"
why = "replaced in 1.25"
[[replace]]
file = "a.go"
decl = "f"
from = "a_new.go"
since = "1.25.3"
until = "1.26"
why = "replaced anew in 1.25.3"
[[edit]]
file = "a.go"
decl = "f"
match = "1"
with = "2"
since = "1.26"
why = "edited"
[[swap]]
import = "io"
with = "net/http/internal/io"
since = "1.26"
why = "swapped"
# An entry of a file that is taken in some releases counts in those alone.
[[drop]]
file = "new.go"
decl = "x"
why = "new"
`,
		"net/a.go":        faultPort + "func f() { print(10) }\n",
		"net/a_new.go":    faultPort + "func f() { print(11) }\n",
		"net/ours.go":     faultPort,
		"net/ours_new.go": faultPort,
		"net/http/internal/io/manifest.toml": `
package = "net/http/internal/io"
since = "1.26"
[[add]]
files = ["io.go"]
`,
		"net/http/internal/io/io.go": "//go:build tinynetport\n\npackage io\n",
	})
	a := "package net\n\nimport \"io\"\n\nvar _ = io.EOF\n\nfunc f() { print(1) }\n"
	before := map[string]string{"net/a.go": a, "net/old.go": "package net\n"}
	after := map[string]string{"net/a.go": a, "net/new.go": "package net\n\nvar x, y = 1, 2\n"}
	for _, c := range []struct {
		release string
		up      map[string]string
		want    string
	}{
		{"go1.23.12", before, "*net/a.go[drop f] +net/ours.go -net/old.go"},
		{"go1.25rc1", after, "*net/a.go[replace f] *net/new.go[drop x] +net/ours.go"},
		{"go1.25.3", after, "*net/a.go[replace f] *net/new.go[drop x] +net/ours_new.go"},
		{"go1.26.8", after, "*net/a.go[swap io, edit f] +net/http/internal/io/io.go *net/new.go[drop x] +net/ours_new.go"},
		{"devel go1.28-abc", after, "*net/a.go[swap io, edit f] +net/http/internal/io/io.go *net/new.go[drop x] +net/ours_new.go"},
	} {
		tree, err := assembled(port, gorootOf(t, c.release, c.up))
		if err != nil {
			t.Errorf("%s: %v", c.release, err)
			continue
		}
		checkTree(t, tree, c.up)
		if got := describe(tree); got != c.want {
			t.Errorf("%s: got %s, want %s", c.release, got, c.want)
		}
	}
}

// describe is a tree in a line.
func describe(t *Tree) string {
	var all []string
	for _, f := range t.Files {
		var changes []string
		for _, c := range f.Changes {
			changes = append(changes, c.Op+" "+c.Decl)
		}
		text := strings.TrimSpace(string(rune(f.Mark))) + f.Path
		if len(changes) > 0 {
			text += "[" + strings.Join(changes, ", ") + "]"
		}
		all = append(all, text)
	}
	for _, o := range t.Omitted {
		all = append(all, "-"+o.Path)
	}
	return strings.Join(all, " ")
}

func TestOpenGoroot(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	put(t, filepath.Join(dir, "file"), "x")
	goroot := func(name, version string) {
		if version != "" {
			put(t, filepath.Join(dir, name, "VERSION"), version)
		}
		put(t, filepath.Join(dir, name, "src/net/net.go"), "package net\n")
	}
	goroot("ok", "go1.26.8\ntime x\n")
	goroot("min", "go1.23\n")
	goroot("rc", "go1.27rc1\n")
	goroot("devel", "devel go1.28-1a2b3c4d5e Mon Jan 1\n")
	goroot("vendor", "go1.26.8-acme\n")
	goroot("experiment", "go1.26.8 X:jsonv2\n")
	goroot("old", "go1.22.12\n")
	goroot("beta", "go1.23beta1\n")
	goroot("odd", "gcc 14\n")
	goroot("evil", "go1.26-\x01\n")
	goroot("checkout", "")
	put(t, filepath.Join(dir, "checkout/src/internal/goversion/goversion.go"), "package goversion\n\nconst Version = 28\n")
	goroot("none", "")
	put(t, filepath.Join(dir, "empty/VERSION"), "go1.26.8\n")
	for _, c := range []struct{ name, version, err string }{
		{"ok", "go1.26.8", ""},
		{"min", "go1.23", ""},
		{"rc", "go1.27rc1", ""},
		{"devel", "devel go1.28-1a2b3c4d5e Mon Jan 1", ""},
		{"vendor", "go1.26.8-acme", ""},
		{"experiment", "go1.26.8 X:jsonv2", ""},
		{"checkout", "devel go1.28", ""},
		{"beta", "go1.23beta1", ""},
		{"old", "", "go1.22.12 is too old: go1.23 or newer is needed"},
		{"odd", "", `not a Go root: its VERSION file says "gcc 14"`},
		{"evil", "", `not a Go root: its VERSION file says "go1.26-\x01"`},
		{"none", "", "not a Go root: it has no VERSION file"},
		{"empty", "", "not a Go root: it has no src/net (some Linux distributions package the sources apart)"},
		{"file", "", "not a folder"},
		{"nowhere", "", "no such file or directory"},
	} {
		name := filepath.Join(dir, c.name)
		root, err := OpenGoroot(name)
		switch {
		case c.err == "" && err != nil:
			t.Errorf("%s: %v", c.name, err)
		case c.err == "":
			if root.Version != c.version || root.Dir != name {
				t.Errorf("%s: got %+v", c.name, root)
			}
		case err == nil:
			t.Errorf("%s: no error", c.name)
		case !strings.HasPrefix(err.Error(), fmt.Sprintf("open Go root %s: ", name)) || !strings.HasSuffix(err.Error(), c.err):
			t.Errorf("%s: got %q, want ...%q", c.name, err, c.err)
		}
	}
	if _, err := OpenGoroot(""); err == nil || !strings.Contains(err.Error(), "go env GOROOT") {
		t.Errorf("no folder: %v", err)
	}
}
