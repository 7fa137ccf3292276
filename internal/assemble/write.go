package assemble

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// markerName is the file that tells that a folder was made by tinynet.
const markerName = ".tinynet"

// The names of temporary folders begin with these. In the target's parent they
// are followed by the target's name.
const (
	newPrefix = ".tinynet-new-"
	oldPrefix = ".tinynet-old-"
)

// leftoverAge is how old a temporary folder has to be to count as left over
// from a run that was killed. A run takes a few seconds.
const leftoverAge = 10 * time.Minute

// Write writes the port to DIR/src. It replaces an earlier one in one step: a
// run that fails or is killed leaves the earlier one, or nothing. Beside src it
// touches nothing in the folder but its own marker and temporary files.
//
// A folder that is not empty and was not made by Write is refused unless force
// is set. So is a folder in or around the Go root.
func (t *Tree) Write(dir string, force bool) error {
	if err := t.write(dir, force); err != nil {
		return fmt.Errorf("write the port to %s: %w", dir, err)
	}
	return nil
}

func (t *Tree) write(dir string, force bool) error {
	if dir == "" {
		return errors.New("no folder named")
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return err
	}
	fi, err := os.Lstat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return t.writeNew(dir)
	case err != nil:
		return err
	case fi.Mode()&fs.ModeSymlink != 0:
		to, _ := os.Readlink(dir)
		return fmt.Errorf("it is a symbolic link to %s; name the folder itself", to)
	case !fi.IsDir():
		return errors.New("it is not a folder")
	}
	return t.writeOver(dir, force)
}

// writeNew makes the folder: beside its place, then by renaming.
func (t *Tree) writeNew(dir string) error {
	parent := filepath.Dir(dir)
	if err := t.awayFromGoroot(dir); err != nil {
		return err
	}
	made, err := mkdirAll(parent)
	if err != nil {
		return err
	}
	base := filepath.Base(dir)
	cleanLeftovers(parent, newPrefix+base+"-")
	tmp, err := mkdirTemp(parent, newPrefix+base+"-*")
	if err == nil {
		if err = t.fill(tmp); err == nil {
			err = rename(tmp, dir)
		}
		if err != nil {
			os.RemoveAll(tmp)
		}
	}
	if err != nil {
		for _, d := range made {
			os.Remove(d) // only if it is still empty
		}
	}
	return err
}

// writeOver replaces src in a folder that exists.
func (t *Tree) writeOver(dir string, force bool) error {
	if err := t.awayFromGoroot(dir); err != nil {
		return err
	}
	marker := filepath.Join(dir, markerName)
	mfi, err := os.Lstat(marker)
	marked := err == nil && mfi.Mode().IsRegular()
	if !marked && !force {
		entries, err := os.ReadDir(dir)
		if err != nil {
			return err
		}
		for _, e := range entries {
			if isTemp(e, newPrefix) {
				continue // a run was killed before it could put the marker there
			}
			return fmt.Errorf("the folder was not made by tinynet: it has %s in it, but no %s; name another one, or force it", e.Name(), markerName)
		}
	}
	if err == nil && !marked {
		return fmt.Errorf("%s in it is not a regular file", markerName)
	}
	cleanLeftovers(dir, newPrefix)
	if marked {
		cleanLeftovers(dir, oldPrefix)
	}
	tmp, err := mkdirTemp(dir, newPrefix+"*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	if err := t.fill(tmp); err != nil {
		return err
	}
	// From here on the folder is ours.
	if err := rename(filepath.Join(tmp, markerName), marker); err != nil {
		return err
	}
	undo := func() {
		if !marked {
			os.Remove(marker)
		}
	}
	src, old := filepath.Join(dir, "src"), ""
	if _, err := os.Lstat(src); err == nil {
		aside, err := mkdirTemp(dir, oldPrefix+"*")
		if err != nil {
			undo()
			return err
		}
		old = filepath.Join(aside, "src")
		defer func() {
			if old != "" {
				os.RemoveAll(aside)
			}
		}()
		if err := rename(src, old); err != nil {
			undo()
			return err
		}
	}
	if err := rename(filepath.Join(tmp, "src"), src); err != nil {
		if old != "" {
			if back := rename(old, src); back != nil {
				kept := old
				old = ""
				return fmt.Errorf("%w; what was there before is now in %s (%w)", err, kept, back)
			}
		}
		undo()
		return err
	}
	return nil
}

// awayFromGoroot refuses a target inside of the Go root, and one that contains
// it.
func (t *Tree) awayFromGoroot(dir string) error {
	if t.goroot == "" {
		return nil
	}
	root, err := filepath.EvalSymlinks(t.goroot)
	if err != nil {
		return nil // it is gone
	}
	dir, err = resolve(dir)
	if err != nil {
		return err
	}
	if within(dir, root) {
		return fmt.Errorf("it is inside the Go root %s, which tinynet never changes", t.goroot)
	}
	if within(root, dir) {
		return fmt.Errorf("the Go root %s is inside it, and tinynet never changes that", t.goroot)
	}
	return nil
}

// resolve follows the symbolic links in as much of a path as exists.
func resolve(name string) (string, error) {
	rest := ""
	for {
		real, err := filepath.EvalSymlinks(name)
		if err == nil {
			return filepath.Join(real, rest), nil
		}
		parent := filepath.Dir(name)
		if !errors.Is(err, fs.ErrNotExist) || parent == name {
			return "", err
		}
		if fi, err := os.Lstat(name); err == nil && fi.Mode()&fs.ModeSymlink != 0 {
			return "", fmt.Errorf("%s is a symbolic link to nowhere", name)
		}
		rest = filepath.Join(filepath.Base(name), rest)
		name = parent
	}
}

// within tells whether a resolved path is dir or below it. It compares folders,
// not names, for the sake of file systems that ignore case and of mounts.
func within(name, dir string) bool {
	top, err := os.Stat(dir)
	if err != nil {
		return false
	}
	for {
		if fi, err := os.Stat(name); err == nil && os.SameFile(fi, top) {
			return true
		}
		parent := filepath.Dir(name)
		if parent == name {
			return false
		}
		name = parent
	}
}

// fill writes the tree into a new folder, the marker first, so that leftovers
// can be told from other people's folders.
func (t *Tree) fill(dir string) error {
	if err := writeFile(filepath.Join(dir, markerName), []byte("This folder was made by tinynet from "+t.Release+". Its src is replaced when tinynet writes to it again.\n")); err != nil {
		return err
	}
	made := map[string]bool{}
	if err := mkdir(filepath.Join(dir, "src")); err != nil {
		return err
	}
	for _, f := range t.Files {
		if !fs.ValidPath(f.Path) || f.Path == "." || !filepath.IsLocal(filepath.FromSlash(f.Path)) {
			return fmt.Errorf("the path %q is not below src", f.Path)
		}
		name := filepath.Join(dir, "src", filepath.FromSlash(f.Path))
		if parent := filepath.Dir(name); !made[parent] {
			if _, err := mkdirAll(parent); err != nil {
				return err
			}
			made[parent] = true
		}
		if err := writeFile(name, f.Data); err != nil {
			return err
		}
	}
	return nil
}

// cleanLeftovers removes what runs that were killed left in a folder.
func cleanLeftovers(dir, prefix string) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return
	}
	for _, e := range entries {
		if !isTemp(e, prefix) {
			continue
		}
		if fi, err := e.Info(); err == nil && time.Since(fi.ModTime()) > leftoverAge {
			os.RemoveAll(filepath.Join(dir, e.Name()))
		}
	}
}

// isTemp tells whether a folder was made by mkdirTemp, which puts only digits
// after the prefix.
func isTemp(e fs.DirEntry, prefix string) bool {
	rest, ok := strings.CutPrefix(e.Name(), prefix)
	return ok && e.IsDir() && rest != "" && strings.Trim(rest, "0123456789") == ""
}

// mkdirAll is os.MkdirAll that tells what it made, the deepest first.
func mkdirAll(dir string) (made []string, err error) {
	var missing []string
	for d := dir; ; d = filepath.Dir(d) {
		if _, err := os.Stat(d); !errors.Is(err, fs.ErrNotExist) || filepath.Dir(d) == d {
			break
		}
		missing = append(missing, d)
	}
	for i := len(missing) - 1; i >= 0; i-- {
		switch err := mkdir(missing[i]); {
		case err == nil:
			made = append([]string{missing[i]}, made...)
		case !errors.Is(err, fs.ErrExist):
			for _, d := range made {
				os.Remove(d)
			}
			return nil, err
		}
	}
	return made, nil
}

// step is called before each change to the disk. Tests make it fail.
var step = func(op, name string) error { return nil }

func mkdir(name string) error {
	if err := step("mkdir", name); err != nil {
		return err
	}
	return os.Mkdir(name, 0o777)
}

func mkdirTemp(dir, pattern string) (string, error) {
	if err := step("mkdirTemp", dir); err != nil {
		return "", err
	}
	return NewDir(dir, pattern)
}

func writeFile(name string, data []byte) error {
	if err := step("write", name); err != nil {
		return err
	}
	return os.WriteFile(name, data, 0o666)
}

func rename(from, to string) error {
	if err := step("rename", to); err != nil {
		return err
	}
	return os.Rename(from, to)
}
