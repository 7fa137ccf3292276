package assemble

import (
	"fmt"
	"go/ast"
	"go/token"
	"slices"
	"strings"
)

// This file drops and replaces declarations of a file of Go's. What edits do inside
// a declaration is in edit.go; how the pieces become a file is in merge.go.

// A fate is what happens to one declared name.
type fate struct {
	op, why string
	unit    *unit // of a replace
	d       *decl
}

// A unit is the smallest piece of a port file that replaces something: a
// function, or a spec with all its names, or a whole group of constants that
// count with iota.
type unit struct {
	src   *source
	d     *decl // its first name
	whole bool  // the whole group
	names []string
	fates []*fate // what it replaces, in the order of upstream's file
}

// declarations drops and replaces.
func (m *merger) declarations(ops *fileOps, pkgName func(string) string) {
	fates := map[*decl]*fate{}
	units := map[ast.Node]*unit{}
	set := func(op, name, why string) *fate {
		d, err := m.find(name)
		if err != nil {
			m.fail(op, name, "%w", err)
			return nil
		}
		if fates[d] != nil {
			m.fail(op, name, "it has both a %s and a %s", fates[d].op, op)
			return nil
		}
		fates[d] = &fate{op: op, why: why, d: d}
		return fates[d]
	}
	for _, o := range ops.drops {
		set("drop", o.decl, o.why)
	}
	for _, o := range ops.replaces {
		f := set("replace", o.decl, o.why)
		if f == nil {
			continue
		}
		d, err := o.from.find(o.decl)
		if err != nil {
			m.fail("replace", o.decl, "%s: %w", o.from.name, err)
			continue
		}
		key, whole := unitOf(d)
		u := units[key]
		if u == nil {
			u = &unit{src: o.from, d: d, whole: whole}
			u.names = u.all()
			units[key] = u
		}
		f.unit = u
	}
	if len(m.misfits) > 0 {
		return
	}
	for _, d := range m.decls {
		f := fates[d]
		if f == nil {
			continue
		}
		m.change(f.op, d.name, f.why, m.off(d.id.Pos()))
		if f.unit == nil && d.id.Name != "_" {
			m.dropped++
		}
		m.cutDirectives(d)
		if f.unit != nil {
			f.unit.fates = append(f.unit.fates, f)
		}
	}
	for _, d := range m.decls {
		f := fates[d]
		if f == nil || f.unit == nil {
			continue
		}
		if u := f.unit; len(u.fates) != len(u.names) {
			m.fail("replace", d.name, "in %s it stands in one declaration with %s: all of them have to replace something in this file",
				u.src.name, strings.Join(u.names, ", "))
		} else if u.fates[0] == f {
			m.unitImports(u, pkgName)
		}
	}
	if len(m.misfits) > 0 {
		return
	}
	for _, x := range m.file.Decls {
		switch x := x.(type) {
		case *ast.FuncDecl:
			for _, d := range m.decls {
				if f := fates[d]; d.fn == x && f != nil {
					m.cutDecl(x, x.Doc, []*fate{f})
				}
			}
		case *ast.GenDecl:
			m.genDecl(x, fates)
		}
	}
}

// unitOf returns the node of the unit that a declaration of a port file is in.
func unitOf(d *decl) (ast.Node, bool) {
	if d.fn != nil {
		return d.fn, false
	}
	if d.gen.Lparen.IsValid() && d.tok == token.CONST && counts(d.gen) {
		return d.gen, true
	}
	return d.gen.Specs[d.spec], false
}

// all lists the names of the unit.
func (u *unit) all() []string {
	var names []string
	key, _ := unitOf(u.d)
	for _, d := range u.src.decls {
		if k, _ := unitOf(d); k == key {
			names = append(names, d.name)
		}
	}
	return names
}

// marks are the comments for the unit, one for each reason.
func (u *unit) marks() []string {
	var whys []string
	for _, f := range u.fates {
		if !slices.Contains(whys, f.why) {
			whys = append(whys, f.why)
		}
	}
	return whys
}

// separate is the unit as a declaration of its own.
func (u *unit) separate() string {
	n := u.d.node()
	if u.whole {
		return docWith(u.src, u.d.gen.Doc, u.marks()) + u.textOf(u.d.gen)
	}
	if u.d.gen != nil && u.d.gen.Lparen.IsValid() {
		return docWith(u.src, u.d.doc(), u.marks()) + u.d.tok.String() + " " + u.textOf(n)
	}
	return docWith(u.src, u.d.doc(), u.marks()) + u.textOf(n)
}

// inGroup is the unit as a spec of a group.
func (u *unit) inGroup() string {
	return docWith(u.src, u.d.doc(), u.marks()) + u.textOf(u.d.gen.Specs[u.d.spec])
}

// textOf is the text of a node with the comment that follows it on its line.
func (u *unit) textOf(n ast.Node) string {
	return string(u.src.src[u.src.off(n.Pos()):u.src.endOfLine(u.src.off(n.End()))])
}

// docWith is a doc comment with the marks put after its text and before its
// directives.
func docWith(s *source, doc *ast.CommentGroup, whys []string) string {
	at, before, after := docPlace(doc)
	text := before + markLines(whys) + after
	if doc == nil {
		return text
	}
	start, end := s.off(doc.Pos()), s.off(doc.End())
	if at < 0 {
		return string(s.src[start:end]) + "\n" + text
	}
	return string(s.src[start:s.off(token.Pos(at))]) + text + string(s.src[s.off(token.Pos(at)):end]) + "\n"
}

// docPlace tells where in a doc comment a mark goes: before the comment at the
// position, or after all of them if it is negative, and what has to stand
// around it.
func docPlace(doc *ast.CommentGroup) (at int, before, after string) {
	if doc == nil {
		return -1, "", ""
	}
	first := len(doc.List)
	for first > 0 && isDirective(doc.List[first-1]) {
		first--
	}
	if first > 0 && strings.HasPrefix(doc.List[first-1].Text, "//") {
		before = "//\n"
	}
	if first == len(doc.List) {
		return -1, before, ""
	}
	return int(doc.List[first].Pos()), before, "//\n"
}

func markLines(whys []string) string {
	var b strings.Builder
	for _, w := range whys {
		b.WriteString("// TINYGO: " + w + "\n")
	}
	return b.String()
}

// note is what a comment says in the place that a name had.
func (f *fate) note() string {
	switch {
	case f.unit == nil:
		return fmt.Sprintf("%s dropped: %s", f.d.name, f.why)
	case f.unit.fates[0] == f:
		return fmt.Sprintf("%s replaced below: %s", f.d.name, f.why)
	}
	return fmt.Sprintf("%s replaced with %s: %s", f.d.name, f.unit.fates[0].d.name, f.why)
}

// cutDecl replaces a whole declaration at top level.
func (m *merger) cutDecl(x ast.Node, doc *ast.CommentGroup, fates []*fate) {
	start := m.off(x.Pos())
	if doc != nil {
		start = m.off(doc.Pos())
	}
	end := m.endOfLine(m.off(x.End()))
	var parts []string
	for _, f := range fates {
		parts = append(parts, m.standIn(f))
	}
	// A mark alone must not become the doc comment of what follows.
	last := fates[len(fates)-1]
	m.cutLines(start, end, strings.Join(parts, "\n\n"), last.unit == nil || last.unit.fates[0] != last, fates[0])
}

// cutLines replaces what begins at start by lines of their own, with an empty
// one after them if gap says so.
func (m *merger) cutLines(start, end int, text string, gap bool, f *fate) {
	if !m.beginsLine(start) {
		text = "\n" + text
	}
	want := 1
	if gap {
		want = 2
	}
	for i := end; want > 0 && i < len(m.src); i++ {
		if c := m.src[i]; c == '\n' {
			want--
		} else if c != ' ' && c != '\t' {
			break
		}
	}
	m.cut(start, end, text+strings.Repeat("\n", want), f.op, f.d.name)
}

// standIn is what comes at top level in the place of a name.
func (m *merger) standIn(f *fate) string {
	switch {
	case f.unit == nil:
		return "// TINYGO: " + f.note()
	case f.unit.fates[0] == f:
		return f.unit.separate()
	}
	return "// TINYGO: " + f.note()
}

// cutDirectives removes the directives that name a declaration, wherever they
// stand: they are part of it.
func (m *merger) cutDirectives(d *decl) {
	own := d.doc()
	for _, g := range m.file.Comments {
		for _, c := range g.List {
			if g == own || !strings.HasPrefix(c.Text, "//go:linkname ") {
				continue
			}
			if w := strings.Fields(c.Text); len(w) < 2 || w[1] != d.id.Name || d.fn != nil && d.fn.Recv != nil {
				continue
			}
			start, end := m.off(c.Pos()), m.off(c.End())
			if m.beginsLine(start) && end < len(m.src) {
				end++ // so that it does not split the comment that it stands in
			}
			m.lines = append(m.lines, cut{start, end, "", "drop", d.name, 0})
		}
	}
}

// placeLines cuts the directives that are not inside something cut already.
func (m *merger) placeLines() {
	cuts := m.cuts
	for _, l := range m.lines {
		if !slices.ContainsFunc(cuts, func(c cut) bool { return c.start <= l.start && l.end <= c.end+1 && c.end > c.start }) {
			m.cuts = append(m.cuts, l)
		}
	}
}

// genDecl does the drops and replacements in one var, const or type
// declaration.
func (m *merger) genDecl(gen *ast.GenDecl, fates map[*decl]*fate) {
	if gen.Tok == token.IMPORT {
		return
	}
	specs := make([]specFate, len(gen.Specs))
	touched := false
	for i, s := range gen.Specs {
		specs[i].fates = make([]*fate, len(specNames(s)))
	}
	for _, d := range m.decls {
		if f := fates[d]; d.gen == gen && f != nil {
			specs[d.spec].fates[d.elem] = f
			touched = true
		}
	}
	if !touched {
		return
	}
	// From the end, because whether a constant's spec can go depends on those
	// after it that stay.
	allGone := true
	for i := len(specs) - 1; i >= 0; i-- {
		s := &specs[i]
		s.all = !slices.Contains(s.fates, nil)
		s.none = !slices.ContainsFunc(s.fates, func(f *fate) bool { return f != nil })
		s.held = !s.none && gen.Tok == token.CONST && held(gen, specs, i)
		s.gone = s.all && !s.held
		allGone = allGone && s.gone
	}
	if allGone {
		var all []*fate
		for _, s := range specs {
			all = append(all, s.fates...)
		}
		m.cutDecl(gen, gen.Doc, all)
		return
	}
	grouped := gen.Lparen.IsValid()
	var after []string // declarations to put after this one
	var last *fate     // of them
	for i := range specs {
		s, spec := &specs[i], gen.Specs[i]
		if s.none {
			continue
		}
		var inside string
		var notes []string
		gap := false // whether a comment stands last
		for _, f := range s.fates {
			switch {
			case f == nil:
				continue
			case s.gone && grouped && f.fits(gen.Tok):
				if inside != "" {
					inside += "\n\n"
				}
				inside += f.unit.inGroup()
				gap = false
				continue
			case f.unit != nil && f.unit.fates[0] == f:
				after = append(after, f.unit.separate())
				last = f
			}
			notes = append(notes, f.note())
			if inside != "" {
				inside += "\n"
			}
			inside += "// TINYGO: " + f.note()
			// It must not become the doc comment of what follows.
			gap = i < len(specs)-1
		}
		if s.gone {
			start := m.off(spec.Pos())
			if doc := specDoc(spec); doc != nil {
				start = m.off(doc.Pos())
			}
			m.cutLines(start, m.endOfLine(m.off(spec.End())), inside, gap, s.fates[0])
			continue
		}
		v := spec.(*ast.ValueSpec)
		doc, at := v.Doc, m.off(v.Pos())
		if !grouped {
			doc, at = gen.Doc, m.off(gen.Pos())
		}
		if s.all {
			// Nothing is left that the comments are about.
			if doc != nil {
				m.cut(m.off(doc.Pos()), at, "", s.fates[0].op, s.fates[0].d.name)
				doc = nil
			}
			if v.Comment != nil {
				m.cut(m.off(v.Comment.Pos()), m.off(v.Comment.End()), "", s.fates[0].op, s.fates[0].d.name)
			}
		}
		for _, text := range notes {
			m.mark(at, doc, text)
		}
		m.cutNames(v, s)
	}
	if last != nil {
		end := m.endOfLine(m.off(gen.End()))
		m.cutLines(end, end, "\n"+strings.Join(after, "\n\n"), false, last)
	}
}

// fits tells whether the replacement of a name can stand in a group of the kind
// in the place of the spec.
func (f *fate) fits(tok token.Token) bool {
	return f.unit != nil && f.unit.fates[0] == f && f.unit.d.tok == tok && !f.unit.whole
}

// A specFate is what happens to one spec of a declaration.
type specFate struct {
	fates           []*fate // by name; nil stays
	all, none, gone bool
	held            bool // it may lose its names, not its place
}

// counts tells whether the constants of a group depend on their order.
func counts(gen *ast.GenDecl) bool {
	for _, s := range gen.Specs {
		if v := s.(*ast.ValueSpec); len(v.Values) == 0 || usesIota(v) {
			return true
		}
	}
	return false
}

func usesIota(v *ast.ValueSpec) bool {
	found := false
	for _, x := range v.Values {
		ast.Inspect(x, func(n ast.Node) bool {
			id, ok := n.(*ast.Ident)
			found = found || ok && id.Name == "iota"
			return !found
		})
	}
	return found
}

// held tells whether a spec after spec i stays that would get another value if
// spec i went, or changed what it lists.
func held(gen *ast.GenDecl, specs []specFate, i int) bool {
	var from *ast.ValueSpec // whose values spec j has
	for k := i; k >= 0 && from == nil; k-- {
		if v := gen.Specs[k].(*ast.ValueSpec); len(v.Values) > 0 {
			from = v
		}
	}
	own := from
	for j := i + 1; j < len(specs); j++ {
		v := gen.Specs[j].(*ast.ValueSpec)
		if len(v.Values) > 0 {
			from = v
		}
		if specs[j].gone {
			continue
		}
		if from == nil || usesIota(from) {
			return true
		}
		if from == own && len(gen.Specs[i].(*ast.ValueSpec).Values) > 0 {
			return true
		}
	}
	// The names of a spec that repeats another's values have to match them.
	return len(gen.Specs[i].(*ast.ValueSpec).Values) == 0 && !specs[i].all
}

// cutNames takes names out of a spec that stays.
func (m *merger) cutNames(v *ast.ValueSpec, s *specFate) {
	blank := s.held || s.all ||
		len(v.Values) > 0 && len(v.Values) != len(v.Names)
	if blank {
		for i, f := range s.fates {
			if f != nil {
				m.cut(m.off(v.Names[i].Pos()), m.off(v.Names[i].End()), "_", f.op, f.d.name)
			}
		}
		return
	}
	first := s.fates[slices.IndexFunc(s.fates, func(f *fate) bool { return f != nil })]
	keep := func(start, end token.Pos, text func(i int) string) {
		var kept []string
		for i, f := range s.fates {
			if f == nil {
				kept = append(kept, text(i))
			}
		}
		m.cut(m.off(start), m.off(end), strings.Join(kept, ", "), first.op, first.d.name)
	}
	n := len(v.Names) - 1
	keep(v.Names[0].Pos(), v.Names[n].End(), func(i int) string { return v.Names[i].Name })
	if len(v.Values) > 0 {
		keep(v.Values[0].Pos(), v.Values[n].End(), func(i int) string { return m.text(v.Values[i]) })
	}
}
