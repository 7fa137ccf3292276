//go:build matrix

package matrix

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

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

// TestAdopt does what TinyGo's own checks of its net do, as of November 2026: it puts
// the port in the place of src/net and src/crypto/tls of a copy of TinyGo's root, runs
// the tests that TinyGo runs, builds a program for WebAssembly, and the examples of
// drivers that its smoke test builds. TINYNET_MATRIX, TINYNET_DRIVERS and
// TINYNET_TARGETS limit it, separated by blanks; TINYNET_COLUMNS to some of "own tree
// front". What is not tried keeps what was recorded.
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
	work := t.TempDir()
	if err := os.WriteFile(filepath.Join(work, "go.mod"), []byte("module example.com/wasmtest\n\ngo 1.23.0\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(work, "main.go"), []byte(wasmProgram), 0o666); err != nil {
		t.Fatal(err)
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
		do := func(step Step, dir string, args ...string) {
			if !slices.Contains(some("TINYNET_TARGETS", []string{step.Target}), step.Target) {
				return
			}
			t.Run(strings.Join([]string{release, step.Drivers, step.Target, step.What}, "/"), func(t *testing.T) {
				step.TinyGo, step.Go = tg.Release, release
				list := recordedSteps(t)
				if i := slices.IndexFunc(list, step.same); i >= 0 {
					step = list[i]
				}
				columns := some("TINYNET_COLUMNS", []string{"own", "tree", "front"})
				try := func(column string, to *Outcome, env []string, command string, before ...string) {
					if slices.Contains(columns, column) {
						*to = attempt(t, dir, env, command, append(before, args...)...)
					}
				}
				try("own", &step.Own, env, command)
				try("tree", &step.Tree, toolchain.Setenv(env, "TINYGOROOT", root), command)
				try("front", &step.Front, env, tinynet, "tinygo", "-tinygo", command, "-go", release)
				t.Logf("own %s; port in its place %s; tinynet in front %s", step.Own, step.Tree, step.Front)
				if !step.OK() {
					t.Errorf("TinyGo's own net does it, the port in its place does not: %s", step.Tree)
				}
				if *update {
					list = append(slices.DeleteFunc(list, step.same), step)
					slices.SortStableFunc(list, func(a, b Step) int {
						return strings.Compare(a.TinyGo+" "+a.Go+" "+a.Drivers, b.TinyGo+" "+b.Go+" "+b.Drivers)
					})
					data, err := json.MarshalIndent(list, "", "\t")
					if err == nil {
						err = os.WriteFile("adopt.json", append(data, '\n'), 0o666)
					}
					if err != nil {
						t.Fatal(err)
					}
				}
			})
		}
		for _, pkg := range []string{"net", "net/http/internal/ascii", "net/http/internal"} {
			do(Step{Target: "host", What: "test " + pkg}, work, "test", pkg)
		}
		for _, target := range []string{"wasm", "wasip1"} {
			do(Step{Target: target, What: "net.Dial, http.Get"}, work, "build", "-interp-timeout=1h", "-size=short", "-target="+target, "-o", filepath.Join(t.TempDir(), "x.wasm"), "./main.go")
		}
		for _, drivers := range some("TINYNET_DRIVERS", driverReleases) {
			dir, lines := smokeTest(t, drivers)
			for _, line := range lines {
				step := Step{Drivers: drivers}
				args := []string{"build", "-interp-timeout=1h", "-o", filepath.Join(t.TempDir(), "x.hex")}
				words := strings.Fields(line)[2:] // tinygo build
				for i := 0; i < len(words); i++ {
					switch w := words[i]; {
					case w == "-o":
						i++
						continue
					case strings.HasPrefix(w, "-target="):
						step.Target = strings.TrimPrefix(w, "-target=")
					case strings.HasPrefix(w, "./"):
						step.What = strings.Trim(strings.TrimPrefix(w, "./examples/net"), "/")
					}
					args = append(args, words[i])
				}
				do(step, dir, args...)
			}
		}
	}
	if tried == 0 {
		t.Skipf("this tinygo takes none of Go %v", only(Releases))
	}
}

func (s Step) same(o Step) bool {
	return s.TinyGo == o.TinyGo && s.Go == o.Go && s.Drivers == o.Drivers && s.Target == o.Target && s.What == o.What
}

func recordedSteps(t *testing.T) []Step {
	t.Helper()
	var list []Step
	data, err := os.ReadFile("adopt.json")
	if err == nil {
		err = json.Unmarshal(data, &list)
	}
	if err != nil {
		t.Fatal(err)
	}
	return list
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
func attempt(t *testing.T, dir string, env []string, command string, args ...string) Outcome {
	t.Helper()
	cmd := exec.Command(command, args...)
	cmd.Dir, cmd.Env = dir, env
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Logf("%s: %v\n%s", cmd, err, out)
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
	t.Fatalf("%s printed neither sizes nor ok:\n%s", cmd, out)
	return Outcome{}
}
