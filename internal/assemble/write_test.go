package assemble

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestMain lets the test binary be another process of the tests.
func TestMain(m *testing.M) {
	switch os.Getenv("ASSEMBLE_TEST_CHILD") {
	case "write":
		childWrite()
	case "cached":
		childCached()
	default:
		os.Exit(m.Run())
	}
}

// treeOf makes a port with files of the given text.
func treeOf(text string) *Tree {
	return &Tree{Release: "go1.26.8", Files: []File{
		{Path: "crypto/tls/tls.go", Mark: Taken, Data: []byte("package tls // " + text)},
		{Path: "net/dial.go", Mark: Modified, Data: []byte("package net // " + text)},
		{Path: "net/http/" + text + ".go", Mark: Added, Data: []byte("package http")},
	}}
}

// portIn says which text the port in a folder is of: "" if there is nothing, and
// fails if it is half of one, or other files are there.
func portIn(t *testing.T, dir string) string {
	t.Helper()
	if _, err := os.Lstat(dir); errors.Is(err, fs.ErrNotExist) {
		return ""
	}
	all := snapshot(t, dir)
	for _, text := range []string{"old", "new"} {
		if _, ok := all["src/net/http/"+text+".go"]; !ok {
			continue
		}
		n := 0
		for _, f := range treeOf(text).Files {
			if all["src/"+f.Path] != string(f.Data) {
				t.Errorf("the port of %s has %q in %s", text, all["src/"+f.Path], f.Path)
			}
			delete(all, "src/"+f.Path)
			n++
		}
		for name, what := range all {
			if strings.HasPrefix(name, "src/") && what != "folder" {
				t.Errorf("the port of %s has %s too", text, name)
			}
		}
		return text
	}
	for name := range all {
		if strings.HasPrefix(name, "src/") {
			t.Errorf("there is no port, but %s", name)
		}
	}
	return ""
}

func TestWrite(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "a", "b", "out")
	for _, text := range []string{"old", "new", "new"} {
		if err := treeOf(text).Write(dir, false); err != nil {
			t.Fatal(err)
		}
		if got := portIn(t, dir); got != text {
			t.Errorf("the port is %q, want %q", got, text)
		}
		want := map[string]string{"src/": "folder", "src/net/": "folder", "src/net/http/": "folder", "src/crypto/": "folder", "src/crypto/tls/": "folder",
			".tinynet": "This folder was made by tinynet from go1.26.8. Its src is replaced when tinynet writes to it again.\n"}
		for _, f := range treeOf(text).Files {
			want["src/"+f.Path] = string(f.Data)
		}
		if got := snapshot(t, dir); !maps.Equal(got, want) {
			t.Errorf("the folder has %v", got)
		}
		if got := snapshot(t, filepath.Dir(dir)); len(got) != len(want)+1 {
			t.Errorf("something is left beside the folder: %v", got)
		}
	}
	fi, err := os.Stat(dir)
	if err != nil || fi.Mode().Perm() != 0o755 {
		t.Errorf("the folder is %v, %v", fi.Mode(), err)
	}
}

// TestWriteFolders has folders of all kinds as the target.
func TestWriteFolders(t *testing.T) {
	t.Parallel()
	goroot := gorootOf(t, "go1.26.8", nil)
	for _, c := range []struct {
		name  string
		make  func(t *testing.T, dir string) string // returns the target
		force bool
		err   string // empty for success
	}{
		{name: "empty", make: func(t *testing.T, dir string) string { return dir }},
		{name: "others' files", make: func(t *testing.T, dir string) string {
			put(t, filepath.Join(dir, "thesis.txt"), "x")
			return dir
		}, err: "the folder was not made by tinynet: it has thesis.txt in it, but no .tinynet; name another one, or force it"},
		{name: "others' src", make: func(t *testing.T, dir string) string {
			put(t, filepath.Join(dir, "src/main.go"), "x")
			return dir
		}, err: "the folder was not made by tinynet: it has src in it, but no .tinynet; name another one, or force it"},
		{name: "forced", force: true, make: func(t *testing.T, dir string) string {
			put(t, filepath.Join(dir, "src/main.go"), "x")
			return dir
		}},
		{name: "marker is a link", make: func(t *testing.T, dir string) string {
			put(t, filepath.Join(dir, "x"), "x")
			symlink(t, "x", filepath.Join(dir, ".tinynet"))
			return dir
		}, err: "the folder was not made by tinynet: it has .tinynet in it"},
		{name: "marker is a link, forced", force: true, make: func(t *testing.T, dir string) string {
			symlink(t, "x", filepath.Join(dir, ".tinynet"))
			return dir
		}, err: ".tinynet in it is not a regular file"},
		{name: "a file", make: func(t *testing.T, dir string) string {
			put(t, filepath.Join(dir, "out"), "x")
			return filepath.Join(dir, "out")
		}, err: "it is not a folder"},
		{name: "below a file", make: func(t *testing.T, dir string) string {
			put(t, filepath.Join(dir, "file"), "x")
			return filepath.Join(dir, "file/out")
		}, err: "not a directory"},
		{name: "a link", force: true, make: func(t *testing.T, dir string) string {
			put(t, filepath.Join(dir, "real/x"), "x")
			symlink(t, "real", filepath.Join(dir, "out"))
			return filepath.Join(dir, "out")
		}, err: "it is a symbolic link to real; name the folder itself"},
		{name: "a link to nowhere", make: func(t *testing.T, dir string) string {
			symlink(t, "nowhere", filepath.Join(dir, "out"))
			return filepath.Join(dir, "out")
		}, err: "it is a symbolic link to nowhere; name the folder itself"},
		{name: "below a link to nowhere", make: func(t *testing.T, dir string) string {
			symlink(t, "nowhere", filepath.Join(dir, "link"))
			return filepath.Join(dir, "link/out")
		}, err: "link is a symbolic link to nowhere"},
		{name: "below a link", make: func(t *testing.T, dir string) string {
			if err := os.Mkdir(filepath.Join(dir, "real"), 0o777); err != nil {
				t.Fatal(err)
			}
			symlink(t, "real", filepath.Join(dir, "link"))
			return filepath.Join(dir, "link/out")
		}},
		{name: "src is a link", make: func(t *testing.T, dir string) string {
			put(t, filepath.Join(dir, "elsewhere/net/thesis.txt"), "x")
			out := filepath.Join(dir, "out")
			if err := treeOf("old").Write(out, false); err != nil {
				t.Fatal(err)
			}
			if err := os.RemoveAll(filepath.Join(out, "src")); err != nil {
				t.Fatal(err)
			}
			symlink(t, "../elsewhere", filepath.Join(out, "src"))
			return out
		}},
		{name: "no name", make: func(*testing.T, string) string { return "" }, err: "no folder named"},
		{name: "the Go root", force: true, make: func(*testing.T, string) string { return goroot.Dir }, err: "it is inside the Go root"},
		{name: "in the Go root", force: true, make: func(*testing.T, string) string { return goroot.src("net") }, err: "it is inside the Go root"},
		{name: "new in the Go root", make: func(*testing.T, string) string { return goroot.src("net/x/y") }, err: "it is inside the Go root"},
		{name: "in the Go root by a link", make: func(t *testing.T, dir string) string {
			symlink(t, goroot.Dir, filepath.Join(dir, "go"))
			return filepath.Join(dir, "go/out")
		}, err: "it is inside the Go root"},
		{name: "around the Go root", force: true, make: func(*testing.T, string) string { return filepath.Dir(goroot.Dir) }, err: "is inside it, and tinynet never changes that"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			target := c.make(t, dir)
			before, goBefore := snapshot(t, dir), snapshot(t, goroot.Dir)
			tree := treeOf("new")
			tree.goroot = goroot.Dir
			err := tree.Write(target, c.force)
			if !maps.Equal(goBefore, snapshot(t, goroot.Dir)) {
				t.Error("the Go root changed")
			}
			after := snapshot(t, dir)
			if c.err != "" {
				if err == nil || !strings.Contains(err.Error(), c.err) || !strings.HasPrefix(err.Error(), "write the port to "+target+": ") {
					t.Errorf("the error is %v, want %s", err, c.err)
				}
				if !maps.Equal(before, after) {
					t.Errorf("%v has become %v", before, after)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got := portIn(t, target); got != "new" {
				t.Errorf("the port is %q", got)
			}
			for name, what := range before {
				rel, _ := filepath.Rel(dir, target)
				if rel = filepath.ToSlash(rel) + "/src"; strings.HasPrefix(name, strings.TrimPrefix(rel, "./")) || strings.HasPrefix(name, "link/") {
					continue
				}
				if after[name] != what {
					t.Errorf("%s was %q and is %q", name, what, after[name])
				}
			}
		})
	}
}

func symlink(t *testing.T, to, name string) {
	t.Helper()
	if err := os.Symlink(to, name); err != nil {
		t.Skip(err)
	}
}

func TestWriteReadOnly(t *testing.T) {
	t.Parallel()
	if os.Getuid() == 0 {
		t.Skip("root may write anywhere")
	}
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o555); err != nil {
		t.Fatal(err)
	}
	for _, target := range []string{dir, filepath.Join(dir, "out"), filepath.Join(dir, "a/b")} {
		if err := treeOf("new").Write(target, true); !errors.Is(err, fs.ErrPermission) {
			t.Errorf("%s: %v", target, err)
		}
	}
	if got := snapshot(t, dir); len(got) > 0 {
		t.Errorf("there is %v", got)
	}
}

// TestWriteEvilPaths has trees that nothing but a mistake could make.
func TestWriteEvilPaths(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"../x.go", "/x.go", "net/../../x.go", "", ".", "net//x.go"} {
		dir := t.TempDir()
		err := (&Tree{Files: []File{{Path: path}}}).Write(filepath.Join(dir, "out"), false)
		if err == nil || !strings.Contains(err.Error(), "is not below src") {
			t.Errorf("%q: %v", path, err)
		}
		if got := snapshot(t, dir); len(got) > 0 {
			t.Errorf("%q: there is %v", path, got)
		}
	}
}

// scenes are the states of the target that the failure tests start from.
var scenes = []struct {
	name  string
	force bool
	make  func(t *testing.T, dir string)
}{
	{name: "no folder", make: func(*testing.T, string) {}},
	{name: "empty folder", make: func(t *testing.T, dir string) {
		if err := os.Mkdir(dir, 0o777); err != nil {
			t.Fatal(err)
		}
	}},
	{name: "old port", make: func(t *testing.T, dir string) {
		if err := treeOf("old").Write(dir, false); err != nil {
			t.Fatal(err)
		}
		put(t, filepath.Join(dir, "notes.txt"), "mine")
	}},
	{name: "forced", force: true, make: func(t *testing.T, dir string) {
		put(t, filepath.Join(dir, "src/main.go"), "package main")
		put(t, filepath.Join(dir, "notes.txt"), "mine")
	}},
}

// TestWriteFails makes each change to the disk fail in turn: afterwards
// everything is as it was before. It is not parallel, for the sake of step.
func TestWriteFails(t *testing.T) {
	defer func(old func(string, string) error) { step = old }(step)
	broken := errors.New("the disk is broken")
	for _, s := range scenes {
		t.Run(s.name, func(t *testing.T) {
			for n := 1; ; n++ {
				dir := filepath.Join(t.TempDir(), "deep", "out")
				put(t, filepath.Join(filepath.Dir(dir), "neighbour"), "x")
				step = func(string, string) error { return nil }
				s.make(t, dir)
				before := snapshot(t, filepath.Dir(dir))
				count, last := 0, ""
				step = func(op, name string) error {
					if count++; count == n {
						last = op + " " + name
						return broken
					}
					return nil
				}
				err := treeOf("new").Write(dir, s.force)
				if last == "" {
					if err != nil || n < 5 {
						t.Errorf("after %d steps: %v", n, err)
					}
					break
				}
				if !errors.Is(err, broken) {
					t.Errorf("%s failed, but the error is %v", last, err)
				}
				if after := snapshot(t, filepath.Dir(dir)); !maps.Equal(before, after) {
					t.Errorf("%s failed: %v has become %v", last, before, after)
				}
			}
		})
	}
}

// TestWriteCannotGoBack has the renaming fail in both directions: the old port
// is kept, and the error tells where.
func TestWriteCannotGoBack(t *testing.T) {
	defer func(old func(string, string) error) { step = old }(step)
	dir := filepath.Join(t.TempDir(), "out")
	if err := treeOf("old").Write(dir, false); err != nil {
		t.Fatal(err)
	}
	src := filepath.Join(dir, "src")
	step = func(op, name string) error {
		if op == "rename" && name == src {
			return errors.New("no")
		}
		return nil
	}
	err := treeOf("new").Write(dir, false)
	if err == nil {
		t.Fatal("no error")
	}
	_, rest, _ := strings.Cut(err.Error(), "what was there before is now in ")
	kept, _, _ := strings.Cut(rest, " (")
	if got, err := os.ReadFile(filepath.Join(kept, "net/http/old.go")); err != nil || string(got) != "package http" {
		t.Errorf("the old port is not in %q: %v", kept, err)
	}
}

// TestWriteKilled kills the process before each change to the disk in turn:
// afterwards the old port is there, or none, and the next run succeeds and
// cleans up.
func TestWriteKilled(t *testing.T) {
	t.Parallel()
	for _, s := range scenes {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			for n := 1; ; n++ {
				dir := filepath.Join(t.TempDir(), "out")
				s.make(t, dir)
				was := ""
				if !s.force { // else what is there is somebody's
					was = portIn(t, dir)
				}
				cmd := exec.Command(os.Args[0])
				cmd.Env = append(os.Environ(), "ASSEMBLE_TEST_CHILD=write", "ASSEMBLE_TEST_DIR="+dir,
					fmt.Sprintf("ASSEMBLE_TEST_STEP=%d", n), fmt.Sprintf("ASSEMBLE_TEST_FORCE=%v", s.force))
				out, err := cmd.CombinedOutput()
				if err == nil {
					break
				}
				if cmd.ProcessState.ExitCode() != 9 {
					t.Fatalf("%v: %s", err, out)
				}
				if s.force {
					// Only between moving it away and putting the port in its
					// place is it in a temporary folder.
					if _, err := os.Stat(filepath.Join(dir, "src", "main.go")); err != nil {
						if kept, _ := filepath.Glob(filepath.Join(dir, oldPrefix+"*", "src", "main.go")); len(kept) != 1 {
							if got := portIn(t, dir); got != "new" {
								t.Errorf("killed at %s: neither what was there nor the port", out)
							}
						}
					}
				} else if got := portIn(t, dir); got != was && got != "" && got != "new" {
					t.Errorf("killed at %s: the port is %q, it was %q", out, got, was)
				}
				// As if some time had gone by.
				long := time.Now().Add(-2 * leftoverAge)
				for _, pattern := range []string{dir + "/.tinynet-*", filepath.Dir(dir) + "/.tinynet-*"} {
					left, _ := filepath.Glob(pattern)
					for _, name := range left {
						if err := os.Chtimes(name, long, long); err != nil {
							t.Fatal(err)
						}
					}
				}
				if err := treeOf("new").Write(dir, s.force); err != nil {
					t.Fatalf("killed at %s; the next run: %v", out, err)
				}
				if got := portIn(t, dir); got != "new" {
					t.Errorf("killed at %s: after the next run the port is %q", out, got)
				}
				if !s.force {
					for name := range snapshot(t, filepath.Dir(dir)) {
						if strings.Contains(name, ".tinynet-") {
							t.Errorf("killed at %s: %s is left", out, name)
						}
					}
				}
			}
		})
	}
}

// childWrite is the process that TestWriteKilled kills.
func childWrite() {
	n, _ := strconv.Atoi(os.Getenv("ASSEMBLE_TEST_STEP"))
	count := 0
	step = func(op, name string) error {
		if count++; count == n {
			fmt.Print(op, " ", filepath.Base(name))
			os.Exit(9)
		}
		return nil
	}
	if err := treeOf("new").Write(os.Getenv("ASSEMBLE_TEST_DIR"), os.Getenv("ASSEMBLE_TEST_FORCE") == "true"); err != nil {
		fmt.Print(err)
		os.Exit(1)
	}
}

// TestCleanLeftovers removes only what is old and ours.
func TestCleanLeftovers(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	long := time.Now().Add(-2 * leftoverAge)
	for _, name := range []string{"new-1/x", "new-2/x", "new-/x", "new-3a/x", "other-4/x"} {
		put(t, filepath.Join(dir, name), "x")
		if name != "new-2/x" {
			if err := os.Chtimes(filepath.Dir(filepath.Join(dir, name)), long, long); err != nil {
				t.Fatal(err)
			}
		}
	}
	put(t, filepath.Join(dir, "new-5"), "x")
	put(t, filepath.Join(dir, "precious"), "x")
	symlink(t, "precious", filepath.Join(dir, "new-6"))
	if err := os.Chtimes(filepath.Join(dir, "new-5"), long, long); err != nil {
		t.Fatal(err)
	}
	want := snapshot(t, dir)
	delete(want, "new-1/")
	delete(want, "new-1/x")
	cleanLeftovers(dir, "new-")
	if got := snapshot(t, dir); !maps.Equal(got, want) {
		t.Errorf("left is %v", got)
	}
}
