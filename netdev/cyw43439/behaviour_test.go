package cyw43439_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// TestBehaviour runs what the port's net and net/http promise, test/behaviour,
// over the simulated radio: servers under attack, deadlines, clients and all
// else, from net/http down to the words on the chip's bus.
func TestBehaviour(t *testing.T) {
	if testing.Short() {
		t.Skip("it compiles the port's standard library")
	}
	if runtime.GOARCH != "amd64" {
		t.Skip("the driver knows the byte order of amd64 and arm only")
	}
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	work := filepath.Join(t.TempDir(), "go.work")
	text := "go 1.24\n\nuse (\n"
	for _, dir := range []string{"", "netdev/lneto", "netdev/cyw43439"} {
		text += "\t\"" + filepath.ToSlash(filepath.Join(root, dir)) + "\"\n"
	}
	if err := os.WriteFile(work, []byte(text+")\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("go", "run", "./cmd/tinynet", "go", "test", "-count=1", "-v", "-timeout=10m",
		"-tags=tinynet_port,tinynet_cyw43439", "-run=/netdev-cyw43439", "./test/behaviour")
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "GOWORK="+work)
	out, err := cmd.CombinedOutput()
	const least = 30
	if n := strings.Count(string(out), "/netdev-cyw43439 (") - strings.Count(string(out), "--- FAIL"); err != nil || n < least {
		t.Errorf("%v; %d tests have passed or were skipped, want %d at least\n%s", err, n, least, out)
	}
}
