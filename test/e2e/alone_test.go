//go:build unix

package e2e

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestAlone runs a program that has no goroutines: on the part of the port that is for
// such, and with TinyGo's -scheduler=none, which refuses any that could be started.
func TestAlone(t *testing.T) {
	const program = "./test/e2e/testdata/alone"
	works := func(t *testing.T, said string) {
		t.Helper()
		for _, part := range []string{"echo", "deadline", "called off", "refused", "serve", "udp", "names"} {
			if !strings.Contains(said, part+" ok") {
				t.Errorf("no %q in what it printed:\n%s", part+" ok", said)
			}
		}
		if strings.Contains(said, "FAIL") || !strings.Contains(said, "end") {
			t.Errorf("it printed:\n%s", said)
		}
	}
	for _, tags := range []string{"tinynet_alone", "tinynet_board"} {
		t.Run(tags, func(t *testing.T) {
			cmd := exec.Command(tinynet(t), "go", "run", "-tags", tags, program)
			cmd.Dir = root
			out, err := cmd.CombinedOutput()
			if err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			works(t, string(out))
		})
	}
	// What starts goroutines, as net/http and TLS do, is linked with Go's compiler.
	t.Run("https", func(t *testing.T) {
		cmd := exec.Command(tinynet(t), "go", "build", "-tags", "tinynet_alone", "-o", filepath.Join(t.TempDir(), "program"), "./test/e2e/testdata/httpsclient")
		cmd.Dir = root
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
	})
	t.Run("host", func(t *testing.T) {
		needs(t, "tinygo")
		works(t, underTinyGo(t, "run", "-scheduler=none", program))
	})
	t.Run("board", func(t *testing.T) {
		needs(t, "tinygo", "qemu-system-riscv32")
		// The program's stack is that of the linker script.
		target, err := riscvBoard(t).Target(t.TempDir(), smallRAM)
		if err != nil {
			t.Fatal(err)
		}
		works(t, runOn(t, target, "-scheduler=none", program))
	})
	for _, target := range []string{"pico", "wasm-unknown"} {
		t.Run(target, func(t *testing.T) {
			needs(t, "tinygo")
			underTinyGo(t, "build", "-target="+target, "-scheduler=none", "-o="+filepath.Join(t.TempDir(), "program"), program)
		})
	}
}
