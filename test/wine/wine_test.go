// Package wine runs under Wine what is built for Windows: a web server that is asked
// by this computer, and a program that meets errors. What Wine cannot do
// is in docs/computers.md. It is skipped where there is no Wine.
package wine

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tinynet/tinynet/test/internal/sources"
)

// Nothing of this takes so long, even on a machine that is busy with other tests.
const (
	buildLimit = 15 * time.Minute
	runLimit   = 10 * time.Minute
)

// watchSources has the result of these tests kept only until a file of the repository
// changes.
var watchSources = sync.OnceFunc(func() { sources.Watch(root) })

var root, scratch string // the repository, and a folder for these tests alone

func TestMain(m *testing.M) {
	os.Exit(func() int {
		wd, err := os.Getwd()
		if err != nil {
			panic(err)
		}
		root = filepath.Dir(filepath.Dir(wd))
		if scratch, err = os.MkdirTemp("", "tinynet-wine-"); err != nil {
			panic(err)
		}
		defer os.RemoveAll(scratch)
		defer endWine()
		return m.Run()
	}())
}

// wineEnv has Wine keep its Windows, its socket and what it knows of the user in our
// own folder, and say nothing itself.
func wineEnv() []string {
	in := func(name string) string { return filepath.Join(scratch, name) }
	return []string{"HOME=" + in("home"), "TMPDIR=" + in("tmp"), "XDG_RUNTIME_DIR=" + in("tmp"), "WINEPREFIX=" + in("prefix"),
		"WINEDEBUG=-all", "WINEDLLOVERRIDES=mscoree=;mshtml=;winemenubuilder.exe=", "DISPLAY="}
}

// startWine makes a Windows. Go's programs want a DLL of it that Wine has since version 8.15.
var startWine = sync.OnceValue(func() error {
	for _, name := range []string{"home", "tmp"} {
		if err := os.Mkdir(filepath.Join(scratch, name), 0o700); err != nil {
			return err
		}
	}
	if err := run(nil, root, runLimit, wineEnv(), "wine", "wineboot", "-i"); err != nil {
		return err
	}
	dll := filepath.Join(scratch, "prefix", "drive_c", "windows", "system32", "bcryptprimitives.dll")
	if _, err := os.Stat(dll); err == nil {
		return nil
	}
	return os.WriteFile(dll, forwarder("bcryptprimitives.dll", "ProcessPrng", "advapi32.SystemFunction036"), 0o666)
})

// endWine ends what runs in our Windows.
func endWine() {
	if _, err := os.Stat(filepath.Join(scratch, "prefix")); err == nil {
		run(nil, root, time.Minute, wineEnv(), "wineserver", "-k")
		run(nil, root, time.Minute, wineEnv(), "wineserver", "-w")
	}
}

// needWine skips the test where there is no Wine.
func needWine(t *testing.T) {
	t.Helper()
	if runtime.GOOS != "linux" || runtime.GOARCH != "amd64" {
		t.Skip("Wine is tried on linux/amd64 only")
	}
	for _, command := range []string{"wine", "wineserver"} {
		if _, err := exec.LookPath(command); err != nil {
			t.Skipf("no %s on PATH (Debian's packages wine and wine64)", command)
		}
	}
	if raceDetector {
		t.Skip("the programs for Windows are the same with the race detector")
	}
	if testing.Short() {
		t.Skip("it builds much")
	}
	watchSources()
	if err := startWine(); err != nil {
		t.Fatalf("make a Windows: %v", err)
	}
}

// run runs a command, which writes to out or, if it fails, into the error. Those that
// it started are ended with it.
func run(out *bytes.Buffer, dir string, limit time.Duration, env []string, name string, args ...string) error {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), env...)
	cmd.WaitDelay = 10 * time.Second
	own := out == nil
	if own {
		out = new(bytes.Buffer)
	}
	cmd.Stdout, cmd.Stderr = out, out
	err := cmd.Run()
	if err != nil && own {
		return &runError{cmd.String(), err, out.String()}
	}
	return err
}

type runError struct {
	command string
	err     error
	out     string
}

func (e *runError) Error() string { return e.command + ": " + e.err.Error() + "\n" + e.out }
func (e *runError) Unwrap() error { return e.err }

// windows are the variables of a build for Windows.
var windows = []string{"GOOS=windows", "GOARCH=amd64", "CGO_ENABLED=0"}

func goBuild(t *testing.T, env []string, name string, args ...string) {
	t.Helper()
	if err := run(nil, root, buildLimit, env, name, args...); err != nil {
		t.Fatal(err)
	}
}

var native = sync.OnceValues(func() (string, error) {
	bin := filepath.Join(scratch, "tinynet")
	return bin, run(nil, root, buildLimit, nil, "go", "build", "-o", bin, "./cmd/tinynet")
})

// tinynet is the command for this computer.
func tinynet(t *testing.T) string {
	t.Helper()
	bin, err := native()
	if err != nil {
		t.Fatal(err)
	}
	return bin
}

// lines are those of what a Windows program has printed.
func lines(out string) []string {
	return strings.Split(strings.TrimRight(strings.ReplaceAll(out, "\r\n", "\n"), "\n"), "\n")
}
