package assemble

import (
	"bytes"
	"encoding/json"
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
// its module cache. From Go 1.25 on it refuses overlays of that folder, so such
// a root is used by the path of a link to it.
func inModCache(dir string) bool {
	return strings.Contains(filepath.ToSlash(dir), "/golang.org/toolchain@")
}
