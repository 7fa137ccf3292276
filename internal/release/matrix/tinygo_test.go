//go:build matrix

package matrix

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"go/version"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/tinynet/tinynet/internal/tinygo"
	"github.com/tinynet/tinynet/internal/toolchain"
)

// TestTinyGos builds the trials for every target, with each TinyGo, for each Go that it
// takes, with and without tinynet in front. TINYNET_TINYGOS lists tinygo commands, like
// PATH; by default it is the one on PATH. TINYNET_MATRIX, TINYNET_TARGETS and
// TINYNET_TRIALS limit it to some Go releases, targets and programs (by what they are,
// such as "net UDP"), separated by blanks. With TINYNET_MATRIX_MISSING=1 it builds only
// what was not recorded yet, so that a run that was ended goes on where it was; -parallel
// says how many programs are built at once, each of which takes up to 2 GB.
func TestTinyGos(t *testing.T) {
	commands := filepath.SplitList(os.Getenv("TINYNET_TINYGOS"))
	if len(commands) == 0 {
		found, err := exec.LookPath("tinygo")
		if err != nil {
			t.Skip("no tinygo command on PATH, and TINYNET_TINYGOS names none")
		}
		commands = []string{found}
	}
	recorded, err := Cells()
	if err != nil {
		t.Fatal(err)
	}
	tinynet := filepath.Join(t.TempDir(), "tinynet")
	if out, err := exec.Command("go", "build", "-o", tinynet, "github.com/tinynet/tinynet/cmd/tinynet").CombinedOutput(); err != nil {
		t.Fatalf("building tinynet: %v\n%s", err, out)
	}
	for _, command := range commands {
		for _, release := range only(Releases) {
			tc, err := toolchain.Find(context.Background(), toolchain.Query{Release: release})
			if err != nil {
				t.Fatal(err)
			}
			tg, err := tinygo.Find(context.Background(), command, tc.EnvironFor())
			if err != nil {
				t.Fatal(err)
			}
			if tg.Accepts(context.Background(), tc.EnvironFor()) != nil {
				continue
			}
			for _, target := range some("TINYNET_TARGETS", TinyGoTargets) {
				for _, trial := range Trials {
					if !slices.Contains(some("TINYNET_TRIALS", []string{trial.What}), trial.What) {
						continue
					}
					c := Cell{TinyGo: tg.Release, Go: release, Target: target, Program: trial.What}
					if os.Getenv("TINYNET_MATRIX_MISSING") != "" && slices.ContainsFunc(recorded, c.same) {
						continue
					}
					t.Run(tg.Release+"/"+release+"/"+target+"/"+trial.What, func(t *testing.T) {
						t.Parallel()
						c.Port = outcome(t, tc.EnvironFor(), target, trial, tinynet, "tinygo", "-tinygo", command, "-go", release, "build")
						c.Own = outcome(t, tc.EnvironFor(), target, trial, command, "build")
						t.Logf("port: %s; own: %s", c.Port, c.Own)
						if c.Own.OK() && !c.Port.OK() {
							t.Errorf("TinyGo's own net builds, the port does not: %s", c.Port)
						}
						if *update {
							if err := putCell("tinygo.json", c); err != nil {
								t.Fatal(err)
							}
						}
					})
				}
			}
		}
	}
}

// same tells whether x is of the same program for the same target.
func (c Cell) same(x Cell) bool {
	return x.TinyGo == c.TinyGo && x.Go == c.Go && x.Target == c.Target && x.Program == c.Program
}

// some is what an environment variable leaves of a list.
func some(name string, all []string) []string {
	if list := strings.Fields(os.Getenv(name)); len(list) > 0 {
		return list
	}
	return all
}

var sizes = regexp.MustCompile(`\|\s*(\d+)\s+(\d+)\s*$`)

// outcome builds a program with a command that begins so.
func outcome(t *testing.T, env []string, target string, trial Trial, command string, args ...string) Outcome {
	t.Helper()
	file := filepath.Join(t.TempDir(), "program")
	args = append(args, "-size=short", "-interp-timeout=1h", "-o", file)
	if goos, goarch, ok := strings.Cut(target, "/"); ok {
		env = toolchain.Setenv(env, "GOOS", goos, "GOARCH", goarch)
	} else {
		args = append(args, "-target="+target)
	}
	if trial.Tags != "" {
		args = append(args, "-tags="+trial.Tags)
	}
	cmd := exec.Command(command, append(args, "./"+trial.Package)...)
	cmd.Dir = filepath.Join("..", "..", "..")
	cmd.Env = env
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Run(); err != nil {
		return Outcome{Error: firstError(out.String(), err)}
	}
	for _, line := range strings.Split(out.String(), "\n") {
		if m := sizes.FindStringSubmatch(line); m != nil {
			var o Outcome
			fmt.Sscan(m[1], &o.Flash)
			fmt.Sscan(m[2], &o.RAM)
			return o
		}
	}
	fi, err := os.Stat(file)
	if err != nil {
		return Outcome{Error: err.Error()}
	}
	return Outcome{File: int(fi.Size())}
}

var machinePath = regexp.MustCompile(`(^|[ :])/[^ :]*/([^ /:]+)`)

// unfetched finds a module that is neither here nor to be had.
var unfetched = regexp.MustCompile(`(\S+@v\S+): reading https?://`)

// firstError is what a failing build said first, without the paths of this computer
// and the address of whom it asked for modules.
func firstError(out string, err error) string {
	if m := unfetched.FindStringSubmatch(out); m != nil {
		return "could not be fetched: " + m[1]
	}
	for _, line := range strings.Split(out, "\n") {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") || strings.HasPrefix(line, "tinynet: ") || strings.Contains(line, "not a recognized feature") {
			continue
		}
		return machinePath.ReplaceAllString(line, "$1$2")
	}
	return err.Error()
}

// putting is held while the file of cells is written, for several are built at once.
var putting sync.Mutex

func putCell(file string, c Cell) error {
	putting.Lock()
	defer putting.Unlock()
	var list []Cell
	data, err := os.ReadFile(file)
	if err == nil {
		err = json.Unmarshal(data, &list)
	}
	if err != nil {
		return err
	}
	list = append(slices.DeleteFunc(list, c.same), c)
	place := func(c Cell) (int, int) {
		return slices.Index(TinyGoTargets, c.Target), slices.IndexFunc(Trials, func(t Trial) bool { return t.What == c.Program })
	}
	slices.SortFunc(list, func(a, b Cell) int {
		if n := version.Compare("go"+a.TinyGo, "go"+b.TinyGo); n != 0 {
			return n
		}
		if n := version.Compare("go"+a.Go, "go"+b.Go); n != 0 {
			return n
		}
		at, ap := place(a)
		bt, bp := place(b)
		if at != bt {
			return at - bt
		}
		return ap - bp
	})
	if data, err = json.MarshalIndent(list, "", "\t"); err != nil {
		return err
	}
	return os.WriteFile(file, append(data, '\n'), 0o666)
}
