//go:build unix

package assemble

import (
	"io/fs"
	"os"
	"syscall"
)

// private tells whether a folder belongs to this user and nobody else can write
// to it.
func private(fi fs.FileInfo) bool {
	st, ok := fi.Sys().(*syscall.Stat_t)
	return ok && int(st.Uid) == os.Getuid() && fi.Mode().Perm()&0o022 == 0
}
