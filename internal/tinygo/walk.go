package tinygo

import (
	"io/fs"
	"os"
	"path"
	"path/filepath"
)

// walk is filepath.WalkDir below root, except that it goes into folders that are
// links, too: package managers make roots of them. Names are slash-separated and
// relative, "." for the root. A link to a folder that is being walked already is
// left out, since its files would have no end.
func walk(root string, do fs.WalkDirFunc) error {
	info, err := os.Stat(root)
	if err != nil {
		return do(".", nil, err)
	}
	err = walkDir(root, ".", fs.FileInfoToDirEntry(info), nil, do)
	if err == fs.SkipDir || err == fs.SkipAll {
		return nil
	}
	return err
}

func walkDir(root, name string, e fs.DirEntry, above []string, do fs.WalkDirFunc) error {
	if err := do(name, e, nil); err != nil || !e.IsDir() {
		return err
	}
	dir := filepath.Join(root, filepath.FromSlash(name))
	real, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return do(name, e, err)
	}
	for _, a := range above {
		if a == real {
			return nil
		}
	}
	above = append(above[:len(above):len(above)], real)
	entries, err := os.ReadDir(dir)
	if err != nil {
		return do(name, e, err)
	}
	for _, x := range entries {
		if x.Type()&fs.ModeSymlink != 0 {
			if info, err := os.Stat(filepath.Join(dir, x.Name())); err == nil && info.IsDir() {
				x = linkedDir{fs.FileInfoToDirEntry(info), x.Name()}
			}
		}
		if err := walkDir(root, path.Join(name, x.Name()), x, above, do); err == fs.SkipDir {
			if !x.IsDir() {
				return nil // the rest of the folder, as filepath.WalkDir has it
			}
		} else if err != nil {
			return err
		}
	}
	return nil
}

// linkedDir is a folder by the name of the link to it.
type linkedDir struct {
	fs.DirEntry
	name string
}

func (d linkedDir) Name() string { return d.name }
