package assemble

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/token"
	"os"
	"slices"
	"strings"
)

// This file makes parts: a file of the port that has some of the declarations of one
// of Go's files, for builds that have not the file itself.

// A partEntry says which declarations of a file of Go's are a file of the port, too.
type partEntry struct {
	span
	at              section
	file, as        string
	decls           []string
	constraint, why string // the constraint as the assembled file has it
}

// text is the part of a file of Go's: what stands before its package clause, but for
// build constraints, its imports, and the declarations, each with its group.
func (e *partEntry) text(up *source, pkgName func(string) string) ([]byte, []misfit) {
	wanted := map[ast.Decl]bool{}
	var bad []misfit
	for _, name := range e.decls {
		d, err := up.find(name)
		switch {
		case err != nil:
			bad = append(bad, misfit{op: "part", decl: name, err: err, line: e.at.lineOf(name)})
		case d.fn != nil:
			wanted[d.fn] = true
		default:
			wanted[d.gen] = true
		}
	}
	if bad != nil {
		return nil, bad
	}
	var b bytes.Buffer
	if notice := up.file.Comments; len(notice) > 0 && notice[0] != up.file.Doc && notice[0].End() < up.file.Package {
		if first := notice[0].List[0]; !strings.HasPrefix(first.Text, "//go:") {
			b.Write(up.src[up.off(notice[0].Pos()):up.off(notice[0].End())])
			b.WriteString("\n\n")
		}
	}
	fmt.Fprintf(&b, "// TINYGO: a part of %s: %s\n\n//go:build %s\n\npackage %s\n", e.file, e.why, e.constraint, up.file.Name.Name)
	for _, d := range up.file.Decls {
		doc := (*ast.CommentGroup)(nil)
		switch d := d.(type) {
		case *ast.FuncDecl:
			doc = d.Doc
		case *ast.GenDecl:
			doc = d.Doc
			if d.Tok == token.IMPORT {
				wanted[d] = true
			}
		}
		if !wanted[d] {
			continue
		}
		start := up.off(d.Pos())
		if doc != nil {
			start = up.off(doc.Pos())
		}
		b.WriteByte('\n')
		b.Write(up.src[start:up.endOfLine(up.off(d.End()))])
		b.WriteByte('\n')
	}
	part, err := parseSource(up.name, b.Bytes())
	if err != nil {
		return nil, []misfit{{op: "part", err: err}}
	}
	text, _ := removeUnused(up, part, importSet{}, pkgName)
	return text, nil
}

// source reads the file of Go's that a job is about, or the part of one that it makes.
func (j *job) source(a *assembler) ([]byte, []misfit) {
	if j.part == nil {
		data, err := os.ReadFile(a.root.src(j.p.name(j.name)))
		if err != nil {
			return nil, []misfit{{op: "take", err: err}}
		}
		return data, nil
	}
	name := j.p.name(j.part.file)
	data, err := os.ReadFile(a.root.src(name))
	if err != nil {
		return nil, []misfit{{op: "part", err: err}}
	}
	up, err := parseSource("src/"+name, data)
	if err != nil {
		return nil, []misfit{{op: "part", err: err}}
	}
	return j.part.text(up, a.packageName)
}

// planParts gives the parts of a package their jobs. names are those of Go's files,
// tests those of its tests.
func (a *assembler) planParts(p *pkg, names, tests []string, jobs map[string]*job) {
	for i := range p.parts {
		e := &p.parts[i]
		if !e.has(a.target) {
			continue
		}
		switch {
		case !slices.Contains(names, e.file):
			a.probs = append(a.probs, a.problem(p, e.at.lineOf(e.file), "part", e.file, "", "Go does not have this file"))
		case slices.Contains(names, e.as) || slices.Contains(tests, e.as):
			a.probs = append(a.probs, a.problem(p, e.at.lineOf(e.as), "part", e.as, "", "Go has a file of this name"))
		case jobs[e.as] != nil:
			a.probs = append(a.probs, a.problem(p, e.at.lineOf(e.as), "part", e.as, "", "the port has a file of this name already"))
		default:
			jobs[e.as] = &job{p: p, name: e.as, part: e, swaps: map[string]bool{}}
		}
	}
}
