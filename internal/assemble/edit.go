package assemble

import (
	"errors"
	"fmt"
	"go/ast"
	"go/build/constraint"
	"go/scanner"
	"go/token"
	"strings"
)

// This file makes edits: inside one declaration, or in the build constraint, some
// tokens become others.

// A tok is a Go token as edits compare them.
type tok struct {
	tok        token.Token
	lit        string
	start, end int
}

// tokens splits Go text. Comments do not count, and the semicolon that the end
// of a line stands for is like any other.
func tokens(src []byte) ([]tok, error) {
	var bad error
	var sc scanner.Scanner
	f := token.NewFileSet().AddFile("", -1, len(src))
	sc.Init(f, src, func(pos token.Position, msg string) {
		if bad == nil {
			bad = errors.New(msg)
		}
	}, 0)
	var all []tok
	for {
		pos, t, lit := sc.Scan()
		if t == token.EOF {
			break
		}
		start := f.Offset(pos)
		x := tok{tok: t, lit: lit, start: start, end: start + len(lit)}
		switch {
		case t == token.SEMICOLON:
			if x.lit == "\n" {
				x.end = start
			} else {
				x.end = start + 1
			}
			x.lit = ";"
		case lit == "" || t.IsOperator():
			x.lit = t.String()
			x.end = start + len(x.lit)
		}
		all = append(all, x)
	}
	return all, bad
}

// pattern is the token sequence of an edit's match.
func pattern(match string) ([]tok, error) {
	p, err := tokens([]byte(match))
	if err != nil {
		return nil, err
	}
	// The end of the text is not the end of a line.
	if n := len(p); n > 0 && p[n-1].tok == token.SEMICOLON && p[n-1].end == p[n-1].start {
		p = p[:n-1]
	}
	return p, nil
}

// matches finds where a token sequence occurs in text, without overlaps.
func matches(text []byte, p []tok) [][2]int {
	all, _ := tokens(text)
	var found [][2]int
	for i := 0; len(p) > 0 && i+len(p) <= len(all); i++ {
		same := true
		for j := range p {
			if all[i+j].tok != p[j].tok || all[i+j].lit != p[j].lit {
				same = false
				break
			}
		}
		if same {
			found = append(found, [2]int{all[i].start, all[i+len(p)-1].end})
			i += len(p) - 1
		}
	}
	return found
}

// edit replaces a token sequence inside a declaration.
func (m *merger) edit(e *editOp) {
	fail := func(format string, args ...any) {
		m.fail("edit", e.decl, format, args...)
		m.misfits[len(m.misfits)-1].line = e.line
	}
	first := len(m.cuts)
	defer func() {
		for i := range m.cuts[first:] {
			m.cuts[first+i].line = e.line
		}
	}()
	p, err := pattern(e.match)
	if err != nil {
		fail("match %q is not Go: %w", e.match, err)
		return
	}
	if e.decl == buildDecl {
		if err := m.editBuild(e, p); err != nil {
			fail("%w", err)
		}
		return
	}
	d, err := m.find(e.decl)
	if err != nil {
		fail("%w", err)
		return
	}
	if d.tok == token.CONST {
		if next := d.spec + 1; next < len(d.gen.Specs) && len(d.gen.Specs[next].(*ast.ValueSpec).Values) == 0 {
			fail("%s after it repeats its value, so the edit would change both; replace it", specNames(d.gen.Specs[next])[0].Name)
			return
		}
	}
	n := d.node()
	start := m.off(n.Pos())
	found := matches(m.src[start:m.off(n.End())], p)
	if len(found) != e.count {
		fail("%q matches %s, not %s as stated", e.match, times(len(found)), times(e.count))
		return
	}
	for _, at := range found {
		m.cut(start+at[0], start+at[1], e.with, "edit", e.decl)
		m.markEdit(d, start+at[0], e.why)
	}
	m.change("edit", e.decl, e.why, start+found[0][0])
	for _, imp := range e.imports {
		name, path, ok := strings.Cut(imp, " ")
		if !ok {
			name, path = "", imp
		}
		m.imports.add(name, path, "edit", e.decl)
	}
}

func times(n int) string {
	switch n {
	case 0:
		return "nowhere"
	case 1:
		return "once"
	}
	return fmt.Sprintf("%d times", n)
}

// editBuild edits the file's build constraint, or gives it one.
func (m *merger) editBuild(e *editOp, p []tok) error {
	if e.count != 1 {
		return errors.New("there is only one build constraint")
	}
	line, err := m.buildLine()
	if err != nil {
		return err
	}
	why := markLines([]string{e.why})
	if line == nil {
		if len(p) > 0 {
			return fmt.Errorf("%q matches nowhere: the file has no build constraint", e.match)
		}
		x, err := constraint.Parse("//go:build " + e.with)
		if err != nil {
			return fmt.Errorf("with %q is no build constraint: %w", e.with, err)
		}
		if x, err = e.named.expand(x); err != nil {
			return err
		}
		at := m.off(m.file.Package)
		if m.file.Doc != nil {
			at = m.off(m.file.Doc.Pos())
		}
		m.cut(at, at, why+"\n//go:build "+x.String()+"\n\n", "edit", e.decl)
		m.change("edit", e.decl, e.why, at)
		return nil
	}
	const prefix = "//go:build"
	start, end := m.off(line.Pos()), m.off(line.End())
	expr := m.src[start+len(prefix) : end]
	if len(p) == 0 {
		return fmt.Errorf("match is empty, but the file has the build constraint %q", strings.TrimSpace(string(expr)))
	}
	found := matches(expr, p)
	if len(found) != 1 {
		return fmt.Errorf("%q matches %s in the build constraint %q", e.match, times(len(found)), strings.TrimSpace(string(expr)))
	}
	text := string(expr[:found[0][0]]) + " " + e.with + " " + string(expr[found[0][1]:])
	if strings.TrimSpace(text) != "" {
		x, err := constraint.Parse(prefix + " " + strings.TrimSpace(text))
		if err != nil {
			return fmt.Errorf("with %q it is no build constraint: %w", e.with, err)
		}
		if x, err = e.named.expand(x); err != nil {
			return err
		}
		why += "\n" + prefix + " " + x.String()
	}
	m.cut(start, end, why, "edit", e.decl)
	m.change("edit", e.decl, e.why, start)
	// gofmt would make the old constraint again out of these.
	for _, c := range m.plusBuild() {
		m.cut(m.off(c.Pos()), m.off(c.End()), "", "edit", e.decl)
	}
	return nil
}

// markEdit puts an edit's mark before the innermost statement, field, element
// or spec that begins its line and has the edited place in it; else before the
// declaration.
func (m *merger) markEdit(d *decl, at int, why string) {
	place, doc := m.off(d.node().Pos()), d.doc()
	found := false
	consider := func(n ast.Node, nodeDoc *ast.CommentGroup) {
		if p := m.off(n.Pos()); m.beginsLine(p) {
			place, doc, found = p, nodeDoc, true
		}
	}
	pos := token.Pos(m.tok.Base() + at)
	ast.Inspect(d.node(), func(n ast.Node) bool {
		if n == nil || n.Pos() > pos || n.End() <= pos {
			return false
		}
		switch x := n.(type) {
		case *ast.BlockStmt, *ast.FuncDecl, *ast.GenDecl:
		case *ast.Field:
			consider(x, x.Doc)
		case *ast.ValueSpec:
			consider(x, x.Doc)
		case *ast.TypeSpec:
			consider(x, x.Doc)
		case ast.Stmt:
			consider(x, nil)
		case *ast.CompositeLit:
			for _, elt := range x.Elts {
				if elt.Pos() <= pos && pos < elt.End() {
					consider(elt, nil)
				}
			}
		}
		return true
	})
	if !found {
		place, doc = m.off(d.node().Pos()), d.doc()
	}
	m.mark(place, doc, why)
}

// beginsLine tells whether only blanks stand before the offset on its line.
func (m *merger) beginsLine(at int) bool {
	i := at
	for i > 0 && (m.src[i-1] == ' ' || m.src[i-1] == '\t') {
		i--
	}
	return i == 0 || m.src[i-1] == '\n'
}
