//go:build unix

package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/imports/wasi_snapshot_preview1"
	"github.com/tetratelabs/wazero/sys"
	"github.com/tinynet/tinynet/internal/tinygo/pairtest"
	"github.com/tinynet/tinynet/internal/toolchain"
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
	return underTinyGoIn(t, root, args...)
}

// underTinyGoIn runs it in a folder: that of a module of its own.
func underTinyGoIn(t *testing.T, dir string, args ...string) string {
	t.Helper()
	if args[0] == "build" || args[0] == "run" || args[0] == "test" {
		// TinyGo evaluates the variables of a package for three minutes at most,
		// which larger programs exceed on a busy machine.
		args = append([]string{args[0], "-interp-timeout=1h"}, args[1:]...)
	}
	cmd := exec.Command(tinynet(t), append([]string{"tinygo"}, args...)...)
	cmd.Dir = dir
	cmd.Env = ownEnv()
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", cmd, err, out)
	}
	return string(out)
}

// ownEnv is the environment as it was before go test named its own Go in it,
// which TinyGo would use, and may not support.
func ownEnv() []string { return toolchain.Unsetenv(os.Environ(), "GOROOT") }

// TestTinyGoPico builds the examples for a board.
func TestTinyGoPico(t *testing.T) {
	needs(t, "tinygo")
	for _, example := range []string{"tcpecho", "webserver"} {
		underTinyGo(t, "build", "-target=pico", "-o", filepath.Join(t.TempDir(), example+".uf2"), "./examples/"+example)
	}
}

// TestTinyGoMQTT builds the clients, which are modules of their own, for boards:
// Paho's with a TinyGo that takes its Go.
func TestTinyGoMQTT(t *testing.T) {
	needs(t, "tinygo")
	for _, c := range mqttClients {
		if c.example == "mqttclient" && !takesGo124(t) {
			continue
		}
		underTinyGoIn(t, filepath.Join(root, "examples", filepath.FromSlash(c.example)), "build", "-target=pico", "-stack-size=16kb",
			"-ldflags=-X main.ssid=x -X main.pass=y", "-o", filepath.Join(t.TempDir(), "client.uf2"), ".")
	}
}

// TestTinyGoShadow: the roots that TinyGo gets are made of links; besides these they
// take less than 5 MB of disk.
func TestTinyGoShadow(t *testing.T) {
	needs(t, "tinygo")
	said := underTinyGo(t, "env", "TINYGOROOT", "GOROOT")
	roots := strings.Split(strings.TrimSpace(said), "\n")
	if len(roots) < 2 {
		t.Fatalf("it printed:\n%s", said)
	}
	roots = roots[len(roots)-2:] // which Go is taken, if TinyGo refuses the installed one, may stand before
	links, files, folders, bytes := 0, 0, 0, int64(0)
	for _, dir := range roots {
		if _, err := os.Stat(filepath.Join(dir, ".tinynet-shadow")); err != nil {
			t.Errorf("%s is not made by tinynet: %v", dir, err)
			continue
		}
		err := filepath.WalkDir(dir, func(name string, e os.DirEntry, err error) error {
			if err != nil {
				return err
			}
			info, err := e.Info()
			if err != nil {
				return err
			}
			switch {
			case e.Type()&os.ModeSymlink != 0:
				links++
				return nil
			case e.IsDir():
				folders++
			default:
				files++
			}
			if stat, ok := info.Sys().(*syscall.Stat_t); ok {
				bytes += stat.Blocks * 512
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%d links; %d files and %d folders, which take %d bytes of disk", links, files, folders, bytes)
	if links < 1000 || bytes > 5_000_000 {
		t.Error("they are to be links, and less than 5 MB besides")
	}
}

// TestTinyGoDevtest runs the test kit for drivers on this computer as TinyGo
// compiles it: on good and on bad devices.
func TestTinyGoDevtest(t *testing.T) {
	needs(t, "tinygo")
	out := underTinyGo(t, "test", "-v", "./netdev/devtest")
	for _, want := range []string{"--- PASS: TestRun", "--- PASS: TestProfiles", "--- PASS: TestProfiles/wifinina"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in:\n%s", want, out)
		}
	}
}

// TestTinyGoBehaviour runs the behaviour tests of net and net/http on this computer as
// TinyGo compiles them: its scheduler and its collector, over the host, the
// loopback and the simulated devices.
func TestTinyGoBehaviour(t *testing.T) {
	needs(t, "tinygo")
	out := underTinyGo(t, "test", "-v", "-tags=tinynet_port", "./test/behaviour")
	passed := strings.Count(out, "\n--- PASS: ")
	if passed < 60 || strings.Contains(out, "--- FAIL: ") {
		t.Errorf("%d tests pass:\n%s", passed, out)
	}
	t.Logf("%d tests pass", passed)
}

// TestTinyGoSigners has keys that have signed forgotten: Go's cache of them needs weak
// pointers, without which plain TinyGo keeps 694 bytes of each.
func TestTinyGoSigners(t *testing.T) {
	needs(t, "tinygo")
	if runtime.GOOS != "linux" {
		t.Skip("the program is one for Linux")
	}
	program := filepath.Join(t.TempDir(), "signers")
	underTinyGo(t, "build", "-o", program, "./test/e2e/testdata/signers")
	out, err := exec.Command(program).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	var grown int
	if _, err := fmt.Sscanf(string(out), "grown by %d bytes a key\nend", &grown); err != nil || grown > 20 {
		t.Errorf("3000 keys are forgotten: got\n%swant grown by 0 bytes a key, %v", out, err)
	}
}

// TestTinyGoHTTPS gets a page of OpenSSL's server with a program that TinyGo built for
// this computer, and trusts nobody else.
func TestTinyGoHTTPS(t *testing.T) {
	needs(t, "tinygo")
	ca := newAuthority(t)
	addr := ca.openssl(t, "127.0.0.1")
	program := filepath.Join(t.TempDir(), "http-get")
	underTinyGo(t, "build", "-o", program, "./examples/http-get")
	get := func(roots string) string {
		p := launchWith(t, nil, []string{"SSL_CERT_FILE=" + roots}, program, "-url", "https://"+addr+"/")
		p.wait(t, startLimit)
		return p.said()
	}
	wants(t, get(ca.file), "HTTP/1.0 200 ok")
	wants(t, get(newAuthority(t).file), "certificate signed by unknown authority")
}

// TestTinyGoInstall puts the port into a copy of the TinyGo that is here, and
// takes it out again.
func TestTinyGoInstall(t *testing.T) {
	needs(t, "tinygo")
	pair := pairtest.Environ(t)
	ask := func(env []string, name string, args ...string) string {
		t.Helper()
		cmd := exec.Command(name, args...)
		cmd.Dir = root
		cmd.Env = append(pair[:len(pair):len(pair)], env...)
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%s: %v\n%.2000s", cmd, err, out)
		}
		return string(out)
	}
	original := strings.TrimSpace(ask(nil, "tinygo", "env", "TINYGOROOT"))
	copied := filepath.Join(t.TempDir(), "tinygo")
	entries, err := os.ReadDir(original)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(filepath.Join(copied, "src"), os.DirFS(filepath.Join(original, "src"))); err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.Name() != "src" {
			if err := os.Symlink(filepath.Join(original, e.Name()), filepath.Join(copied, e.Name())); err != nil {
				t.Fatal(err)
			}
		}
	}
	env := []string{"TINYGOROOT=" + copied}
	sums := func() string { return ask(nil, "sh", "-c", "find "+copied+" -type f -exec sha256sum {} + | sort") }
	netFiles := func() string {
		t.Helper()
		var net struct{ GoFiles []string }
		if err := json.Unmarshal([]byte(ask(env, "tinygo", "list", "-json", "net")), &net); err != nil {
			t.Fatal(err)
		}
		return strings.Join(net.GoFiles, " ")
	}
	before, files := sums(), netFiles()

	out := ask(env, tinynet(t), "install")
	wants(t, out, copied+": has the port of go1.")
	_, portGo, ok := strings.Cut(strings.TrimSpace(out), "export GOROOT=")
	if !ok {
		t.Fatalf("install does not say which Go root has the port:\n%s", out)
	}
	if in := netFiles(); in == files || !strings.Contains(in, "fd_netdev.go") {
		t.Errorf("installed, tinygo's net has the files %s", in)
	}
	if out := ask(env, "tinygo", "run", "./test/e2e/testdata/loopback"); strings.Contains(out, "FAIL") || !strings.Contains(out, "end") {
		t.Errorf("built by tinygo itself, the program printed:\n%s", out)
	}
	// With that Go root, and where the targets are the same, the program is that of
	// tinynet tinygo, to the byte.
	build := func(env []string, command ...string) string {
		t.Helper()
		file := filepath.Join(t.TempDir(), "program.bin")
		ask(env, command[0], append(command[1:], "build", "-target=cortex-m-qemu", "-o="+file, "./test/e2e/testdata/loopback")...)
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		return string(data)
	}
	installed, beside := build(append(env, "GOROOT="+portGo), "tinygo"), build(nil, tinynet(t), "tinygo")
	if installed != beside {
		t.Errorf("installed, and with the Go root with the port, a program of %d bytes is another than that of tinynet tinygo, of %d", len(installed), len(beside))
	}
	// With the variable set, the command still finds the Go behind that root.
	wants(t, ask(append(env, "GOROOT="+portGo), tinynet(t), "install"), "is there already", "export GOROOT="+portGo)
	wants(t, ask(env, tinynet(t), "uninstall"), copied+": has TinyGo's own net again")
	if after := sums(); after != before {
		t.Error("TinyGo's files are not as they were")
	}
	if again := netFiles(); again != files {
		t.Errorf("uninstalled, tinygo's net has the files %s", again)
	}
}

// TestTinyGoLoopback runs a program that uses the loopback on this computer, on
// emulated boards and in sandboxes.
func TestTinyGoLoopback(t *testing.T) {
	onBoard := []string{"-scheduler=tasks", "-stack-size=8kb"}
	for _, board := range []struct {
		target, emulator string
		flags            []string
	}{
		{"", "true", nil},
		{"riscv-qemu", "qemu-system-riscv32", onBoard},
		{"cortex-m-qemu", "qemu-system-arm", onBoard},
		{"wasm", "node", nil},
	} {
		name := board.target
		if name == "" {
			name = "host"
		}
		t.Run(name, func(t *testing.T) {
			needs(t, "tinygo", board.emulator)
			args := append([]string{"run"}, board.flags...)
			if board.target != "" {
				args = append(args, "-target="+board.target)
			}
			loopbackWorks(t, underTinyGo(t, append(args, "./test/e2e/testdata/loopback")...))
		})
	}
	t.Run("wasip1", func(t *testing.T) {
		needs(t, "tinygo")
		program := filepath.Join(t.TempDir(), "loopback.wasm")
		underTinyGo(t, "build", "-target=wasip1", "-o", program, "./test/e2e/testdata/loopback")
		code, err := os.ReadFile(program)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(context.Background(), startLimit)
		defer cancel()
		r := wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfig().WithCloseOnContextDone(true))
		defer r.Close(context.Background())
		wasi_snapshot_preview1.MustInstantiate(ctx, r)
		var said bytes.Buffer
		_, err = r.InstantiateWithConfig(ctx, code, wazero.NewModuleConfig().WithStdout(&said).WithStderr(&said).
			WithSysWalltime().WithSysNanotime().WithSysNanosleep())
		if exit := new(sys.ExitError); err != nil && !(errors.As(err, &exit) && exit.ExitCode() == 0) {
			t.Errorf("it ends with %v", err)
		}
		loopbackWorks(t, said.String())
	})
}

// loopbackWorks looks whether each part of testdata/loopback says that it is well.
func loopbackWorks(t *testing.T, said string) {
	t.Helper()
	for _, part := range loopbackParts {
		if !strings.Contains(said, part+" ok") {
			t.Errorf("no %q in what it printed:\n%s", part+" ok", said)
		}
	}
	if strings.Contains(said, "FAIL") || !strings.Contains(said, "end") {
		t.Errorf("it printed:\n%s", said)
	}
}

var loopbackParts = []string{"tcp", "deadline", "close", "udp", "errors", "names"}

// TestSmallClient runs what http.Get is on a board in a program without TLS,
// on this computer and, with TinyGo, on an emulated board.
func TestSmallClient(t *testing.T) {
	const program = "./test/e2e/testdata/smallclient"
	check := func(t *testing.T, out string) {
		if strings.Contains(out, "FAIL") || !strings.Contains(out, "end") {
			t.Errorf("it printed:\n%s", out)
		}
	}
	for _, tags := range []string{"tinynet_board,notls", "tinynet_board,notls,nohostnet", "tinynet_board,notls,nethttptransport", "notls"} {
		t.Run(tags, func(t *testing.T) {
			cmd := exec.Command(tinynet(t), "go", "run", "-tags", tags, program)
			cmd.Dir = root
			out, err := cmd.CombinedOutput()
			if err != nil {
				t.Errorf("%s: %v", cmd, err)
			}
			check(t, string(out))
		})
	}
	t.Run("riscv-qemu", func(t *testing.T) {
		needs(t, "tinygo", "qemu-system-riscv32")
		check(t, underTinyGo(t, "run", "-target=riscv-qemu", "-scheduler=tasks", "-stack-size=10kb", "-tags=notls", program))
	})
}

// TestDefaultTransportAssertion has the compiler, and no panic, say that a small
// client has no *http.Transport, and by which tag it gets one.
func TestDefaultTransportAssertion(t *testing.T) {
	for tags, compiles := range map[string]bool{"tinynet_board,notls": false, "tinynet_board,notls,nethttptransport": true, "notls": true, "tinynet_board": true} {
		t.Run(tags, func(t *testing.T) {
			cmd := exec.Command(tinynet(t), "go", "run", "-tags", tags, "./test/e2e/testdata/assertclient")
			cmd.Dir = root
			out, err := cmd.CombinedOutput()
			switch {
			case compiles && (err != nil || string(out) != "end\n"):
				t.Errorf("%s: %v, %q, want it to print \"end\"", cmd, err, out)
			case !compiles && (err == nil || !strings.Contains(string(out), "nethttptransport")):
				t.Errorf("%s: %v, %q, want the compiler to name the tag nethttptransport", cmd, err, out)
			}
		})
	}
}

// TestGetOnBoard gets a page a thousand times over one connection, on an
// emulated board and a device with the eleven methods alone.
func TestGetOnBoard(t *testing.T) {
	needs(t, "tinygo", "qemu-system-riscv32")
	elf := filepath.Join(t.TempDir(), "get.elf")
	underTinyGo(t, "build", "-target=riscv-qemu", "-scheduler=tasks", "-stack-size=8kb", "-tags=notls", "-o", elf, "./test/e2e/testdata/getboard")
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "qemu-system-riscv32", "-machine", "virt", "-icount", "shift=0", "-nographic", "-bios", "none", "-kernel", elf)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Errorf("%s: %v", cmd, err)
	}
	t.Logf("%s", out)
	allocated := regexp.MustCompile(`allocated for a GET: (\d+)`).FindSubmatch(out)
	if allocated == nil {
		t.Fatal("it does not say what it allocated")
	}
	if n, _ := strconv.Atoi(string(allocated[1])); n > 2100 {
		t.Errorf("a GET allocates %d bytes", n)
	}
	if !strings.Contains(string(out), "connections: 0 ") {
		t.Error("it did not keep the connection")
	}
}
