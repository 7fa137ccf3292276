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

// A span is a range of releases: from since on, up to but without until.
// Both are as go/version has them; empty means no limit.
type span struct{ since, until string }

func newSpan(since, until string) (span, error) {
	var s span
	for _, x := range []struct {
		name, text string
		to         *string
	}{{"since", since, &s.since}, {"until", until, &s.until}} {
		if x.text == "" {
			continue
		}
		v := "go" + x.text
		if !version.IsValid(v) || strings.Contains(v, "-") {
			return s, fmt.Errorf("%s = %q is not a Go release; write it as \"1.25\", \"1.25.3\" or \"1.27rc1\"", x.name, x.text)
		}
		*x.to = v
	}
	if s.since != "" && s.until != "" && version.Compare(s.since, s.until) >= 0 {
		return s, fmt.Errorf("since = %q is not before until = %q, so no release is in the range", since, until)
	}
	return s, nil
}

// has tells whether the release is in the range. A minor release as limit
// includes its release candidates: since 1.27 is true for go1.27rc1.
func (s span) has(release string) bool {
	return (s.since == "" || version.Compare(release, s.since) >= 0) &&
		(s.until == "" || version.Compare(release, s.until) < 0)
}

// overlaps tells whether some release is in both ranges.
func (s span) overlaps(t span) bool {
	before := func(a, b span) bool {
		return a.until != "" && b.since != "" && version.Compare(a.until, b.since) <= 0
	}
	return !before(s, t) && !before(t, s)
}

// plain tells whether a text can stand in a line comment of Go source.
func plain(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool {
		return unicode.IsControl(r) || r == '\uFEFF' || r == unicode.ReplacementChar
	})
}

// Within tells whether a release is in a range as manifests write it: from
// since on, up to but without until. Either may be empty.
func Within(release, since, until string) (bool, error) {
	s, err := newSpan(since, until)
	return err == nil && s.has(comparable(release)), err
}
