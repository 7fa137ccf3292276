package tinygo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tinynet/tinynet/internal/assemble"
)

// The test binary doubles as a tinygo command.
func TestMain(m *testing.M) {
	if job := os.Getenv("INSTALL_JOB"); job != "" {
		os.Exit(installJob(job))
	}
	switch os.Getenv("FAKE_TINYGO") {
	case "":
		os.Exit(m.Run())
	case "answers":
		if slices.Equal(os.Args[1:], []string{"version"}) {
			line, ok := os.LookupEnv("FAKE_VERSION")
			if !ok {
				line = "tinygo version 0.40.1 linux/amd64 (using go version go1.25.14 and LLVM version 19.1.7)"
			}
			fmt.Println(line)
			os.Exit(0)
		}
		if !slices.Equal(os.Args[1:], []string{"env", "TINYGOROOT", "GOROOT"}) {
			os.Exit(3)
		}
		fmt.Printf("%s\n%s\n", os.Getenv("TINYGOROOT"), os.Getenv("GOROOT"))
	case "refuses":
		if len(os.Args) > 1 && os.Args[1] == "info" {
			fmt.Fprintln(os.Stderr, "error: requires go version 1.19 through 1.23, got go1.26")
			os.Exit(1)
		}
	case "fails":
		fmt.Fprintln(os.Stderr, "error: could not\nerror: do it")
		os.Exit(1)
	case "silent":
		os.Exit(1)
	case "hangs":
		fmt.Fprintln(os.Stderr, "hanging")
		select {}
	}
}

func files(t *testing.T, dir string, names ...string) {
	t.Helper()
	for _, name := range names {
		name = filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(name), 0o666); err != nil {
			t.Fatal(err)
		}
	}
}

// fixture makes a small TinyGo and an assembled port.
func fixture(t *testing.T) (*TinyGo, *assemble.Overlay) {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	root, port := filepath.Join(dir, "tinygo"), filepath.Join(dir, "port")
	files(t, root,
		"bin/tinygo", "targets/pico.json", "lib/CMSIS/deep/core.h", ".git/config",
		"src/runtime/runtime.go", "src/runtime/internal/sys/zversion.go", "src/machine/machine.go",
		"src/crypto/rand/rand.go", "src/crypto/tls/tls.go", "src/crypto/tls/old/old.go",
		"src/net/net.go", "src/net/tlssock.go", "src/net/README.md", "src/net/other/other.go",
		"src/net/http/http.go", "src/net/http/httptest/old.go")
	files(t, port, "overlay.json", "complete",
		"src/net/net.go", "src/net/fd_netdev.go",
		"src/net/http/server.go", "src/net/http/internal/ascii/print.go",
		"src/crypto/tls/conn.go", "src/crypto/tls/internal/x/x.go")
	return &TinyGo{Command: filepath.Join(root, "bin", "tinygo"), Root: root},
		&assemble.Overlay{Dir: port, JSON: filepath.Join(port, "overlay.json")}
}

func mustShadow(t *testing.T, tg *TinyGo, port *assemble.Overlay, cache string) string {
	t.Helper()
	shadow, err := tg.Shadow(port, cache, nil)
	if err != nil {
		t.Fatal(err)
	}
	return shadow
}

// list are the files below a folder as TinyGo's merge sees them, each with what
// is in it, and the folders with a slash.
func list(t *testing.T, dir string) (all []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(name string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel := filepath.ToSlash(strings.TrimPrefix(strings.TrimPrefix(name, dir), string(filepath.Separator)))
		if e.IsDir() {
			all = append(all, rel+"/")
			return nil
		}
		data, err := os.ReadFile(name)
		all = append(all, rel+" = "+filepath.ToSlash(string(data)))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func wantSrc(t *testing.T, shadow string, tg *TinyGo, port *assemble.Overlay) {
	t.Helper()
	from := func(dir, name string) string {
		return name + " = " + filepath.ToSlash(filepath.Join(dir, "src", filepath.FromSlash(name)))
	}
	want := []string{"/", "crypto/", "crypto/rand/", "crypto/tls/", "crypto/tls/internal/", "crypto/tls/internal/x/", "machine/",
		"net/", "net/http/", "net/http/internal/", "net/http/internal/ascii/", "net/other/", "runtime/", "runtime/internal/", "runtime/internal/sys/",
		from(tg.Root, "crypto/rand/rand.go"), from(port.Dir, "crypto/tls/conn.go"), from(port.Dir, "crypto/tls/internal/x/x.go"),
		from(tg.Root, "machine/machine.go"), from(port.Dir, "net/net.go"), from(port.Dir, "net/fd_netdev.go"),
		from(port.Dir, "net/http/server.go"), from(port.Dir, "net/http/internal/ascii/print.go"), from(tg.Root, "net/other/other.go"),
		from(tg.Root, "runtime/runtime.go"), from(tg.Root, "runtime/internal/sys/zversion.go")}
	got := list(t, filepath.Join(shadow, "src"))
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("src of the shadow root has\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestShadow(t *testing.T) {
	tg, port := fixture(t)
	before := list(t, tg.Root)
	cache := filepath.Join(t.TempDir(), "with space")
	shadow := mustShadow(t, tg, port, cache)
	wantSrc(t, shadow, tg, port)
	for _, name := range []string{"targets/pico.json", "lib/CMSIS/deep/core.h", "bin/tinygo"} {
		data, err := os.ReadFile(filepath.Join(shadow, filepath.FromSlash(name)))
		if err != nil || string(data) != filepath.Join(tg.Root, filepath.FromSlash(name)) {
			t.Errorf("%s: %q, %v", name, data, err)
		}
	}
	if _, err := os.Lstat(filepath.Join(shadow, ".git")); err == nil {
		t.Error(".git is linked")
	}
	if !strings.HasPrefix(shadow, filepath.Join(cache, "tinygo")+string(filepath.Separator)) {
		t.Errorf("the shadow is %s, not in the cache", shadow)
	}
	if after := list(t, tg.Root); !slices.Equal(before, after) {
		t.Errorf("the TinyGo root changed: %q", after)
	}
}

// Folders that the system lets nobody write are as good a source as others.
func TestReadOnlyRoot(t *testing.T) {
	tg, port := fixture(t)
	var dirs []string
	filepath.WalkDir(tg.Root, func(name string, e fs.DirEntry, err error) error {
		if e.IsDir() {
			dirs = append(dirs, name)
			return os.Chmod(name, 0o555)
		}
		return os.Chmod(name, 0o444)
	})
	t.Cleanup(func() {
		for _, d := range dirs {
			os.Chmod(d, 0o777)
		}
	})
	wantSrc(t, mustShadow(t, tg, port, t.TempDir()), tg, port)
}

func TestCannotWriteCache(t *testing.T) {
	tg, port := fixture(t)
	cache := filepath.Join(t.TempDir(), "file")
	files(t, filepath.Dir(cache), "file")
	if _, err := tg.Shadow(port, cache, nil); err == nil || !strings.Contains(err.Error(), "make a TinyGo root with the port in "+filepath.Join(cache, "tinygo")) {
		t.Errorf("with a file in the place of the cache folder: %v", err)
	}
}

func TestReuseAndRebuild(t *testing.T) {
	tg, port := fixture(t)
	cache := t.TempDir()
	first := mustShadow(t, tg, port, cache)
	stamp, err := os.Lstat(filepath.Join(first, "src"))
	if err != nil {
		t.Fatal(err)
	}
	marker := filepath.Join(first, markerName)
	old := time.Now().Add(-time.Hour)
	if err := os.Chtimes(marker, old, old); err != nil {
		t.Fatal(err)
	}
	again := mustShadow(t, tg, port, cache)
	if now, err := os.Lstat(filepath.Join(again, "src")); again != first || err != nil || !os.SameFile(now, stamp) {
		t.Errorf("made anew: %s after %s, %v", again, first, err)
	}
	if fi, err := os.Stat(marker); err != nil || time.Since(fi.ModTime()) > 10*time.Minute {
		t.Errorf("the use was not noted: %v, %v", fi.ModTime(), err)
	}

	seen := map[string]string{first: "the first"}
	differs := func(what string) {
		t.Helper()
		shadow := mustShadow(t, tg, port, cache)
		if was, ok := seen[shadow]; ok {
			t.Errorf("%s: the same root as %s", what, was)
		}
		seen[shadow] = what
	}
	files(t, tg.Root, "src/machine/new.go")
	differs("a new file in TinyGo")
	machine := filepath.Join(tg.Root, "src", "machine", "machine.go")
	if err := os.Chtimes(machine, old, old); err != nil {
		t.Fatal(err)
	}
	differs("a file of TinyGo with another time")
	files(t, tg.Root, "extra/file")
	differs("a new folder in TinyGo")
	if err := os.Chtimes(tg.Command, old, old); err != nil {
		t.Fatal(err)
	}
	differs("another command")
	if err := os.Rename(port.Dir, port.Dir+"2"); err != nil {
		t.Fatal(err)
	}
	port.Dir += "2"
	differs("another port")

	// A change in what the port replaces is none.
	last := mustShadow(t, tg, port, cache)
	files(t, tg.Root, "src/net/http/more.go", "src/net/more.go", "src/crypto/tls/more/more.go")
	if got := mustShadow(t, tg, port, cache); got != last {
		t.Error("a change of TinyGo's own net made a new root")
	}
}

func TestDamaged(t *testing.T) {
	tg, port := fixture(t)
	cache := t.TempDir()
	shadow := mustShadow(t, tg, port, cache)
	link := filepath.Join(shadow, "src", "net", "fd_netdev.go")
	for what, damage := range map[string]func() error{
		"a link is gone":        func() error { return os.Remove(link) },
		"a link goes elsewhere": func() error { return errors.Join(os.Remove(link), os.Symlink("/nowhere", link)) },
		"the marker is gone":    func() error { return os.Remove(filepath.Join(shadow, markerName)) },
		"all is gone":           func() error { return os.RemoveAll(filepath.Join(shadow, "src")) },
	} {
		if err := damage(); err != nil {
			t.Fatal(what, err)
		}
		if got := mustShadow(t, tg, port, cache); got != shadow {
			t.Errorf("%s: %s after %s", what, got, shadow)
		}
		wantSrc(t, shadow, tg, port)
	}
	entries, err := os.ReadDir(filepath.Dir(shadow))
	if err != nil || len(entries) != 1 {
		t.Errorf("left in the cache: %v, %v", entries, err)
	}
}

func TestConcurrent(t *testing.T) {
	tg, port := fixture(t)
	cache := t.TempDir()
	shadows := make([]string, 8)
	var wg sync.WaitGroup
	for i := range shadows {
		wg.Add(1)
		go func() {
			defer wg.Done()
			var err error
			if shadows[i], err = tg.Shadow(port, cache, nil); err != nil {
				t.Error(err)
			}
		}()
	}
	wg.Wait()
	if len(slices.Compact(shadows)) != 1 {
		t.Errorf("several roots: %q", shadows)
	}
	wantSrc(t, shadows[0], tg, port)
	if entries, err := os.ReadDir(filepath.Join(cache, "tinygo")); err != nil || len(entries) != 1 {
		t.Errorf("left in the cache: %v, %v", entries, err)
	}
}

func TestPrune(t *testing.T) {
	tg, port := fixture(t)
	cache := t.TempDir()
	parent := filepath.Join(cache, "tinygo")
	stale := mustShadow(t, tg, port, cache)
	files(t, tg.Root, "src/machine/new.go")
	recent := mustShadow(t, tg, port, cache)
	files(t, parent, "tmp-dead/src/x.go", "tmp-alive/src/x.go", "unrelated/x")
	ages := map[string]time.Duration{
		filepath.Join(stale, markerName):  keptFor + time.Hour,
		filepath.Join(recent, markerName): keptFor - time.Hour,
		filepath.Join(parent, "tmp-dead"): leftoverAge + time.Minute,
	}
	for name, age := range ages {
		if err := os.Chtimes(name, time.Now().Add(-age), time.Now().Add(-age)); err != nil {
			t.Fatal(err)
		}
	}
	files(t, tg.Root, "src/machine/newer.go")
	newest := mustShadow(t, tg, port, cache)
	entries, err := os.ReadDir(parent)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range entries {
		got = append(got, e.Name())
	}
	want := []string{filepath.Base(recent), filepath.Base(newest), "tmp-alive", "unrelated"}
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("the cache has %q, want %q", got, want)
	}
}

func TestWithoutSymlinks(t *testing.T) {
	defer func(f func(string, string) error) { symlink = f }(symlink)
	symlink = func(string, string) error { return errors.New("a required privilege is not held") }
	tg, port := fixture(t)
	cache := t.TempDir()
	shadow := mustShadow(t, tg, port, cache)
	wantSrc(t, shadow, tg, port)
	if data, err := os.ReadFile(filepath.Join(shadow, "lib", "CMSIS", "deep", "core.h")); err != nil || len(data) == 0 {
		t.Errorf("lib: %q, %v", data, err)
	}
	if got := mustShadow(t, tg, port, cache); got != shadow {
		t.Errorf("made anew: %s", got)
	}
	to := filepath.Join(t.TempDir(), "copy")
	if err := copyFile(tg.Command, to, 0o755); err != nil {
		t.Error(err)
	}
	if err := copyFile(tg.Command, to, 0o755); !errors.Is(err, fs.ErrExist) {
		t.Errorf("copied over a file: %v", err)
	}
}

// TestKilled: a root that was being made when its process was killed is not taken for
// one, at whichever step, and the next process makes it.
func TestKilled(t *testing.T) {
	tg, port := fixture(t)
	for kill := 1; ; kill++ {
		cache := filepath.Join(t.TempDir(), "cache")
		done := killed(t, tg.Root, "shadow "+port.Dir+" "+cache, kill)
		entries, err := os.ReadDir(filepath.Join(cache, "tinygo"))
		if err != nil || len(entries) != 1 {
			t.Fatalf("killed at step %d: %v, %v; want one folder", kill, entries, err)
		}
		if half := strings.HasPrefix(entries[0].Name(), tmpPrefix); half == done {
			t.Errorf("killed at step %d: left %s", kill, entries[0].Name())
		}
		wantSrc(t, mustShadow(t, tg, port, cache), tg, port)
		if done {
			if kill < 10 {
				t.Errorf("a root is made in %d steps only", kill)
			}
			return
		}
	}
}

func TestNoTinyGoRoot(t *testing.T) {
	for _, missing := range []string{"src", "src/runtime", "src/net", "src/net/http", "targets"} {
		tg, port := fixture(t)
		if err := os.RemoveAll(filepath.Join(tg.Root, filepath.FromSlash(missing))); err != nil {
			t.Fatal(err)
		}
		cache := t.TempDir()
		for _, want := range []string{"it has no " + missing, "is it a whole TinyGo 0.35 or newer?", "git submodule update --init"} {
			if _, err := tg.Shadow(port, cache, nil); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("without %s: %v, want %q", missing, err, want)
			}
		}
		if left, err := os.ReadDir(cache); err != nil || len(left) > 0 {
			t.Errorf("without %s: left %v, %v", missing, left, err)
		}
	}
	tg, port := fixture(t)
	tg.Root = filepath.Join(tg.Root, "none")
	if _, err := tg.Shadow(port, t.TempDir(), nil); err == nil || !strings.Contains(err.Error(), "read the TinyGo root "+tg.Root) {
		t.Errorf("without a root: %v", err)
	}
}

// fakeCommand puts the test binary on PATH as tinygo and returns its path.
func fakeCommand(t *testing.T, mode string) string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), "tinygo")
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	if err := place(self, name); err != nil {
		t.Fatal(err)
	}
	t.Setenv("FAKE_TINYGO", mode)
	t.Setenv("GORACE", "atexit_sleep_ms=0") // a race-enabled program sleeps a second at its end
	t.Setenv("PATH", filepath.Dir(name))
	return name
}

func TestFind(t *testing.T) {
	name := fakeCommand(t, "answers")
	env := append(os.Environ(), "TINYGOROOT=/opt/tinygo", "GOROOT=/opt/go")
	for _, command := range []string{"", name} {
		got, err := Find(context.Background(), command, env)
		if err != nil {
			t.Fatal(err)
		}
		if want := (TinyGo{Command: name, Root: "/opt/tinygo", Goroot: "/opt/go", Release: "0.40.1"}); !reflect.DeepEqual(*got, want) {
			t.Errorf("found %+v, want %+v", got, want)
		}
	}

	// A development version is one, too.
	dev, err := Find(context.Background(), "", append(env, "FAKE_VERSION=tinygo version 0.43.0-dev-1a2b3c linux/amd64 (using go version go1.27.4)"))
	if err != nil || dev.Release != "0.43.0-dev-1a2b3c" {
		t.Errorf("a development version: got %+v, %v; want release 0.43.0-dev-1a2b3c", dev, err)
	}

	// With a shadow as TINYGOROOT, the original is what counts.
	tg, port := fixture(t)
	shadow := mustShadow(t, tg, port, t.TempDir())
	got, err := Find(context.Background(), "", append(os.Environ(), "TINYGOROOT="+shadow, "GOROOT=/opt/go"))
	if err != nil || got.Root != tg.Root {
		t.Errorf("in a shadow: found %+v, %v; want root %s", got, err, tg.Root)
	}
}

func TestFindErrors(t *testing.T) {
	name := fakeCommand(t, "answers")
	check := func(command string, env []string, wants ...string) {
		t.Helper()
		got, err := Find(context.Background(), command, append(os.Environ(), env...))
		for _, want := range wants {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("found %+v, %v; want an error with %q", got, err, want)
			}
		}
	}
	check("", []string{"TINYGOROOT=", "GOROOT=/opt/go"}, name, "Is it a tinygo command?", "-tinygo FILE")
	check("", []string{"TINYGOROOT=/opt/tinygo", "GOROOT="}, "find the Go that", "-go VERSION")
	roots := []string{"TINYGOROOT=/opt/tinygo", "GOROOT=/opt/go"}
	check("", append(roots, "FAKE_VERSION=tinygo version 0.34.0 linux/amd64 (using go version go1.22.1)"), "TinyGo 0.34.0 is too old: the port needs TinyGo 0.35 or newer", "-tinygo FILE")
	check("", append(roots, "FAKE_VERSION=tiny 0.40.1"), `it printed "tiny 0.40.1"`, "Is it a tinygo command?")
	check("", append(roots, "FAKE_VERSION="), `it printed ""`, "Is it a tinygo command?")
	check("", append(roots, "FAKE_VERSION=tinygo version unknown linux/amd64"), `"unknown" is not the name of a TinyGo release`)
	check("", []string{"FAKE_TINYGO=fails"}, "env failed:\n\terror: could not\n\terror: do it")
	check("", []string{"FAKE_TINYGO=silent"}, "env failed:\n\texit status 1")
	check(filepath.Join(t.TempDir(), "none"), nil, "find TinyGo: ", "-tinygo FILE")
	t.Setenv("PATH", t.TempDir())
	check("", nil, "no tinygo command on PATH", "https://tinygo.org/getting-started/install/", "-tinygo FILE")

	t.Setenv("FAKE_TINYGO", "hangs")
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Find(ctx, name, os.Environ()); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

// TestChanged: a file of ours is in the place of one of TinyGo's, in a root of its own.
func TestChanged(t *testing.T) {
	tg, port := fixture(t)
	cache := t.TempDir()
	plain, err := tg.Shadow(port, cache, nil)
	if err != nil {
		t.Fatal(err)
	}
	ours := filepath.Join(cache, "ours.go")
	files(t, cache, "ours.go")
	tg.Changed = map[string]string{"src/runtime/runtime.go": ours}
	changed, err := tg.Shadow(port, cache, nil)
	if err != nil || changed == plain {
		t.Fatalf("%s, %v; without it, %s", changed, err, plain)
	}
	for root, want := range map[string]string{plain: filepath.Join(tg.Root, "src", "runtime", "runtime.go"), changed: ours} {
		if to, err := os.Readlink(filepath.Join(root, "src", "runtime", "runtime.go")); err != nil || to != want {
			t.Errorf("in %s it is %s, %v, want %s", root, to, err, want)
		}
	}
}

// TestPortGo: a Go root with the files of an overlay has those that are new, in new
// folders too, and not those that the overlay takes away.
func TestPortGo(t *testing.T) {
	dir := t.TempDir()
	goroot := filepath.Join(dir, "go")
	files(t, goroot, "VERSION", "bin/go", "src/net/a.go", "src/net/b.go", "src/net/http/c.go")
	overlay := &assemble.Overlay{JSON: filepath.Join(dir, "overlay.json"), Dir: filepath.Join(dir, "port")}
	files(t, overlay.Dir, "a.go", "new.go")
	at := func(name string) string { return filepath.Join(goroot, filepath.FromSlash(name)) }
	write := func(replace map[string]string) {
		data, err := json.Marshal(map[string]any{"Replace": replace})
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(overlay.JSON, data, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	write(map[string]string{
		at("src/net/a.go"):                    filepath.Join(overlay.Dir, "a.go"),
		at("src/net/b.go"):                    "",
		at("src/net/http/tether/wire/new.go"): filepath.Join(overlay.Dir, "new.go"),
	})
	root, err := PortGo(overlay, goroot, filepath.Join(dir, "cache"))
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"bin/go": at("bin/go"), "src/net/a.go": filepath.Join(overlay.Dir, "a.go"), "src/net/b.go": "",
		"src/net/http/c.go": at("src/net/http/c.go"), "src/net/http/tether/wire/new.go": filepath.Join(overlay.Dir, "new.go"),
	} {
		got, err := filepath.EvalSymlinks(filepath.Join(root, filepath.FromSlash(name)))
		if want != "" {
			want, _ = filepath.EvalSymlinks(want)
		}
		if got != want || (err == nil) != (want != "") {
			t.Errorf("%s is %q, %v, want %q", name, got, err, want)
		}
	}
	if again, err := PortGo(overlay, goroot, filepath.Join(dir, "cache")); err != nil || again != root {
		t.Errorf("the second time it is %s, %v, want %s", again, err, root)
	}
	write(map[string]string{filepath.Join(dir, "elsewhere"): ""})
	if _, err := PortGo(overlay, goroot, filepath.Join(dir, "cache")); err == nil || !strings.Contains(err.Error(), "elsewhere") {
		t.Errorf("a file of another root: %v", err)
	}
}
