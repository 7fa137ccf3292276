//go:build matrix

package matrix

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tinynet/tinynet/internal/tinygo"
	"github.com/tinynet/tinynet/internal/toolchain"
)

// wasmProgram is what TinyGo's checks of its net build for WebAssembly: one dial and
// one request.
const wasmProgram = `package main

import (
	"net"
	"net/http"
)

func main() {
	net.Dial("tcp", "example.com:80")
	http.Get("http://example.com")
}
`

// driverReleases are those whose network examples are built.
var driverReleases = []string{"v0.36.0", "v0.37.0"}

// A task is a step, and the arguments of tinygo that do it in a folder; what follows -o
// is the name of a file that nobody keeps.
type task struct {
	step Step
	dir  string
	args []string
}

// columns are the three of a step that are measured.
var columns = []string{"own", "tree", "front"}

// TestAdopt does what TinyGo's own checks of its net do, as of November 2026: it puts
// the port in the place of src/net and src/crypto/tls of a copy of TinyGo's root, runs
// the tests that TinyGo runs, builds a program for WebAssembly, and the examples of
// drivers that its smoke test builds. Two tinygo commands run at a time. With -update
// each result is written as soon as it is there, and what was recorded is not tried
// again, so that a run which was ended goes on with the next; TINYNET_MATRIX_AGAIN=1 tries all.
// TINYNET_MATRIX, TINYNET_DRIVERS and TINYNET_TARGETS limit it, separated by blanks;
// TINYNET_COLUMNS to some of "own tree front".
func TestAdopt(t *testing.T) {
	command, err := exec.LookPath("tinygo")
	if err != nil {
		t.Skip("no tinygo command on PATH")
	}
	ctx := context.Background()
	tinynet := filepath.Join(t.TempDir(), "tinynet")
	if out, err := exec.Command("go", "build", "-o", tinynet, "github.com/tinynet/tinynet/cmd/tinynet").CombinedOutput(); err != nil {
		t.Fatalf("building tinynet: %v\n%s", err, out)
	}
	list, err := readSteps("adopt.json")
	if err != nil {
		t.Fatal(err)
	}
	rec := &recorder{list: list}
	if *update {
		rec.file = "adopt.json"
	}
	tried := 0
	for _, release := range only(Releases) {
		tc, err := toolchain.Find(ctx, toolchain.Query{Release: release})
		if err != nil {
			t.Fatal(err)
		}
		env := tc.EnvironFor()
		tg, err := tinygo.Find(ctx, command, env)
		if err != nil {
			t.Fatal(err)
		}
		if tg.Accepts(ctx, env) != nil {
			continue
		}
		tried++
		root := adopted(t, tinynet, command, tg.Root, release)
		var list []work
		for _, k := range tasks(t, command, env) {
			k.step.TinyGo, k.step.Go = tg.Release, release
			rec.plan(k.step)
			for _, column := range some("TINYNET_COLUMNS", columns) {
				if rec.has(k.step, column) && os.Getenv("TINYNET_MATRIX_AGAIN") == "" {
					continue
				}
				if k.step.isTest() && column == "front" {
					continue
				}
				args := slices.Clone(k.args)
				if i := slices.Index(args, "-o"); i >= 0 {
					args[i+1] = filepath.Join(t.TempDir(), args[i+1])
				}
				cmd := exec.Command(command, args...)
				cmd.Dir, cmd.Env = k.dir, env
				switch column {
				case "tree":
					cmd.Env = toolchain.Setenv(env, "TINYGOROOT", root)
				case "front":
					cmd = exec.Command(tinynet, append([]string{"tinygo", "-tinygo", command, "-go", release}, args...)...)
					cmd.Dir, cmd.Env = k.dir, env
				}
				list = append(list, work{k.step, column, cmd})
			}
		}
		if err := rec.write(); err != nil {
			t.Fatal(err)
		}
		do(t, rec, list)
	}
	if tried == 0 {
		t.Skipf("this tinygo takes none of Go %v", only(Releases))
	}
	for _, s := range rec.list {
		if !s.OK() {
			t.Errorf("TinyGo %s, Go %s, %s, %s: TinyGo's own net does it, the port in its place does not: %s", s.TinyGo, s.Go, s.Target, s.What, s.Tree)
		}
	}
}

// work is a command that fills one column of a step.
type work struct {
	step   Step
	column string
	cmd    *exec.Cmd
}

// do runs the commands in their order, two at a time.
func do(t *testing.T, rec *recorder, list []work) {
	queue := make(chan work)
	var wg sync.WaitGroup
	for range 2 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for w := range queue {
				began := time.Now()
				o := attempt(t, w.cmd)
				t.Logf("%s %s %s, %s: %s (%.0f s)", w.step.Drivers, w.step.Target, w.step.What, w.column, o, time.Since(began).Seconds())
				if o == (Outcome{}) {
					continue
				}
				if err := rec.put(w.step, w.column, o); err != nil {
					t.Error(err)
				}
			}
		}()
	}
	for _, w := range list {
		queue <- w
	}
	close(queue)
	wg.Wait()
}

// tasks are what TinyGo's checks ask for, in the order of the table. An example of
// which all releases of drivers have the same source is one task.
func tasks(t *testing.T, command string, env []string) []task {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "go.mod"), []byte("module example.com/wasmtest\n\ngo 1.23.0\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "main.go"), []byte(wasmProgram), 0o666); err != nil {
		t.Fatal(err)
	}
	var list []task
	add := func(k task) {
		if slices.Contains(some("TINYNET_TARGETS", []string{k.step.Target}), k.step.Target) {
			list = append(list, k)
		}
	}
	for _, pkg := range []string{"net", "net/http/internal/ascii", "net/http/internal"} {
		add(task{Step{Target: "host", What: "test " + pkg}, dir, []string{"test", pkg}})
	}
	for _, target := range []string{"wasm", "wasip1"} {
		add(task{Step{Target: target, What: "net.Dial, http.Get"}, dir, []string{"build", "-interp-timeout=1h", "-size=short", "-target=" + target, "-o", "x.wasm", "./main.go"}})
	}
	seen := map[string]int{} // where in list the task of a source is
	for _, drivers := range some("TINYNET_DRIVERS", driverReleases) {
		dir, lines := smokeTest(t, drivers)
		for _, line := range lines {
			k, pkg := smokeTask(line, drivers, dir)
			source := sourceOf(dir, env, command, k, pkg)
			if at, ok := seen[source]; ok && source != "" {
				list[at].step.Drivers += ", " + drivers
				continue
			}
			before := len(list)
			if add(k); len(list) > before {
				seen[source] = before
			}
		}
	}
	slices.SortStableFunc(list, func(a, b task) int { return a.step.compare(b.step) })
	return list
}

// smokeTask is what one line of drivers' smoke test does, and the package that it builds.
func smokeTask(line, drivers, dir string) (task, string) {
	k := task{Step{Drivers: drivers}, dir, []string{"build", "-interp-timeout=1h", "-o", "x.hex"}}
	pkg := ""
	words := strings.Fields(line)[2:] // tinygo build
	for i := 0; i < len(words); i++ {
		switch w := words[i]; {
		case w == "-o":
			i++
			continue
		case strings.HasPrefix(w, "-target="):
			k.step.Target = strings.TrimPrefix(w, "-target=")
		case strings.HasPrefix(w, "./"):
			pkg = w
			k.step.What = strings.Trim(strings.TrimPrefix(w, "./examples/net"), "/")
		}
		k.args = append(k.args, words[i])
	}
	return k, pkg
}

// sourceOf tells tasks apart by what is compiled: the target and the flags, and all
// files of the packages outside the standard library, but for the number of the release
// of drivers, which a constant there says. It is empty where that can't be found out,
// since a module is missing.
func sourceOf(dir string, env []string, command string, k task, pkg string) string {
	list := exec.Command(command, "list", "-json", "-deps", "-target="+k.step.Target, pkg)
	list.Dir, list.Env = dir, env
	out, err := list.Output()
	if err != nil {
		return ""
	}
	sum := sha256.New()
	fmt.Fprintf(sum, "%q", k.args)
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var p struct {
			ImportPath, Dir                             string
			Standard                                    bool
			GoFiles, CFiles, HFiles, SFiles, EmbedFiles []string
		}
		if err := d.Decode(&p); err == io.EOF {
			return string(sum.Sum(nil))
		} else if err != nil {
			return ""
		}
		if p.Standard {
			continue
		}
		for _, f := range slices.Concat(p.GoFiles, p.CFiles, p.HFiles, p.SFiles, p.EmbedFiles) {
			data, err := os.ReadFile(filepath.Join(p.Dir, f))
			if err != nil {
				return ""
			}
			data = bytes.ReplaceAll(data, []byte(strings.TrimPrefix(k.step.Drivers, "v")), nil)
			fmt.Fprintf(sum, "%q%q%x", p.ImportPath, f, sha256.Sum256(data))
		}
	}
}

// adopted is a copy of a TinyGo root with the port in the place of its net: folders,
// with links to the files that are TinyGo's.
func adopted(t *testing.T, tinynet, command, from, release string) string {
	t.Helper()
	tree, root := filepath.Join(t.TempDir(), "tree"), filepath.Join(t.TempDir(), "root")
	if out, err := exec.Command(tinynet, "assemble", "-adopt", "-tinygo", command, "-go", release, "-o", tree).CombinedOutput(); err != nil {
		t.Fatalf("tinynet assemble: %v\n%s", err, out)
	}
	from, err := filepath.EvalSymlinks(from)
	if err != nil {
		t.Fatal(err)
	}
	err = fs.WalkDir(os.DirFS(from), ".", func(name string, e fs.DirEntry, err error) error {
		switch to := filepath.Join(root, filepath.FromSlash(name)); {
		case err != nil:
			return err
		case name == "src/net", name == "src/crypto/tls":
			if err := os.CopyFS(to, os.DirFS(filepath.Join(tree, filepath.FromSlash(name)))); err != nil {
				return err
			}
			return fs.SkipDir
		case e.IsDir():
			return os.MkdirAll(to, 0o777)
		default:
			return os.Symlink(filepath.Join(from, filepath.FromSlash(name)), to)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return root
}

// smokeTest is a copy of a release of drivers, and the lines of its smoke test that
// build network examples.
func smokeTest(t *testing.T, release string) (dir string, lines []string) {
	t.Helper()
	get := exec.Command("go", "mod", "download", "-json", "tinygo.org/x/drivers@"+release)
	get.Dir = t.TempDir() // outside any module
	out, err := get.Output()
	var module struct{ Dir string }
	if err == nil {
		err = json.Unmarshal(out, &module)
	}
	if err != nil {
		t.Fatalf("fetching drivers %s: %v\n%s", release, err, out)
	}
	dir = filepath.Join(t.TempDir(), "drivers")
	// Files of the module cache are read-only, and folders of it cannot be removed.
	err = fs.WalkDir(os.DirFS(module.Dir), ".", func(name string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		to := filepath.Join(dir, filepath.FromSlash(name))
		if e.IsDir() {
			return os.MkdirAll(to, 0o777)
		}
		data, err := os.ReadFile(filepath.Join(module.Dir, filepath.FromSlash(name)))
		if err != nil {
			return err
		}
		return os.WriteFile(to, data, 0o666)
	})
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(dir, "smoketest.sh"))
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range strings.Split(string(text), "\n") {
		if strings.HasPrefix(line, "tinygo build ") && strings.Contains(line, "examples/net/") {
			lines = append(lines, line)
		}
	}
	if len(lines) < 10 {
		t.Fatalf("the smoke test of drivers %s has %d lines about examples/net", release, len(lines))
	}
	return dir, lines
}

// attempt runs one command of TinyGo's.
func attempt(t *testing.T, cmd *exec.Cmd) Outcome {
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Logf("%s: %v\n%s", cmd, err, out)
		if cmd.ProcessState == nil || cmd.ProcessState.ExitCode() < 0 { // it never ran, or somebody ended it
			t.Errorf("%s: %v", cmd, err)
			return Outcome{}
		}
		return Outcome{Error: firstError(string(out), err)}
	}
	for _, line := range strings.Split(string(out), "\n") {
		if m := sizes.FindStringSubmatch(line); m != nil {
			var o Outcome
			fmt.Sscan(m[1], &o.Flash)
			fmt.Sscan(m[2], &o.RAM)
			return o
		}
	}
	if strings.HasPrefix(string(out), "ok ") {
		return Outcome{Passed: true}
	}
	t.Errorf("%s printed neither sizes nor ok:\n%s", cmd, out)
	return Outcome{}
}
