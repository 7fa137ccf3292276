package assemble

import (
	"errors"
	"fmt"
	"go/version"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"unicode"
)

// MinRelease is the oldest Go release that a port can be assembled from.
const MinRelease = "go1.23"

// A Goroot is the root of a Go installation.
type Goroot struct {
	Dir     string // absolute
	Version string // such as go1.26.8, go1.27rc1, or devel go1.28-1a2b3c

	// TinyGo is the release of TinyGo that will compile what is assembled from this
	// root, such as 0.40.1 or 0.43.0-dev-1a2b3c. It is empty where Go itself will.
	TinyGo string

	// Adopted is whether it will be compiled in a root of TinyGo's without the changes
	// in packages that TinyGo takes from Go: see [Tree.Adopted].
	Adopted bool
}

// String names the release, and the TinyGo if there is one.
func (g Goroot) String() string {
	if g.TinyGo == "" {
		return g.Version
	}
	return g.Version + " for TinyGo " + g.TinyGo
}

// src returns the path of the package or file name below the root's sources.
func (g Goroot) src(name string) string {
	return filepath.Join(g.Dir, "src", filepath.FromSlash(name))
}

// release returns the version in the form that go/version compares.
func (g Goroot) release() string { return comparable(g.Version) }

func comparable(v string) string {
	v = strings.TrimPrefix(v, "devel ")
	if i := strings.IndexFunc(v, unicode.IsSpace); i >= 0 {
		v = v[:i]
	}
	return v
}

// OpenGoroot checks that dir is the root of a Go installation that is new
// enough, and reads its version. Release candidates and development versions
// are welcome.
func OpenGoroot(dir string) (Goroot, error) {
	fail := func(format string, args ...any) (Goroot, error) {
		return Goroot{}, fmt.Errorf("open Go root %s: %w", dir, fmt.Errorf(format, args...))
	}
	if dir == "" {
		return Goroot{}, errors.New("open Go root: no folder named; `go env GOROOT` tells where one is")
	}
	abs, err := filepath.Abs(dir)
	if err != nil {
		return fail("%w", err)
	}
	if fi, err := os.Stat(abs); err != nil {
		return fail("%w", err)
	} else if !fi.IsDir() {
		return fail("not a folder")
	}
	root := Goroot{Dir: abs}
	if root.Version, err = readVersion(abs); err != nil {
		return fail("%w", err)
	}
	if fi, err := os.Stat(root.src("net")); err != nil || !fi.IsDir() {
		return fail("not a Go root: it has no src/net (some Linux distributions package the sources apart)")
	}
	if version.Compare(root.release(), MinRelease) < 0 {
		return fail("%s is too old: %s or newer is needed", root.Version, MinRelease)
	}
	return root, nil
}

var goversionConst = regexp.MustCompile(`(?m)^const Version = (\d+)$`)

func readVersion(root string) (string, error) {
	data, err := os.ReadFile(filepath.Join(root, "VERSION"))
	if errors.Is(err, os.ErrNotExist) {
		// A checkout of Go's own repository has no VERSION; its minor release
		// is in this file.
		text, err := os.ReadFile(filepath.Join(root, "src", "internal", "goversion", "goversion.go"))
		if m := goversionConst.FindSubmatch(text); err == nil && m != nil {
			return "devel go1." + string(m[1]), nil
		}
		return "", errors.New("not a Go root: it has no VERSION file")
	}
	if err != nil {
		return "", err
	}
	line, _, _ := strings.Cut(string(data), "\n")
	v := strings.TrimSpace(line)
	if !version.IsValid(comparable(v)) || !plain(v) {
		return "", fmt.Errorf("not a Go root: its VERSION file says %q", line)
	}
	return v, nil
}

// plain tells whether a text can stand in a line comment of Go source.
func plain(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool {
		return unicode.IsControl(r) || r == '\uFEFF' || r == unicode.ReplacementChar
	})
}
