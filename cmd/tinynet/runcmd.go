package main

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/peterbourgon/ff/v3/ffcli"

	"github.com/tinynet/tinynet/internal/board"
	"github.com/tinynet/tinynet/internal/guess"
)

// boards are what run can run a program on.
var boards = []string{"native", "wasm", "qemu-riscv32", "qemu-cortex-m3", board.Pico, board.W5500Pico}

// hostDevices are the systems whose sockets the port has: those of
// port/net/host.go.
var hostDevices = []string{"linux", "darwin", "windows", "freebsd", "openbsd", "netbsd", "dragonfly"}

// defaultBoard is where run runs a program on a system if it is not told. Where
// the port does not have the system's sockets, a server on the board native would
// listen in memory, and nobody would find it; the sandbox has a network
// everywhere.
func defaultBoard(goos string) (board, note string) {
	if slices.Contains(hostDevices, goos) {
		return "native", ""
	}
	return "wasm", "the port does not have the sockets of " + goos + ", so this runs in the sandbox: -board wasm. With -board native the program's network is in its own memory."
}

// A runOptions is what run is told besides the program.
type runOptions struct {
	board, tags string
	race, x     bool
	output      string
	ldflags     string
	stackSize   string // as for TinyGo
	ram         string
	stats       bool
	profile     string
	files       string
	net         netOptions
}

func (t *tool) runCommand() *ffcli.Command {
	var opt runOptions
	c := t.command("run", "tinynet run [-board BOARD] [OPTIONS] PKG [-- ARGS]", "build a program on the port and run it", `
PKG is a package as for go build, in your own module, or files that end in .go.
A folder in another module is built there. On the board native, the program runs
on this computer over its sockets. The build tag tinynet is set.

The other boards are emulated. Their only network is a tether to this computer,
on which -publish, -listen, -allow, -deny, -addr, -self, -loopback and -dns have
a say, as in tinynet tether. A port that cannot be had here is put at a free
one; where the program's ports are is printed.

With -stats on a board of QEMU, the heap is collected whenever more than ever before
is in use while the program uses the network or waits; so the figure is of what it
really needs, and the program is slower. A Pico's is looked at from outside.

wasm is a WebAssembly sandbox, built with your Go (GOOS=wasip1); it needs nothing
else. qemu-riscv32 is QEMU's machine virt, qemu-cortex-m3 its
mps2-an385; both are built with TinyGo, which has to be on PATH as QEMU has.

pico is a Raspberry Pi Pico, whose chip rp2040js emulates; it needs TinyGo, and
Node and npm, which fetches the emulator on the first use. One of the two cores
is there, so the program is built with the scheduler for one. PKG may also be a
file of firmware that ends in .uf2 or .elf; what is told of functions and memory
needs an .elf. With -stats, cycles are counted, too.

w5500-evb-pico, or w5500, is WIZnet's board of that name: a Pico with a W5500 on its SPI bus,
which is simulated. Its firmware is built as to be flashed, with -tags=w5500,netgo;
one that is there, as tinynet tinygo build makes it, runs as it is. The cable leads to
this computer only, which is 192.168.1.1 there unless -self says otherwise, and
-publish, -listen and -loopback have a say. -stats and -profile tell of it what they
tell of pico.

Examples:
  tinynet run ./examples/webserver
  tinynet run -board wasm -publish 8000:8080 ./examples/webserver
  tinynet run -board qemu-riscv32 -stats -stack-size 8kb ./examples/webserver
  tinynet run -board pico -publish 8000:80 ./examples/webserver
  tinynet run -board w5500-evb-pico -publish 8000:80 firmware.uf2
  tinynet run -race ./examples/webserver -- -addr localhost:9090
  tinynet run -go 1.25.11 .`,
		func(ctx context.Context, args []string) error { return t.runExec(ctx, opt, args) })
	c.FlagSet.StringVar(&opt.board, "board", "", "run on `BOARD`: "+strings.Join(boards, ", ")+" (default native, or wasm where the port has no sockets of the system)")
	c.FlagSet.StringVar(&opt.tags, "tags", "", "comma-separated build `TAGS`, as for go build")
	c.FlagSet.BoolVar(&opt.race, "race", false, "build with the race detector")
	c.FlagSet.BoolVar(&opt.x, "x", false, "print the commands of the build")
	c.FlagSet.StringVar(&opt.output, "o", "", "write the program to `FILE`, and do not run it")
	c.FlagSet.StringVar(&opt.ldflags, "ldflags", "", "hand `FLAGS` to the linker, such as -X main.address=..., which is how a board that has no command line is told things")
	c.FlagSet.StringVar(&opt.stackSize, "stack-size", "", "give goroutines on a board of QEMU or a Pico stacks of `SIZE`, such as 8kb (default 32kb, on a Pico as TinyGo has it)")
	c.FlagSet.StringVar(&opt.ram, "ram", "", "give the program on a board of QEMU `SIZE` of RAM, such as 264kb (by default all, with -stats 4mb)")
	c.FlagSet.BoolVar(&opt.stats, "stats", false, "say at the end how much memory the program on a board of QEMU or a Pico had in use at once, how deep its stacks were and, on a Pico, how many cycles it took")
	c.FlagSet.StringVar(&opt.profile, "profile", "", "write to `FILE`, for go tool pprof, where the program on a Pico spent its cycles")
	c.FlagSet.StringVar(&opt.files, "files", "", "let the program on the board wasm see the folder `DIR` as /, and write in it; otherwise it has no files")
	opt.net.flags(c.FlagSet)
	return c
}

// splitProgram divides the arguments into those that name the program to build
// and those that the program gets.
func splitProgram(args []string) (pkg, program []string) {
	n := 0
	for n < len(args) && strings.HasSuffix(args[n], ".go") {
		n++
	}
	if n == 0 && len(args) > 0 && args[0] != "--" {
		n = 1
	}
	pkg, program = args[:n], args[n:]
	if len(program) > 0 && program[0] == "--" {
		program = program[1:]
	}
	return pkg, program
}

func (t *tool) runExec(ctx context.Context, opt runOptions, args []string) error {
	if opt.board == "" {
		var note string
		if opt.board, note = defaultBoard(cmp.Or(t.goos, runtime.GOOS)); note != "" {
			fmt.Fprintln(t.stderr, "tinynet: "+note)
		}
	}
	if opt.board == "w5500" { // what has the chip, in short
		opt.board = board.W5500Pico
	}
	if !slices.Contains(boards, opt.board) {
		return usagef("there is no board %q; there are %s%s", opt.board, strings.Join(boards, ", "), guess.DidYouMean(opt.board, boards))
	}
	pkg, program := splitProgram(args)
	if len(pkg) == 0 {
		return usagef("name the package of a program, such as . for the one in this folder")
	}
	if len(program) > 0 && strings.HasPrefix(pkg[0], "-") {
		return usagef("%s: not a package", pkg[0])
	}
	isPico := emulatesPico(opt.board)
	for name, given := range map[string]bool{"stats": opt.stats, "ram": opt.ram != "", "stack-size": opt.stackSize != "", "profile": opt.profile != ""} {
		switch {
		case !given || isPico && name != "ram":
		case name == "profile":
			return usagef("-profile is for a Pico, not for %s", opt.board)
		case strings.HasPrefix(opt.board, "qemu-"):
		case name == "ram":
			return usagef("-ram is for the boards of QEMU, not for %s", opt.board)
		default:
			return usagef("-%s is for the boards of QEMU and for a Pico, not for %s", name, opt.board)
		}
	}
	if opt.files != "" {
		if opt.board != "wasm" {
			return usagef("-files is for the board wasm, not for %s", opt.board)
		}
		if fi, err := os.Stat(opt.files); err != nil {
			return fmt.Errorf("-files: %w", err)
		} else if !fi.IsDir() {
			return fmt.Errorf("-files %s: not a folder", opt.files)
		}
	}
	if name := opt.net.given(); name != "" && opt.board == "native" {
		return usagef("-%s is for boards that are emulated, not for native, where the program has this computer's network itself", name)
	}
	dir := ""
	if len(pkg) == 1 {
		dir = ownModule(pkg[0])
	}
	if dir != "" {
		pkg = []string{"."}
	}
	if opt.board != "native" {
		return t.runBoard(ctx, opt, dir, pkg, program)
	}
	on, err := t.builder(ctx, goArgs{dir: dir})
	if err != nil {
		return err
	}
	if opt.tags == "" {
		opt.tags = on.tags
	}
	buildFlags := []string{"-tags=" + tagged(opt.tags)}
	if opt.ldflags != "" {
		buildFlags = append(buildFlags, "-ldflags="+opt.ldflags)
	}
	if opt.race {
		buildFlags = append(buildFlags, "-race")
	}
	if opt.x {
		buildFlags = append(buildFlags, "-x")
	}
	b := &build{t: t, on: on, dir: dir, flags: buildFlags, pkg: pkg}
	exe, err := b.program(ctx)
	if err != nil {
		return err
	}
	if opt.output != "" {
		return keep(exe, opt.output)
	}
	err = t.replace(ctx, exe, append([]string{exe}, program...), os.Environ())
	if foreign(err) {
		err = fmt.Errorf("%w\nIt was not built for this computer: are GOOS and GOARCH set?", err)
	}
	return err
}

// keep writes a program that was built to a file of the user's.
func keep(program, file string) error {
	if err := copyExecutable(program, file); err != nil {
		return fmt.Errorf("write the program: %w", err)
	}
	return nil
}

// portTag is set in what run builds: a program that needs a function that only
// the port's net has asks for it.
const portTag = "tinynet"

func tagged(tags string) string {
	if tags == "" {
		return portTag
	}
	return tags + "," + portTag
}

// ownModule is a package's folder if that is in another module than this
// folder, where the go command would not build it.
func ownModule(pkg string) string {
	if importPath(pkg) {
		return ""
	}
	dir, err := filepath.Abs(pkg)
	if err != nil {
		return ""
	}
	if fi, err := os.Stat(dir); err != nil || !fi.IsDir() {
		return "" // a pattern, or an error of the go command's
	}
	wd, err := os.Getwd()
	if err != nil || modfile(dir) == "" || modfile(dir) == modfile(wd) {
		return ""
	}
	return dir
}

// importPath tells whether the go command takes a package's name for an import path,
// and not for a folder's.
func importPath(pkg string) bool {
	slashed := filepath.ToSlash(pkg)
	return !filepath.IsAbs(pkg) && pkg != "." && pkg != ".." && !strings.HasPrefix(slashed, "./") && !strings.HasPrefix(slashed, "../")
}

// folderMeant says after a build that failed that what was named as an import path is
// also a folder here, since the compiler's own message does not lead there.
func (t *tool) folderMeant(pkg []string) {
	if len(pkg) != 1 || !importPath(pkg[0]) {
		return
	}
	if files, err := filepath.Glob(filepath.Join(pkg[0], "*.go")); err == nil && len(files) > 0 {
		fmt.Fprintf(t.stderr, "tinynet: %[1]s is the path of a package, as for go build; the folder of that name is ./%[1]s\n", filepath.ToSlash(pkg[0]))
	}
}

// modfile is the go.mod that counts in a folder.
func modfile(dir string) string {
	for {
		name := filepath.Join(dir, "go.mod")
		if fi, err := os.Stat(name); err == nil && !fi.IsDir() {
			return name
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return ""
		}
		dir = parent
	}
}

// A build makes a program from a package.
type build struct {
	t     *tool
	on    *builder
	dir   string // where the go command runs, if not here
	board string // other than this computer
	flags []string
	pkg   []string
}

// program builds it and returns its file, which nothing will change while it
// runs.
//
// The go command leaves a program alone that is up to date, so each package has
// a folder in the cache where the program stays. What runs is another name of
// the same file, by content, because the next build takes the first one away.
func (b *build) program(ctx context.Context) (string, error) {
	wd, err := os.Getwd()
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256([]byte(strings.Join(append(append([]string{wd, b.dir, b.board}, b.flags...), b.pkg...), "\x00")))
	parent := filepath.Join(b.on.cache, "run")
	folder := filepath.Join(parent, hex.EncodeToString(sum[:16]))
	fail := func(err error) (string, error) { return "", fmt.Errorf("keep the program in %s: %w", folder, err) }
	if err := os.MkdirAll(folder, 0o777); err != nil {
		return fail(err)
	}
	now := time.Now()
	os.Chtimes(folder, now, now)
	pruneFiles(parent)

	target := filepath.Join(folder, "build")
	if unlock, ok := tryLock(filepath.Join(folder, "lock")); ok {
		defer unlock()
	} else {
		if target, err = os.MkdirTemp(folder, "build-"); err != nil {
			return fail(err)
		}
		defer os.RemoveAll(target)
	}
	built, err := b.into(ctx, target)
	if err != nil {
		return "", err
	}
	hash, err := hashFile(built)
	if err != nil {
		return fail(err)
	}
	exe := filepath.Join(folder, hash, filepath.Base(built))
	if _, err := os.Stat(exe); err == nil {
		os.Chtimes(filepath.Dir(exe), now, now)
		return exe, nil
	}
	pruneOld(folder, exe)
	if err := os.MkdirAll(filepath.Dir(exe), 0o777); err != nil {
		return fail(err)
	}
	if err := secondName(built, exe); err != nil {
		return fail(err)
	}
	return exe, nil
}

// into builds into a folder and returns the file there.
func (b *build) into(ctx context.Context, target string) (string, error) {
	for try := 0; ; try++ {
		if err := os.MkdirAll(target, 0o777); err != nil {
			return "", err
		}
		args := append([]string{"build", "-o", target + string(filepath.Separator)}, b.flags...)
		cmd := exec.CommandContext(ctx, b.on.gocmd, append(args, b.pkg...)...)
		cmd.Dir = b.dir
		cmd.Env = b.on.env
		cmd.Stdin = b.t.stdin
		cmd.Stdout, cmd.Stderr = b.t.progress.writer(b.t.stdout), b.t.progress.writer(b.t.stderr)
		interruptible(cmd)
		cmd.WaitDelay = grace / 2
		done := b.t.progress.start("building " + strings.Join(b.pkg, " "))
		err := cmd.Run()
		done()
		if ctx.Err() != nil {
			return "", ctx.Err()
		}
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			b.t.folderMeant(b.pkg)
			return "", exitError(statusFailed) // the go command has said why
		}
		if err != nil {
			return "", fmt.Errorf("build %s: %w", strings.Join(b.pkg, " "), err)
		}
		entries, err := os.ReadDir(target)
		if err != nil {
			return "", err
		}
		switch {
		case len(entries) == 1:
			return filepath.Join(target, entries[0].Name()), nil
		case len(entries) == 0:
			return "", usagef("%s is not a program: it is no package main", strings.Join(b.pkg, " "))
		case try > 0:
			var names []string
			for _, e := range entries {
				names = append(names, e.Name())
			}
			return "", usagef("%s names several programs, %s; run one at a time", strings.Join(b.pkg, " "), strings.Join(names, " and "))
		}
		// The package may have got another name since the last time.
		if err := os.RemoveAll(target); err != nil {
			return "", err
		}
	}
}

// pruneOld removes programs that are out of date, unless they may still run.
func pruneOld(folder, current string) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return
	}
	for _, e := range entries {
		name := filepath.Join(folder, e.Name())
		if !e.IsDir() || e.Name() == "build" || name == filepath.Dir(current) {
			continue
		}
		if fi, err := e.Info(); err == nil && time.Since(fi.ModTime()) > 24*time.Hour {
			os.RemoveAll(name)
		}
	}
}

func hashFile(name string) (string, error) {
	f, err := os.Open(name)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)[:16]), nil
}

// secondName gives a program a second name. On Windows a program that runs keeps
// all of its names, and the next build could not have the first one back: it is
// a copy there.
func secondName(built, exe string) error {
	if runtime.GOOS != "windows" {
		if err := os.Link(built, exe); err == nil || errors.Is(err, fs.ErrExist) {
			return nil
		}
	}
	return copyExecutable(built, exe)
}

// copyExecutable copies where the file system knows no second names.
func copyExecutable(from, to string) error {
	data, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return writeAs(to, data, 0o777)
}
