// Package conform runs Go's own tests of net, net/http, crypto/tls and of
// packages above them against the port.
//
// The tests come from the Go release that the port is assembled from, and are
// changed as little as can be: below port, laid out like GOROOT/src, are our
// own files that give them the inner names of Go's net that the port has
// otherwise, manifests with the changes, and in skip.toml what is not run. All
// of it has a reason, and a test that is neither run nor excused is a failure.
package conform

import (
	"bufio"
	"bytes"
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tinynet/tinynet/internal/assemble"
	"github.com/tinynet/tinynet/internal/toolchain"
)

//go:embed port
var files embed.FS

const dir = "internal/conform/port/"

// tests has the manifests and sources by their path below GOROOT/src.
func tests() fs.FS {
	sub, err := fs.Sub(files, "port")
	if err != nil {
		panic(err)
	}
	return sub
}

// Packages are what is run if nothing else is asked for.
var Packages = []string{"net", "net/http/...", "net/textproto", "net/rpc/...", "net/smtp", "expvar", "crypto/tls/..."}

// The devices that the tests can run on.
const (
	Host     = "host"     // the system's sockets
	Loopback = "loopback" // the built-in loopback, with no other device
)

// A Config says what to run, and on what.
type Config struct {
	Port      fs.FS // the port's manifests and sources
	Toolchain *toolchain.Toolchain
	Cache     string // folder for what is kept between runs

	Packages []string // patterns as for go list; empty means Packages
	Device   string   // Host or Loopback; empty means Host
	Tags     string   // more build tags, separated by commas
	Run      string   // regular expression as for go test
	Race     bool
	Count    int  // 0 means 1
	Long     bool // without -short: may use the network outside
	All      bool // run what skip.toml leaves out, too
	Timeout  time.Duration

	// Progress, if set, is told which test has begun, and how many functions
	// of the package have ended. test is empty while the package is built.
	Progress func(pkg, test string, done, total int)
	// Ended, if set, is told of each package's results.
	Ended func(*Package)
}

// Run runs tests. What fails is in the report; an error means that the tests
// could not be run.
func Run(ctx context.Context, c Config) (*Report, error) {
	if c.Device == "" {
		c.Device = Host
	}
	c.Count = max(c.Count, 1)
	if c.Timeout == 0 {
		c.Timeout = 30 * time.Minute
	}
	if len(c.Packages) == 0 {
		c.Packages = Packages
	}
	r, err := newRunner(ctx, c)
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(r.tmp)
	rep := &Report{Release: r.root.Version, Device: c.Device, Tags: c.Tags, Race: c.Race, Count: c.Count, Long: c.Long}
	paths, err := r.list(ctx, c.Packages)
	if err != nil {
		return nil, err
	}
	for _, p := range paths {
		pkg, err := r.test(ctx, p)
		if err != nil {
			return nil, fmt.Errorf("run Go's tests of %s: %w", p, err)
		}
		if pkg == nil {
			continue
		}
		rep.Packages = append(rep.Packages, pkg)
		if c.Ended != nil {
			c.Ended(pkg)
		}
	}
	if len(rep.Packages) == 0 && c.Run != "" {
		return nil, &PackageError{fmt.Sprintf("-run %s: there is no such test function", c.Run)}
	}
	return rep, nil
}

// A runner has what the packages' runs share.
type runner struct {
	Config
	root    assemble.Goroot
	gocmd   string
	env     []string
	tmp     string // the working folder, outside of any module
	overlay string
	entries []*entry
	tree    *assemble.Tree // of the tests
	goos    goEnv
	extra   []string // build tags of the package being tested
}

// goEnv is what decides which files belong to a build.
type goEnv struct{ GOOS, GOARCH, CGO_ENABLED string }

func newRunner(ctx context.Context, c Config) (*runner, error) {
	r := &runner{Config: c}
	root, err := assemble.OpenGoroot(c.Toolchain.Root)
	if err != nil {
		return nil, err
	}
	r.root = root
	if r.entries, err = loadEntries(tests()); err != nil {
		return nil, err
	}
	m, err := assemble.LoadTests(tests(), dir)
	if err != nil {
		return nil, fmt.Errorf("read what becomes of Go's tests:\n%w", err)
	}
	if r.tree, err = assemble.Assemble(m, root); err != nil {
		return nil, fmt.Errorf("prepare the tests of %s:\n%w", root.Version, err)
	}
	port, err := assemble.Cached(c.Port, root, c.Cache)
	if err != nil {
		return nil, fmt.Errorf("assemble the port from %s:\n%w", root.Version, err)
	}
	cache := c.Cache
	if cache == "" {
		if cache, err = assemble.DefaultCacheDir(); err != nil {
			return nil, err
		}
	}
	tc, err := c.Toolchain.Outside(filepath.Join(cache, "goroot"))
	if err != nil {
		return nil, err
	}
	if r.gocmd, err = tc.Command(); err != nil {
		return nil, err
	}
	if r.tmp, err = os.MkdirTemp("", "tinynet-conform-"); err != nil {
		return nil, err
	}
	if err := r.writeOverlay(port.JSON, tc.Root); err != nil {
		os.RemoveAll(r.tmp)
		return nil, fmt.Errorf("write the overlay for the tests: %w", err)
	}
	// The user's settings for his own programs would only change what is
	// tested. Outside of a module, GODEBUG's defaults are the release's own.
	r.env = toolchain.Setenv(toolchain.Unsetenv(tc.Environ(), "GODEBUG", "GOEXPERIMENT"),
		"GOROOT", tc.Root, "GOFLAGS", "", "GOWORK", "off", "GO111MODULE", "on", "PWD", r.tmp)
	out, err := r.output(ctx, "env", "-json", "GOOS", "GOARCH", "CGO_ENABLED")
	if err == nil {
		err = json.Unmarshal(out, &r.goos)
	}
	if err != nil {
		os.RemoveAll(r.tmp)
		return nil, err
	}
	return r, nil
}

// writeOverlay joins the port's overlay to that of the tests. root is the path
// by which the go command knows its root.
func (r *runner) writeOverlay(port, root string) error {
	data, err := os.ReadFile(port)
	if err != nil {
		return err
	}
	var had, all struct{ Replace map[string]string }
	if err := json.Unmarshal(data, &had); err != nil {
		return err
	}
	all.Replace = map[string]string{}
	for name, with := range had.Replace {
		if rest, ok := strings.CutPrefix(name, r.root.Dir+string(filepath.Separator)); ok {
			all.Replace[filepath.Join(root, rest)] = with
		}
	}
	src := func(p string) string { return filepath.Join(root, "src", filepath.FromSlash(p)) }
	for _, f := range r.tree.Files {
		if f.Mark == assemble.Taken {
			continue
		}
		name := filepath.Join(r.tmp, "src", filepath.FromSlash(f.Path))
		if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
			return err
		}
		if err := os.WriteFile(name, f.Data, 0o666); err != nil {
			return err
		}
		all.Replace[src(f.Path)] = name
	}
	for _, o := range r.tree.Omitted {
		all.Replace[src(o.Path)] = ""
	}
	if data, err = json.Marshal(all); err != nil {
		return err
	}
	r.overlay = filepath.Join(r.tmp, "overlay.json")
	return os.WriteFile(r.overlay, data, 0o666)
}

func (r *runner) command(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, r.gocmd, args...)
	cmd.Dir, cmd.Env = r.tmp, r.env
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 5 * time.Second
	return cmd
}

func (r *runner) output(ctx context.Context, args ...string) ([]byte, error) {
	cmd := r.command(ctx, args...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, fmt.Errorf("go %s: %w\n%s", strings.Join(args, " "), err, bytes.TrimSpace(stderr.Bytes()))
	}
	return out, nil
}

// tags are the build tags of the run.
func (r *runner) tags() []string {
	tags := append(strings.FieldsFunc(r.Tags, func(c rune) bool { return c == ',' || c == ' ' }), r.extra...)
	if r.Device == Loopback {
		tags = append(tags, "nohostnet")
	}
	return tags
}

func (r *runner) list(ctx context.Context, patterns []string) ([]string, error) {
	args := append([]string{"list", "-e", "-overlay", r.overlay, "-tags", strings.Join(r.tags(), ","),
		"-f", "{{if .Error}}! {{.Error.Err}}{{else if not .Standard}}! {{.ImportPath}} is not a package of Go's{{else}}{{.ImportPath}}{{end}}"}, patterns...)
	out, err := r.output(ctx, args...)
	if err != nil {
		return nil, err
	}
	var paths []string
	for _, line := range strings.Split(strings.TrimSpace(string(out)), "\n") {
		if text, bad := strings.CutPrefix(line, "! "); bad {
			return nil, &PackageError{text}
		}
		if line != "" && !slices.Contains(paths, line) {
			paths = append(paths, line)
		}
	}
	if len(paths) == 0 {
		return nil, &PackageError{"no package of Go's matches " + strings.Join(patterns, " ")}
	}
	return paths, nil
}

// A PackageError says that a named package cannot be tested.
type PackageError struct{ msg string }

func (e *PackageError) Error() string { return e.msg }

// event is a line of go test -json.
type event struct {
	Action, Package, Test, Output string
	Elapsed                       float64
}

// test runs the tests of one package; nil if it has none.
func (r *runner) test(ctx context.Context, path string) (*Package, error) {
	r.extra = nil
	for _, e := range r.entries {
		if e.kind == "package" && e.applies(path, r.root, r.Device, r.tags()) && !r.needless(e) {
			r.extra = append(r.extra, e.way.tags)
		}
	}
	all, err := r.inventory(path)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	wanted, err := r.wanted()
	if err != nil {
		return nil, err
	}
	res := newResults(path)
	for _, f := range all {
		if wanted(f.name) {
			res.expect(f)
		}
	}
	var left, cut []string // out of the first run, and out of all runs, as patterns
	apart := map[way][]string{}
	var again []*entry
	for _, e := range r.entries {
		if e.kind == "package" || !e.applies(path, r.root, r.Device, r.tags()) || r.needless(e) {
			continue
		}
		if e.kind == "again" {
			again = append(again, e)
		}
		for _, name := range e.tests {
			top, _, _ := strings.Cut(name, "/")
			if !slices.ContainsFunc(all, func(f function) bool { return f.name == top }) {
				return nil, fmt.Errorf("%s: %s %s: %s does not have this test", e.file, e.kind, name, r.root.Version)
			}
			if !wanted(top) {
				continue
			}
			left = append(left, pattern(name))
			if e.kind == "apart" {
				apart[e.way] = append(apart[e.way], name)
			} else {
				cut = append(cut, pattern(name))
				res.skip(name, e.why)
			}
		}
	}
	if len(res.funcs) == 0 {
		return nil, nil // -run names others
	}
	r.progress(res, "")
	began := time.Now()
	run := r.Run
	if run == "" {
		run = "." // no benchmarks, but examples
	}
	failed, said, err := r.goTest(ctx, res, path, way{}, run, left)
	if err != nil {
		return nil, err
	}
	for _, e := range again {
		if names := res.again(e.when); len(names) > 0 {
			apart[e.way] = append(apart[e.way], names...)
		}
	}
	ways := make([]way, 0, len(apart))
	for w := range apart {
		ways = append(ways, w)
	}
	slices.SortFunc(ways, func(a, b way) int { return strings.Compare(a.String(), b.String()) })
	for _, w := range ways {
		if failed && len(res.order) == 0 {
			break // it does not build
		}
		for _, name := range apart[w] {
			res.byName[name].with = w.String()
		}
		f, more, err := r.goTest(ctx, res, path, w, "^("+strings.Join(apart[w], "|")+")$", cut)
		if err != nil {
			return nil, err
		}
		failed, said = failed || f, said+more
	}
	for _, e := range again {
		for range e.way.tries - 1 {
			names := res.again(e.when)
			if len(names) == 0 {
				break
			}
			for _, name := range names {
				res.byName[name].with = e.way.String()
			}
			f, more, err := r.goTest(ctx, res, path, e.way, "^("+strings.Join(names, "|")+")$", nil)
			if err != nil {
				return nil, err
			}
			failed, said = failed || f, said+more
		}
	}
	pkg := res.end(failed, said)
	pkg.Seconds = time.Since(began).Round(100 * time.Millisecond).Seconds()
	return pkg, nil
}

// needless tells whether the run is such that an entry has nothing to change.
func (r *runner) needless(e *entry) bool {
	if e.kind == "skip" {
		return r.All
	}
	has := func(tag string) bool { return slices.Contains(r.tags(), tag) }
	return !e.way.alone && e.way.tries == 0 && (!e.way.long || r.Long) && !slices.ContainsFunc(strings.Split(e.way.tags, ","), func(t string) bool { return t != "" && !has(t) })
}

// goTest runs go test once. It returns whether that failed, and what it said
// on standard error.
func (r *runner) goTest(ctx context.Context, res *results, path string, w way, run string, left []string) (failed bool, said string, err error) {
	args := []string{"test", "-json", "-vet=off", "-overlay", r.overlay, "-count", strconv.Itoa(r.Count), "-timeout", r.Timeout.String(), "-run", run}
	tags := r.tags()
	if w.tags != "" {
		tags = append(tags, w.tags)
	}
	if len(tags) > 0 {
		args = append(args, "-tags", strings.Join(tags, ","))
	}
	if r.Race {
		args = append(args, "-race")
	}
	if !r.Long && !w.long {
		args = append(args, "-short")
	}
	if len(left) > 0 {
		args = append(args, "-skip", strings.Join(left, "|"))
	}
	cmd := r.command(ctx, append(args, path)...)
	if w.alone {
		cmd.Env = toolchain.Setenv(cmd.Env, "GOMAXPROCS", "1")
	}
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return false, "", err
	}
	if err := cmd.Start(); err != nil {
		return false, "", err
	}
	in := bufio.NewReaderSize(stdout, 1<<16)
	for {
		line, err := in.ReadBytes('\n')
		var e event
		if json.Unmarshal(line, &e) == nil && e.Action != "" {
			res.event(e)
			if e.Action == "run" && !strings.Contains(e.Test, "/") {
				r.progress(res, e.Test)
			}
		} else if len(line) > 0 {
			res.output.Write(line)
		}
		if err != nil {
			break
		}
	}
	err = cmd.Wait()
	if ctx.Err() != nil {
		return false, "", ctx.Err()
	}
	if exit := new(exec.ExitError); err != nil && !errors.As(err, &exit) {
		return false, "", err
	}
	return err != nil, strings.TrimSpace(stderr.String()), nil
}

func (r *runner) progress(res *results, test string) {
	if r.Progress != nil {
		r.Progress(res.path, test, res.ended, len(res.funcs))
	}
}

// wanted tells which functions -run selects.
func (r *runner) wanted() (func(string) bool, error) {
	if r.Run == "" {
		return func(string) bool { return true }, nil
	}
	var any []*regexp.Regexp
	for _, alt := range split(r.Run, '|') {
		x, err := regexp.Compile(split(alt, '/')[0])
		if err != nil {
			return nil, &PackageError{fmt.Sprintf("-run %s: %s", r.Run, err)}
		}
		any = append(any, x)
	}
	return func(name string) bool {
		return slices.ContainsFunc(any, func(x *regexp.Regexp) bool { return x.MatchString(name) })
	}, nil
}

// split splits a pattern of go test where the testing package does: not inside
// brackets.
func split(s string, sep byte) []string {
	var parts []string
	depth, from := 0, 0
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '(', '[':
			depth++
		case ')', ']':
			depth--
		case sep:
			if depth == 0 {
				parts = append(parts, s[from:i])
				from = i + 1
			}
		}
	}
	return append(parts, s[from:])
}

// pattern is the -skip pattern for one test or subtest.
func pattern(name string) string {
	parts := strings.Split(name, "/")
	for i, p := range parts {
		parts[i] = "^" + regexp.QuoteMeta(p) + "$"
	}
	return strings.Join(parts, "/")
}
