//go:build unix

package e2e

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// needs skips the test where one of these commands is not on PATH.
func needs(t *testing.T, commands ...string) {
	t.Helper()
	for _, name := range commands {
		if _, err := exec.LookPath(name); err != nil {
			t.Skipf("no %s on PATH", name)
		}
	}
}

// underTinyGo runs `tinynet tinygo`, and returns what it printed.
func underTinyGo(t *testing.T, args ...string) string {
	t.Helper()
	cmd := exec.Command(tinynet(t), append([]string{"tinygo"}, args...)...)
	cmd.Dir = root
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", cmd, err, out)
	}
	return string(out)
}

// TestTinyGoPico builds the examples for a board.
func TestTinyGoPico(t *testing.T) {
	needs(t, "tinygo")
	for _, example := range []string{"tcpecho", "webserver"} {
		underTinyGo(t, "build", "-target=pico", "-o", filepath.Join(t.TempDir(), example+".uf2"), "./examples/"+example)
	}
}

// TestTinyGoLoopback runs a program that uses the loopback on this computer
// and on emulated boards.
func TestTinyGoLoopback(t *testing.T) {
	for _, board := range []struct{ target, emulator string }{
		{"", "true"}, {"riscv-qemu", "qemu-system-riscv32"}, {"cortex-m-qemu", "qemu-system-arm"},
	} {
		name := board.target
		if name == "" {
			name = "host"
		}
		t.Run(name, func(t *testing.T) {
			needs(t, "tinygo", board.emulator)
			args := []string{"run"}
			if board.target != "" {
				args = append(args, "-target="+board.target, "-stack-size=8kb")
			}
			out := underTinyGo(t, append(args, "./e2e/testdata/loopback")...)
			if strings.Contains(out, "FAIL") || !strings.Contains(out, "end") {
				t.Errorf("it printed:\n%s", out)
			}
		})
	}
}
