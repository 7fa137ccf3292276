package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tinynet/tinynet/internal/assemble"
	"github.com/tinynet/tinynet/internal/release/record"
)

// recordedPort is a port that edits one declaration of Go's, with a record. The
// record has the text that Go's has after with took the place of old.
func recordedPort(t *testing.T, old, with string) string {
	t.Helper()
	dir := tempDir(t)
	if err := makePort(dir, "[[edit]]\nfile = \"mac.go\"\ndecl = \"hexDigit\"\nmatch = '\"0123456789abcdef\"'\nwith = '(\"0123456789abcdef\")'\nwhy = \"a test\"\n"); err != nil {
		t.Fatal(err)
	}
	root, err := assemble.OpenGoroot(goroot())
	if err != nil {
		t.Fatal(err)
	}
	m, err := assemble.LoadManifest(os.DirFS(dir))
	if err != nil {
		t.Fatal(err)
	}
	s, err := assemble.Look(m, root)
	if err != nil {
		t.Fatal(err)
	}
	for i := range s.Touches {
		s.Touches[i].Text = strings.Replace(s.Touches[i].Text, old, with, 1)
	}
	r, err := record.Parse("", nil)
	if err != nil {
		t.Fatal(err)
	}
	// As of a release before the installed one.
	root.Version = "go1.23.0"
	if err := r.Add(root, s); err != nil {
		t.Fatal(err)
	}
	if err := r.WriteFile(filepath.Join(dir, "upstream.lock")); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestRecord(t *testing.T) {
	same := recordedPort(t, "x", "x")
	for _, args := range [][]string{{"tree"}, {"tree", "-strict"}, {"-strict", "overlay", "-o", filepath.Join(t.TempDir(), "o")}} {
		tinynet(same, args...).want(t, 0, "!mac.go:", "!looked at")
	}
	other := recordedPort(t, "const", "var")
	for _, args := range [][]string{
		{"tree"},
		{"assemble", "-o", filepath.Join(t.TempDir(), "port")},
		{"overlay", "-o", filepath.Join(t.TempDir(), "o1")},
		{"overlay", "-o", filepath.Join(t.TempDir(), "o2")}, // from the cache
	} {
		tinynet(other, args...).want(t, 0, "src/net/mac.go:", "hexDigit: edited (a test)", "`tinynet upgrade -from 1.23.0 -to ")
		tinynet(other, append([]string{"-strict"}, args...)...).want(t, 1, "-strict:", "hexDigit: edited (a test)")
	}
	if err := os.WriteFile(filepath.Join(other, "upstream.lock"), []byte("nonsense"), 0o666); err != nil {
		t.Fatal(err)
	}
	tinynet(other, "tree").want(t, 1, "port/upstream.lock:1:", "make record-port")
}
