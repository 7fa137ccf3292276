package tinygo

import (
	"context"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/tinynet/tinynet/internal/assemble"
	"github.com/tinynet/tinynet/port"
)

// TinyGo builds on a root that it merges of its own and Go's: a list says which
// folders it takes whole from its own root (false), and which it merges (true). Of
// a merged folder it takes the files from its own root, if there are any, or else
// Go's, and the folders of both. The lists are those of its loader.
var mergeLists = map[string]map[string]bool{
	"0.35": {"": true, "crypto/": true, "crypto/rand/": false, "crypto/tls/": false, "device/": false, "internal/": true,
		"internal/task/": false, "machine/": false, "net/": true, "net/http/": false, "os/": true, "runtime/": false, "sync/": true},
	"0.40": {"": true, "crypto/": true, "crypto/rand/": false, "crypto/tls/": false, "crypto/x509/": true, "crypto/x509/internal/": true,
		"crypto/x509/internal/macos/": false, "device/": false, "internal/": true, "internal/futex/": false, "internal/task/": false,
		"machine/": false, "net/": true, "net/http/": false, "os/": true, "runtime/": false, "sync/": true, "unique/": false},
	"0.43": {"": true, "crypto/": true, "crypto/rand/": false, "crypto/tls/": false, "crypto/internal/": true, "crypto/internal/entropy/": false,
		"device/": false, "internal/": true, "internal/itoa/": false, "internal/poll/": false, "internal/task/": false,
		"machine/": false, "net/": true, "net/http/": false, "os/": true, "runtime/": false, "sync/": true, "unique/": false},
	// tinygo#5700: on hosts crypto/tls is Go's.
	"open: crypto/tls from Go": {"": true, "crypto/": true, "crypto/rand/": false, "device/": false, "internal/": true,
		"machine/": false, "net/": true, "net/http/": false, "os/": true, "runtime/": false},
	// Only listed packages below net/http are TinyGo's.
	"open: net/http merged": {"": true, "crypto/": true, "crypto/rand/": false, "crypto/tls/": false, "device/": false, "internal/": true,
		"machine/": false, "net/": true, "net/http/": true, "net/http/httptest/": false, "os/": true, "runtime/": false},
	"both open": {"": true, "crypto/": true, "crypto/rand/": false, "device/": false, "internal/": true,
		"machine/": false, "net/": true, "net/http/": true, "net/http/cookiejar/": false, "os/": true, "runtime/": false},
}

// merged is where each file below src comes from.
func merged(t *testing.T, tinygoRoot, goRoot string, list map[string]bool) map[string]string {
	t.Helper()
	files := map[string]string{}
	whole := func(root, dir string) {
		err := filepath.WalkDir(filepath.Join(root, "src", dir), func(name string, e fs.DirEntry, err error) error {
			if err == nil && !e.IsDir() {
				rel, _ := filepath.Rel(filepath.Join(root, "src"), name)
				files[filepath.ToSlash(rel)] = name
			}
			return err
		})
		if err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
	}
	var merge func(dir string)
	merge = func(dir string) {
		seen := map[string]bool{}
		own := false
		for _, root := range []string{tinygoRoot, goRoot} {
			entries, err := os.ReadDir(filepath.Join(root, "src", dir))
			if err != nil && !os.IsNotExist(err) {
				t.Fatal(err)
			}
			for _, e := range entries {
				name := path.Join(dir, e.Name())
				switch {
				case e.IsDir() && seen[name]:
				case e.IsDir():
					seen[name] = true
					if m, listed := list[name+"/"]; listed && m {
						merge(name)
					} else if listed {
						whole(tinygoRoot, name)
					} else if _, err := os.Stat(filepath.Join(goRoot, "src", name)); err == nil {
						whole(goRoot, name)
					} else {
						whole(tinygoRoot, name)
					}
				case root == tinygoRoot:
					own = true
					files[name] = filepath.Join(root, "src", name)
				case !own:
					files[name] = filepath.Join(root, "src", name)
				}
			}
		}
	}
	merge("")
	return files
}

// installedGo is the root of the go command on PATH.
func installedGo(t *testing.T) string {
	t.Helper()
	out, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		t.Skipf("go env GOROOT: %v", err)
	}
	return strings.TrimSpace(string(out))
}

// TestMerge: whatever a TinyGo takes from its own root and whatever from Go's, what
// it builds on is the port, file by file, and nothing of its own net.
func TestMerge(t *testing.T) {
	root, err := assemble.OpenGoroot(installedGo(t))
	if err != nil {
		t.Skip(err)
	}
	root.TinyGo = "0.40.1"
	cache := t.TempDir()
	overlay, err := assemble.Cached(port.FS, root, cache)
	if err != nil {
		t.Skipf("the port of %s for TinyGo: %v", root.Version, err)
	}
	tg, _ := fixture(t)
	shadow, err := tg.Shadow(overlay, cache, nil)
	if err != nil {
		t.Fatal(err)
	}
	shadowGo, err := PortGo(overlay, root.Dir, cache)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{}
	err = filepath.WalkDir(filepath.Join(overlay.Dir, "src"), func(name string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			rel, _ := filepath.Rel(filepath.Join(overlay.Dir, "src"), name)
			want[filepath.ToSlash(rel)] = name
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range sorted(mergeLists) {
		got := merged(t, shadow, shadowGo, mergeLists[name])
		for _, file := range sorted(want) {
			have, err := os.ReadFile(got[file])
			ours, err2 := os.ReadFile(want[file])
			if err != nil || err2 != nil || string(have) != string(ours) {
				t.Errorf("%s: %s is %q, want the port's (%v, %v)", name, file, got[file], err, err2)
			}
		}
		for _, file := range sorted(got) {
			inPort := path.Dir(file) == "net" || strings.HasPrefix(file, "net/http/") || strings.HasPrefix(file, "crypto/tls/")
			if inPort && want[file] == "" && !strings.HasSuffix(file, "_test.go") && strings.HasSuffix(file, ".go") && !strings.Contains(file, "/testdata/") {
				t.Errorf("%s: %s is not the port's: %s", name, file, got[file])
			}
		}
	}
}

// TestMergeLists holds the lists against the TinyGo that is here, where its
// sources are: a folder of ours whose place has moved shows.
func TestMergeLists(t *testing.T) {
	tg, err := Find(context.Background(), "", os.Environ())
	if err != nil {
		t.Skip("no TinyGo on PATH")
	}
	text, err := os.ReadFile(filepath.Join(tg.Root, "loader", "goroot.go"))
	if err != nil {
		t.Skipf("the TinyGo on PATH has no sources of its loader: %v", err)
	}
	list, known := mergeLists[minor(tg.Release)]
	if !known {
		t.Skipf("there is no list for TinyGo %s", tg.Release)
	}
	for dir, merge := range list {
		line := `"` + dir + `":`
		i := slices.IndexFunc(strings.Split(string(text), "\n"), func(l string) bool {
			fields := strings.Fields(l)
			return len(fields) == 2 && fields[0] == line && strings.TrimSuffix(fields[1], ",") == map[bool]string{true: "true", false: "false"}[merge]
		})
		if i < 0 {
			t.Errorf("TinyGo %s has no %s %v in its loader", tg.Release, line, merge)
		}
	}
}

// TestLinkedFolders: a root whose folders are links, reached by a link, and with a
// link that leads in a circle, is a root like any other.
func TestLinkedFolders(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("links need a privilege on windows")
	}
	tg, port := fixture(t)
	elsewhere := filepath.Join(t.TempDir(), "store")
	if err := os.Mkdir(elsewhere, 0o777); err != nil {
		t.Fatal(err)
	}
	for i, dir := range []string{"src/runtime", "src/machine", "src/crypto", "targets", "lib"} {
		was := filepath.Join(tg.Root, filepath.FromSlash(dir))
		now := filepath.Join(elsewhere, string(rune('a'+i)))
		if err := os.Rename(was, now); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(now, was); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(filepath.Join(tg.Root, "src"), filepath.Join(tg.Root, "src", "runtime", "loop")); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(tg.Root, link); err != nil {
		t.Fatal(err)
	}
	tg.Root = link
	shadow := mustShadow(t, tg, port, t.TempDir())
	for _, name := range []string{"src/runtime/runtime.go", "src/runtime/internal/sys/zversion.go", "src/crypto/rand/rand.go", "src/crypto/tls/conn.go", "targets/pico.json", "lib/CMSIS/deep/core.h"} {
		if _, err := os.ReadFile(filepath.Join(shadow, filepath.FromSlash(name))); err != nil {
			t.Error(err)
		}
	}
	for _, name := range []string{"src/runtime", "src/crypto", "src/crypto/tls"} {
		if info, err := os.Lstat(filepath.Join(shadow, filepath.FromSlash(name))); err != nil || !info.IsDir() {
			t.Errorf("%s is no folder of the shadow root: %v", name, err)
		}
	}
}
