package assemble

import (
	"os"
	"path/filepath"
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
		root.TinyGo = "0.40.1"
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
		dir := filepath.Join(t.TempDir(), "tree")
		if err := tree.Write(dir, false); err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(filepath.Join(dir, "src", "net", "README.md")); err != nil || string(got) != readme {
			t.Errorf("README.md was not written: %v", err)
		}
	}
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
