package assemble

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// A Problem is one thing in a manifest, or in the release that it was applied
// to, that a human has to look at.
type Problem struct {
	Manifest string // the manifest file, such as port/net/manifest.toml
	Line     int    // of the manifest; 0 if it is about no line
	Op       string // the operation: take, drop, ...; may be empty
	File     string // the file it is about, such as net/dial.go; may be empty
	Decl     string // the declaration in it; may be empty
	Release  string // the Go release; empty where none is involved
	Text     string // what is wrong
}

func (p *Problem) Error() string {
	var where []string
	for _, s := range []string{p.Op, p.File, p.Decl} {
		if s != "" {
			where = append(where, s)
		}
	}
	var b strings.Builder
	if p.Manifest != "" {
		b.WriteString(p.Manifest + ":")
		if p.Line > 0 {
			fmt.Fprintf(&b, "%d:", p.Line)
		}
		b.WriteString(" ")
	}
	if len(where) > 0 {
		b.WriteString(strings.Join(where, " ") + ": ")
	}
	b.WriteString(p.Text)
	if p.Release != "" {
		b.WriteString(" (" + p.Release + ")")
	}
	return b.String()
}

// lineless is the message without the manifest and its line.
func (p *Problem) lineless() string {
	same := *p
	same.Manifest = ""
	return same.Error()
}

// maxShown is how many problems an error message lists before it only counts.
const maxShown = 20

// Problems is the error that LoadManifest and Assemble return: everything that
// was found, sorted.
type Problems []*Problem

func (ps Problems) Error() string {
	lines := make([]string, 0, maxShown+1)
	for i, p := range ps {
		if i == maxShown {
			lines = append(lines, fmt.Sprintf("... and %d more", len(ps)-i))
			break
		}
		lines = append(lines, p.Error())
	}
	return strings.Join(lines, "\n")
}

// Unwrap lets errors.As find the single problems.
func (ps Problems) Unwrap() []error {
	errs := make([]error, len(ps))
	for i, p := range ps {
		errs[i] = p
	}
	return errs
}

// err returns the problems sorted and without repetitions as an error, or nil.
func (ps Problems) err() error {
	if len(ps) == 0 {
		return nil
	}
	sorted := slices.Clone(ps)
	slices.SortStableFunc(sorted, func(a, b *Problem) int {
		if c := strings.Compare(a.Manifest, b.Manifest); c != 0 {
			return c
		}
		return cmp.Or(strings.Compare(a.File, b.File), strings.Compare(a.lineless(), b.lineless()), cmp.Compare(a.Line, b.Line))
	})
	return slices.CompactFunc(sorted, func(a, b *Problem) bool { return *a == *b })
}
