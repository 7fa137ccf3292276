package assemble

import (
	"cmp"
	"errors"
	"fmt"
	"go/version"
	"slices"
	"strings"
)

// MinTinyGo is the oldest release of TinyGo that a port can be assembled for.
const MinTinyGo = "0.35"

// A target is what a port is assembled for: a Go release, in the form that
// go/version compares, and what compiles it.
type target struct {
	release string
	tinygo  string // in the same form, such as go0.40.1; empty for Go's compiler
	all     bool   // it stands for every compiler, adopted or not
	adopted bool
}

// target is what a port from the root is for.
func (g Goroot) target() target {
	t := target{release: g.release(), adopted: g.Adopted}
	if g.TinyGo != "" {
		t.tinygo = "go" + g.TinyGo
	}
	return t
}

// CheckTinyGo tells whether a text names a release of TinyGo, such as 0.40.1 or
// 0.43.0-dev-1a2b3c, that is new enough.
func CheckTinyGo(release string) error {
	v := "go" + release
	switch {
	case !version.IsValid(v) || version.Lang(v) == v || !plain(release):
		return fmt.Errorf("%q is not the name of a TinyGo release, such as 0.40.1", release)
	case version.Compare(v, "go"+MinTinyGo) < 0:
		return fmt.Errorf("TinyGo %s is too old: the port needs TinyGo %s or newer", release, MinTinyGo)
	}
	return nil
}

// A span says which ports an entry of a manifest is for: those of the Go releases
// from since on, up to but without until, for the compilers that it names. Its
// releases are as go/version has them; empty means no limit.
type span struct {
	since, until string

	compiler                 compiler
	tinygoSince, tinygoUntil string // limits for byTinyGo

	notAdopted bool // not for the tree of Adopted
}

// A compiler is what compiles the ports that an entry is for.
type compiler byte

const (
	byAny    compiler = iota
	byGo              // tinygo = false
	byTinyGo          // tinygo = true, or limits
)

// A tomlSpan is the part of an entry that says which ports it is for.
type tomlSpan struct {
	Since string `toml:"since"`
	Until string `toml:"until"`

	TinyGo      *bool  `toml:"tinygo"`
	TinyGoSince string `toml:"tinygo-since"`
	TinyGoUntil string `toml:"tinygo-until"`

	Adopted *bool `toml:"adopted"`
}

// narrowed is t with each key that by has in the place of its own: a row is for what its
// table is for, but where it says otherwise.
func (t tomlSpan) narrowed(by tomlSpan) tomlSpan {
	t.Since, t.Until = cmp.Or(by.Since, t.Since), cmp.Or(by.Until, t.Until)
	t.TinyGo = cmp.Or(by.TinyGo, t.TinyGo)
	t.TinyGoSince, t.TinyGoUntil = cmp.Or(by.TinyGoSince, t.TinyGoSince), cmp.Or(by.TinyGoUntil, t.TinyGoUntil)
	t.Adopted = cmp.Or(by.Adopted, t.Adopted)
	return t
}

func newSpan(t tomlSpan) (span, error) {
	var s span
	var err error
	if s.since, s.until, err = limits("Go", "", t.Since, t.Until, "\"1.25\", \"1.25.3\" or \"1.27rc1\""); err != nil {
		return s, err
	}
	if s.tinygoSince, s.tinygoUntil, err = limits("TinyGo", "tinygo-", t.TinyGoSince, t.TinyGoUntil, "\"0.43\" or \"0.40.1\""); err != nil {
		return s, err
	}
	if t.Adopted != nil {
		if *t.Adopted {
			return s, errors.New("adopted = true is what an entry is without it; adopted = false leaves it out of the tree of assemble -adopt")
		}
		s.notAdopted = true
	}
	limited := s.tinygoSince != "" || s.tinygoUntil != ""
	switch {
	case t.TinyGo != nil && limited:
		return s, errors.New("tinygo-since and tinygo-until say that it is for TinyGo; leave tinygo out")
	case s.tinygoUntil != "" && version.Compare(s.tinygoUntil, "go"+MinTinyGo) <= 0:
		return s, fmt.Errorf("tinygo-until = %q: the port is for TinyGo %s and newer, so it is for none", t.TinyGoUntil, MinTinyGo)
	case limited, t.TinyGo != nil && *t.TinyGo:
		s.compiler = byTinyGo
	case t.TinyGo != nil:
		s.compiler = byGo
	}
	return s, nil
}

// limits checks the two ends of a range of releases of Go or TinyGo, whose keys
// begin with prefix, and gives them the form that go/version compares.
func limits(of, prefix, since, until, examples string) (from, to string, err error) {
	for _, x := range []struct {
		name, text string
		to         *string
	}{{prefix + "since", since, &from}, {prefix + "until", until, &to}} {
		if x.text == "" {
			continue
		}
		v := "go" + x.text
		if !version.IsValid(v) || strings.Contains(v, "-") {
			return "", "", fmt.Errorf("%s = %q is not a %s release; write it as %s", x.name, x.text, of, examples)
		}
		*x.to = v
	}
	if from != "" && to != "" && version.Compare(from, to) >= 0 {
		return "", "", fmt.Errorf("%ssince = %q is not before %[1]suntil = %[3]q, so no release is in the range", prefix, since, until)
	}
	return from, to, nil
}

// inRange tells whether a release is in a range. A minor release as limit includes
// its release candidates and development versions: since 1.27 is true for go1.27rc1.
func inRange(release, since, until string) bool {
	return (since == "" || version.Compare(release, since) >= 0) &&
		(until == "" || version.Compare(release, until) < 0)
}

// has tells whether the entry is for a port.
func (s span) has(t target) bool {
	if !inRange(t.release, s.since, s.until) {
		return false
	}
	switch {
	case s.notAdopted && t.adopted:
		return false
	case t.all || s.compiler == byAny:
		return true
	case s.compiler == byGo:
		return t.tinygo == ""
	}
	return t.tinygo != "" && inRange(t.tinygo, s.tinygoSince, s.tinygoUntil)
}

// overlaps tells whether some port is in both.
func (s span) overlaps(t span) bool {
	before := func(until, since string) bool {
		return until != "" && since != "" && version.Compare(until, since) <= 0
	}
	if before(s.until, t.since) || before(t.until, s.since) {
		return false
	}
	if s.compiler == byAny || t.compiler == byAny {
		return true
	}
	return s.compiler == t.compiler && !before(s.tinygoUntil, t.tinygoSince) && !before(t.tinygoUntil, s.tinygoSince)
}

// Within tells whether a release is in a range as manifests write it: from
// since on, up to but without until. Either may be empty.
func Within(release, since, until string) (bool, error) {
	s, err := newSpan(tomlSpan{Since: since, Until: until})
	return err == nil && inRange(comparable(release), s.since, s.until), err
}

// TinyGos names one TinyGo of each kind that the manifest tells apart, the oldest
// first. A port that assembles from a Go release for Go itself and for each of
// these assembles from it for every TinyGo.
func (m *Manifest) TinyGos() []string {
	found := []string{"go" + MinTinyGo}
	note := func(s span) {
		for _, limit := range []string{s.tinygoSince, s.tinygoUntil} {
			if limit != "" && !slices.Contains(found, limit) {
				found = append(found, limit)
			}
		}
	}
	for _, p := range m.pkgs {
		note(p.span)
		for _, list := range [][]listEntry{p.takes, p.omits, p.adds} {
			for _, e := range list {
				note(e.span)
			}
		}
		for _, list := range [][]declEntry{p.drops, p.replaces} {
			for _, e := range list {
				note(e.span)
			}
		}
		for _, e := range p.edits {
			note(e.span)
		}
		for _, e := range p.swaps {
			note(e.span)
		}
		for _, e := range p.parts {
			note(e.span)
		}
	}
	slices.SortFunc(found, version.Compare)
	for i, v := range found {
		if version.Lang(v) == v {
			v += ".0"
		}
		found[i] = strings.TrimPrefix(v, "go")
	}
	return slices.Compact(found)
}
