//go:build unix

package e2e

import (
	"context"
	"encoding/json"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tinynet/tinynet/internal/board"
)

var soak = flag.Bool("soak", false, "on boards, make 100,000 requests and 10,000 connections, not a few, and a handshake also in 96 kB of RAM")

// memoryLimits are the most that net/http may take with the sizes of boards, in bytes
// unless it says allocations: under Go on a 64-bit computer, and under TinyGo, whose
// compiler leaves more of them on the heap, on a 32-bit board.
var memoryLimits = map[string]struct{ underGo, onBoard int }{
	"idle connection, heap in use":              {2 << 10, 256},
	"cold connection with a request, allocated": {6 << 10, 3300},
	"warm connection with a request, allocated": {1800, 720},
	"keep-alive request, allocations":           {6, 8},
	"keep-alive request, allocated":             {1000, 530},
	"client's GET, allocations":                 {30, 59},
	"client's GET, allocated":                   {2700, 1520},
}

// checkMemory reads what testdata/httpmemory has printed.
func checkMemory(t *testing.T, out string, underGo bool) {
	t.Helper()
	if strings.Contains(out, "FAIL") || !strings.Contains(out, "end") {
		t.Fatalf("it printed:\n%s", out)
	}
	figures := map[string]int{}
	for _, line := range strings.Split(out, "\n") {
		name, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
		if n, err := strconv.Atoi(value); err == nil {
			figures[name] = n
		}
	}
	for name, limit := range memoryLimits {
		most := limit.onBoard
		if underGo {
			most = limit.underGo
		}
		got, ok := figures[name]
		if t.Logf("%s: %d", name, got); !ok || got > most {
			t.Errorf("%s: %d, want at most %d (0 may mean that it was not said)\n%s", name, got, most, out)
		}
	}
}

// TestHTTPMemory measures net/http with the sizes of boards on this computer.
func TestHTTPMemory(t *testing.T) {
	if raceDetector {
		t.Skip("the race detector allocates, too")
	}
	program := filepath.Join(t.TempDir(), "httpmemory")
	if err := goCommand(tinynet(t), "go", "build", "-tags", "tinynet_board", "-ldflags", "-X main.keepAlive=2000 -X main.fresh=500", "-o", program, "./test/e2e/testdata/httpmemory"); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(program).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	checkMemory(t, string(out), true)
}

// smallRAM is that of an emulated board, in bytes, and smallStack what of it
// interrupts and the scheduler have.
const (
	smallRAM   = 256 << 10
	smallStack = "_stack_size = 2K;"
)

// smallTarget writes a target for an emulated board with so little RAM, and returns
// its file. It differs from the board that programs run on in nothing else.
func smallTarget(t *testing.T, ram int) string {
	t.Helper()
	target, err := riscvBoard(t).Target(t.TempDir(), ram)
	if err != nil {
		t.Fatal(err)
	}
	var fields struct{ LinkerScript string }
	data, err := os.ReadFile(target)
	if err == nil {
		err = json.Unmarshal(data, &fields)
	}
	var script []byte
	if err == nil {
		script, err = os.ReadFile(fields.LinkerScript)
	}
	if err != nil {
		t.Fatal(err)
	}
	const stack = "_stack_size = 16K;"
	if strings.Count(string(script), stack) != 1 {
		t.Fatalf("%s does not have %q once", fields.LinkerScript, stack)
	}
	put(t, fields.LinkerScript, strings.Replace(string(script), stack, smallStack, 1))
	return target
}

func riscvBoard(t *testing.T) board.QEMU {
	t.Helper()
	for _, q := range board.QEMUs {
		if q.Emulator == "qemu-system-riscv32" {
			return q
		}
	}
	t.Fatal("no emulated board with RISC-V")
	return board.QEMU{}
}

// TestHTTPMemoryOnBoard measures it on an emulated board, and has its server
// answer until it would run out of memory if something stayed: with -soak,
// 100,000 requests on one connection, and 10,000 connections. It does so over the
// loopback, and over a device in memory, whose own allocations have no limit.
func TestHTTPMemoryOnBoard(t *testing.T) {
	needs(t, "tinygo", "qemu-system-riscv32")
	t.Run("loopback", func(t *testing.T) { checkMemory(t, onSmallBoard(t, "notls"), false) })
	t.Run("device", func(t *testing.T) {
		if out := onSmallBoard(t, "notls,simulated"); strings.Contains(out, "FAIL") || !strings.HasSuffix(strings.TrimSpace(out), "end") {
			t.Errorf("it printed:\n%s", out)
		}
	})
}

// TestIdleMemoryOnBoard has a server hold eight idle connections over a device that
// behaves like wifinina: net has one goroutine for all of them in the driver, beside
// the server's own.
func TestIdleMemoryOnBoard(t *testing.T) {
	needs(t, "tinygo", "qemu-system-riscv32")
	out := runOnSmallBoard(t, 2*smallRAM, "notls", "./test/e2e/testdata/idlememory")
	for name, most := range map[string]int{
		"the rest of all idle connections": 12 << 10, // one more stack takes more
		// All others are asked for before, a poll of 100 ms for each, and the answer
		// takes some more. A busy machine takes its time, too.
		"milliseconds until an answer": 3000,
	} {
		m := regexp.MustCompile(name + `: (\d+)`).FindStringSubmatch(out)
		if m == nil {
			t.Fatalf("it does not say %q, but\n%s", name, out)
		}
		if got, _ := strconv.Atoi(m[1]); got > most {
			t.Errorf("%s: %d, want at most %d", name, got, most)
		}
	}
}

// onSmallBoard returns what testdata/httpmemory prints there.
func onSmallBoard(t *testing.T, tags string) string {
	t.Helper()
	var args []string
	if !*soak {
		args = append(args, "-ldflags=-X main.keepAlive=1000 -X main.fresh=200")
	}
	return runOnSmallBoard(t, smallRAM, tags, append(args, "./test/e2e/testdata/httpmemory")...)
}

// runOnSmallBoard builds a program for a board with little RAM, and returns what it
// prints there.
func runOnSmallBoard(t *testing.T, ram int, tags string, args ...string) string {
	t.Helper()
	return runOn(t, smallTarget(t, ram), append([]string{"-tags=" + tags, "-stack-size=8kb"}, args...)...)
}

// runOn builds a program for an emulated board's target, and returns what it prints.
func runOn(t *testing.T, target string, args ...string) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "program.elf")
	underTinyGo(t, append([]string{"build", "-target=" + target, "-o=" + program}, args...)...)
	// A program that panics does not end QEMU. How long one takes goes by the computer: it
	// has until there is just time left to say what it printed.
	ctx, cancel := context.WithCancel(context.Background())
	if end, ok := t.Deadline(); ok {
		ctx, cancel = context.WithDeadline(ctx, end.Add(-20*time.Second))
	}
	defer cancel()
	out, err := exec.CommandContext(ctx, "qemu-system-riscv32", "-machine", "virt", "-nographic", "-bios", "none", "-kernel", program).CombinedOutput()
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	t.Logf("%s", out)
	return string(out)
}
