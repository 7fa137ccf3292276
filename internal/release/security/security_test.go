package security

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tinynet/tinynet/internal/assemble"
	"github.com/tinynet/tinynet/internal/release/matrix"
	"github.com/tinynet/tinynet/internal/toolchain"
	"github.com/tinynet/tinynet/port"
)

func fixes(t *testing.T) []Fix {
	t.Helper()
	list, err := Fixes()
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// The port of a release that is maintained has all fixes, but for code that the
// port does not have; and so it is for a port made from one that is older, if
// Go fixed that release.
func TestPort(t *testing.T) {
	t.Setenv("GOPROXY", "off") // nothing is fetched for a test
	newest := matrix.Releases[len(matrix.Releases)-2:]
	for _, release := range newest {
		t.Run(release, func(t *testing.T) {
			tc, err := toolchain.Find(context.Background(), toolchain.Query{Release: release})
			if err != nil {
				t.Skipf("Go %s is not on this computer; `GOTOOLCHAIN=go%[1]s go version` fetches it", release)
			}
			root, err := assemble.OpenGoroot(tc.Root)
			if err != nil {
				t.Fatal(err)
			}
			m, err := assemble.LoadManifest(port.FS)
			if err != nil {
				t.Fatal(err)
			}
			tree, err := assemble.Assemble(m, root)
			if err != nil {
				t.Fatal(err)
			}
			there := 0
			for _, r := range LookAll(fixes(t), Port(tree, root)) {
				switch {
				case r.State == Open:
					t.Errorf("%s is not in the port: %v", r.CVE, r.Seen)
				case r.State == Fixed:
					there++
				}
			}
			if there < 25 {
				t.Errorf("only %d fixes are recognised", there)
			}
		})
	}
}

func write(t *testing.T, dir string, files map[string]string) string {
	t.Helper()
	for name, text := range files {
		name = filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestLook(t *testing.T) {
	root := assemble.Goroot{Version: "go1.26.8", Dir: write(t, t.TempDir(), map[string]string{
		"src/net/net.go":                           "package net\n\nfunc Dial() { old() }\n",
		"src/net/url/url.go":                       "package url\n\nfunc Parse() { a(); b() }\n",
		"src/vendor/golang.org/x/net/idna/idna.go": "package idna\n\nfunc To() { fine() }\n",
	})}
	list := []Fix{
		{CVE: "has", Texts: []Text{{Package: "net", Decl: "Dial", Has: "new()"}}},
		{CVE: "lacks", Texts: []Text{{Package: "net", Decl: "Dial", Lacks: "old()"}}},
		{CVE: "layout", Texts: []Text{{Package: "net/url", Decl: "Parse", Has: "a ( ) ; b()"}}},
		{CVE: "word", Texts: []Text{{Package: "net", Decl: "Dial", Has: "ld()"}}},
		{CVE: "vendored", Texts: []Text{{Package: "golang.org/x/net/idna", Decl: "To", Has: "fine()"}}},
		{CVE: "where", Texts: []Text{{Package: "net", Decl: "Dial", Where: "younger()", Has: "new()"}}},
		{CVE: "several", Texts: []Text{{Package: "net/url", Decl: "Parse", Has: "a()"}, {Package: "net", Decl: "Dial", Has: "new()"}}},
		{CVE: "elsewhere", Texts: []Text{{Package: "net", File: "dial.go", Decl: "Dial", Has: "new()"}}},
	}
	// Other ports, as a folder src/net, as a folder net, and as the package
	// itself, which all have what the release lacks.
	const fixed = "package net\n\nfunc Dial() { new() }\n"
	for _, test := range []struct {
		name string
		tree Tree
		want string
	}{
		{"release", Goroot(root), "OPEN OPEN fixed OPEN fixed not there OPEN not there"},
		{"src/net", dir(t, write(t, t.TempDir(), map[string]string{"src/net/dial.go": fixed}), root), "fixed fixed fixed OPEN fixed not there fixed fixed"},
		{"net", dir(t, write(t, t.TempDir(), map[string]string{"net/dial.go": fixed}), root), "fixed fixed fixed OPEN fixed not there fixed fixed"},
		{"itself", dir(t, write(t, t.TempDir(), map[string]string{"dial.go": fixed}), root), "fixed fixed fixed OPEN fixed not there fixed fixed"},
		{"tests do not count", dir(t, write(t, t.TempDir(), map[string]string{"dial_test.go": fixed, "net.go": "package net\n"}), root), "not there not there fixed not there fixed not there fixed not there"},
		{"assembled", Port(&assemble.Tree{Files: []assemble.File{{Path: "net/dial.go", Data: []byte(fixed)}}}, root), "fixed fixed fixed OPEN fixed not there fixed fixed"},
		{"its own url", dir(t, write(t, t.TempDir(), map[string]string{"dial.go": fixed, "url/url.go": "package url\n\nfunc Parse() {}\n"}), root), "fixed fixed OPEN OPEN fixed not there OPEN fixed"},
	} {
		var got []string
		results := LookAll(list, test.tree)
		for _, r := range results {
			got = append(got, string(r.State))
		}
		if s := strings.Join(got, " "); s != test.want {
			t.Errorf("%s:\ngot  %s\nwant %s", test.name, s, test.want)
		}
		for i := range results {
			results[i].Fix.Fixed = []string{"1.2.3"}
		}
		var b bytes.Buffer
		if err := WriteText(&b, test.name, "go1.26.8", results); err != nil || !strings.Contains(b.String(), "fixed in 1.2.3") {
			t.Errorf("%s: %v\n%s", test.name, err, &b)
		}
		if open := strings.Contains(test.want, "OPEN"); open != strings.Contains(b.String(), ".go:3") {
			t.Errorf("%s: places are wrong in\n%s", test.name, &b)
		}
	}
	for _, bad := range []string{t.TempDir(), filepath.Join(t.TempDir(), "none")} {
		if _, err := Dir(bad, root); err == nil || !strings.Contains(err.Error(), "look for security fixes") {
			t.Errorf("%s: %v", bad, err)
		}
	}
}

func dir(t *testing.T, name string, root assemble.Goroot) Tree {
	t.Helper()
	tree, err := Dir(name, root)
	if err != nil {
		t.Fatal(err)
	}
	return tree
}

func TestParse(t *testing.T) {
	const good = "[[fix]]\ncve = \"CVE-2026-0001\"\ntitle = \"t\"\nfixed = [\"1.26.1\"]\nbefore = [\"1.26.0\"]\ntext = [{ package = \"net\", decl = \"d\", has = \"h\" }]\n"
	if list, err := parse("f", []byte(good)); err != nil || len(list) != 1 {
		t.Fatalf("%v, %v", list, err)
	}
	for _, test := range []struct{ old, new, want string }{
		{"CVE-2026-0001", "2026-1", "no number"},
		{"title = \"t\"", "", "needs title"},
		{"\"1.26.0\"", "", "a release before each"},
		{", has = \"h\"", "", "either has or lacks"},
		{"has = \"h\"", "has = \"h\", lacks = \"l\"", "either has or lacks"},
		{"decl", "decls", "unknown key"},
		{"[[fix]]", good + "[[fix]]", "listed twice"},
	} {
		if _, err := parse("f", []byte(strings.Replace(good, test.old, test.new, 1))); err == nil || !strings.Contains(err.Error(), test.want) || !strings.HasPrefix(err.Error(), "f: ") {
			t.Errorf("with %q: %v, want %q", test.new, err, test.want)
		}
	}
}
