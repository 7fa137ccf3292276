//go:build unix

package assemble

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// TestUmask makes files and folders under several umasks. It sets that of the
// process, so it does not run beside others.
func TestUmask(t *testing.T) {
	had := syscall.Umask(0)
	defer syscall.Umask(had)
	for _, mask := range []int{0o022, 0o077, 0o002} {
		dir := filepath.Join(t.TempDir(), "x")
		syscall.Umask(mask)
		if err := os.Mkdir(dir, 0o777); err != nil {
			t.Fatal(err)
		}
		d, err := mkdirTemp(dir, "d-*")
		if err != nil {
			t.Fatal(err)
		}
		f, err := NewFile(dir, "f-")
		if err != nil {
			t.Fatal(err)
		}
		f.Close()
		for name, want := range map[string]os.FileMode{d: 0o777, f.Name(): 0o666} {
			want &^= os.FileMode(mask)
			if fi, err := os.Stat(name); err != nil || fi.Mode().Perm() != want {
				t.Errorf("umask %03o: %s has mode %v, want %v (%v)", mask, name, fi.Mode().Perm(), want, err)
			}
		}
	}
}
