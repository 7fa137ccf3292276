package lneto_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestBehaviour runs what the port's net and net/http promise, test/behaviour,
// over the device: attacks on servers, deadlines, half-closed connections and
// all else. They are tests of the module around this one, in a workspace of
// both.
func TestBehaviour(t *testing.T) {
	if testing.Short() {
		t.Skip("it compiles the port's standard library")
	}
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	work := filepath.Join(t.TempDir(), "go.work")
	text := "go 1.24\n\nuse (\n\t\"" + filepath.ToSlash(root) + "\"\n\t\"" + filepath.ToSlash(filepath.Join(root, "netdev", "lneto")) + "\"\n)\n"
	if err := os.WriteFile(work, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("go", "run", "./cmd/tinynet", "go", "test", "-count=1", "-v", "-timeout=10m",
		"-tags=tinynet_port,tinynet_lneto", "-run=/netdev-lneto", "./test/behaviour")
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "GOWORK="+work)
	out, err := cmd.CombinedOutput()
	const least = 30
	if n := strings.Count(string(out), "/netdev-lneto (") - strings.Count(string(out), "--- FAIL"); err != nil || n < least {
		t.Errorf("%v; %d tests have passed or were skipped, want %d at least\n%s", err, n, least, out)
	}
}
