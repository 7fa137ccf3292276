package main

import (
	"encoding/json"
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"github.com/tinynet/tinynet/internal/release/apicheck"
)

func TestUsage(t *testing.T) {
	for _, test := range []struct {
		args   string
		status int
		texts  []string
	}{
		{"", 2, []string{"Usage: tinynet", "Commands:", "tinynet tinygo flash"}},
		{"help", 0, []string{"Usage: tinynet [-go"}},
		{"-h", 0, []string{"Usage: tinynet [-go"}},
		{"--help", 0, []string{"Usage: tinynet [-go"}},
		{"help run", 0, []string{"Usage: tinynet run"}},
		{"run -h", 0, []string{"Usage: tinynet run"}},
		{"help nonsense", 2, []string{"unknown command nonsense; there are run, go, "}},
		{"help run go", 2, []string{"one command at a time"}},
		{"nonsense", 2, []string{"tinynet: unknown command nonsense; there are run, go, tinygo, install, uninstall, doctor, size, tether, assemble, overlay, tree, api, ", "Run 'tinynet help' for usage."}},
		{"rnu ./x", 2, []string{"unknown command rnu; there are run, go, ", "help; did you mean run?\nRun 'tinynet help' for usage."}},
		{"help rnu", 2, []string{"; did you mean run?\nRun 'tinynet help' for usage."}},
		{"run -bord wasm .", 2, []string{"tinynet run: flag provided but not defined: -bord; did you mean -board?\nRun 'tinynet help run' for usage."}},
		{"run -board wsam .", 2, []string{`there is no board "wsam"; there are native, `, "; did you mean wasm?"}},
		{"run -publish 8000:80 .", 2, []string{"-publish is for boards that are emulated, not for native"}},
		{"run -loopback -board native .", 2, []string{"-loopback is for boards that are emulated, not for native"}},
		{"--version", 0, []string{"tinynet ", runtime.Version()}},
		{"-nonsense", 2, []string{"tinynet: flag provided but not defined: -nonsense", "Run 'tinynet help' for usage."}},
		{"tree -nonsense", 2, []string{"tinynet tree: flag provided but not defined: -nonsense", "Run 'tinynet help tree' for usage."}},
		{"-go 1.25.1 tree extra", 2, []string{"tinynet tree: unexpected argument extra"}},
		{"version extra", 2, []string{"unexpected argument"}},
		{"version", 0, []string{"tinynet ", runtime.Version(), runtime.GOOS + "/" + runtime.GOARCH}},
		{"tree -go", 2, []string{"flag needs an argument: -go"}},
		{"tree -go 1.25.1 -goroot x", 2, []string{"tinynet tree: -go and -goroot exclude each other"}},
		{"-go 1.25.1 tree -goroot x", 2, []string{"exclude each other"}},
		{"tree -go 1.25", 2, []string{"-go 1.25: a version of the language", "1.25.0"}},
		{"tree -go latest", 2, []string{"-go latest: not the name of a Go release"}},
		{"tree -go 1.22.3", 2, []string{"too old; the port needs Go 1.23"}},
		{"assemble", 2, []string{"-o DIR"}},
		{"assemble -o x y", 2, []string{"unexpected argument y"}},
		{"overlay", 2, []string{"-o FILE"}},
		{"overlay -o x y", 2, []string{"unexpected argument y"}},
		{"run", 2, []string{"name the package of a program"}},
		{"run --", 2, []string{"name the package of a program"}},
		{"run -board uno .", 2, []string{`there is no board "uno"; there are native, wasm, qemu-riscv32, qemu-cortex-m3, pico, w5500-evb-pico`}},
		{"run -board w5500-evb-pico -deny 10.0.0.0/8 .", 2, []string{"-deny is for boards on a tether: the cable of w5500-evb-pico leads to this computer only"}},
		{"run -board pico -ram 64kb .", 2, []string{"-ram is for the boards of QEMU, not for pico"}},
		{"run -board wasm -profile x .", 2, []string{"-profile is for a Pico, not for wasm"}},
		{"run -files x .", 2, []string{"-files is for the board wasm, not for native"}},
		{"run -board qemu-riscv32 -files x .", 2, []string{"-files is for the board wasm, not for qemu-riscv32"}},
		{"run -board wasm -files /no/such/folder .", 1, []string{"-files: ", "/no/such/folder"}},
		{"run -board wasm -files main.go .", 1, []string{"-files main.go: not a folder"}},
		{"run -board wasm -ram 64kb .", 2, []string{"-ram is for the boards of QEMU, not for wasm"}},
		{"tree -goroot /no/such/folder", 1, []string{"tinynet tree: find the Go in /no/such/folder: ", "go env GOROOT"}},
	} {
		r := tinynet(testPort(), strings.Fields(test.args)...)
		r.want(t, test.status, test.texts...)
		if right := r.stdout; test.status == 0 && right == "" || test.status != 0 && right != "" {
			t.Errorf("printed to the wrong stream")
		}
		if t.Failed() {
			t.Fatalf("with arguments %q", test.args)
		}
	}
}

var update = flag.Bool("update", false, "rewrite the help texts in docs/commands.md")

// docs/commands.md has the help of each command, and all of them.
func TestReference(t *testing.T) {
	name := filepath.Join("..", "..", "docs", "commands.md")
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	root := (&tool{}).commands()
	section := regexp.MustCompile("(?s)(\n## tinynet ([a-z]+)\n\n```text\n)(.*?)(```\n)")
	documented := map[string]bool{}
	got := section.ReplaceAllStringFunc(string(data), func(s string) string {
		m := section.FindStringSubmatch(s)
		c := find(root, m[2])
		if c == nil {
			t.Errorf("%s documents %s, which is no command", name, m[2])
			return s
		}
		documented[c.Name] = true
		return m[1] + usage(c) + m[4]
	})
	for _, c := range root.Subcommands {
		if !documented[c.Name] {
			t.Errorf("%s lacks a section on tinynet %s that begins with its help", name, c.Name)
		}
	}
	if got == string(data) {
		return
	}
	if !*update {
		t.Fatalf("%s is not what -h prints; run go test ./cmd/tinynet -run TestReference -update", name)
	}
	if err := os.WriteFile(name, []byte(got), 0o666); err != nil {
		t.Fatal(err)
	}
}

func TestNoGo(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	for _, args := range [][]string{{"tree"}, {"-go", "1.25.1", "tree"}, {"go", "build"}, {"run", "."}} {
		tinynet(testPort(), args...).want(t, 1, "no go command on PATH", "https://go.dev/dl/", "-goroot DIR")
	}
	// Reading sources needs none.
	tinynet(testPort(), "tree", "-goroot", goroot()).want(t, 0, "ontheport.go")
}

func TestNoSuchRelease(t *testing.T) {
	t.Setenv("GOPROXY", "off")
	t.Setenv("GOMODCACHE", t.TempDir())
	t.Setenv("GOFLAGS", "-modcacherw")
	tinynet(testPort(), "tree", "-go", "1.23.999").want(t, 1, "tinynet tree: find Go 1.23.999: ", "go1.23.999", "https://go.dev/dl/", "-goroot DIR")
}

func TestNoGoroot(t *testing.T) {
	dir := tempDir(t)
	tinynet(testPort(), "tree", "-goroot", dir).want(t, 1, dir, "not a Go root", "-go VERSION")
	write(t, dir, map[string]string{"VERSION": "go1.21.0\n", "src/net/net.go": "package net"})
	tinynet(testPort(), "tree", "-goroot", dir).want(t, 1, "go1.21.0 is too old", "-go VERSION")
	write(t, dir, map[string]string{"VERSION": "go1.26.0\n"})
	tinynet(testPort(), "go", "-goroot", dir, "build").want(t, 1, "run the go command of "+dir)
}

// A port that does not fit the release is the program's fault or the release's,
// and there is something to do about it.
func TestPortDoesNotFit(t *testing.T) {
	dir := tempDir(t)
	if err := makePort(dir, "[[drop]]\nfile = \"ip.go\"\ndecl = \"NoSuchThing\"\nwhy = \"a test\"\n"); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(t.TempDir(), "out")
	for _, args := range [][]string{{"tree"}, {"assemble", "-o", out}, {"overlay", "-o", out}, {"go", "version"}, {"run", "."}, {"api"}} {
		tinynet(dir, args...).want(t, 1, "tinynet "+args[0]+": assemble the port from go1", "NoSuchThing", "-go VERSION")
	}
	if _, err := os.Stat(out); err == nil {
		t.Error("something was written")
	}
}

func TestTree(t *testing.T) {
	dir := tempDir(t)
	manifest := "[[drop]]\nfile = \"ip.go\"\ndecl = \"IPv4allsys\"\nwhy = \"nobody calls all systems\"\n"
	if err := makePort(dir, manifest); err != nil {
		t.Fatal(err)
	}
	lines := func(r result) map[string]bool {
		m := map[string]bool{}
		for _, l := range strings.Split(r.stdout, "\n") {
			m[strings.Join(strings.Fields(strings.TrimLeft(l, "│├└─ ")), " ")] = true
		}
		return m
	}
	r := tinynet(dir, "tree")
	r.want(t, 0, "!nobody calls")
	got := lines(r)
	for _, want := range []string{"http", "dial.go", "ip.go *", "ontheport.go +", "server.go"} {
		if !got[want] {
			t.Errorf("no line %q", want)
		}
	}
	tinynet(dir, "tree", "-why").want(t, 0, "drop IPv4allsys: nobody calls all systems")
}

func TestAssemble(t *testing.T) {
	out := filepath.Join(tempDir(t), "out")
	tinynet(testPort(), "assemble", "-o", out).want(t, 0, out+": the port of go1.", " 0 changed, 1 added")
	for _, name := range []string{"net/ontheport.go", "net/dial.go", "net/http/server.go", "crypto/tls/conn.go"} {
		if _, err := os.Stat(filepath.Join(out, "src", filepath.FromSlash(name))); err != nil {
			t.Error(err)
		}
	}
	tinynet(testPort(), "assemble", "-o", out).want(t, 0)

	foreign := tempDir(t)
	write(t, foreign, map[string]string{"precious": "x"})
	tinynet(testPort(), "assemble", "-o", foreign).want(t, 1, "write the port to "+foreign)
	if entries, _ := os.ReadDir(foreign); len(entries) != 1 {
		t.Errorf("the folder has %v", entries)
	}
	tinynet(testPort(), "assemble", "-force", "-o", foreign).want(t, 0)
	if _, err := os.Stat(filepath.Join(foreign, "precious")); err != nil {
		t.Error(err)
	}
	tinynet(testPort(), "assemble", "-o", filepath.Join(foreign, "precious")).want(t, 1, "write the port to ")
}

// addedIn is what an overlay has for the file that the test's port adds.
func addedIn(o overlayFile) string {
	for name, with := range o.Replace {
		if strings.HasSuffix(name, filepath.Join("src", "net", "ontheport.go")) {
			return with
		}
	}
	return ""
}

func TestOverlay(t *testing.T) {
	dir := tempDir(t)
	name := filepath.Join(dir, "overlay.json")
	tinynet(testPort(), "overlay", "-o", name).want(t, 0, name+": the port of go1.")
	o, err := readOverlay(name)
	if err != nil {
		t.Fatal(err)
	}
	if added := addedIn(o); added == "" {
		t.Errorf("the overlay lacks the added file: %v", o)
	} else if _, err := os.Stat(added); err != nil {
		t.Error(err)
	}
	r := tinynet(testPort(), "overlay", "-o", "-")
	if data, err := os.ReadFile(name); r.status != 0 || err != nil || r.stdout != string(data) {
		t.Errorf("-o - gives %d, %q", r.status, r.stdout)
	}
	tinynet(testPort(), "overlay", "-o", dir).want(t, 1, "write the overlay: ", dir+" is a folder")
	tinynet(testPort(), "overlay", "-o", os.DevNull).want(t, 0)
	tinynet(testPort(), "overlay", "-o", filepath.Join(dir, "none", "x")).want(t, 1, "write the overlay: ")
	if entries, _ := os.ReadDir(dir); len(entries) != 1 {
		t.Errorf("left behind: %v", entries)
	}
}

func TestAPI(t *testing.T) {
	tinynet(testPort(), "api", "net/url").want(t, 2, "tinynet api: no package of the port matches net/url")
	dir := tempDir(t)
	if err := makePort(dir, "[[drop]]\nfile = \"ip.go\"\ndecl = \"IPv4allsys\"\nwhy = \"a test\"\n"); err != nil {
		t.Fatal(err)
	}
	r := tinynet(dir, "api", "-json", "net")
	var report apicheck.Report
	if err := json.Unmarshal([]byte(r.stdout), &report); err != nil || r.status != 1 {
		t.Fatal(r.status, err)
	}
	if len(report.Packages) != 1 || len(report.Packages[0].Missing) != 1 {
		t.Errorf("the report is %+v", report)
	}
	if raceEnabled {
		return // each takes half a minute
	}
	tinynet(dir, "api", "net").want(t, 1, "missing: pkg net, var IPv4allsys IP", "1 lacking without excuse")
	tinynet(testPort(), "api", "net").want(t, 0, "net  have ")
}

// Whatever a program is built with, it has all of Go's API. The one difference is what
// docs/tags.md says of nethttptransport.
func TestAPITags(t *testing.T) {
	if raceEnabled {
		return // each takes half a minute
	}
	port := filepath.Join("..", "..", "port")
	for _, tags := range []string{"notls,nohostnet", "tinygo,baremetal,tlsoffload,nethttpomithttp2"} {
		tinynet(port, "api", "-tags", tags).want(t, 0, "lines", "!lacking")
	}
	tinynet(port, "api", "-tags=tinygo baremetal notls", "net/http").want(t, 1, "differs: pkg net/http, var DefaultTransport RoundTripper", "1 lacking without excuse")
}

// Without a home there is a cache all the same.
func TestNoHome(t *testing.T) {
	unixOnly(t)
	for _, name := range []string{"HOME", "XDG_CACHE_HOME", "TINYNET_CACHE"} {
		t.Setenv(name, "")
	}
	t.Setenv("TMPDIR", t.TempDir())
	t.Setenv("GOFLAGS", "-buildvcs=false")
	out := filepath.Join(t.TempDir(), "o.json")
	tinynet(testPort(), "overlay", "-o", out).want(t, 0)
	o, err := readOverlay(out)
	if err != nil {
		t.Fatal(err)
	}
	if added := addedIn(o); !strings.HasPrefix(added, os.Getenv("TMPDIR")) {
		t.Errorf("the cache is in %s", added)
	}
	// The go command needs a cache of its own.
	mod := tempDir(t)
	write(t, mod, map[string]string{"go.mod": "module x\n\ngo 1.23\n", "x.go": "package main\n\nfunc main() {}\n"})
	for _, name := range []string{"GOCACHE", "GOMODCACHE", "GOPATH"} {
		t.Setenv(name, "")
	}
	t.Setenv("GOENV", "off")
	cmd := command(t, testPort(), "run", ".")
	cmd.Dir = mod
	finish(t, cmd).want(t, 1, "tinynet run: the go command has no module cache: set HOME")
	t.Setenv("GOPATH", t.TempDir())
	cmd = command(t, testPort(), "run", ".")
	cmd.Dir = mod
	finish(t, cmd).want(t, 1, "GOCACHE is not defined", "!tinynet")
}

// A cache that cannot be written is an error with its name.
func TestBadCache(t *testing.T) {
	dir := tempDir(t)
	write(t, dir, map[string]string{"file": ""})
	t.Setenv("TINYNET_CACHE", filepath.Join(dir, "file"))
	tinynet(testPort(), "overlay", "-o", "-").want(t, 1, "tinynet overlay: ", filepath.Join(dir, "file"))
}

func TestWriteFile(t *testing.T) {
	dir := tempDir(t)
	name := filepath.Join(dir, "f")
	for _, text := range []string{"one", "two"} {
		if err := writeFile(name, []byte(text)); err != nil {
			t.Fatal(err)
		}
		if data, err := os.ReadFile(name); string(data) != text || err != nil {
			t.Errorf("read %q, %v", data, err)
		}
	}
	if err := copyExecutable(name, name+"2"); err != nil {
		t.Error(err)
	}
	if fi, err := os.Stat(name + "2"); err != nil || runtime.GOOS != "windows" && fi.Mode().Perm()&0o100 == 0 {
		t.Errorf("the copy is %v, %v", fi.Mode(), err)
	}
	entries, err := fs.ReadDir(os.DirFS(dir), ".")
	if err != nil || len(entries) != 2 {
		t.Errorf("left behind: %v, %v", entries, err)
	}
}
