//go:build unix

package e2e

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// The most that a handshake may take on a board, see docs/tls.md.
const (
	handshakeInstructions = 50_000_000
	resumedInstructions   = 10_000_000
	handshakeLive         = 24 << 10 // bytes of heap in use, with the roots
	handshakeHeap         = 36       // kB that are enough, with the roots
	handshakeStack        = 8192
)

// tinyRAM is that of the smaller board that it is done on, in bytes.
const tinyRAM = 96 << 10

// TestTLSOnBoard does a handshake with TLS 1.3 and an ECDSA chain of two on an
// emulated board, and one that resumes it, and holds what they take against the budget; and with -soak once
// more on one that has little RAM.
func TestTLSOnBoard(t *testing.T) {
	needs(t, "tinygo", "qemu-system-riscv32")
	dir := t.TempDir()
	// The client's messages depend on the release of Go.
	record := exec.Command(tinynet(t), "go", "-go", tinyGoRelease(t), "run", "-tags=tlssmall", "./test/e2e/testdata/tlsboard/record")
	record.Dir = root
	record.Env = append(ownEnv(), "GODEBUG=cpu.aes=off,tlssha1=0", "GOTOOLCHAIN=local")
	record.Stderr = os.Stderr
	flags, err := record.Output()
	if err != nil {
		t.Fatalf("%s: %v", record, err)
	}
	build := func(name, target, stack string) string {
		program := filepath.Join(dir, name)
		underTinyGo(t, "build", "-target="+target, "-scheduler=tasks", "-stack-size="+stack, "-ldflags="+strings.TrimSpace(string(flags)), "-o="+program, "./test/e2e/testdata/tlsboard")
		return program
	}
	program := build("board.elf", "riscv-qemu", "32kb")
	out := handshakeOn(t, program, "speed")
	if n := figure(t, out, `(?m)^handshake: (\d+) instructions`); n > handshakeInstructions {
		t.Errorf("a handshake takes %d instructions, more than %d", n, handshakeInstructions)
	}
	if n := figure(t, out, `resumed handshake: (\d+) instructions`); n > resumedInstructions {
		t.Errorf("a resumed handshake takes %d instructions, more than %d", n, resumedInstructions)
	}
	if n := figure(t, out, `stack: (\d+) bytes`); n > handshakeStack {
		t.Errorf("a handshake takes a stack of %d bytes, more than %d", n, handshakeStack)
	}
	if n := figure(t, handshakeOn(t, program, "live"), `live at most: (\d+) bytes`); n > handshakeLive {
		t.Errorf("a handshake has %d bytes of heap in use, more than %d", n, handshakeLive)
	}
	figure(t, handshakeOn(t, program, strconv.Itoa(handshakeHeap)), `handshake: (\d+) instructions`)

	if !*soak {
		return
	}
	figure(t, handshakeOn(t, build("tiny.elf", smallTarget(t, tinyRAM), "10kb"), "0"), `handshake: (\d+) instructions`)
}

// tinyGoRelease returns the release of Go that tinynet has TinyGo use, which is not the
// one on PATH where TinyGo refuses that.
func tinyGoRelease(t *testing.T) string {
	t.Helper()
	out := underTinyGo(t, "version")
	found := regexp.MustCompile(`using go version go(\S+)`).FindStringSubmatch(out)
	if found == nil {
		t.Fatalf("no release of Go in %q", out)
	}
	return found[1]
}

// handshakeOn runs the program tlsboard, has it measure, and returns what it
// prints.
func handshakeOn(t *testing.T, program, what string) string {
	t.Helper()
	// A program that panics does not end QEMU.
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "qemu-system-riscv32", "-machine", "virt", "-nographic", "-bios", "none", "-icount", "shift=0", "-kernel", program)
	cmd.Stdin = strings.NewReader(what + "\n")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", what, err, out)
	}
	t.Logf("%s:\n%s", what, out)
	return string(out)
}

// figure finds a number in what a program printed.
func figure(t *testing.T, out, pattern string) int {
	t.Helper()
	found := regexp.MustCompile(pattern).FindStringSubmatch(out)
	if found == nil {
		t.Fatalf("no %s in:\n%s", pattern, out)
	}
	n, err := strconv.Atoi(found[1])
	if err != nil {
		t.Fatal(err)
	}
	return n
}
