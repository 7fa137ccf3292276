package assemble

import (
	"errors"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// NewDir makes a folder with a name of its own, as os.MkdirTemp does, but with
// the mode that the user's umask leaves: what stays is for whom the user says.
func NewDir(dir, pattern string) (string, error) {
	var name string
	err := unused(dir, pattern, func(n string) error {
		name = n
		return os.Mkdir(n, 0o777)
	})
	return name, err
}

// NewFile makes a file with a name of its own, as os.CreateTemp does, but with
// the mode that the user's umask leaves.
func NewFile(dir, pattern string) (*os.File, error) {
	var f *os.File
	err := unused(dir, pattern, func(n string) (err error) {
		f, err = os.OpenFile(n, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o666)
		return err
	})
	return f, err
}

// unused calls create with names, which have digits in the place of the last *
// or at the end, until one is nobody's.
func unused(dir, pattern string, create func(string) error) error {
	before, after := pattern, ""
	if i := strings.LastIndexByte(pattern, '*'); i >= 0 {
		before, after = pattern[:i], pattern[i+1:]
	}
	for tries := 0; ; tries++ {
		err := create(filepath.Join(dir, before+strconv.FormatUint(uint64(rand.Uint32()), 10)+after))
		if !errors.Is(err, fs.ErrExist) || tries == 10000 {
			return err
		}
	}
}
