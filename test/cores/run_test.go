package cores

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tinynet/tinynet/internal/tinygo/pairtest"
)

const emulator = "qemu-system-riscv32"

// toolchain is the tinygo command with a root of its own.
type toolchain struct {
	command     []string // tinygo, or tinynet and tinygo
	env         []string
	root, cache string
}

// newToolchain has a mended root, and a cache that has no merged roots: TinyGo keeps
// these by their name, and they would be of use to nobody.
func newToolchain(t *testing.T, command ...string) toolchain {
	t.Helper()
	tc := toolchain{command, pairtest.Environ(t), mended(t, tinyGoRoot(t)), t.TempDir()}
	user, err := os.UserCacheDir()
	if err != nil {
		return tc
	}
	own := filepath.Join(tc.cache, "tinygo")
	if err := os.Mkdir(own, 0o777); err != nil {
		t.Fatal(err)
	}
	list, _ := os.ReadDir(filepath.Join(user, "tinygo")) // no cache: everything is compiled
	for _, f := range list {
		if !strings.HasPrefix(f.Name(), "goroot-") && !strings.HasSuffix(f.Name(), ".lock") {
			if err := os.Symlink(filepath.Join(user, "tinygo", f.Name()), filepath.Join(own, f.Name())); err != nil {
				t.Fatal(err)
			}
		}
	}
	return tc
}

// forBoard are the arguments of a program for the emulated machine.
var forBoard = []string{"-target=riscv-qemu", "-scheduler=cores"}

// build returns the file of a program.
func (tc toolchain) build(t *testing.T, target []string, args ...string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "program.elf")
	args = append(append(append(tc.command[1:len(tc.command):len(tc.command)], "build", "-o="+file), target...), args...)
	cmd := exec.Command(tc.command[0], args...)
	cmd.Dir = filepath.Join("..", "..")
	cmd.Env = append(tc.env[:len(tc.env):len(tc.env)], "TINYGOROOT="+tc.root, "XDG_CACHE_HOME="+tc.cache)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", cmd, err, out)
	}
	return file
}

// run runs a program until it says the word, and returns what it has said.
func run(t *testing.T, program, cpus, word string, patience time.Duration) (out string, said bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, emulator, "-machine", "virt,aclint=on", "-smp", cpus,
		"-nographic", "-bios", "none", "-device", "virtio-rng-device", "-kernel", program)
	var all bytes.Buffer
	cmd.Stdout, cmd.Stderr = &all, &all
	cmd.Run() // how it ends says what it printed
	return all.String(), strings.Contains(all.String(), word)
}

func needs(t *testing.T, tools ...string) {
	t.Helper()
	for _, tool := range tools {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("no %s on PATH", tool)
		}
	}
}

// tinyGoRoot is the root of the tinygo on PATH.
func tinyGoRoot(t *testing.T) string {
	t.Helper()
	out, err := exec.Command("tinygo", "env", "TINYGOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}
