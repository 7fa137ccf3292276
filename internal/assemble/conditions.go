package assemble

import (
	"bytes"
	"errors"
	"fmt"
	"go/build/constraint"
	"io/fs"
	"regexp"
	"strings"

	"github.com/BurntSushi/toml"
)

// This file has the build conditions that a port gives names to, in one file, and
// that its build constraints use as if they were tags.
// See docs/RATIONALE.md, "Conditions with names".

const conditionsName = "conditions.toml"

// conditionPrefix is what a named condition begins with in a build constraint. No
// tag of Go's or TinyGo's does.
const conditionPrefix = "port."

// conditions are the named conditions of a port, with nothing named in them.
type conditions map[string]constraint.Expr

var conditionName = regexp.MustCompile(`^[a-z][a-z0-9]*$`)

// loadConditions reads the file of a port that has named conditions, if it has one.
func loadConditions(port fs.FS, dir string) (conditions, Problems) {
	data, err := fs.ReadFile(port, conditionsName)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var probs Problems
	lines := bytes.Split(data, []byte("\n"))
	fail := func(name, format string, args ...any) {
		line := 0
		for i, l := range lines {
			if key, _, ok := strings.Cut(string(l), "="); ok && strings.TrimSpace(key) == name {
				line = i + 1
			}
		}
		probs = append(probs, &Problem{Manifest: dir + conditionsName, Line: line, Decl: name, Text: fmt.Sprintf(format, args...)})
	}
	texts := map[string]string{}
	var md toml.MetaData
	if err == nil {
		md, err = toml.NewDecoder(bytes.NewReader(data)).Decode(&texts)
	}
	if err != nil {
		var pe toml.ParseError
		if errors.As(err, &pe) {
			return nil, Problems{{Manifest: dir + conditionsName, Line: pe.Position.Line, Text: pe.Message}}
		}
		return nil, Problems{{Manifest: dir + conditionsName, Text: err.Error()}}
	}
	named := conditions{}
	for _, key := range md.Keys() { // in the order of the file, so that none can name itself
		name := key.String()
		if !conditionName.MatchString(name) {
			fail(name, "a condition's name has to be of small letters and digits")
			continue
		}
		x, err := constraint.Parse("//go:build " + texts[name])
		if err == nil {
			x, err = named.expand(x)
		}
		if err != nil {
			fail(name, "%s", err)
			continue
		}
		named[name] = x
	}
	return named, probs
}

// expand puts what they stand for in the place of the conditions that are named in
// a build constraint.
func (c conditions) expand(x constraint.Expr) (constraint.Expr, error) {
	switch x := x.(type) {
	case *constraint.TagExpr:
		name, ok := strings.CutPrefix(x.Tag, conditionPrefix)
		if !ok {
			return x, nil
		}
		if c[name] == nil {
			return nil, fmt.Errorf("%s is no condition of %s, or stands before it there", x.Tag, conditionsName)
		}
		return c[name], nil
	case *constraint.NotExpr:
		sub, err := c.expand(x.X)
		return &constraint.NotExpr{X: sub}, err
	case *constraint.AndExpr:
		l, errL := c.expand(x.X)
		r, errR := c.expand(x.Y)
		return &constraint.AndExpr{X: l, Y: r}, errors.Join(errL, errR)
	case *constraint.OrExpr:
		l, errL := c.expand(x.X)
		r, errR := c.expand(x.Y)
		return &constraint.OrExpr{X: l, Y: r}, errors.Join(errL, errR)
	}
	return x, nil
}

// Constraints are the build constraints of the port's own files, by their names
// below GOROOT/src, with named conditions written out; empty for those without.
func (m *Manifest) Constraints() map[string]string {
	found := map[string]string{}
	for _, p := range m.pkgs {
		for name, f := range p.ports {
			found[p.name(name)] = f.constraint
		}
	}
	return found
}
