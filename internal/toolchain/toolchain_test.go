package toolchain

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/tinynet/tinynet/internal/execfile"
)

// The test binary doubles as a go command whose answers the tests choose.
func TestMain(m *testing.M) {
	if mode := os.Getenv("FAKE_GO"); mode != "" {
		fakeGo(mode)
	}
	os.Exit(m.Run())
}

func fakeGo(mode string) {
	if want := []string{"env", "-json", "GOROOT", "GOVERSION", "GOFLAGS", "GOMODCACHE"}; !slices.Equal(os.Args[1:], want) {
		fmt.Fprintf(os.Stderr, "fake go: got arguments %q\n", os.Args[1:])
		os.Exit(3)
	}
	answer := func(root, version string) {
		fmt.Printf(`{"GOROOT": %q, "GOVERSION": %q, "GOFLAGS": %q, "GOMODCACHE": %q}`, root, version, os.Getenv("GOFLAGS"), os.Getenv("GOMODCACHE"))
		os.Exit(0)
	}
	switch mode {
	case "switching": // like Go 1.21 and newer
		if tc := os.Getenv("GOTOOLCHAIN"); strings.HasPrefix(tc, "go") {
			fmt.Fprintf(os.Stderr, "go: downloading %s (plan9/arm)\n", tc)
			answer("/fetched/"+tc, tc)
		}
		answer("/installed", "go1.26.8")
	case "old":
		answer("/installed", "go1.20.3")
	case "root":
		answer(os.Getenv("GOROOT"), "go1.24.1")
	case "noroot":
		answer("", "go1.24.1")
	case "devel":
		answer("/src/go", "devel go1.28-abcdef0 Mon Nov 23")
	case "fails":
		fmt.Fprintln(os.Stderr, "go: downloading go9 (x/y)\ngo: first reason\ngo: second reason")
		os.Exit(1)
	case "silent":
		os.Exit(4)
	case "chatter":
		fmt.Println("hello")
		os.Exit(0)
	case "hangs":
		fmt.Fprintln(os.Stderr, "go: downloading for ever")
		select {}
	}
	os.Exit(5)
}

// fake puts a fake go command alone on PATH and returns the root it is in.
func fake(t *testing.T, mode string) (root string) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	root = t.TempDir()
	gocmd := exe(root)
	if err := os.Mkdir(filepath.Dir(gocmd), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.Link(self, gocmd); err != nil {
		data, err := os.ReadFile(self)
		if err == nil {
			err = execfile.Write(gocmd, data)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("FAKE_GO", mode)
	t.Setenv("GORACE", "atexit_sleep_ms=0") // a race-enabled program sleeps a second at its end
	t.Setenv("PATH", filepath.Dir(gocmd))
	t.Setenv("GOROOT", "")
	os.Unsetenv("GOROOT")
	t.Setenv("GOTOOLCHAIN", "auto")
	t.Setenv("GOFLAGS", "-buildvcs=false")
	return root
}

func mustFail(t *testing.T, q Query, wants ...string) {
	t.Helper()
	tc, err := Find(context.Background(), q)
	if err == nil {
		t.Fatalf("found %+v, want an error", tc)
	}
	for _, want := range wants {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("error lacks %q:\n%v", want, err)
		}
	}
}

func getenv(env []string, name string) (values []string) {
	for _, kv := range env {
		if k, v, _ := strings.Cut(kv, "="); k == name {
			values = append(values, v)
		}
	}
	return values
}

func wantEnv(t *testing.T, env []string, name string, want ...string) {
	t.Helper()
	if got := getenv(env, name); !slices.Equal(got, want) {
		t.Errorf("%s is %q, want %q", name, got, want)
	}
}

func TestReleaseNames(t *testing.T) {
	for _, test := range []struct{ name, want, err string }{
		{"1.25.11", "go1.25.11", ""},
		{"go1.25.11", "go1.25.11", ""},
		{"1.27rc1", "go1.27rc1", ""},
		{"1.23.0", "go1.23.0", ""},
		{"1.25", "", "the first release is 1.25.0"},
		{"1.22.5", "", "too old"},
		{"latest", "", "not the name of a Go release"},
		{"1.25.11/../x", "", "not the name of a Go release"},
		{"", "", "not the name of a Go release"},
	} {
		got, err := Release(test.name)
		if got != test.want || (err == nil) != (test.err == "") {
			t.Errorf("Release(%q) = %q, %v; want %q", test.name, got, err, test.want)
		}
		if test.err != "" {
			var usage *UsageError
			if !errors.As(err, &usage) || !strings.Contains(err.Error(), test.err) {
				t.Errorf("Release(%q) fails with %v, want an UsageError with %q", test.name, err, test.err)
			}
		}
	}
}

func TestBothOptions(t *testing.T) {
	var usage *UsageError
	if _, err := Find(context.Background(), Query{Release: "1.25.1", Root: "/x"}); !errors.As(err, &usage) {
		t.Errorf("got %v, want an UsageError", err)
	}
}

func TestInstalled(t *testing.T) {
	tc, err := Find(context.Background(), Query{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(tc.Root, "src", "net")); err != nil {
		t.Error(err)
	}
	if !strings.Contains(tc.Version, "go1.") {
		t.Errorf("version %q", tc.Version)
	}
	if gocmd, err := tc.Command(); err != nil || !isFile(gocmd) {
		t.Errorf("command %q, %v", gocmd, err)
	}
	wantEnv(t, tc.Environ(), "GOTOOLCHAIN", "local")
}

func TestDefaultPinsRelease(t *testing.T) {
	root := fake(t, "switching")
	tc, err := Find(context.Background(), Query{})
	if err != nil {
		t.Fatal(err)
	}
	if tc.Root != "/installed" || tc.Version != "go1.26.8" || tc.Flags != "-buildvcs=false" {
		t.Errorf("found %+v", tc)
	}
	// /installed has no go command, so the one on PATH is told what to be.
	if gocmd, _ := tc.Command(); gocmd != exe(root) {
		t.Errorf("command %s, want %s", gocmd, exe(root))
	}
	wantEnv(t, tc.Environ(), "GOTOOLCHAIN", "go1.26.8")
}

func TestDefaultDevel(t *testing.T) {
	fake(t, "devel")
	tc, err := Find(context.Background(), Query{})
	if err != nil {
		t.Fatal(err)
	}
	wantEnv(t, tc.Environ(), "GOTOOLCHAIN", "local")
}

func TestRelease(t *testing.T) {
	fake(t, "switching")
	t.Setenv("GOROOT", "/somewhere")
	var downloads []string
	tc, err := Find(context.Background(), Query{Release: "1.25.11", Downloading: func(s string) { downloads = append(downloads, s) }})
	if err != nil {
		t.Fatal(err)
	}
	if tc.Root != "/fetched/go1.25.11" || tc.Version != "go1.25.11" {
		t.Errorf("found %+v", tc)
	}
	if want := []string{"go1.25.11 (plan9/arm)"}; !slices.Equal(downloads, want) {
		t.Errorf("downloads %q, want %q", downloads, want)
	}
	wantEnv(t, tc.Environ(), "GOROOT")
	wantEnv(t, tc.Environ(), "GOTOOLCHAIN", "go1.25.11")
	wantEnv(t, tc.EnvironFor(), "GOROOT", tc.Root)
	path := getenv(tc.EnvironFor(), "PATH")
	if len(path) != 1 || !strings.HasPrefix(path[0], filepath.Join(tc.Root, "bin")+string(filepath.ListSeparator)) {
		t.Errorf("PATH is %q", path)
	}
}

func TestReleaseInstalled(t *testing.T) {
	here, err := Find(context.Background(), Query{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Release(here.Version); err != nil {
		t.Skipf("the installed Go is %s, which -go cannot name", here.Version)
	}
	tc, err := Find(context.Background(), Query{Release: here.Version})
	if err != nil {
		t.Fatal(err)
	}
	if tc.Version != here.Version {
		t.Errorf("found %+v, want %s", tc, here.Version)
	}
	wantEnv(t, tc.Environ(), "GOTOOLCHAIN", "local")
}

func TestNoSuchRelease(t *testing.T) {
	t.Setenv("GOPROXY", "off")
	t.Setenv("GOMODCACHE", t.TempDir())
	t.Setenv("GOFLAGS", "-modcacherw")
	mustFail(t, Query{Release: "1.23.999"}, "find Go 1.23.999", "go1.23.999", "https://go.dev/dl/", "-goroot DIR")
}

func TestGoCommandFails(t *testing.T) {
	for _, test := range []struct {
		mode  string
		q     Query
		wants []string
	}{
		{"fails", Query{}, []string{"find the installed Go: ", "env failed:\n\tgo: first reason\n\tgo: second reason"}},
		{"fails", Query{Release: "1.24.1"}, []string{"find Go 1.24.1: ", "\n\tgo: second reason\n", "https://go.dev/dl/"}},
		{"silent", Query{}, []string{"env failed: exit status 4"}},
		{"chatter", Query{}, []string{"not JSON"}},
		{"noroot", Query{}, []string{"GOROOT is empty"}},
		{"old", Query{Release: "1.24.1"}, []string{"is go1.20.3 and does not switch", "Go 1.24.1 with -goroot DIR"}},
	} {
		t.Run(test.mode, func(t *testing.T) {
			fake(t, test.mode)
			mustFail(t, test.q, test.wants...)
		})
	}
}

func TestCancel(t *testing.T) {
	fake(t, "hangs")
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	_, err := Find(ctx, Query{Release: "1.24.1", Downloading: func(string) { cancel() }})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestNoGo(t *testing.T) {
	root := fake(t, "root")
	t.Setenv("PATH", t.TempDir())
	for _, q := range []Query{{}, {Release: "1.24.1"}} {
		mustFail(t, q, "no go command on PATH", "https://go.dev/dl/", "-goroot DIR")
	}
	t.Setenv("GOROOT", root)
	tc, err := Find(context.Background(), Query{})
	if err != nil {
		t.Fatal(err)
	}
	if gocmd, _ := tc.Command(); gocmd != exe(root) || tc.Root != root {
		t.Errorf("found %+v with %s", tc, gocmd)
	}
}

func TestRoot(t *testing.T) {
	root := fake(t, "root")
	t.Setenv("PATH", t.TempDir())
	tc, err := Find(context.Background(), Query{Root: root})
	if err != nil {
		t.Fatal(err)
	}
	if gocmd, _ := tc.Command(); gocmd != exe(root) || tc.Root != root || tc.Version != "go1.24.1" {
		t.Errorf("found %+v with %s", tc, gocmd)
	}
	wantEnv(t, tc.Environ(), "GOROOT", root)
	wantEnv(t, tc.Environ(), "GOTOOLCHAIN", "local")

	t.Setenv("FAKE_GO", "fails")
	mustFail(t, Query{Root: root}, "find the Go in "+root, "first reason")

	if err := os.Remove(exe(root)); err != nil {
		t.Fatal(err)
	}
	tc, err = Find(context.Background(), Query{Root: root})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tc.Command(); err == nil || !strings.Contains(err.Error(), exe(root)) {
		t.Errorf("Command gives %v, want an error", err)
	}

	mustFail(t, Query{Root: filepath.Join(root, "none")}, filepath.Join(root, "none"), "go env GOROOT")
	file := filepath.Join(root, "file")
	if err := os.WriteFile(file, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	mustFail(t, Query{Root: file}, "not a folder")
}

// A Go in the module cache gets another path, any other keeps its own.
func TestOutside(t *testing.T) {
	root := fake(t, "root")
	links := filepath.Join(t.TempDir(), "links")
	t.Setenv("GOMODCACHE", t.TempDir())
	tc, err := Find(context.Background(), Query{Root: root})
	if err != nil {
		t.Fatal(err)
	}
	if out, err := tc.Outside(links); err != nil || out != tc {
		t.Errorf("outside already: %+v, %v", out, err)
	}
	for _, cache := range []string{filepath.Dir(root), symlinkTo(t, filepath.Dir(root))} {
		t.Setenv("GOMODCACHE", cache)
		if tc, err = Find(context.Background(), Query{Root: root}); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			out, err := tc.Outside(links)
			if err != nil {
				t.Fatal(err)
			}
			gocmd, err := out.Command()
			if filepath.Dir(out.Root) != links || gocmd != exe(out.Root) || !isFile(gocmd) || err != nil {
				t.Errorf("outside: %+v with %s, %v", out, gocmd, err)
			}
			wantEnv(t, out.Environ(), "GOROOT", out.Root)
			wantEnv(t, tc.Environ(), "GOROOT", root)
		}
	}
	if entries, err := os.ReadDir(links); err != nil || len(entries) != 1 {
		t.Errorf("links: %v, %v", entries, err)
	}
	// A link that goes elsewhere is put right.
	out, err := tc.Outside(links)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(os.Remove(out.Root), os.Symlink("/elsewhere", out.Root)); err != nil {
		t.Fatal(err)
	}
	if _, err := tc.Outside(links); err != nil || !isFile(exe(out.Root)) {
		t.Errorf("a wrong link stays: %v", err)
	}
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := tc.Outside(file); err == nil || !strings.Contains(err.Error(), "-goroot DIR") {
		t.Errorf("with a file for a folder: %v", err)
	}
}

func symlinkTo(t *testing.T, dir string) string {
	t.Helper()
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(dir, link); err != nil {
		t.Skip(err)
	}
	return link
}

func TestSetenv(t *testing.T) {
	env := []string{"A=1", "B=2", "A=3", "EMPTY="}
	got := Setenv(env, "A", "x", "C", "y=z")
	if want := []string{"B=2", "EMPTY=", "A=x", "C=y=z"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if want := []string{"A=1", "B=2", "A=3", "EMPTY="}; !slices.Equal(env, want) {
		t.Errorf("the argument became %q", env)
	}
	if got := Unsetenv(env, "a", "B"); runtime.GOOS != "windows" && !slices.Equal(got, []string{"A=1", "A=3", "EMPTY="}) {
		t.Errorf("got %q", got)
	}
}

// The Go of another system can be read, not run.
func TestForeignRoot(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("the program that is made here is refused by Linux")
	}
	root := t.TempDir()
	if err := os.Mkdir(filepath.Join(root, "bin"), 0o777); err != nil {
		t.Fatal(err)
	}
	// An ELF header of no known machine.
	program := append([]byte("\x7fELF\x02\x01\x01"), make([]byte, 57)...)
	program[16], program[18], program[20] = 2, 0xff, 1
	if err := execfile.Write(exe(root), program); err != nil {
		t.Fatal(err)
	}
	tc, err := Find(context.Background(), Query{Root: root})
	if err != nil {
		t.Fatal(err)
	}
	if tc.Root != root {
		t.Errorf("root %s", tc.Root)
	}
	if _, err := tc.Command(); err == nil || !strings.Contains(err.Error(), "for another system than linux/") || !strings.Contains(err.Error(), "-go VERSION") {
		t.Errorf("Command gives %v", err)
	}
}
