package assemble

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Overlay returns the JSON for `go build -overlay` that puts the port in the
// place of root's own packages. The files are those that Write wrote to
// filesDir. Only files that differ from Go's appear in it.
func (t *Tree) Overlay(root Goroot, filesDir string) ([]byte, error) {
	filesDir, err := filepath.Abs(filesDir)
	if err != nil {
		return nil, err
	}
	// The go command knows its root by the real path, whatever path it was
	// called by, unless GOROOT is set.
	roots := []string{root.Dir}
	if real, err := filepath.EvalSymlinks(root.Dir); err == nil && real != root.Dir && !inModCache(real) {
		roots = append(roots, real)
	}
	replace := map[string]string{}
	for _, dir := range roots {
		src := Goroot{Dir: dir}.src
		for _, f := range t.Files {
			if f.Mark != Taken {
				replace[src(f.Path)] = filepath.Join(filesDir, "src", filepath.FromSlash(f.Path))
			}
		}
		for _, o := range t.Omitted {
			replace[src(o.Path)] = ""
		}
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "\t")
	err = enc.Encode(struct{ Replace map[string]string }{replace})
	return b.Bytes(), err
}

// inModCache tells whether a Go root is one that the go command fetched into
// its module cache.
func inModCache(dir string) bool {
	return strings.Contains(filepath.ToSlash(dir), "/golang.org/toolchain@")
}

// OutsideModCache returns the same Go root by a path that an overlay can
// replace files below. From Go 1.25 on, the go command refuses overlays of its
// module cache, where it also keeps the releases that it fetched: for those the
// path is a symbolic link in the cache folder. The go command has to run with
// that path as its GOROOT, or it will not see the overlay.
func (g Goroot) OutsideModCache(cacheDir string) (Goroot, error) {
	if !inModCache(g.Dir) {
		return g, nil
	}
	fail := func(err error) (Goroot, error) {
		return Goroot{}, fmt.Errorf("make a link to the Go root %s: %w", g.Dir, err)
	}
	if cacheDir == "" {
		var err error
		if cacheDir, err = DefaultCacheDir(); err != nil {
			return fail(err)
		}
	}
	dir, err := filepath.Abs(filepath.Join(cacheDir, "goroot"))
	if err != nil {
		return fail(err)
	}
	sum := sha256.Sum256([]byte(g.Dir))
	link := filepath.Join(dir, fmt.Sprintf("%s-%x", g.release(), sum[:6]))
	if to, err := os.Readlink(link); err != nil || to != g.Dir {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return fail(err)
		}
		// Others may be doing the same: put it there in one step.
		tmp, err := mkdirTemp(dir, tmpPrefix+"*")
		if err != nil {
			return fail(err)
		}
		defer os.RemoveAll(tmp)
		if err := os.Symlink(g.Dir, filepath.Join(tmp, "link")); err != nil {
			return fail(err)
		}
		if err := rename(filepath.Join(tmp, "link"), link); err != nil {
			return fail(err)
		}
	}
	g.Dir = link
	return g, nil
}
