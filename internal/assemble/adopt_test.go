package assemble

import (
	"bytes"
	"go/parser"
	"go/token"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/tinynet/tinynet/port"
)

// TestAdopted: a tree for TinyGo's repository has the three folders that TinyGo has
// of its own, a listing of them, and the tests that its checks run.
func TestAdopted(t *testing.T) {
	m, err := LoadManifest(port.FS)
	if err != nil {
		t.Fatal(err)
	}
	for _, root := range realGoroots(t) {
		root.TinyGo, root.Adopted = "0.40.1", true
		whole, err := Assemble(m, root)
		if err != nil {
			t.Fatal(err)
		}
		tree, err := whole.Adopted()
		if err != nil {
			t.Fatal(err)
		}
		files := map[string]string{}
		for _, f := range tree.Files {
			files[f.Path] = string(f.Data)
			top, rest, _ := strings.Cut(f.Path, "/")
			if top == "crypto" && !strings.HasPrefix(rest, "tls/") || strings.HasPrefix(rest, "netip/") || top == "internal" {
				t.Errorf("it has %s, which TinyGo takes from Go's root", f.Path)
			}
		}
		readme := files["net/README.md"]
		for _, want := range []string{root.Version, "\nsrc\n├── crypto\n", "── fd_netdev.go", "── mac_test.go\n", "── chunked_test.go\n", "── print_test.go\n"} {
			if !strings.Contains(readme, want) {
				t.Errorf("the listing lacks %q:\n%s", want, readme)
			}
		}
		for _, name := range upstreamTests {
			want, err := os.ReadFile(root.src(name))
			if err != nil || files[name] != string(want) {
				t.Errorf("%s is not Go's own (%v)", name, err)
			}
		}
		if n := strings.Count(readme, "── "); n < len(tree.Files)-1 {
			t.Errorf("the listing has %d names, but there are %d files", n, len(tree.Files))
		}
		checkAlone(t, root, whole, tree)
		dir := filepath.Join(t.TempDir(), "tree")
		if err := tree.Write(dir, false); err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(filepath.Join(dir, "src", "net", "README.md")); err != nil || string(got) != readme {
			t.Errorf("README.md was not written: %v", err)
		}
	}
}

var linknameOf = regexp.MustCompile(`(?m)^//go:linkname \w+ ([\w/]+)\.(\w+)$`)

// checkAlone: the tree needs nothing of packages that the whole port changes and the
// tree does not have.
func checkAlone(t *testing.T, root Goroot, whole, tree *Tree) {
	t.Helper()
	has := map[string]bool{}
	for _, f := range tree.Files {
		has[path.Dir(f.Path)] = true
	}
	changed := map[string]bool{}
	for _, f := range whole.Files {
		if dir := path.Dir(f.Path); !has[dir] {
			changed[dir] = true
		}
	}
	if !changed["internal/brief"] || !changed["crypto/ecdsa"] {
		t.Fatalf("the port changes only %v besides", changed)
	}
	for _, f := range tree.Files {
		if !strings.HasSuffix(f.Path, ".go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), f.Path, f.Data, parser.ImportsOnly)
		if err != nil {
			t.Error(err)
			continue
		}
		for _, spec := range file.Imports {
			pkg, _ := strconv.Unquote(spec.Path.Value)
			if _, err := os.Stat(root.src(pkg)); changed[pkg] && err != nil {
				t.Errorf("%s imports %s, which is ours and not in the tree", f.Path, pkg)
			}
		}
		for _, link := range linknameOf.FindAllStringSubmatch(string(f.Data), -1) {
			if pkg, name := link[1], link[2]; changed[pkg] && !declares(t, root.src(pkg), name) {
				t.Errorf("%s calls %s.%s, which is ours and not in the tree", f.Path, pkg, name)
			}
		}
	}
}

// declares tells whether a package in dir has a function of that name.
func declares(t *testing.T, dir, name string) bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no files in %s: %v", dir, err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(data, []byte("\nfunc "+name+"(")) {
			return true
		}
	}
	return false
}

// TestAdoptedWithoutTests: some distributions' Go has no tests.
func TestAdoptedWithoutTests(t *testing.T) {
	root := gorootOf(t, "go1.26.8", map[string]string{"net/a.go": "package net\n"})
	tree, err := assembled(portOf(map[string]string{"net/manifest.toml": "package = \"net\"\n[[take]]\nfiles = [\"a.go\"]\n"}), root)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tree.Adopted(); err == nil || !strings.Contains(err.Error(), "mac_test.go") || !strings.Contains(err.Error(), "-go 1.26.8") {
		t.Errorf("got %v, want an error that names mac_test.go and what to do", err)
	}
}
