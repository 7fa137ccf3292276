package assemble

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
)

// An archive is a text file that holds others, each after a line `-- name --`.
type archive struct {
	head  string
	names []string
	files map[string]string
}

func parseArchive(text string) *archive {
	a := &archive{files: map[string]string{}}
	name := ""
	for _, line := range strings.SplitAfter(text, "\n") {
		trimmed := strings.TrimRight(line, "\n")
		if n, ok := strings.CutPrefix(trimmed, "-- "); ok && strings.HasSuffix(n, " --") {
			name = strings.TrimSuffix(n, " --")
			a.names = append(a.names, name)
			a.files[name] = ""
			continue
		}
		if name == "" {
			a.head += line
		} else {
			a.files[name] += line
		}
	}
	return a
}

func (a *archive) String() string {
	var b strings.Builder
	b.WriteString(a.head)
	for _, n := range a.names {
		b.WriteString("-- " + n + " --\n" + a.files[n])
	}
	return b.String()
}

// below returns the files in a folder of the archive.
func (a *archive) below(dir string) map[string]string {
	files := map[string]string{}
	for n, text := range a.files {
		if rest, ok := strings.CutPrefix(n, dir+"/"); ok {
			files[rest] = text
		}
	}
	return files
}

// portOf makes a port out of files by name below port/.
func portOf(files map[string]string) fstest.MapFS {
	port := fstest.MapFS{}
	for name, text := range files {
		port[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return port
}

// gorootOf makes a Go root out of files by name below src.
func gorootOf(t testing.TB, release string, files map[string]string) Goroot {
	t.Helper()
	dir := t.TempDir()
	put(t, filepath.Join(dir, "VERSION"), release+"\ntime 2026-01-01T00:00:00Z\n")
	if err := os.MkdirAll(filepath.Join(dir, "src", "net"), 0o777); err != nil {
		t.Fatal(err)
	}
	for name, text := range files {
		put(t, filepath.Join(dir, "src", filepath.FromSlash(name)), text)
	}
	root, err := OpenGoroot(dir)
	if err != nil {
		t.Fatal(err)
	}
	return root
}

func put(t testing.TB, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
}

// assembled loads and assembles.
func assembled(port fs.FS, root Goroot) (*Tree, error) {
	m, err := LoadManifest(port)
	if err != nil {
		return nil, err
	}
	return Assemble(m, root)
}

// snapshot returns what is in a folder, by path: a file's text, or what else it
// is.
func snapshot(t testing.TB, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(dir, name)
		if err != nil {
			return err
		}
		switch rel = filepath.ToSlash(rel); {
		case rel == ".":
		case d.IsDir():
			all[rel+"/"] = "folder"
		case d.Type()&fs.ModeSymlink != 0:
			to, err := os.Readlink(name)
			all[rel] = "link to " + to
			return err
		default:
			data, err := os.ReadFile(name)
			all[rel] = string(data)
			return err
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}
