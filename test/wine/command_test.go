package wine

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// goForWindows is the folder of a Go whose commands are for Windows: this computer's,
// compiled for it, beside its sources.
func goForWindows(t *testing.T) string {
	t.Helper()
	var out bytes.Buffer
	if err := run(&out, root, time.Minute, nil, "go", "env", "GOROOT"); err != nil {
		t.Fatal(err)
	}
	from, to := strings.TrimSpace(out.String()), filepath.Join(scratch, "go")
	tools := filepath.Join(to, "pkg", "tool", "windows_amd64")
	for _, dir := range []string{filepath.Join(to, "bin"), tools} {
		if err := os.MkdirAll(dir, 0o777); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"src", "lib", "misc", "api", "VERSION", "go.env", "pkg/include"} {
		if _, err := os.Stat(filepath.Join(from, name)); err != nil {
			continue
		}
		if err := os.Symlink(filepath.Join(from, name), filepath.Join(to, name)); err != nil {
			t.Fatal(err)
		}
	}
	goBuild(t, windows, "go", "build", "-o", filepath.Join(to, "bin", "go.exe"), "cmd/go")
	goBuild(t, windows, "go", "build", "-o", tools+"/", "cmd/compile", "cmd/link", "cmd/asm")
	return to
}

// onDrive is a path of this computer as Wine's programs name it.
func onDrive(path string) string { return "Z:" + strings.ReplaceAll(path, "/", `\`) }

// TestCommand runs the command itself on Windows: what reads Go's sources, and what builds.
func TestCommand(t *testing.T) {
	needWine(t)
	exe := filepath.Join(scratch, "tinynet.exe")
	goBuild(t, windows, "go", "build", "-o", exe, "./cmd/tinynet")
	goroot := goForWindows(t)
	var cache bytes.Buffer
	if err := run(&cache, root, time.Minute, nil, "go", "env", "GOCACHE", "GOMODCACHE"); err != nil {
		t.Fatal(err)
	}
	caches := lines(cache.String())
	env := append(wineEnv(), "GOROOT="+onDrive(goroot), "WINEPATH="+onDrive(filepath.Join(goroot, "bin")), "GOTOOLCHAIN=local", "GOPROXY=off", "GOENV=off",
		// The go command of Go 1.26 cannot remove its work in Wine 8: unlinkat is an invalid function.
		"GOFLAGS=-work",
		// What this computer has compiled for the sandbox need not be compiled again.
		"GOCACHE="+onDrive(caches[0]), "GOMODCACHE="+onDrive(caches[1]), `GOPATH=C:\gopath`, `TINYNET_CACHE=C:\tinynet`)
	on := func(args ...string) string {
		t.Helper()
		var out bytes.Buffer
		if err := run(&out, root, runLimit, env, "wine", append([]string{exe}, args...)...); err != nil {
			t.Fatalf("tinynet %s: %v\n%s", strings.Join(args, " "), err, &out)
		}
		return out.String()
	}
	here := func(args ...string) string {
		t.Helper()
		var out bytes.Buffer
		if err := run(&out, root, runLimit, nil, tinynet(t), args...); err != nil {
			t.Fatalf("tinynet %s: %v\n%s", strings.Join(args, " "), err, &out)
		}
		return out.String()
	}
	// The folder of Go has another path there.
	for _, args := range [][]string{{"tree"}, {"api", "net"}} {
		got, want := lines(on(args...)), lines(here(args...))
		for _, said := range [][]string{got, want} {
			if before, _, ok := strings.Cut(said[0], ", API as in "); ok {
				said[0] = before
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("tinynet %s on Windows has %d lines, want the %d of here:\n%s", strings.Join(args, " "), len(got), len(want), strings.Join(got, "\n"))
		}
	}
	on("assemble", "-o", `C:\port`)
	here("assemble", "-o", filepath.Join(scratch, "port"))
	got := os.DirFS(filepath.Join(scratch, "prefix", "drive_c", "port"))
	files := 0
	err := fs.WalkDir(os.DirFS(filepath.Join(scratch, "port")), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		want, err := os.ReadFile(filepath.Join(scratch, "port", name))
		if err != nil {
			return err
		}
		files++
		if has, err := fs.ReadFile(got, name); err != nil || !bytes.Equal(has, want) {
			t.Errorf("%s is another file on Windows (%v)", name, err)
		}
		return nil
	})
	if err != nil || files < 100 {
		t.Errorf("%d files were assembled, want 100 or more (%v)", files, err)
	}
	const guest = "./test/wine/testdata/hello"
	here("run", "-board", "wasm", guest)
	if said := on("run", "-board", "wasm", guest); !strings.Contains(said, "404 from the sandbox") {
		t.Errorf("tinynet run -board wasm on Windows says:\n%s", said)
	}
}
