// Package toolchain finds the Go release that a port is assembled for, and the
// go command that compiles exactly that release.
//
// The port replaces files of one GOROOT, so the two must not differ: a go or
// toolchain line of the user's module may make the go command hand over to
// another release. Find therefore asks the go command in the user's folder
// which release it ends up with, and Environ pins that one.
package toolchain

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"go/version"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// MinRelease is the oldest release that can be asked for.
const MinRelease = "go1.23"

// A Query says which Go is wanted. At most one of Release and Root is set;
// with neither it is the one that the go command on PATH uses in Dir.
type Query struct {
	Release string // such as 1.25.11; fetched by the go command when it is not here
	Root    string // the root of a Go installation
	Dir     string // where the go command will run; empty means the current folder

	// Downloading, if set, is told what the go command fetches, such as
	// "go1.25.11 (linux/amd64)". It may be called from another goroutine
	// while Find runs.
	Downloading func(what string)
}

// A Toolchain is an installed Go release.
type Toolchain struct {
	Root     string // its GOROOT
	Version  string // such as go1.26.8; empty where only Root was asked for and it has no go command
	Flags    string // GOFLAGS as the go command sees them, from the environment or go env -w
	ModCache string // GOMODCACHE, which is empty for a user without a home

	command string
	env     []string
	foreign bool // the go command is for another system
}

// An UsageError says that the query itself makes no sense.
type UsageError struct{ msg string }

func (e *UsageError) Error() string { return e.msg }

// Find looks for the Go of the query.
func Find(ctx context.Context, q Query) (*Toolchain, error) {
	switch {
	case q.Release != "" && q.Root != "":
		return nil, &UsageError{"-go and -goroot exclude each other: name a release or a folder"}
	case q.Root != "":
		return findRoot(ctx, q)
	case q.Release != "":
		return findRelease(ctx, q)
	}
	return findDefault(ctx, q)
}

// Release checks and completes the name of a release: go1.25.11 for 1.25.11.
func Release(name string) (string, error) {
	v := "go" + strings.TrimPrefix(name, "go")
	switch {
	case !version.IsValid(v) || strings.ContainsAny(v, " /\\"):
		return "", &UsageError{fmt.Sprintf("-go %s: not the name of a Go release; write it as 1.25.11", name)}
	case version.Compare(v, MinRelease) < 0:
		return "", &UsageError{fmt.Sprintf("-go %s: too old; the port needs Go %s or newer", name, strings.TrimPrefix(MinRelease, "go"))}
	case version.Lang(v) == v:
		// Since Go 1.21 the first release is 1.N.0; 1.N is only a language.
		return "", &UsageError{fmt.Sprintf("-go %s: a version of the language, not a release; the first release is %s.0, and https://go.dev/dl/ lists the newest", name, name)}
	}
	return v, nil
}

func findDefault(ctx context.Context, q Query) (*Toolchain, error) {
	gocmd, err := lookGo()
	if err != nil {
		return nil, fmt.Errorf("find the installed Go: %w", err)
	}
	env := os.Environ()
	vars, err := goEnv(ctx, q, gocmd, env)
	if err != nil {
		return nil, fmt.Errorf("find the installed Go: %w", err)
	}
	t := &Toolchain{Root: vars.GOROOT, Version: vars.GOVERSION, Flags: vars.GOFLAGS, ModCache: vars.GOMODCACHE, command: exe(vars.GOROOT)}
	pin := "local"
	if !isFile(t.command) {
		// Some distributions keep the command elsewhere. That one can be told
		// which release to be, unless it is a release without a name.
		t.command = gocmd
		if version.IsValid(vars.GOVERSION) {
			pin = vars.GOVERSION
		}
	}
	t.env = Setenv(env, "GOTOOLCHAIN", pin)
	return t, nil
}

func findRelease(ctx context.Context, q Query) (*Toolchain, error) {
	want, err := Release(q.Release)
	if err != nil {
		return nil, err
	}
	gocmd, err := lookGo()
	if err != nil {
		return nil, fmt.Errorf("find Go %s: %w", want[2:], err)
	}
	env := Unsetenv(os.Environ(), "GOROOT")
	vars, err := goEnv(ctx, q, gocmd, Setenv(env, "GOTOOLCHAIN", want))
	if err != nil {
		return nil, fmt.Errorf("find Go %s: %w\nSee https://go.dev/dl/ for the releases there are, check that GOPROXY can be reached, "+
			"or name an installed Go with -goroot DIR", want[2:], err)
	}
	if got, _, _ := strings.Cut(vars.GOVERSION, " "); got != want {
		return nil, fmt.Errorf("find Go %s: %s is %s and does not switch releases; install Go 1.21 or newer, or name the root of Go %[1]s with -goroot DIR",
			want[2:], gocmd, vars.GOVERSION)
	}
	t := &Toolchain{Root: vars.GOROOT, Version: want, Flags: vars.GOFLAGS, ModCache: vars.GOMODCACHE, command: exe(vars.GOROOT)}
	pin := "local"
	if !isFile(t.command) {
		t.command, pin = gocmd, want
	}
	t.env = Setenv(env, "GOTOOLCHAIN", pin)
	return t, nil
}

// At is the Go in a folder, with no questions asked: for a program that has
// already said which Go it uses.
func At(root string) *Toolchain {
	t := &Toolchain{Root: root, Flags: os.Getenv("GOFLAGS"), env: Setenv(os.Environ(), "GOROOT", root, "GOTOOLCHAIN", "local")}
	if isFile(exe(root)) {
		t.command = exe(root)
	}
	return t
}

func findRoot(ctx context.Context, q Query) (*Toolchain, error) {
	root, err := filepath.Abs(q.Root)
	if err != nil {
		return nil, fmt.Errorf("find the Go in %s: %w", q.Root, err)
	}
	switch fi, err := os.Stat(root); {
	case err != nil:
		return nil, fmt.Errorf("find the Go in %s: %w\nThe folder for -goroot is the one that `go env GOROOT` prints", q.Root, errors.Unwrap(err))
	case !fi.IsDir():
		return nil, fmt.Errorf("find the Go in %s: not a folder\nThe folder for -goroot is the one that `go env GOROOT` prints", q.Root)
	}
	t := At(root)
	if t.command == "" {
		return t, nil // enough to read its sources
	}
	vars, err := goEnv(ctx, q, t.command, t.env)
	if foreign(err) {
		t.command, t.foreign = "", true
		return t, nil
	}
	if err != nil {
		return nil, fmt.Errorf("find the Go in %s: %w", q.Root, err)
	}
	t.Version, t.Flags, t.ModCache = vars.GOVERSION, vars.GOFLAGS, vars.GOMODCACHE
	return t, nil
}

// Command is the path of the go command of this release.
func (t *Toolchain) Command() (string, error) {
	if t.foreign {
		return "", fmt.Errorf("run the go command of %s: it is for another system than %s/%s\nIts sources can be read, but a Go for this computer is needed to build; -go VERSION fetches one",
			t.Root, runtime.GOOS, runtime.GOARCH)
	}
	if t.command == "" {
		return "", fmt.Errorf("run the go command of %s: there is no %s\nA Go that was built or installed whole is needed; -go VERSION fetches one",
			t.Root, exe(t.Root))
	}
	return t.command, nil
}

// Environ is the environment for that command: the user's, with the release
// pinned. The slice is the caller's.
func (t *Toolchain) Environ() []string { return append([]string(nil), t.env...) }

// EnvironFor is the environment for a program that looks for Go by itself, such
// as TinyGo: GOROOT is set and the go command is the first on PATH.
func (t *Toolchain) EnvironFor() []string {
	path := filepath.Join(t.Root, "bin")
	if p := os.Getenv("PATH"); p != "" {
		path += string(filepath.ListSeparator) + p
	}
	return Setenv(t.env, "GOROOT", t.Root, "PATH", path)
}

// Outside returns the same toolchain by a path outside the module cache. Since
// Go 1.25 the go command refuses an overlay for files in that cache, and a
// fetched Go lies there. A link in the folder, which must be for such links only,
// gives it another path; a Go that lies elsewhere is returned as it is.
func (t *Toolchain) Outside(folder string) (*Toolchain, error) {
	if t.ModCache == "" || !within(t.Root, t.ModCache) {
		return t, nil
	}
	sum := sha256.Sum256([]byte(t.Root))
	v, _, _ := strings.Cut(t.Version, " ")
	link := filepath.Join(folder, v+"-"+hex.EncodeToString(sum[:6]))
	fail := func(err error) (*Toolchain, error) {
		return nil, fmt.Errorf("give %s another path, which go build -overlay needs for a fetched Go: %w\n-goroot DIR names a Go that was not fetched", t.Root, err)
	}
	if to, err := os.Readlink(link); err != nil || to != t.Root {
		if err := os.MkdirAll(folder, 0o777); err != nil {
			return fail(err)
		}
		// By way of another name, so that it is there at all times.
		tmp := fmt.Sprintf("%s.%d-%x", link, os.Getpid(), rand.Uint32())
		if err := linkFolder(t.Root, tmp); err != nil {
			return fail(err)
		}
		if err := replaceLink(tmp, link); err != nil {
			os.Remove(tmp)
			return fail(err)
		}
	}
	linked := *t
	linked.Root = link
	linked.env = Setenv(t.env, "GOROOT", link, "GOTOOLCHAIN", "local")
	if t.command == exe(t.Root) {
		linked.command = exe(link)
	}
	return &linked, nil
}

// within tells whether a path lies in a folder, by their names or in fact.
func within(name, dir string) bool {
	in := func(name, dir string) bool {
		rel, err := filepath.Rel(dir, name)
		return err == nil && rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator))
	}
	if in(name, dir) {
		return true
	}
	realName, err1 := filepath.EvalSymlinks(name)
	realDir, err2 := filepath.EvalSymlinks(dir)
	return err1 == nil && err2 == nil && in(realName, realDir)
}

type goVars struct{ GOROOT, GOVERSION, GOFLAGS, GOMODCACHE string }

// goEnv asks a go command for everything at once: a process costs more than
// what it is asked.
func goEnv(ctx context.Context, q Query, gocmd string, env []string) (goVars, error) {
	var vars goVars
	cmd := exec.CommandContext(ctx, gocmd, "env", "-json", "GOROOT", "GOVERSION", "GOFLAGS", "GOMODCACHE")
	cmd.Dir, cmd.Env = q.Dir, env
	cmd.WaitDelay = 2 * time.Second
	var out bytes.Buffer
	stderr := &lineWriter{downloading: q.Downloading}
	cmd.Stdout, cmd.Stderr = &out, stderr
	if err := cmd.Run(); err != nil {
		if ctx.Err() != nil {
			return vars, ctx.Err()
		}
		if text := stderr.rest(); text != "" {
			return vars, fmt.Errorf("%s env failed:\n\t%s", gocmd, strings.ReplaceAll(text, "\n", "\n\t"))
		}
		return vars, fmt.Errorf("%s env failed: %w", gocmd, err)
	}
	if err := json.Unmarshal(out.Bytes(), &vars); err != nil {
		return vars, fmt.Errorf("%s env -json printed what is not JSON: %w", gocmd, err)
	}
	if vars.GOROOT == "" {
		return vars, fmt.Errorf("%s env GOROOT is empty: set GOROOT, or reinstall Go", gocmd)
	}
	return vars, nil
}

// A lineWriter keeps what a go command says on standard error, and passes on
// what it downloads while it does.
type lineWriter struct {
	downloading func(string)
	buf         bytes.Buffer
	done        int // offset of the first line that was not looked at yet
}

var _ io.Writer = (*lineWriter)(nil)

const downloadPrefix = "go: downloading "

func (w *lineWriter) Write(p []byte) (int, error) {
	w.buf.Write(p)
	for {
		line, _, whole := bytes.Cut(w.buf.Bytes()[w.done:], []byte("\n"))
		if !whole {
			return len(p), nil
		}
		w.done += len(line) + 1
		if what, ok := bytes.CutPrefix(line, []byte(downloadPrefix)); ok && w.downloading != nil {
			w.downloading(strings.TrimSpace(string(what)))
		}
	}
}

// rest is what was said apart from downloads.
func (w *lineWriter) rest() string {
	var lines []string
	for _, l := range strings.Split(w.buf.String(), "\n") {
		if l = strings.TrimSpace(l); l != "" && !strings.HasPrefix(l, downloadPrefix) {
			lines = append(lines, l)
		}
	}
	return strings.Join(lines, "\n")
}

func lookGo() (string, error) {
	gocmd, err := exec.LookPath("go")
	if err == nil {
		return gocmd, nil
	}
	if root := os.Getenv("GOROOT"); root != "" && isFile(exe(root)) {
		return exe(root), nil
	}
	if errors.Is(err, exec.ErrDot) {
		return "", err
	}
	return "", errors.New("there is no go command on PATH\nInstall Go 1.23 or newer from https://go.dev/dl/, or name the root of an installed one with -goroot DIR")
}

func exe(root string) string {
	name := "go"
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	return filepath.Join(root, "bin", name)
}

func isFile(name string) bool {
	fi, err := os.Stat(name)
	return err == nil && fi.Mode().IsRegular()
}

// Setenv returns a copy of an environment with variables, given as names and
// values, set exactly once. (os/exec sorts out repetitions, execve does not.)
func Setenv(env []string, pairs ...string) []string {
	for i := 0; i+1 < len(pairs); i += 2 {
		env = append(Unsetenv(env, pairs[i]), pairs[i]+"="+pairs[i+1])
	}
	return env
}

// Unsetenv returns a copy of an environment without the variables.
func Unsetenv(env []string, names ...string) []string {
	out := make([]string, 0, len(env)+1)
next:
	for _, kv := range env {
		k, _, _ := strings.Cut(kv, "=")
		for _, name := range names {
			if k == name || runtime.GOOS == "windows" && strings.EqualFold(k, name) {
				continue next
			}
		}
		out = append(out, kv)
	}
	return out
}
