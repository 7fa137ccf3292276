package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
)

// The test binary doubles as tinynet, with a port that a test chooses, and as a
// tinygo command that tells how it was called.
func TestMain(m *testing.M) {
	switch os.Getenv("TINYNET_TEST") {
	case "main":
		os.Exit(mainStatus(os.DirFS(os.Getenv("TINYNET_TEST_PORT")), become))
	case "spawn":
		os.Exit(mainStatus(os.DirFS(os.Getenv("TINYNET_TEST_PORT")), spawn))
	case "bytewise":
		bytewise()
		os.Exit(mainStatus(os.DirFS(os.Getenv("TINYNET_TEST_PORT")), become))
	case "parent":
		os.Exit(parent())
	case "child":
		os.Exit(child())
	case "tinygo":
		fakeTinygo()
	}
	dir, err := os.MkdirTemp("", "tinynet-test-")
	if err != nil {
		panic(err)
	}
	scratch = dir
	os.Setenv("TINYNET_CACHE", filepath.Join(dir, "cache"))
	os.Unsetenv("GOROOT") // go test sets it
	status := m.Run()
	os.RemoveAll(dir)
	os.Exit(status)
}

var scratch string // a folder for all tests

// goroot is that of the installed Go.
var goroot = sync.OnceValue(func() string {
	out, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		panic(err)
	}
	return strings.TrimSpace(string(out))
})

// addedFile is what the ports of the tests add to Go's net.
const addedFile = `//go:build tinynetport

package net

// OnThePort tells that a program was built on the port.
const OnThePort = true
`

// makePort writes a port that takes all of Go's files and adds one. The text
// goes to the end of net's manifest.
func makePort(dir, manifest string) error {
	src := os.DirFS(filepath.Join(goroot(), "src"))
	files := map[string][]string{}
	for _, top := range []string{"net", "net/http", "crypto/tls"} {
		err := fs.WalkDir(src, top, func(name string, e fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			case e.IsDir() && (e.Name() == "testdata" || top == "net" && name != "net"):
				return fs.SkipDir
			case strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, "_test.go"):
				files[path.Dir(name)] = append(files[path.Dir(name)], path.Base(name))
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	for pkg, names := range files {
		text := fmt.Sprintf("package = %q\n[[take]]\nfiles = [\"%s\"]\n", pkg, strings.Join(names, `", "`))
		folder := filepath.Join(dir, filepath.FromSlash(pkg))
		if err := os.MkdirAll(folder, 0o777); err != nil {
			return err
		}
		if pkg == "net" {
			text += "[[add]]\nfiles = [\"ontheport.go\"]\n" + manifest
			if err := os.WriteFile(filepath.Join(folder, "ontheport.go"), []byte(addedFile), 0o666); err != nil {
				return err
			}
		}
		if err := os.WriteFile(filepath.Join(folder, "manifest.toml"), []byte(text), 0o666); err != nil {
			return err
		}
	}
	return nil
}

// testPort is a port for all tests that need no other.
var testPort = sync.OnceValue(func() string {
	dir := filepath.Join(scratch, "port")
	if err := makePort(dir, ""); err != nil {
		panic(err)
	}
	return dir
})

// A result is what a run of tinynet came to.
type result struct {
	status         int
	stdout, stderr string
}

// tinynet runs the command line in this process. It does not go on as other
// programs.
func tinynet(port string, args ...string) result {
	var stdout, stderr bytes.Buffer
	t := &tool{port: os.DirFS(port), stdin: strings.NewReader(""), stdout: &stdout, stderr: &stderr,
		become: func(string, []string, []string) (int, error) {
			return 0, errors.New("this would be another program now")
		}}
	status := t.run(context.Background(), args)
	return result{status, stdout.String(), stderr.String()}
}

// command is tinynet as a process of its own.
func command(t *testing.T, port string, args ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self, args...)
	// A race-enabled program sleeps a second at its end if nobody tells it not to.
	cmd.Env = append(os.Environ(), "TINYNET_TEST=main", "TINYNET_TEST_PORT="+port, "GORACE=atexit_sleep_ms=0")
	return cmd
}

func finish(t *testing.T, cmd *exec.Cmd) result {
	t.Helper()
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return result{cmd.ProcessState.ExitCode(), stdout.String(), stderr.String()}
}

// want checks the exit status and that the output has the texts. Those that
// begin with ! must not be there.
func (r result) want(t *testing.T, status int, texts ...string) {
	t.Helper()
	if r.status != status {
		t.Errorf("exit status %d, want %d", r.status, status)
	}
	for _, text := range texts {
		not, is := strings.CutPrefix(text, "!")
		if strings.Contains(r.stdout+"\n---\n"+r.stderr, not) == is {
			t.Errorf("output lacks, or should not have, %q", text)
		}
	}
	if t.Failed() {
		t.Logf("stdout:\n%s\nstderr:\n%s", r.stdout, r.stderr)
	}
}

func write(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		name = filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
}

// tempDir is like t.TempDir, by its real path.
func tempDir(t *testing.T) string {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

func unixOnly(t *testing.T) {
	t.Helper()
	if runtime.GOOS == "windows" || runtime.GOOS == "plan9" {
		t.Skip("needs a Unix")
	}
}
