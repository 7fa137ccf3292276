package assemble

import (
	"bytes"
	"errors"
	"fmt"
	"go/build/constraint"
)

// This file reads the Go files of the port.

// A portFile is a Go file of ours.
type portFile struct {
	name       string // as in messages: port/net/x.go
	src        []byte
	parsed     *source
	constraint string // without portTag and with named conditions written out; empty for none
}

// newPortFile parses a Go file of ours. It returns a file even with an error.
func newPortFile(name string, data []byte, named conditions) (*portFile, error) {
	f := &portFile{name: name}
	s, err := parseSource(name, data)
	if err != nil {
		return f, err
	}
	line, err := s.buildLine()
	if err != nil {
		return f, err
	}
	missing := fmt.Errorf("its build constraint has to be `//go:build %s` or `//go:build %s && (...)`", portTag, portTag)
	if line == nil || len(s.plusBuild()) > 0 {
		return f, missing
	}
	x, err := constraint.Parse(line.Text)
	if err != nil {
		return f, fmt.Errorf("%s: %w", line.Text, err)
	}
	rest, had := withoutTag(x, portTag)
	if !had || rest != nil && mentions(rest, portTag) {
		return f, missing
	}
	if rest != nil {
		if rest, err = named.expand(rest); err != nil {
			return f, fmt.Errorf("%s: %w", line.Text, err)
		}
		f.constraint = rest.String()
	}
	for _, i := range s.file.Imports {
		if i.Name != nil && i.Name.Name == "." {
			return f, errors.New("it has a dot import, whose names the assembler cannot tell")
		}
	}
	// The constraint line goes with the rest of its line; the assembled file
	// gets a new one where there is something left of it.
	start, end := s.off(line.Pos()), s.off(line.End())
	var b bytes.Buffer
	b.Write(s.src[:start])
	if f.constraint != "" {
		b.WriteString("//go:build " + f.constraint)
	}
	b.Write(s.src[end:])
	f.src = b.Bytes()
	f.parsed = s
	return f, nil
}

// withoutTag removes an operand of the && chain at the top of a constraint. The
// result is nil if that was all.
func withoutTag(x constraint.Expr, tag string) (rest constraint.Expr, had bool) {
	switch x := x.(type) {
	case *constraint.TagExpr:
		if x.Tag == tag {
			return nil, true
		}
	case *constraint.AndExpr:
		l, hadL := withoutTag(x.X, tag)
		r, hadR := withoutTag(x.Y, tag)
		switch {
		case l == nil:
			return r, true
		case r == nil:
			return l, true
		}
		return &constraint.AndExpr{X: l, Y: r}, hadL || hadR
	}
	return x, false
}

func mentions(x constraint.Expr, tag string) bool {
	switch x := x.(type) {
	case *constraint.TagExpr:
		return x.Tag == tag
	case *constraint.NotExpr:
		return mentions(x.X, tag)
	case *constraint.AndExpr:
		return mentions(x.X, tag) || mentions(x.Y, tag)
	case *constraint.OrExpr:
		return mentions(x.X, tag) || mentions(x.Y, tag)
	}
	return false
}
