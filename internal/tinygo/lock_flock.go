//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package tinygo

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// lock keeps other processes from changing a root. It ends with the process and
// leaves nothing: the lock is on the folder src itself.
func lock(root string) (unlock func(), err error) {
	f, err := os.Open(filepath.Join(root, "src"))
	if err != nil {
		return nil, err
	}
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		err = fmt.Errorf("another tinynet install or uninstall is at work there; try again when it has ended")
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return func() {
		// Not left to Close: a process that is just being started may have a copy.
		syscall.Flock(int(f.Fd()), syscall.LOCK_UN)
		f.Close()
	}, nil
}

func isReadOnly(err error) bool { return errors.Is(err, syscall.EROFS) }
