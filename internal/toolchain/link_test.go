package toolchain

import (
	"os"
	"path/filepath"
	"testing"
)

// TestLinkFolder: a folder is read through its link, and a link takes the place of
// another.
func TestLinkFolder(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	for _, name := range []string{"one", "two"} {
		if err := os.Mkdir(at(name), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(at(name), "file"), []byte(name), 0o666); err != nil {
			t.Fatal(err)
		}
		if err := linkFolder(at(name), at("new")); err != nil {
			t.Fatal(err)
		}
		if err := replaceLink(at("new"), at("link")); err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(filepath.Join(at("link"), "file")); string(got) != name {
			t.Errorf("through the link, got %q, %v, want %q", got, err, name)
		}
	}
	if _, err := os.Stat(filepath.Join(at("one"), "file")); err != nil {
		t.Errorf("the folder that the link led to before: %v", err)
	}
}
