// Package sources makes the result of a test depend on files that are no part of the
// test binary, such as those of programs that the test builds. The go command sees
// which files a test looks at, and keeps its result until one of them changes.
package sources

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// Watch looks at each file below these folders, but for what git keeps. It has to be
// called in a test: what is looked at before does not count.
func Watch(dirs ...string) error {
	for _, dir := range dirs {
		err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if err == nil && d.IsDir() && d.Name() == ".git" {
				return filepath.SkipDir
			}
			if path != dir && errors.Is(err, fs.ErrNotExist) {
				return nil // somebody has just removed it
			}
			os.Stat(path)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}
