//go:build unix

package e2e

import (
	"os"
	"path/filepath"
	"testing"
)

// TestWASMFiles: a program in the sandbox has no files but those of -files.
func TestWASMFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	put(t, filepath.Join(dir, "in"), "a file")
	p := launch(t, tinynet(t), "run", "-board", "wasm", "-files", dir, "./test/e2e/testdata/wasmfiles")
	if status := p.wait(t, startLimit); status != 0 {
		t.Fatalf("status %d:\n%s", status, p.said())
	}
	if got, err := os.ReadFile(filepath.Join(dir, "out")); err != nil || string(got) != "200 OK: a file" {
		t.Errorf("the program left %q, %v", got, err)
	}
	p = launch(t, tinynet(t), "run", "-board", "wasm", "./test/e2e/testdata/wasmfiles")
	if status := p.wait(t, startLimit); status != 3 {
		t.Errorf("without files: status %d, want 3:\n%s", status, p.said())
	}
}
