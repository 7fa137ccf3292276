package board

import (
	"cmp"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// What compiled modules may take in the cache. wazero keeps each that it ever
// compiled, and one is some 45 MB; a module that went is compiled again when its
// program runs.
const (
	modulesKept = 1 << 30 // bytes
	moduleKept  = 30 * 24 * time.Hour
)

// trimModules removes compiled modules, the oldest first, until no more than size
// bytes are left of those that are younger than age. wazero does not say when it
// used one: what counts is when it was compiled.
func trimModules(dir string, size int64, age time.Duration) {
	type module struct {
		name string
		fs.FileInfo
	}
	var modules []module
	filepath.WalkDir(dir, func(name string, e fs.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() {
			return nil
		}
		if fi, err := e.Info(); err == nil {
			modules = append(modules, module{name, fi})
		}
		return nil
	})
	slices.SortFunc(modules, func(a, b module) int {
		return cmp.Or(b.ModTime().Compare(a.ModTime()), cmp.Compare(a.name, b.name))
	})
	for _, m := range modules {
		if size -= m.Size(); size < 0 || time.Since(m.ModTime()) > age {
			os.Remove(m.name)
		}
	}
}
