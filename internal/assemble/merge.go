package assemble

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"go/ast"
	"go/format"
	"go/token"
	"slices"
	"sort"
)

// A Change is one operation that made an assembled file differ from Go's.
type Change struct {
	Op   string // drop, replace, edit or swap
	Decl string // the declaration; for a swap the import path
	Why  string
}

// The operations on one file, as a manifest has them.
type (
	dropOp struct {
		line      int // of the manifest
		decl, why string
	}

	replaceOp struct {
		line      int
		decl, why string
		from      *source // the port file that holds the replacement
	}

	editOp struct {
		line        int
		decl, why   string
		match, with string
		imports     []string // as in source: path, or name and path
		named       conditions
		count       int
	}

	swapOp struct {
		line            int
		path, with, why string
	}
)

type fileOps struct {
	drops    []dropOp
	replaces []replaceOp
	edits    []editOp
	swaps    []swapOp
}

func (o *fileOps) none() bool {
	return o == nil || len(o.drops)+len(o.replaces)+len(o.edits)+len(o.swaps) == 0
}

// buildDecl is the name under which an edit finds the build constraint.
const buildDecl = "go:build"

// A misfit is an operation that cannot be done on a file.
type misfit struct {
	op, decl string
	err      error
	line     int // of the manifest; 0 if it is that of the first such operation
}

// line is where the manifest has an operation on a declaration.
func (o *fileOps) line(op, decl string) int {
	if o == nil {
		return 0
	}
	for _, x := range o.drops {
		if op == "drop" && x.decl == decl {
			return x.line
		}
	}
	for _, x := range o.replaces {
		if op == "replace" && x.decl == decl {
			return x.line
		}
	}
	for _, x := range o.edits {
		if op == "edit" && x.decl == decl {
			return x.line
		}
	}
	for _, x := range o.swaps {
		if op == "swap" && x.path == decl {
			return x.line
		}
	}
	return 0
}

// A merger changes one file. It collects replacements of text, so that what
// no operation touches stays as Go has it.
type merger struct {
	*source
	cuts    []cut
	lines   []cut         // directives to cut where nothing else cuts them
	marks   map[int]*mark // by the declaration's or statement's offset
	changes []placedChange
	dropped int // names that go
	misfits []misfit
	imports importSet
}

// A cut replaces src[start:end] by text.
type cut struct {
	start, end int
	text       string
	op, decl   string // on whose behalf
	line       int    // as in misfit
}

// A mark is a comment before a statement or declaration.
type mark struct {
	at   int
	doc  *ast.CommentGroup
	whys []string
}

type placedChange struct {
	Change
	at int
}

func (m *merger) fail(op, decl, format string, args ...any) {
	m.misfits = append(m.misfits, misfit{op: op, decl: decl, err: fmt.Errorf(format, args...)})
}

func (m *merger) change(op, decl, why string, at int) {
	m.changes = append(m.changes, placedChange{Change{op, decl, why}, at})
}

func (m *merger) cut(start, end int, text, op, decl string) {
	m.cuts = append(m.cuts, cut{start, end, text, op, decl, 0})
}

// merge applies the operations to upstream's file and returns the new text.
// The package names of import paths come from pkgName.
func merge(up *source, ops *fileOps, pkgName func(string) string) ([]byte, []Change, []misfit) {
	m := &merger{source: up, marks: map[int]*mark{}}
	m.declarations(ops, pkgName)
	for i := range ops.edits {
		m.edit(&ops.edits[i])
	}
	swapped := m.swap(ops.swaps, pkgName)
	m.mergeImports(pkgName)
	m.placeMarks()
	m.placeLines()
	if len(m.misfits) > 0 {
		return nil, nil, m.misfits
	}
	text, bad := m.apply(m.cuts)
	if bad != nil {
		return nil, nil, []misfit{*bad}
	}
	merged, err := parseSource(up.name, text)
	if err == nil && merged.declared() != up.declared()-m.dropped {
		err = errors.New("the edits changed more than their declarations")
	}
	if err != nil {
		return nil, nil, m.blame(ops, err)
	}
	text, gone := removeUnused(up, merged, m.imports, pkgName)
	if text, err = gofmt(text); err != nil {
		return nil, nil, []misfit{{err: fmt.Errorf("the changed file does not format: %w", err)}}
	}
	slices.SortStableFunc(m.changes, func(a, b placedChange) int { return cmp.Compare(a.at, b.at) })
	changes := make([]Change, 0, len(m.changes))
	for _, c := range m.changes {
		// A swapped import that nothing uses any more is no change to see.
		if c.Op == "swap" && gone[swapped[c.Decl]] {
			continue
		}
		changes = append(changes, c.Change)
	}
	return text, changes, nil
}

// gofmt formats until nothing changes: comments in odd places may take a
// second time.
func gofmt(text []byte) ([]byte, error) {
	for range 4 {
		next, err := format.Source(text)
		if err != nil {
			return nil, err
		}
		if bytes.Equal(next, text) {
			break
		}
		text = next
	}
	return text, nil
}

// apply does the cuts.
func (m *merger) apply(cuts []cut) ([]byte, *misfit) {
	cuts = slices.Clone(cuts)
	slices.SortStableFunc(cuts, func(a, b cut) int {
		if c := cmp.Compare(a.start, b.start); c != 0 {
			return c
		}
		// Insertions come before what replaces the text there.
		return cmp.Compare(min(1, a.end-a.start), min(1, b.end-b.start))
	})
	var out bytes.Buffer
	at := 0
	var last cut
	for _, c := range cuts {
		if c.start < at {
			return nil, &misfit{c.op, c.decl, fmt.Errorf("it touches the same text as %s %s", last.op, last.decl), c.line}
		}
		out.Write(m.src[at:c.start])
		out.WriteString(c.text)
		at, last = c.end, c
	}
	out.Write(m.src[at:])
	return out.Bytes(), nil
}

// declared counts the names that a file declares.
func (s *source) declared() int {
	n := 0
	for _, d := range s.decls {
		if d.id.Name != "_" {
			n++
		}
	}
	return n
}

// blame finds out which edit spoiled the text.
func (m *merger) blame(ops *fileOps, err error) []misfit {
	var found []misfit
	for i := range ops.edits {
		e := &ops.edits[i]
		one := &merger{source: m.source, marks: map[int]*mark{}}
		one.edit(e)
		if text, bad := one.apply(one.cuts); bad == nil {
			if s, err := parseSource(m.name, text); err != nil {
				found = append(found, misfit{"edit", e.decl, fmt.Errorf("with %q the file does not parse: %w", e.with, err), e.line})
			} else if s.declared() != m.declared() {
				found = append(found, misfit{"edit", e.decl, fmt.Errorf("with %q the file has %d declarations instead of %d; an edit stays inside of one", e.with, s.declared(), m.declared()), e.line})
			}
		}
	}
	if len(found) == 0 {
		found = []misfit{{err: fmt.Errorf("the changed file is not right: %w", err)}}
	}
	return found
}

// mark asks for a comment before the declaration or statement at the offset.
func (m *merger) mark(at int, doc *ast.CommentGroup, why string) {
	k := m.marks[at]
	if k == nil {
		k = &mark{at: at, doc: doc}
		m.marks[at] = k
	}
	if !slices.Contains(k.whys, why) {
		k.whys = append(k.whys, why)
	}
}

func (m *merger) placeMarks() {
	for _, k := range m.marks {
		pos, before, after := docPlace(k.doc)
		at, text := k.at, before+markLines(k.whys)+after
		if pos >= 0 {
			at = m.off(token.Pos(pos))
		}
		m.cut(at, at, text, "mark", "")
	}
}

// sortedKeys is for maps whose order would show.
func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}
