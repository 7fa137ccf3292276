package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/tinynet/tinynet/internal/execfile"
	"github.com/tinynet/tinynet/internal/tinygo/size"
)

// program tells what it was built on and called with.
const program = `package main

import (
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	fmt.Println("on the port:", net.OnThePort)
	fmt.Printf("args: %q\n", os.Args[1:])
	fmt.Println("name:", os.Args[0])
	fmt.Fprintln(os.Stderr, "an error")
	switch os.Getenv("PROGRAM") {
	case "fail":
		os.Exit(7)
	case "echo":
		io.Copy(os.Stdout, os.Stdin)
	case "wait":
		c := make(chan os.Signal, 1)
		signal.Notify(c, syscall.SIGTERM, os.Interrupt)
		fmt.Println("waiting")
		fmt.Println("got", <-c)
		os.Exit(9)
	}
}
`

// module makes a module with that program and some others.
func module(t *testing.T) string {
	t.Helper()
	dir := tempDir(t)
	write(t, dir, map[string]string{
		"go.mod":             "module example.com/m\n\ngo 1.23\n",
		"cmd/hello/main.go":  program,
		"cmd/tagged/main.go": "//go:build special\n\npackage main\n\nfunc main() { println(\"special\") }\n",
		"cmd/port/main.go":   "//go:build tinynet\n\npackage main\n\nfunc main() { println(\"tagged\") }\n",
		"nested/go.mod":      "module example.com/nested\n\ngo 1.23\n",
		"nested/main.go":     "package main\n\nfunc main() { println(\"from a module of its own\") }\n",
		"lib/lib.go":         "package lib\n",
		"lib/lib_test.go":    "package lib\n\nimport (\n\t\"net\"\n\t\"testing\"\n)\n\nfunc TestPort(t *testing.T) {\n\tif !net.OnThePort {\n\t\tt.Fail()\n\t}\n}\n\nfunc TestFails(t *testing.T) { t.Fatal(\"as it should\") }\n",
		"broken/broken.go":   "package main\n\nfunc main() { nonsense() }\n",
		"one/a.go":           "package main\n\nfunc main() { println(message) }\n",
		"one/b.go":           "package main\n\nconst message = \"from two files\"\n",
	})
	return dir
}

func in(dir string, cmd *exec.Cmd, env ...string) *exec.Cmd {
	cmd.Dir = dir
	cmd.Env = append(cmd.Env, env...)
	return cmd
}

func TestGoCommand(t *testing.T) {
	mod := module(t)
	finish(t, in(mod, command(t, testPort(), "go", "list", "-f", "{{.GoFiles}}", "net"))).want(t, 0, "ontheport.go", "dial.go")
	finish(t, in(mod, command(t, testPort(), "go", "test", "-run=TestPort", "./lib"))).want(t, 0, "ok ")
	finish(t, in(mod, command(t, testPort(), "go", "test", "-run=TestFails", "./lib"))).want(t, 1, "as it should", "!tinynet go:")
	finish(t, in(mod, command(t, testPort(), "go", "nonsense"))).want(t, 2, "go nonsense: unknown command", "!tinynet go:")
	finish(t, in(mod, command(t, testPort(), "go"))).want(t, 2, "Go is a tool")
	finish(t, in(mod, command(t, testPort(), "-goroot", goroot(), "go", "version"))).want(t, 0, "go version go1.")

	// Go's cover does not know overlays.
	finish(t, in(mod, command(t, testPort(), "go", "test", "-coverpkg=net", "-run=TestPort", "./lib"))).want(t, 0, "ok ", "coverage: ", "% of statements in net")

	// The user's own flags stay.
	r := finish(t, in(mod, command(t, testPort(), "go", "env", "GOFLAGS", "GOTOOLCHAIN"), "GOFLAGS='-ldflags=-X a=b' -tags=x"))
	r.want(t, 0, "'-ldflags=-X a=b' -tags=x -overlay=", "\nlocal\n")
}

func TestGoCommandOverlay(t *testing.T) {
	mod := module(t)
	write(t, mod, map[string]string{
		"mine.json":  `{"Replace": {"lib/lib.go": "other.txt"}}`,
		"other.txt":  "package lib\n\nconst FromOverlay = 1\n",
		"clash.json": `{"Replace": {` + quote(filepath.Join(goroot(), "src", "net", "ontheport.go")) + `: "other.txt"}}`,
	})
	doc := []string{"list", "-f", "{{.GoFiles}}", "net"}
	files := func(args ...string) []string { return append([]string{"go"}, args...) }
	for _, test := range []struct {
		env  string
		args []string
	}{
		{"", files("build", "-overlay=mine.json", "-o", os.DevNull, "./use")},
		{"", files("build", "-overlay", "mine.json", "-o", os.DevNull, "./use")},
		{"-overlay=mine.json", files("build", "-o", os.DevNull, "./use")},
		{"-overlay=none.json", files("build", "-overlay=mine.json", "-o", os.DevNull, "./use")},
		{"", files("build", "-C", "use", "-overlay=../mine2.json", "-o", os.DevNull, ".")},
	} {
		write(t, mod, map[string]string{
			"use/use.go": "package main\n\nimport (\n\t\"net\"\n\n\t\"example.com/m/lib\"\n)\n\nfunc main() { println(net.OnThePort, lib.FromOverlay) }\n",
			"mine2.json": `{"Replace": {"../lib/lib.go": "../other.txt"}}`,
		})
		r := finish(t, in(mod, command(t, testPort(), test.args...), "GOFLAGS="+test.env))
		if r.status != 0 {
			t.Errorf("%s tinynet %q: exit status %d\n%s", test.env, test.args, r.status, r.stderr)
		}
	}
	clash := append([]string{"go", "list", "-overlay=clash.json"}, doc[1:]...)
	finish(t, in(mod, command(t, testPort(), clash...))).want(t, 1, "tinynet go: join your overlay clash.json to the port's: both replace ")
	finish(t, in(mod, command(t, testPort(), doc2("none.json")...))).want(t, 1, "none.json")
	finish(t, in(mod, command(t, testPort(), "go", "version"), "GOFLAGS='-x")).want(t, 1, "unterminated")
}

func doc2(overlay string) []string { return []string{"go", "list", "-overlay=" + overlay, "net"} }

// The port is for the release that the module asks for, and that one compiles.
func TestToolchainLine(t *testing.T) {
	// A Go that is here already, and not the installed one.
	const other = "go1.23.12"
	probe := exec.Command("go", "env", "GOROOT")
	probe.Env = append(os.Environ(), "GOTOOLCHAIN="+other, "GOPROXY=off")
	root, err := probe.Output()
	if err != nil {
		t.Skipf("%s is not here", other)
	}
	var installed string
	if out, err := exec.Command("go", "env", "GOVERSION").Output(); err == nil {
		installed = strings.TrimSpace(string(out))
	}
	if installed == other {
		t.Skip("it is the installed one")
	}
	port := tempDir(t)
	// Taken for both releases: the manifests say only what is in both.
	old := goroot
	goroot = func() string { return strings.TrimSpace(string(root)) }
	err = makePort(port, "")
	goroot = old
	if err != nil {
		t.Fatal(err)
	}
	mod := tempDir(t)
	const main = "package main\n\nimport (\n\t\"net\"\n\t\"runtime\"\n)\n\nfunc main() { println(net.OnThePort, runtime.Version()) }\n"
	write(t, mod, map[string]string{"go.mod": "module x\n\ngo 1.23\n", "main.go": main})
	finish(t, in(mod, command(t, port, "-go", other[2:], "run", "."), "GOPROXY=off")).want(t, 0, "true "+other)
	finish(t, in(mod, command(t, port, "go", "-go", other, "run", "."), "GOPROXY=off")).want(t, 0, "true "+other)
	write(t, mod, map[string]string{"x_test.go": "package main\n\nimport \"testing\"\n\nfunc TestIt(t *testing.T) {}\n"})
	finish(t, in(mod, command(t, port, "go", "-go", other, "test", "."), "GOPROXY=off")).want(t, 0, "ok ")
	write(t, mod, map[string]string{"main.go": "package main\n\nimport \"net\"\n\nfunc main() { var x net.IP; x = x }\n"})
	finish(t, in(mod, command(t, port, "go", "-go", other, "vet", "."), "GOPROXY=off")).want(t, 1, "self-assignment")
	// A newer go line cannot switch away.
	write(t, mod, map[string]string{"go.mod": "module x\n\ngo 1.24.0\n"})
	finish(t, in(mod, command(t, port, "go", "-go", other, "build", "."), "GOPROXY=off")).want(t, 1, "go.mod requires go >= 1.24.0 (running go 1.23.12")
	// The same from the environment.
	write(t, mod, map[string]string{"go.mod": "module x\n\ngo 1.23\n", "main.go": main})
	finish(t, in(mod, command(t, port, "run", "."), "GOPROXY=off", "GOTOOLCHAIN="+other)).want(t, 0, "true "+other)
}

// A Go that the go command fetched lies in its module cache, for which it refuses
// overlays since Go 1.25.
func TestGoInModuleCache(t *testing.T) {
	mod := module(t)
	cache := "GOMODCACHE=" + filepath.Dir(goroot())
	finish(t, in(mod, command(t, testPort(), "go", "list", "-f", "{{.GoFiles}}", "net"), cache)).want(t, 0, "ontheport.go")
	finish(t, in(mod, command(t, testPort(), "run", "./cmd/hello"), cache)).want(t, 0, "on the port: true")
	finish(t, in(mod, command(t, testPort(), "go", "test", "-run=TestPort", "./lib"), cache)).want(t, 0, "ok ")

	file := filepath.Join(mod, "o.json")
	r := finish(t, in(mod, command(t, testPort(), "overlay", "-o", file), cache))
	r.want(t, 0, "for: GOROOT="+filepath.Join(os.Getenv("TINYNET_CACHE"), "goroot"))
	o, err := readOverlay(file)
	if err != nil {
		t.Fatal(err)
	}
	for name := range o.Replace {
		if strings.HasPrefix(name, goroot()) {
			t.Errorf("the overlay has %s, by its path in the module cache", name)
		}
	}
}

func TestRun(t *testing.T) {
	mod := module(t)
	run := func(args ...string) *exec.Cmd {
		return in(mod, command(t, testPort(), append([]string{"run"}, args...)...))
	}
	r := finish(t, run("./cmd/hello"))
	r.want(t, 0, "on the port: true", "args: []\n", "an error\n")
	if r.stderr != "an error\n" {
		t.Errorf("standard error has more than the program's: %s", r.stderr)
	}
	finish(t, run("./cmd/hello", "--", "-a", "--", "b c")).want(t, 0, `args: ["-a" "--" "b c"]`)
	finish(t, run("./cmd/hello", "-a", "b")).want(t, 0, `args: ["-a" "b"]`)
	finish(t, run("example.com/m/cmd/hello")).want(t, 0, "on the port: true")
	finish(t, run("one/a.go", "one/b.go", "x")).want(t, 0, "from two files")
	finish(t, in(mod, run("./cmd/hello"), "PROGRAM=fail")).want(t, 7, "!exit status")
	finish(t, run("-tags", "special", "./cmd/tagged")).want(t, 0, "special")
	finish(t, run("./cmd/port")).want(t, 0, "tagged")
	finish(t, run("-tags", "special", "./cmd/port")).want(t, 0, "tagged")
	finish(t, in(mod, run("./cmd/tagged"), "GOFLAGS=-tags=special")).want(t, 0, "special")
	finish(t, run("./nested")).want(t, 0, "from a module of its own")
	finish(t, run(filepath.Join(mod, "nested"))).want(t, 0, "from a module of its own")
	finish(t, run("./nested/...")).want(t, 1)
	finish(t, run("-x", "./cmd/hello")).want(t, 0, "WORK=")

	echo := in(mod, run("./cmd/hello"), "PROGRAM=echo")
	echo.Stdin = strings.NewReader("what goes in")
	finish(t, echo).want(t, 0, "what goes in")

	finish(t, run("./broken")).want(t, 1, "undefined: nonsense", "!tinynet run:")
	finish(t, run("./nowhere")).want(t, 1, "nowhere", "!tinynet run:", "!the folder of that name")
	finish(t, run("nowhere")).want(t, 1, "nowhere", "!the folder of that name")
	finish(t, run("cmd/hello")).want(t, 1, "cmd/hello", "the folder of that name is ./cmd/hello")
	finish(t, run("./lib")).want(t, 1, "!on the port")
	finish(t, run("./one", "./cmd/hello")).want(t, 0, "from two files")
	finish(t, run("./...")).want(t, 1)
	write(t, mod, map[string]string{"several/a/a.go": "package main\n\nfunc main() {}\n", "several/b/b.go": "package main\n\nfunc main() {}\n"})
	finish(t, run("./several/...")).want(t, 2, "several programs, a and b")
	if runtime.GOOS == "linux" {
		finish(t, in(mod, run("./cmd/hello"), "GOOS=windows")).want(t, 1, "exec format error", "GOOS")
	}
}

// The program that runs stays as it is while the next one is built, and is not
// built anew for nothing.
func TestRunAgain(t *testing.T) {
	mod := module(t)
	name := func(want string) string {
		t.Helper()
		r := finish(t, in(mod, command(t, testPort(), "run", "./cmd/hello")))
		r.want(t, 0, "on the port: true", want)
		_, rest, _ := strings.Cut(r.stdout, "name: ")
		exe, _, _ := strings.Cut(rest, "\n")
		return exe
	}
	first := name("")
	if base := filepath.Base(first); strings.TrimSuffix(base, ".exe") != "hello" {
		t.Errorf("the program is called %s", base)
	}
	was, err := os.Stat(first)
	if err != nil {
		t.Fatal(err)
	}
	if again := name(""); again != first {
		t.Errorf("it was built twice: %s, %s", first, again)
	}
	write(t, mod, map[string]string{"cmd/hello/main.go": strings.Replace(program, "an error", "a new error", 1)})
	if changed := name("a new error"); changed == first {
		t.Error("the changed program has the old one's name")
	}
	now, err := os.Stat(first)
	if err != nil || !os.SameFile(was, now) {
		t.Errorf("the first program is gone: %v", err)
	}

	// After a day nobody needs it.
	old := time.Now().Add(-25 * time.Hour)
	if err := os.Chtimes(filepath.Dir(first), old, old); err != nil {
		t.Fatal(err)
	}
	write(t, mod, map[string]string{"cmd/hello/main.go": strings.Replace(program, "an error", "the newest error", 1)})
	name("the newest error")
	if _, err := os.Stat(first); err == nil {
		t.Error("the first program is still there")
	}

	// Another name for the same package.
	write(t, mod, map[string]string{"x.go": program})
	finish(t, in(mod, command(t, testPort(), "run", "."))).want(t, 0, "/m\n")
	write(t, mod, map[string]string{"go.mod": "module example.com/renamed\n\ngo 1.23\n"})
	finish(t, in(mod, command(t, testPort(), "run", "."))).want(t, 0, "/renamed\n")
}

func TestRunAtOnce(t *testing.T) {
	mod := module(t)
	var wg sync.WaitGroup
	for range 4 {
		cmd := in(mod, command(t, testPort(), "run", "./cmd/hello"), "TINYNET_CACHE="+filepath.Join(mod, "cache"))
		wg.Add(1)
		go func() {
			defer wg.Done()
			if out, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(out), "on the port: true") {
				t.Errorf("%v\n%s", err, out)
			}
		}()
	}
	wg.Wait()
	left, err := filepath.Glob(filepath.Join(mod, "cache", "run", "*", "build-*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %q, %v", left, err)
	}
}

// waiting starts a program that waits for a signal, and returns once it does.
func waiting(t *testing.T, cmd *exec.Cmd) (rest io.Reader) {
	t.Helper()
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReader(out)
	for {
		line, err := lines.ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		if line == "waiting\n" {
			return lines
		}
	}
}

// Signals reach the program, and its exit status is tinynet's: where a process
// becomes another one, and where it starts a child.
func TestSignals(t *testing.T) {
	unixOnly(t)
	mod := module(t)
	for _, mode := range []string{"main", "spawn"} {
		for _, sig := range []os.Signal{os.Interrupt, syscall.SIGTERM} {
			cmd := in(mod, command(t, testPort(), "run", "./cmd/hello"), "PROGRAM=wait", "TINYNET_TEST="+mode)
			rest := waiting(t, cmd)
			if err := cmd.Process.Signal(sig); err != nil {
				t.Fatal(err)
			}
			out, _ := io.ReadAll(rest)
			cmd.Wait()
			if want := fmt.Sprintf("got %v\n", sig); string(out) != want || cmd.ProcessState.ExitCode() != 9 {
				t.Errorf("%s: %q and exit status %d, want %q and 9", mode, out, cmd.ProcessState.ExitCode(), want)
			}
		}
	}
}

// A signal during the build ends the build.
func TestInterruptBuild(t *testing.T) {
	unixOnly(t)
	mod := module(t)
	dir := tempDir(t)
	// A compiler that tells that it runs, and does not end.
	ready := filepath.Join(dir, "ready")
	if err := mkfifo(ready); err != nil {
		t.Skip(err)
	}
	tool := filepath.Join(dir, "tool")
	if err := execfile.Write(tool, []byte("#!/bin/sh\ncase \"$*\" in *-V=full*) exec \"$@\";; esac\necho go > "+ready+"\nexec sleep 1000\n")); err != nil {
		t.Fatal(err)
	}
	cmd := in(mod, command(t, testPort(), "run", "./cmd/hello"), "GOFLAGS=-toolexec="+tool)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	cmd.SysProcAttr = ownGroup()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.ReadFile(ready); err != nil {
		t.Fatal(err)
	}
	if err := interruptGroup(cmd.Process.Pid); err != nil { // as a terminal does
		t.Fatal(err)
	}
	cmd.Wait()
	if status := cmd.ProcessState.ExitCode(); status != 1 || !strings.Contains(stderr.String(), "tinynet run: interrupted\n") {
		t.Errorf("exit status %d, printed:\n%s", status, stderr.String())
	}
}

func TestSpawnErrors(t *testing.T) {
	if _, err := spawn(filepath.Join(t.TempDir(), "none"), []string{"none"}, nil); err == nil {
		t.Error("spawned what is not there")
	}
	if _, err := become(filepath.Join(t.TempDir(), "none"), []string{"none"}, nil); err == nil {
		t.Error("became what is not there")
	}
}

// fakeTinygo is a tinygo command: it answers questions about its roots, and
// otherwise tells how it was called.
func fakeTinygo() {
	if len(os.Args) > 1 && os.Args[1] == "env" {
		for _, name := range os.Args[2:] {
			fmt.Println(os.Getenv(name))
		}
		os.Exit(0)
	}
	if len(os.Args) > 1 && os.Args[1] == "version" {
		version := os.Getenv("FAKE_TINYGO_RELEASE")
		if version == "" {
			version = "0.40.1"
		}
		fmt.Println("tinygo version", version, "linux/amd64 (using go version go1.25.14 and LLVM version 19.1.7)")
		os.Exit(0)
	}
	if len(os.Args) > 1 && os.Args[1] == "info" {
		has, _ := os.ReadFile(filepath.Join(os.Getenv("GOROOT"), "VERSION"))
		switch refuse := os.Getenv("REFUSE"); {
		case refuse == "newer" && !strings.HasPrefix(string(has), "go1.23"), refuse == "all":
			fmt.Println("error: requires go version 1.19 through 1.23, got go1.99")
			os.Exit(1)
		case refuse == "future":
			fmt.Println("error: requires go version 1.90 through 1.91, got go1.26")
			os.Exit(1)
		}
		if slices.Contains(os.Args, "-json") {
			fmt.Printf("{\"scheduler\": %q}\n", os.Getenv("FAKE_SCHEDULER"))
			os.Exit(0)
		}
	}
	if slices.Contains(os.Args, "-size=full") {
		fakeSizes()
	}
	fmt.Printf("tinygo %q\n", os.Args[1:])
	for _, name := range []string{"TINYGOROOT", "GOROOT", "GOTOOLCHAIN", "PATH"} {
		fmt.Printf("%s=%s\n", name, os.Getenv(name))
	}
	os.Exit(6)
}

// fakeSizes prints a table as TinyGo does, with less of net if there are tags.
func fakeSizes() {
	net, http := 4000, 0
	for _, arg := range os.Args {
		if strings.HasPrefix(arg, "-tags=") {
			net -= len(arg)
		}
		if strings.HasPrefix(arg, "-ldflags=-X main.ssid=") {
			net += 100 // with a network's name it links a radio
		}
		if arg == "./broken" || arg == "-tags=nethttp2" {
			fmt.Fprintln(os.Stderr, "error: it is broken")
			os.Exit(1)
		}
		if arg == "./web" {
			http = 900
		}
	}
	fmt.Println("   code  rodata    data     bss |   flash     ram | package")
	if http > 0 {
		fmt.Printf("0 0 0 0 | %d 0 | net/http\n", http)
	}
	fmt.Printf("0 0 0 0 | %d 30 | net\n0 0 0 0 | 500 7 | main\n0 0 0 0 | %d 37 | total\n", net, net+http+500)
	os.Exit(0)
}

// TestTinygoPair: a TinyGo that refuses the installed Go gets the newest that it
// takes; what the pair cannot do is said before TinyGo says it worse.
func TestTinygoPair(t *testing.T) {
	dir, _, tinygo := fakeTinygoRoot(t, realPort(t))
	unixOnly(t)
	env := []string{"REFUSE=newer", "GOFLAGS=-mod=mod"}
	r := finish(t, in(dir, tinygo("tinygo", "build", "."), env...))
	if strings.Contains(r.stderr, "find Go 1.23.12") {
		t.Skip("Go 1.23.12 is not on this computer, and could not be fetched")
	}
	r.want(t, 6, "tinynet: TinyGo 0.40.1 takes no "+runtime.Version()+"; using Go 1.23.12", "(-go VERSION chooses another)", `tinygo ["build" "."]`)
	// Nobody is asked where the pair is known to fit, and -go decides.
	finish(t, in(dir, tinygo("tinygo", "-goroot", goroot(), "help"), "REFUSE=newer", "TINYNET_CACHE="+t.TempDir())).want(t, 1, "refuses the Go in "+goroot(), "!using Go")
	finish(t, in(dir, tinygo("doctor"), env...)).want(t, 0, "ok       tinygo's go", "go1.23.12", "TinyGo 0.40.1 takes no "+runtime.Version(), "tested")
	finish(t, in(dir, tinygo("doctor"), "REFUSE=newer", "FAKE_TINYGO_RELEASE=0.99.0")).want(t, 0, "go1.23.12", "nobody here knows TinyGo 0.99.0")
	finish(t, in(dir, tinygo("install"), env...)).want(t, 1, "refuses the Go in "+goroot(), "!using Go") // plain tinygo would use that
	// One that is too new for every Go that there is a port for.
	finish(t, in(dir, tinygo("tinygo", "build", "."), "REFUSE=future", "FAKE_TINYGO_RELEASE=0.99.0", "TINYNET_CACHE="+t.TempDir())).want(t, 1,
		"refuses the Go in "+goroot(), "requires go version 1.90 through 1.91", "It is too new", "Install an older TinyGo", "Go 1.91 with -go", "!using Go")

	// A module for a newer Go.
	write(t, dir, map[string]string{"new/go.mod": "module x\n\ngo 1.25.3\n", "new/main.go": "package main\n\nfunc main() {}\n"})
	in1 := filepath.Join(dir, "new")
	finish(t, in(in1, tinygo("tinygo", "build", "."), env...)).want(t, 1,
		filepath.Join(in1, "go.mod")+" says go 1.25.3, and TinyGo 0.40.1 builds with go1.23.12 here", "Lower the go line, or use TinyGo 0.39 or newer")
	finish(t, in(in1, tinygo("tinygo", "help"), env...)).want(t, 6, `tinygo ["help"]`)
}

// TestTinygoScheduler: a scheduler that hangs is named, with what else there is.
func TestTinygoScheduler(t *testing.T) {
	dir, _, tinygo := fakeTinygoRoot(t, testPort())
	unixOnly(t)
	const warning = "-scheduler=tasks does not, at the cost of the second core"
	for _, c := range []struct {
		args []string
		env  string
		want string
	}{
		{[]string{"build", "-target=pico", "."}, "FAKE_SCHEDULER=cores", "TinyGo 0.40.1 runs goroutines on both cores of pico"},
		{[]string{"flash", "-target", "pico2", "."}, "FAKE_SCHEDULER=cores", warning},
		{[]string{"build", "-target=pico", "-scheduler=tasks", "."}, "FAKE_SCHEDULER=cores", "!" + warning},
		{[]string{"build", "-target=pico", "."}, "FAKE_SCHEDULER=tasks", "!" + warning},
		{[]string{"build", "-target=pico", "-scheduler=none", "."}, "FAKE_SCHEDULER=cores", "with -scheduler=none all of the program has one stack, the _stack_size of the linker script of pico"},
		{[]string{"build", "-target=pico", "-scheduler", "none", "."}, "FAKE_SCHEDULER=cores", "the _stack_size of the linker script of pico"},
		{[]string{"build", "-target=pico", "-scheduler=none", "."}, "FAKE_SCHEDULER=cores", "!" + warning},
		{[]string{"build", "."}, "FAKE_SCHEDULER=cores", "!" + warning},
		{[]string{"help"}, "FAKE_SCHEDULER=cores", "!" + warning},
	} {
		r := finish(t, in(dir, tinygo(append([]string{"tinygo"}, c.args...)...), c.env))
		r.want(t, 6, c.want)
		if n := strings.Count(r.stderr, warning); n > 1 {
			t.Errorf("%q: said %d times, want once", c.args, n)
		}
	}
	finish(t, in(dir, tinygo("tinygo", "build", "-target=pico", "."), "FAKE_SCHEDULER=cores", "FAKE_TINYGO_RELEASE=0.35.0")).want(t, 6, "!"+warning)
}

// realPort is the folder of the port of this repository.
func realPort(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs(filepath.Join("..", "..", "port"))
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// fakeTinygoRoot makes a TinyGo of this test binary: the folder that holds it,
// its command, and what runs tinynet with it on PATH.
func fakeTinygoRoot(t *testing.T, port string) (dir, name string, tinygo func(args ...string) *exec.Cmd) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir = tempDir(t)
	bin := filepath.Join(dir, "bin")
	name = filepath.Join(bin, "tinygo")
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	write(t, dir, map[string]string{
		"root/src/runtime/runtime.go": "", "root/src/net/http/old.go": "", "root/src/net/old.go": "", "root/src/crypto/tls/old.go": "",
		"root/targets/pico.json": "", "root/targets/pico2.json": "", "root/targets/riscv.json": "", "root/targets/radio.json": "",
		"root/targets/plain.json": "", "bin/keep": "", "wrap/tinygo": "",
	})
	if err := os.Link(self, name); err != nil {
		data, err := os.ReadFile(self)
		if err == nil {
			err = execfile.Write(name, data)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	root := filepath.Join(dir, "root")
	return dir, name, func(args ...string) *exec.Cmd {
		// Both fakes are this binary: the inner one must not be tinynet again,
		// so a script in between sets the mode.
		script := filepath.Join(dir, "wrap", "tinygo")
		if err := execfile.Write(script, []byte("#!/bin/sh\nTINYNET_TEST=tinygo exec "+name+" \"$@\"\n")); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(script, 0o777); err != nil {
			t.Fatal(err)
		}
		return in(dir, command(t, port, args...), "TINYGOROOT="+root, "GOROOT="+goroot(),
			"PATH="+filepath.Join(dir, "wrap")+string(filepath.ListSeparator)+os.Getenv("PATH"))
	}
}

func TestTinygo(t *testing.T) {
	dir, name, tinygo := fakeTinygoRoot(t, testPort())
	root, bin := filepath.Join(dir, "root"), filepath.Join(dir, "bin")
	unixOnly(t)
	r := finish(t, tinygo("tinygo", "build", "-target=pico", "."))
	r.want(t, 6, `tinygo ["build" "-target=pico" "."]`, "\nGOTOOLCHAIN=local\n", "!tinynet tinygo:")
	_, rest, _ := strings.Cut(r.stdout, "\nGOROOT=")
	shadowGo, rest, _ := strings.Cut(rest, "\n")
	if _, err := os.Stat(filepath.Join(shadowGo, "src", "net", "ontheport.go")); err != nil || !strings.Contains(rest, "\nPATH="+filepath.Join(shadowGo, "bin")) {
		t.Errorf("the Go root is %s, which should have the port, and be first on PATH: %v\n%s", shadowGo, err, rest)
	}
	_, rest, _ = strings.Cut(r.stdout, "TINYGOROOT=")
	shadow, _, _ := strings.Cut(rest, "\n")
	for file, there := range map[string]bool{
		"src/net/ontheport.go": true, "src/net/dial.go": true, "src/net/http/server.go": true, "src/crypto/tls/conn.go": true,
		"src/runtime/runtime.go": true, "targets/pico.json": true, "src/net/old.go": false, "src/net/http/old.go": false, "src/crypto/tls/old.go": false,
	} {
		if _, err := os.Stat(filepath.Join(shadow, filepath.FromSlash(file))); (err == nil) != there {
			t.Errorf("%s in the shadow root: %v", file, err)
		}
	}
	finish(t, tinygo("tinygo", "-goroot", goroot(), "flash")).want(t, 6, `tinygo ["flash"]`)
	finish(t, tinygo("tinygo", "-tinygo", filepath.Join(dir, "none"), "flash")).want(t, 1, "tinynet tinygo: find TinyGo: ", "-tinygo FILE")
	finish(t, in(dir, tinygo("tinygo", "flash"), "PATH="+bin+"/none")).want(t, 1, "no tinygo command on PATH", "https://tinygo.org/")
	finish(t, in(dir, tinygo("tinygo", "flash"), "TINYGOROOT="+bin)).want(t, 1, "read the TinyGo root "+bin, "src/runtime")
	finish(t, in(dir, tinygo("tinygo", "flash"), "GOROOT="+bin)).want(t, 1, "open Go root "+bin, "-go VERSION")
	finish(t, in(dir, tinygo("tinygo", "-goroot", goroot(), "flash"), "REFUSE=all", "TINYNET_CACHE="+t.TempDir())).want(t, 1, "wrap/tinygo refuses the Go in "+goroot(), "requires go version 1.19 through 1.23", "with -go", "!exit status")
	finish(t, in(dir, tinygo("tinygo", "flash"), "FAKE_TINYGO_RELEASE=0.34.0")).want(t, 1, "TinyGo 0.34.0 is too old: the port needs TinyGo 0.35 or newer", "https://tinygo.org/")
	for _, missing := range []string{"src/net", "targets"} {
		half := tempDir(t)
		write(t, half, map[string]string{"src/runtime/runtime.go": "", "src/net/http/old.go": "", "src/crypto/tls/old.go": "", "targets/pico.json": ""})
		if err := os.RemoveAll(filepath.Join(half, filepath.FromSlash(missing))); err != nil {
			t.Fatal(err)
		}
		finish(t, in(dir, tinygo("tinygo", "flash"), "TINYGOROOT="+half)).want(t, 1, "read the TinyGo root "+half+": it has no "+missing, "git submodule update --init")
	}
	finish(t, tinygo("tinygo", "-tinygo", name, "-tinygo", "other", "flash")).want(t, 2, name+" is chosen already; one TinyGo at a time")
	unchanged := func() {
		t.Helper()
		if entries, err := os.ReadDir(filepath.Join(root, "src", "net")); err != nil || len(entries) != 2 {
			t.Errorf("the TinyGo root changed: %v, %v", entries, err)
		}
		if entries, err := os.ReadDir(root); err != nil || len(entries) != 2 {
			t.Errorf("the TinyGo root changed: %v, %v", entries, err)
		}
	}
	unchanged()

	there := func(file string, want bool) {
		t.Helper()
		if _, err := os.Stat(filepath.Join(root, "src", filepath.FromSlash(file))); (err == nil) != want {
			t.Errorf("%s in the root: %v", file, err)
		}
	}
	finish(t, tinygo("doctor")).want(t, 0, "wrap/tinygo", "root "+root, "ok       in place             TinyGo's own net")
	finish(t, in(dir, tinygo("install"), "REFUSE=all")).want(t, 1, "wrap/tinygo refuses the Go in ")
	finish(t, in(dir, tinygo("doctor", "-goroot", goroot()), "REFUSE=all")).want(t, 1, "wrong    tinygo's go          "+filepath.Join(dir, "wrap", "tinygo")+" refuses", "with -go")
	unchanged()
	finish(t, tinygo("install")).want(t, 0, root+": has the port of ", "tinynet uninstall")
	there("net/ontheport.go", true)
	there("net/http/server.go", true)
	there("net/old.go", false)
	there("crypto/tls/old.go", false)
	finish(t, tinygo("install")).want(t, 0, "is there already")
	finish(t, tinygo("doctor")).want(t, 0, "ok       in place             the port of ")
	r = finish(t, tinygo("tinygo", "flash")) // as before
	r.want(t, 6, `tinygo ["flash"]`, "TINYGOROOT="+filepath.Dir(shadow))
	write(t, root, map[string]string{"src/net/mine.go": "package net"})
	finish(t, tinygo("doctor")).want(t, 1, "wrong    in place", "src/net/mine.go", "-force")
	finish(t, tinygo("install")).want(t, 1, "src/net/mine.go", "-force")
	finish(t, tinygo("uninstall")).want(t, 1, "src/net/mine.go", "-force")
	finish(t, tinygo("uninstall", "-force")).want(t, 0, "has TinyGo's own net again")
	there("net/ontheport.go", false)
	unchanged()
	finish(t, tinygo("uninstall")).want(t, 0, "has TinyGo's own net\n")

	// An install that was killed between two moves.
	finish(t, tinygo("install")).want(t, 0)
	if err := os.RemoveAll(filepath.Join(root, "src", "net")); err != nil {
		t.Fatal(err)
	}
	finish(t, tinygo("tinygo", "flash")).want(t, 1, "an install or uninstall was interrupted", "tinynet uninstall")
	finish(t, tinygo("doctor")).want(t, 1, "wrong    in place             an install or uninstall was interrupted")
	finish(t, tinygo("uninstall")).want(t, 0, "has TinyGo's own net again")
	unchanged()
	finish(t, in(dir, tinygo("doctor"), "PATH="+bin+"/none")).want(t, 0, "missing  tinygo               not on PATH", "For programs on boards: install TinyGo")

	write(t, dir, map[string]string{
		"go.mod":       "module example.com/m\n\ngo 1.23\n",
		"prog/main.go": "package main\n",
		"other/go.mod": "module example.com/other\n\ngo 1.23\n",
		filepath.FromSlash(size.FileFor("bench/size/budget", "0.40.1", runtime.Version())): "[[budget]]\nprogram = \"prog\"\ntarget = \"pico\"\nflash = 4500\nram = 37\n",
		"tight.toml": "[[budget]]\nprogram = \"prog\"\ntarget = \"riscv\"\nflash = 4499\nram = 37\n",
		"tags.toml":  "[[budget]]\nprogram = \"prog\"\ntarget = \"pico\"\nflash = 4500\nram = 37\n[[budget]]\nprogram = \"prog\"\ntarget = \"pico\"\ntags = \"a\"\nflash = 4000\nram = 37\n",
		"radio.toml": "[[budget]]\nprogram = \"prog\"\ntarget = \"radio\"\nldflags = \"-X main.ssid=N\"\nflash = 4599\nram = 37\n",
	})
	finish(t, tinygo("size")).want(t, 0, "./prog, pico\n", "     4,500        37  all\n", "     4,000        30  net\n", "budget: kept")
	finish(t, tinygo("size", "-budget", "tight.toml", "-target", "riscv")).want(t, 1, "./prog, riscv\n", "EXCEEDED by 1 of flash", "!exit status")
	finish(t, tinygo("size", "-budget", "tags.toml")).want(t, 1, "./prog, pico\n", "./prog, pico, -tags=a\n", "budget: kept", "EXCEEDED by ")
	finish(t, tinygo("size", "-budget", "tags.toml", "-tags", "a")).want(t, 1, "./prog, pico, -tags=a\n", "!budget: kept")
	finish(t, tinygo("size", "-budget", "radio.toml", "-target", "radio")).want(t, 1, "     4,600        37  all\n", "EXCEEDED by 1 of flash")
	finish(t, tinygo("size", "-budget", "radio.toml", "-target", "radio", "-ldflags=-s")).want(t, 0, "     4,500        37  all\n")
	finish(t, tinygo("size", "-vary", "notls", "-tags", "a", "./prog")).want(t, 0, "./prog, pico, -tags=a\n", "-tags=a,notls (no TLS): saves 6 of flash", "!budget")
	finish(t, tinygo("size", "-html", "size.html", "-json", "./prog", "./other")).want(t, 0, `"program": "./other"`, `"flash": 4500`, `"name": "net"`)
	if page, err := os.ReadFile(filepath.Join(dir, "size.html")); err != nil || strings.Count(string(page), "<svg") != 4 {
		t.Errorf("size.html: %v\n%.300s", err, page)
	}
	finish(t, tinygo("size", "-vary", "all", "./prog")).want(t, 0, "-tags=netgo (Go's own resolver): saves 11 of flash", "-tags=nethttp2 (HTTP/2): no difference", "-tags=notls (no TLS): no difference")
	finish(t, tinygo("size", "-vary", "all", "-json", "./web")).want(t, 1, `"how": "-tags=nethttp2",`, `"error": "build ./web for pico: tinygo failed and has said why above"`, "error: it is broken")
	finish(t, tinygo("size", "./broken")).want(t, 1, "error: it is broken", "tinynet size: build ./broken for pico")
	finish(t, tinygo("size", "-target", "plain")).want(t, 2, "no budget for -target=plain with TinyGo 0.40.1 and go")
	finish(t, tinygo("size", "-target", "rsicv")).want(t, 1, "TinyGo 0.40.1 has no target rsicv; did you mean riscv?\n`tinygo targets` lists them")
	finish(t, tinygo("tinygo", "build", "-target=nonsense", ".")).want(t, 1, "TinyGo 0.40.1 has no target nonsense\n")
	finish(t, tinygo("size", "./prog", "-json")).want(t, 2, "options come before the packages")
	finish(t, tinygo("size", "-budget", "none.toml")).want(t, 1, "read the budget", "none.toml")
	finish(t, tinygo("doctor", "x")).want(t, 2, "unexpected argument x")
	r = finish(t, tinygo("doctor", "-json"))
	var found []finding
	if err := json.Unmarshal([]byte(r.stdout), &found); err != nil || r.status != 0 {
		t.Errorf("doctor -json: %v, status %d:\n%s", err, r.status, r.stdout)
	}
	if !slices.ContainsFunc(found, func(f finding) bool { return f.What == "in place" && f.State == "ok" }) {
		t.Errorf("doctor -json: %+v", found)
	}
}

func TestSplitProgram(t *testing.T) {
	for _, test := range []struct{ in, pkg, program string }{
		{"", "", ""},
		{".", ".", ""},
		{". -- a", ".", "a"},
		{". a -- b", ".", "a -- b"},
		{"a.go b.go c -- d", "a.go b.go", "c -- d"},
		{"a.go -- c.go", "a.go", "c.go"},
		{"-- a", "", "a"},
	} {
		pkg, program := splitProgram(strings.Fields(test.in))
		if !slices.Equal(pkg, strings.Fields(test.pkg)) || !slices.Equal(program, strings.Fields(test.program)) {
			t.Errorf("splitProgram(%s) = %q, %q", test.in, pkg, program)
		}
	}
}
