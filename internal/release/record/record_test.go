package record

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/tinynet/tinynet/internal/assemble"
	"github.com/tinynet/tinynet/internal/release/matrix"
	"github.com/tinynet/tinynet/internal/toolchain"
	"github.com/tinynet/tinynet/port"
)

// Go's net, a release of it, as the tests here have it.
var upstream = map[string]string{
	"net.go": `package net

import "example.org/palette"

// colours are all there are.
const (
	red = iota
	green
)

func open() int { return palette.Mix(1) }

func shut() int { return 2 }

func wait() int { return 3 }
`,
	"net_windows.go": "package net\n\nfunc pane() {}\n",
	"net_unix.go":    "//go:build unix\n\npackage net\n",
}

var manifests = map[string]string{
	"manifest.toml": `package = "net"
[[take]]
files = ["net.go", "net_unix.go"]
[[omit]]
files = ["*_windows.go"]
why = "no windows"
[[drop]]
file = "net.go"
decl = "shut"
why = "never shut"
[[replace]]
file = "net.go"
decl = "wait"
why = "cannot wait"
[[edit]]
file = "net.go"
decl = "open"
match = "1"
with = "4"
why = "more"
[[edit]]
file = "net_unix.go"
decl = "go:build"
match = "unix"
with = "linux"
why = "only one"
[[edit]]
file = "net.go"
decl = "green"
match = "green"
with = "verde"
why = "a test"
[[swap]]
import = "example.org/palette"
with = "net/http/internal/twocolours"
why = "tables"
`,
	"net.go": "//go:build tinynetport\n\npackage net\n\n// wait does not.\nfunc wait() int { return 0 }\n",
}

func goroot(t *testing.T, release string, files map[string]string) assemble.Goroot {
	t.Helper()
	dir := t.TempDir()
	put := func(name, text string) {
		name = filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	put("VERSION", release+"\n")
	put("src/vendor/example.org/palette/mix.go", "package palette\n\nfunc Mix(n int) int { return n }\n")
	for name, text := range files {
		if strings.HasPrefix(name, "vendor/") {
			put("src/"+name, text)
		} else {
			put("src/net/"+name, text)
		}
	}
	root, err := assemble.OpenGoroot(dir)
	if err != nil {
		t.Fatal(err)
	}
	return root
}

func manifest(t *testing.T) *assemble.Manifest {
	t.Helper()
	fsys := fstest.MapFS{}
	for name, text := range manifests {
		fsys["net/"+name] = &fstest.MapFile{Data: []byte(text)}
	}
	m, err := assemble.LoadManifest(fsys)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func look(t *testing.T, m *assemble.Manifest, root assemble.Goroot) *assemble.Survey {
	t.Helper()
	s, err := assemble.Look(m, root)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// recorded is a record of the release 1.25.0.
func recorded(t *testing.T) *Record {
	t.Helper()
	root := goroot(t, "go1.25.0", upstream)
	r, err := Parse("", nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Add(root, look(t, manifest(t), root)); err != nil {
		t.Fatal(err)
	}
	return r
}

func changed(name, old, with string) map[string]string {
	files := map[string]string{}
	for n, text := range upstream {
		files[n] = text
	}
	if old == "" {
		files[name] = with
	} else {
		files[name] = strings.ReplaceAll(files[name], old, with)
	}
	return files
}

// A change of each text that an operation rests on is noticed in a new release,
// and no other change is.
func TestCheckNewRelease(t *testing.T) {
	r := recorded(t)
	for _, test := range []struct {
		file, old, with string
		want            string // operation, file and declaration
	}{
		{"net.go", "return 2", "return 22", "drop net/net.go shut"},
		{"net.go", "return 3", "return 33", "replace net/net.go wait"},
		{"net.go", "func wait()", "// wait waits.\nfunc wait()", "replace net/net.go wait"},
		{"net.go", "Mix(1)", "Mix(1, 1)", "edit net/net.go open"},
		{"net.go", "red = iota", "white = iota\n\tred", "edit net/net.go green"},
		{"net_unix.go", "unix", "unix && !js", "edit net/net_unix.go go:build"},
		{"net_windows.go", "pane() {}", "pane() { open() }", "omit net/net_windows.go"},
		{"vendor/example.org/palette/mix.go", "", "package palette\n\nfunc Mix(n int) int { return -n }\n", "swap net example.org/palette"},
		{"net.go", "func open", "func fresh() {}\n\nfunc open", ""},
		{"net.go", "return palette", "return  palette", "edit net/net.go open"},
		{"net_unix.go", "package net\n", "package net\n\nvar x int\n", ""},
	} {
		root := goroot(t, "go1.25.1", changed(test.file, test.old, test.with))
		f, err := r.Check(root, look(t, manifest(t), root))
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, x := range f.Changed {
			got = append(got, keyOf(&x).String())
		}
		if strings.Join(got, ", ") != test.want || f.Quiet() != (test.want == "") || f.Recorded || len(f.Unrecorded)+len(f.Modified) > 0 {
			t.Errorf("%s with %q: %+v, want %q", test.file, test.with, f, test.want)
		}
		if text := f.Text(); test.want != "" && (!strings.Contains(text, "tinynet upgrade -from 1.25.0 -to 1.25.1") || !strings.Contains(text, "src/net")) || test.want == "" && text != "" {
			t.Errorf("text: %s", text)
		}
	}
	// A file that nobody has seen, met by a pattern.
	root := goroot(t, "go1.25.1", changed("fd_windows.go", "", "package net\n"))
	f, err := r.Check(root, look(t, manifest(t), root))
	if err != nil || len(f.Unrecorded) != 1 || !strings.Contains(f.Text(), "src/net/fd_windows.go:1: omitted (no windows)") {
		t.Errorf("a new omitted file: %v, %v", f, err)
	}
}

// A release that the record has, and whose sources are others, was modified;
// that is noticed in whatever file it is.
func TestModified(t *testing.T) {
	r := recorded(t)
	root := goroot(t, "go1.25.0", upstream)
	if known, err := r.Known(root); !known || err != nil {
		t.Errorf("the release itself: %v, %v", known, err)
	}
	root = goroot(t, "go1.25.0", changed("net_unix.go", "package net\n", "package net\n\nvar backdoor int\n"))
	if known, err := r.Known(root); known || err != nil {
		t.Errorf("a modified release is known: %v", err)
	}
	f, err := r.Check(root, look(t, manifest(t), root))
	if err != nil || !slices.Equal(f.Modified, []string{"net"}) || !strings.Contains(f.Text(), "says that it is go1.25.0, but its sources are not those of that release: somebody changed net.") {
		t.Errorf("%v, %v", f, err)
	}
}

// A record that does not know an operation on a release that it has is of
// another manifest, and the message says what to do.
func TestManifestChanged(t *testing.T) {
	r := recorded(t)
	delete(r.entries, key{"net/net.go", "shut", "drop"})
	root := goroot(t, "go1.25.0", upstream)
	s := look(t, manifest(t), root)
	f, err := r.Check(root, s)
	if err != nil || len(f.Unrecorded) != 1 || !strings.Contains(f.Text(), "run `make record-port`") {
		t.Errorf("%v, %v", f, err)
	}
	if stale, err := r.Stale(root, s); err != nil || !slices.Equal(stale, []string{"drop net/net.go shut"}) {
		t.Errorf("stale: %q, %v", stale, err)
	}
	// The other way round, too: an operation that is no more.
	r.add(key{"net/net.go", "gone", "drop"}, hash(nil), "go1.25.0")
	if stale, err := r.Stale(root, s); err != nil || len(stale) != 2 {
		t.Errorf("stale: %q, %v", stale, err)
	}
}

func TestFile(t *testing.T) {
	r := recorded(t)
	root := goroot(t, "go1.26.0", changed("net.go", "return 3", "return 33"))
	if err := r.Add(root, look(t, manifest(t), root)); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "lock")
	if err := r.WriteFile(file); err != nil {
		t.Fatal(err)
	}
	back, err := ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if string(back.Bytes()) != string(r.Bytes()) {
		t.Errorf("read back:\n%s\nwritten:\n%s", back.Bytes(), r.Bytes())
	}
	if got := back.Releases(); !slices.Equal(got, []string{"go1.25.0", "go1.26.0"}) {
		t.Errorf("releases %q", got)
	}
	if n := strings.Count(string(r.Bytes()), "replace net/net.go wait "); n != 2 {
		t.Errorf("%d texts of wait, want 2:\n%s", n, r.Bytes())
	}
	r.Forget("go1.26.0")
	if string(r.Bytes()) != string(recorded(t).Bytes()) {
		t.Errorf("forgotten:\n%s", r.Bytes())
	}
	// One that cannot be written stays as it was.
	if err := r.WriteFile(filepath.Join(file, "x")); err == nil || !strings.Contains(err.Error(), "write the record") {
		t.Errorf("got %v", err)
	}
	if entries, err := os.ReadDir(filepath.Dir(file)); err != nil || len(entries) != 1 {
		t.Errorf("left: %v, %v", entries, err)
	}
	for _, bad := range []string{"drop net/net.go", "drop net/net.go x 123 go1.25.0", "drop net/net.go x " + hash(nil) + " 1.25.0"} {
		if _, err := Parse("f", []byte("\n"+bad)); err == nil || !strings.Contains(err.Error(), "f:2: ") || !strings.Contains(err.Error(), Regenerate) {
			t.Errorf("%q: %v", bad, err)
		}
	}
	devel := goroot(t, "devel go1.28-abcdef0 Mon Nov 23", upstream)
	if err := r.Add(devel, look(t, manifest(t), devel)); err == nil {
		t.Errorf("a development version is recorded")
	}
}

// The record in this repository is that of its manifests, for each supported
// release that is on this computer.
func TestPort(t *testing.T) {
	t.Setenv("GOPROXY", "off") // nothing is fetched for a test
	r, err := Of(port.FS)
	if err != nil || r == nil {
		t.Fatalf("%s: %v; run `%s`", File, err, Regenerate)
	}
	m, err := assemble.LoadManifest(port.FS)
	if err != nil {
		t.Fatal(err)
	}
	for _, release := range matrix.Releases {
		t.Run(release, func(t *testing.T) {
			if !slices.Contains(r.Releases(), "go"+release) {
				t.Fatalf("%s does not have it; run `%s`", File, Regenerate)
			}
			tc, err := toolchain.Find(context.Background(), toolchain.Query{Release: release})
			if err != nil {
				t.Skipf("Go %s is not on this computer; `GOTOOLCHAIN=go%[1]s go version` fetches it", release)
			}
			root, err := assemble.OpenGoroot(tc.Root)
			if err != nil {
				t.Fatal(err)
			}
			s := look(t, m, root)
			stale, err := r.Stale(root, s)
			if err != nil {
				t.Fatal(err)
			}
			if len(stale) > 0 {
				t.Errorf("%s is not of these manifests; run `%s`. It differs in:\n\t%s", File, Regenerate, strings.Join(stale, "\n\t"))
			}
		})
	}
}
