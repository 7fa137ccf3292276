//go:build unix

package e2e

import (
	"context"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestMemoryOnBoard has memset and memcpy of the port checked, a byte at a time, on two kinds
// of emulated boards, as compiled for size and for speed.
func TestMemoryOnBoard(t *testing.T) {
	needs(t, "tinygo")
	for _, board := range []struct {
		target string
		emu    []string
	}{
		{"riscv-qemu", []string{"qemu-system-riscv32", "-machine", "virt", "-nographic", "-bios", "none", "-kernel"}},
		{"cortex-m-qemu", []string{"qemu-system-arm", "-machine", "lm3s6965evb", "-semihosting", "-nographic", "-kernel"}},
	} {
		for _, opt := range []string{"z", "2"} {
			t.Run(board.target+"/"+opt, func(t *testing.T) {
				needs(t, board.emu[0])
				elf := filepath.Join(t.TempDir(), "memory.elf")
				underTinyGo(t, "build", "-target="+board.target, "-scheduler=tasks", "-opt="+opt, "-o", elf, "./test/e2e/testdata/memory")
				ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
				defer cancel()
				cmd := exec.CommandContext(ctx, board.emu[0], append(board.emu[1:], elf)...)
				out, err := cmd.CombinedOutput()
				if err != nil || !strings.HasSuffix(strings.ReplaceAll(string(out), "\r", ""), "\nend\n") {
					t.Errorf("%s: %v\n%s", cmd, err, out)
				}
				t.Logf("%s", out)
			})
		}
	}
}
