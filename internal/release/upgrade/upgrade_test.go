package upgrade

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/tinynet/tinynet/internal/assemble"
	"github.com/tinynet/tinynet/internal/release/record"
	"github.com/tinynet/tinynet/internal/release/security"
)

// A Go release in small, by name below src. What the manifest below does with
// it uses each operation.
var upstream = map[string]string{
	"net/net.go": `package net

import (
	"time"

	"example.org/palette"
)

// Wait is replaced.
func Wait(n int) error { return wait(n) }

// close is dropped.
func close(n int) int { return n }

// open is edited.
func open(n int) int {
	if n > palette.Mix(8) {
		return fast(n)
	}
	return n
}

func pause() { time.Sleep(1) }

func plain() int { return 1 }
`,
	"net/fd_windows.go":               "package net\n\ntype netFD struct{}\n\nfunc (fd *netFD) read(p []byte) int { return len(p) }\n",
	"net/only_unix.go":                "//go:build unix\n\npackage net\n\nvar here = true\n",
	"net/http/http.go":                "package http\n\nfunc Get() {}\n",
	"crypto/tls/tls.go":               "package tls\n\nfunc Dial() {}\n",
	"vendor/example.org/palette/p.go": "package palette\n\nfunc Mix(n int) int { return n }\n",
	"time/time.go":                    "package time\n\nfunc Sleep(n int) {}\n",
	"os/exec/exec.go":                 "package exec\n",
	"deep/deep.go":                    "package deep\n\nimport _ \"internal/poll\"\n",
	"shallow/shallow.go":              "package shallow\n\nimport _ \"time\"\n",
	"internal/poll/poll.go":           "package poll\n",
}

var ourPort = map[string]string{
	"net/manifest.toml": `package = "net"

[[take]]
files = ["net.go", "only_unix.go"]

[[add]]
files = ["fd_netdev.go"]

[[omit]]
files = ["*_windows.go"]
why = "no windows"

[[drop]]
file = "net.go"
decl = "close"
why = "never closed"

[[replace]]
file = "net.go"
decl = "Wait"
why = "cannot wait"

[[edit]]
file = "net.go"
decl = "open"
match = "fast(n)"
with = "slow(n)"
why = "not so fast"

[[edit]]
file = "only_unix.go"
decl = "go:build"
match = "unix"
with = "linux"
why = "only one"

[[swap]]
import = "example.org/palette"
with = "net/http/internal/twocolours"
why = "tables"
`,
	"net/net.go":               "//go:build tinynetport\n\npackage net\n\n// Wait does not.\nfunc Wait(n int) error { return nil }\n",
	"net/fd_netdev.go":         "//go:build tinynetport\n\npackage net\n\ntype netFD struct{}\n\n// read reads.\nfunc (fd *netFD) read(p []byte) int { return 0 }\n\nfunc slow(n int) int { return n }\n",
	"net/http/manifest.toml":   "package = \"net/http\"\n[[take]]\nfiles = [\"http.go\"]\n",
	"crypto/tls/manifest.toml": "package = \"crypto/tls\"\n[[take]]\nfiles = [\"tls.go\"]\n",
}

func portFS() fstest.MapFS {
	fsys := fstest.MapFS{}
	for name, text := range ourPort {
		fsys[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return fsys
}

func goroot(t *testing.T, release string, files map[string]string) assemble.Goroot {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		name = filepath.Join(dir, "src", filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "VERSION"), []byte(release+"\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	root, err := assemble.OpenGoroot(dir)
	if err != nil {
		t.Fatal(err)
	}
	return root
}

// next is a release after upstream, in which texts change: file, old, new, and
// so on. Without old, the file is new; without both it goes.
func next(t *testing.T, edits ...string) assemble.Goroot {
	t.Helper()
	files := map[string]string{}
	for n, text := range upstream {
		files[n] = text
	}
	for i := 0; i < len(edits); i += 3 {
		name, old, with := edits[i], edits[i+1], edits[i+2]
		switch {
		case old == "" && with == "":
			delete(files, name)
		case old == "":
			files[name] = with
		default:
			was := files[name]
			if files[name] = strings.Replace(was, old, with, 1); files[name] == was {
				t.Fatalf("%s has no %q", name, old)
			}
		}
	}
	return goroot(t, "go1.26.0", files)
}

// step compares upstream with a release, for a record that has upstream.
func step(t *testing.T, to assemble.Goroot) *Report {
	t.Helper()
	from := goroot(t, "go1.25.0", upstream)
	r, err := Compare(Step{Port: portFS(), From: from, To: to, Record: recordOf(t, from)})
	if err != nil {
		t.Fatal(err)
	}
	r.Finish(portFS())
	return r
}

func recordOf(t *testing.T, roots ...assemble.Goroot) *record.Record {
	t.Helper()
	rec, err := record.Parse("", nil)
	if err != nil {
		t.Fatal(err)
	}
	m, err := assemble.LoadManifest(portFS())
	if err != nil {
		t.Fatal(err)
	}
	for _, root := range roots {
		s, err := assemble.Look(m, root)
		if err != nil {
			t.Fatal(err)
		}
		if err := rec.Add(root, s); err != nil {
			t.Fatal(err)
		}
	}
	return rec
}

func text(t *testing.T, r *Report) string {
	t.Helper()
	var b bytes.Buffer
	if err := r.WriteText(&b, false); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// Every operation of a manifest is hit by a change of Go's, in every way there
// is, and each shows, with a place to go to.
func TestSyntheticChanges(t *testing.T) {
	for _, test := range []struct {
		name  string
		edits []string
		wants []string // in the text of the report
	}{
		{"a dropped function is renamed", []string{"net/net.go", "func close(", "func shut("}, []string{
			"port/net/manifest.toml:15: drop net/net.go close: no such declaration in the file (go1.26.0)",
		}},
		{"a dropped function changes", []string{"net/net.go", "int { return n }\n\n// open", "int { return -n }\n\n// open"}, []string{
			"src/net/net.go:12 close", "-func close(n int) int { return n }", "+func close(n int) int { return -n }",
			"port/net/manifest.toml:15: src/net/net.go:12: close changed; look whether it is still right that we drop it (never closed)",
		}},
		{"a dropped function moves", []string{"net/net.go", "// close is dropped.\nfunc close(n int) int { return n }\n", "",
			"net/only_unix.go", "var here", "func close(n int) int { return n }\n\nvar here"}, []string{
			"port/net/manifest.toml:15: drop net/net.go close: no such declaration in the file; Go has it in only_unix.go (go1.26.0)",
		}},
		{"an edited expression changes", []string{"net/net.go", "return fast(n)", "return faster(n)"}, []string{
			"port/net/manifest.toml:25: edit net/net.go open: \"fast(n)\" matches nowhere, not once as stated (go1.26.0)",
		}},
		{"an edited expression is there twice", []string{"net/net.go", "return fast(n)", "return fast(n) + fast(n)"}, []string{
			"port/net/manifest.toml:25: edit net/net.go open: \"fast(n)\" matches 2 times, not once as stated (go1.26.0)",
		}},
		{"around an edited expression something changes", []string{"net/net.go", "n > palette", "n >= palette"}, []string{
			"+\tif n >= palette.Mix(8) {", "the port has:", "return slow(n)",
			"port/net/manifest.toml:25: src/net/net.go:15: open changed; look whether it is still right that we edit it (not so fast)",
		}},
		{"the signature under a replacement changes", []string{"net/net.go", "func Wait(n int)", "func Wait(n int64)"}, []string{
			"src/net/net.go:9 Wait", "its signature changed", "-func Wait(n int) error", "+func Wait(n int64) error", "func Wait(n int) error { return nil }",
			"port/net/net.go:5: src/net/net.go:9: Wait changed its signature; look whether it is still right that we replace it (cannot wait)",
		}},
		{"a replaced function changes", []string{"net/net.go", "return wait(n)", "return wait(n+1)"}, []string{
			"port/net/net.go:5: src/net/net.go:9: Wait changed; look whether it is still right that we replace it (cannot wait)",
		}},
		{"a replaced function goes", []string{"net/net.go", "func Wait(n int) error { return wait(n) }\n", ""}, []string{
			"port/net/manifest.toml:20: replace net/net.go Wait: no such declaration in the file (go1.26.0)",
		}},
		{"an edited constraint changes", []string{"net/only_unix.go", "unix\n", "unix && !js\n"}, []string{
			"-//go:build unix", "+//go:build unix && !js",
			"port/net/manifest.toml:32: src/net/only_unix.go:1: go:build changed; look whether it is still right that we edit it (only one)",
		}},
		{"an edited constraint goes", []string{"net/only_unix.go", "//go:build unix\n\n", ""}, []string{
			"port/net/manifest.toml:32: edit net/only_unix.go go:build: \"unix\" matches nowhere: the file has no build constraint (go1.26.0)",
		}},
		{"a swapped package changes", []string{"vendor/example.org/palette/p.go", "return n", "return -n"}, []string{
			"src/net example.org/palette", "swapped: tables",
			"port/net/manifest.toml:38: src/net: example.org/palette changed; look whether it is still right that we swap it (tables)",
		}},
		{"more of a swapped package is used", []string{"net/net.go", "func plain() int { return 1 }", "func plain() int { return palette.Stir() }",
			"vendor/example.org/palette/p.go", "func Mix", "func Stir() int { return 0 }\n\nfunc Mix"}, []string{
			"+net/net.go uses palette.Stir", "port/net/manifest.toml:38: ",
		}},
		{"a swapped package is used no more", []string{"net/net.go", "\"example.org/palette\"", "", "net/net.go", "palette.Mix(8)", "8"}, []string{
			"port/net/manifest.toml:38: swap example.org/palette: no taken file imports it (go1.26.0)",
		}},
		{"an omitted file changes", []string{"net/fd_windows.go", "read(p []byte) int { return len(p) }", "read(p []byte) int { return cap(p) }"}, []string{
			"src/net/fd_windows.go\n    omitted: no windows", "netFD.read changed; ours is port/net/fd_netdev.go:7",
			"port/net/manifest.toml:10: src/net/fd_windows.go:1: changed; look whether it is still right that we omit it (no windows)",
			"port/net/fd_netdev.go:7: src/net/fd_windows.go:5: netFD.read, for which this stands, changed",
		}},
		{"a signature in an omitted file changes", []string{"net/fd_windows.go", "read(p []byte)", "read(p string)"}, []string{
			"port/net/fd_netdev.go:7: src/net/fd_windows.go:5: netFD.read, for which this stands, changed its signature",
		}},
		{"a pattern omits a new file", []string{"net/more_windows.go", "", "package net\n"}, []string{
			"new file src/net/more_windows.go, omitted: no windows", "src/net/more_windows.go:1: is new; look whether it is still right that we omit it",
		}},
		{"a new file", []string{"net/fresh.go", "", "package net\n"}, []string{
			"new file src/net/fresh.go, unmentioned",
			"port/net/manifest.toml:1: net/fresh.go: Go has this file, but the manifest does not mention it; take or omit it (go1.26.0)",
		}},
		{"a new file by a name of ours", []string{"net/fd_netdev.go", "", "package net\n"}, []string{
			"port/net/manifest.toml:7: add net/fd_netdev.go: Go has a file of this name",
		}},
		{"a taken file goes", []string{"net/only_unix.go", "", ""}, []string{
			"gone file src/net/only_unix.go, taken", "port/net/manifest.toml:4: take net/only_unix.go: Go does not have this file (go1.26.0)",
		}},
		{"an omitted file goes", []string{"net/fd_windows.go", "", ""}, []string{
			"gone file src/net/fd_windows.go, omitted: no windows", "port/net/manifest.toml:10: omit net/*_windows.go: Go does not have such a file (go1.26.0)",
		}},
		{"a new package", []string{"net/http/fresh/fresh.go", "", "package fresh\n"}, []string{
			"new file src/net/http/fresh/fresh.go, unmentioned",
			"port/net/http/fresh/manifest.toml: Go has the package net/http/fresh, but no manifest mentions it; take its files, or omit them (go1.26.0)",
		}},
		{"a new import that a board cannot have", []string{"net/net.go", "\t\"time\"\n", "\t\"time\"\n\t\"os/exec\"\n", "net/net.go", "return 1", "return exec.N"}, []string{
			"src/net/net.go:5: it imports os/exec, which a board cannot have: there are no processes",
		}},
		{"a new import that needs what a board cannot have", []string{"net/http/http.go", "func Get() {}", "import _ \"deep\"\n\nfunc Get() {}"}, []string{
			"src/net/http/http.go:3: it imports deep, which a board cannot have: deep imports internal/poll: it waits in the kernel",
		}},
		{"Go declares a name of ours", []string{"net/net.go", "func plain() int { return 1 }", "func plain() int { return 1 }\n\nfunc slow(n int) int { return n }"}, []string{
			"port/net/fd_netdev.go:10: Go declares slow itself now, in src/net/net.go:27",
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := step(t, next(t, test.edits...))
			got := text(t, r)
			if len(r.Todo) == 0 {
				t.Errorf("there is nothing to do")
			}
			for _, want := range test.wants {
				if !strings.Contains(got, want) {
					t.Errorf("the report lacks %q", want)
				}
			}
			var html bytes.Buffer
			if err := r.WriteHTML(&html); err != nil {
				t.Error(err)
			}
			for _, todo := range r.Todo {
				if todo.Where == "" || !strings.Contains(html.String(), "<li><code>"+todo.Where) {
					t.Errorf("the page lacks a place for %+v", todo)
				}
			}
			if t.Failed() {
				t.Logf("the report:\n%s", got)
			}
		})
	}
}

// What no operation touches is carried over, and is nothing to do.
func TestCarried(t *testing.T) {
	r := step(t, next(t, "net/net.go", "func plain() int { return 1 }", "func plain() int {\n\treturn 2\n}\n\nfunc more() {}",
		"net/http/http.go", "func Get() {}", "import _ \"shallow\"\n\nfunc Get() {}"))
	got := text(t, r)
	if len(r.Todo) > 0 || !strings.Contains(got, "Nothing to do.") || !strings.Contains(got, "new import src/net/http/http.go:3 shallow\n") {
		t.Errorf("the report:\n%s", got)
	}
	for _, p := range r.Carried {
		if p.Path == "net" {
			if len(p.Changed) != 2 || p.Files != 1 || p.Same != 1 || p.Added != 4 || p.Removed != 1 {
				t.Errorf("net: %+v", p)
			}
		}
	}
	same := step(t, next(t))
	if len(same.Todo)+len(same.Eye)+len(same.New)+len(same.Gone)+len(same.Imports) > 0 {
		t.Errorf("the same release again: %s", text(t, same))
	}
}

// A text that somebody looked at is shown, but not left to do.
func TestLooked(t *testing.T) {
	from, to := goroot(t, "go1.25.0", upstream), next(t, "net/net.go", "return wait(n)", "return wait(n+1)")
	r, err := Compare(Step{Port: portFS(), From: from, To: to, Record: recordOf(t, from, to)})
	if err != nil {
		t.Fatal(err)
	}
	r.Finish(portFS())
	if got := text(t, r); len(r.Todo) > 0 || !strings.Contains(got, "cannot wait [looked at]") {
		t.Errorf("%s", got)
	}
}

// A root that was tampered with is not what it says.
func TestModified(t *testing.T) {
	from := goroot(t, "go1.25.0", upstream)
	bad := map[string]string{}
	for n, text := range upstream {
		bad[n] = text
	}
	bad["net/http/http.go"] += "\nfunc backdoor() {}\n"
	to := goroot(t, "go1.25.0", bad)
	r, err := Compare(Step{Port: portFS(), From: from, To: to, Record: recordOf(t, from)})
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Warnings) != 1 || !strings.Contains(r.Warnings[0], to.Dir+" says that it is go1.25.0, but its sources are not those of that release: somebody changed net/http") {
		t.Errorf("warnings %q", r.Warnings)
	}
}

// A security fix in what is carried over is named.
func TestFixes(t *testing.T) {
	from, to := goroot(t, "go1.25.0", upstream), next(t, "net/net.go", "return 1", "return 2")
	fix := security.Fix{CVE: "CVE-2026-0001", Title: "one is too small", Texts: []security.Text{{Package: "net", Decl: "plain", Has: "return 2"}}}
	other := security.Fix{CVE: "CVE-2026-0002", Title: "had already", Texts: []security.Text{{Package: "net", Decl: "pause", Has: "time.Sleep(1)"}}}
	r, err := Compare(Step{Port: portFS(), From: from, To: to, Record: recordOf(t, from), Fixes: []security.Fix{fix, other}})
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Fixes) != 1 || !strings.Contains(text(t, r), "CVE-2026-0001  net: one is too small") {
		t.Errorf("fixes %+v", r.Fixes)
	}
}

func TestRows(t *testing.T) {
	old := "a\nb\nc\nd\ne\nf\ng\nh\ni\nj\nk\n"
	new := "a\nB\nc\nd\ne\nf\ng\nh\ni\nj\nk\nl\n"
	var got []string
	for _, r := range Rows(old, new) {
		got = append(got, string(r.Kind)+" "+r.Old+"|"+r.New)
	}
	want := "same a|a, changed b|B, same c|c, same d|d, same e|e, gap |, same i|i, same j|j, same k|k, new |l"
	if s := strings.Join(got, ", "); s != want {
		t.Errorf("got  %s\nwant %s", s, want)
	}
	if a, r := countLines(old, new); a != 2 || r != 1 {
		t.Errorf("+%d -%d", a, r)
	}
	if a, r := countLines("", "x\ny"); a != 2 || r != 0 {
		t.Errorf("+%d -%d", a, r)
	}
}
