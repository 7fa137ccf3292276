//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd || windows)

package tinygo

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// lock keeps other processes from changing a root. A file is all that there is
// for it here; one that a killed process left has to be deleted by hand.
func lock(root string) (unlock func(), err error) {
	name := filepath.Join(root, ".tinynet-lock")
	f, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	if errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("another tinynet install or uninstall is at work there; if there is none, delete %s", name)
	}
	if err != nil {
		return nil, writable(err)
	}
	f.Close()
	return func() { os.Remove(name) }, nil
}

func isReadOnly(error) bool { return false }
