package board_test

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/tinynet/tinynet/internal/board"
)

// TestTrimModules has modules of several ages in the folders of two releases of
// wazero.
func TestTrimModules(t *testing.T) {
	for _, test := range []struct {
		size int64
		age  time.Duration
		left []string
	}{
		{1000, 24 * time.Hour, []string{"new/a", "new/b", "old/c"}},
		{30, 24 * time.Hour, []string{"new/a", "new/b", "old/c"}},
		{29, 24 * time.Hour, []string{"new/a", "new/b"}},
		{10, 24 * time.Hour, []string{"new/a"}},
		{9, 24 * time.Hour, nil},
		{1000, 90 * time.Minute, []string{"new/a"}},
	} {
		dir := t.TempDir()
		for i, name := range []string{"new/a", "new/b", "old/c"} {
			file := filepath.Join(dir, filepath.FromSlash(name))
			if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file, make([]byte, 10), 0o666); err != nil {
				t.Fatal(err)
			}
			when := time.Now().Add(-time.Duration(i+1) * time.Hour)
			if err := os.Chtimes(file, when, when); err != nil {
				t.Fatal(err)
			}
		}
		board.TrimModules(dir, test.size, test.age)
		var left []string
		for _, name := range []string{"new/a", "new/b", "old/c"} {
			if _, err := os.Stat(filepath.Join(dir, filepath.FromSlash(name))); err == nil {
				left = append(left, name)
			}
		}
		if !slices.Equal(left, test.left) {
			t.Errorf("of %d bytes and %v, got %q, want %q", test.size, test.age, left, test.left)
		}
	}
	board.TrimModules(filepath.Join(t.TempDir(), "none"), 0, 0)
}
