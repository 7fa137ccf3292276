package assemble

import (
	"go/ast"
	"go/token"
	"path"
	"slices"
	"strconv"
	"strings"
)

// An importSet is the imports that changes bring with them.
type importSet struct {
	list []newImport
}

type newImport struct{ name, path, op, decl string }

func (s *importSet) add(name, path, op, decl string) {
	for _, i := range s.list {
		if i.name == name && i.path == path {
			return
		}
	}
	s.list = append(s.list, newImport{name, path, op, decl})
}

// guessName is the package name that an import path suggests.
func guessName(p string) string {
	base := path.Base(p)
	if len(base) > 1 && base[0] == 'v' && strings.Trim(base[1:], "0123456789") == "" && path.Dir(p) != "." {
		base = path.Base(path.Dir(p))
	}
	return base
}

// localName is the name by which a file knows an import.
func localName(spec *ast.ImportSpec, pkgName func(string) string) string {
	if spec.Name != nil {
		return spec.Name.Name
	}
	return pkgName(importPath(spec))
}

// swap changes import paths. It returns the new path for each swapped one.
func (m *merger) swap(ops []swapOp, pkgName func(string) string) map[string]string {
	swapped := map[string]string{}
	for _, o := range ops {
		done := false
		for _, spec := range m.file.Imports {
			// The file may import the other package as well: that has a name of its own.
			if importPath(spec) == o.path {
				text := strconv.Quote(o.with)
				if base := pkgName(o.path); spec.Name == nil && pkgName(o.with) != base {
					text = base + " " + text
				}
				start, end := m.off(spec.Path.Pos()), m.off(spec.Path.End())
				m.cut(start, end, text, "swap", o.path)
				eol := m.endOfLine(end)
				m.cut(eol, eol, " // TINYGO: "+o.why, "swap", o.path)
				if !done {
					m.change("swap", o.path, o.why, start)
				}
				done = true
			}
		}
		if !done {
			m.fail("swap", o.path, "the file does not import it")
		}
		swapped[o.path] = o.with
	}
	return swapped
}

// mergeImports puts in the imports that replacements and edits need.
func (m *merger) mergeImports(pkgName func(string) string) {
	have := map[string]string{} // name -> path
	specs := map[string]bool{}  // name (or empty) and path
	for _, spec := range m.file.Imports {
		name := localName(spec, pkgName)
		if name != "_" && name != "." {
			have[name] = importPath(spec)
		}
		specs[name+" "+importPath(spec)] = true
	}
	var lines []string
	for _, i := range m.imports.list {
		name := i.name
		if name == "" {
			name = pkgName(i.path)
		}
		if specs[name+" "+i.path] {
			continue
		}
		if other, ok := have[name]; ok {
			m.fail(i.op, i.decl, "it needs %q as %s, but the file has %q by that name", i.path, name, other)
			continue
		}
		if name != "_" {
			have[name] = i.path
		}
		specs[name+" "+i.path] = true
		line := strconv.Quote(i.path)
		if i.name != "" {
			line = i.name + " " + line
		}
		lines = append(lines, line)
	}
	if len(lines) == 0 {
		return
	}
	text := strings.Join(lines, "\n")
	var single *ast.ImportSpec
	for _, d := range m.file.Decls {
		gen, ok := d.(*ast.GenDecl)
		if !ok || gen.Tok != token.IMPORT {
			continue
		}
		if gen.Lparen.IsValid() {
			// The first group has the standard packages; gofmt sorts them.
			at := m.off(gen.Lparen) + 1
			m.cut(at, at, "\n"+text+"\n", "import", "")
			return
		}
		single = gen.Specs[0].(*ast.ImportSpec)
	}
	if single != nil && importPath(single) != "C" {
		start, end := m.off(single.Pos()), m.endOfLine(m.off(single.End()))
		m.cut(start, start, "(\n"+text+"\n", "import", "")
		m.cut(end, end, "\n)\n", "import", "")
		return
	}
	end := m.off(m.file.Name.End())
	if single != nil {
		end = m.off(single.End())
	}
	end = m.endOfLine(end)
	if len(lines) > 1 {
		text = "(\n" + text + "\n)"
	}
	m.cut(end, end, "\n\nimport "+text+"\n", "import", "")
}

// unitImports returns the imports of a port file that one of its units needs.
func (m *merger) unitImports(u *unit, pkgName func(string) string) {
	key, _ := unitOf(u.d)
	used := usedPackages([]ast.Node{key}, u.src.file.Unresolved)
	for _, spec := range u.src.file.Imports {
		name := localName(spec, pkgName)
		if name == "_" || used[name] {
			explicit := ""
			if spec.Name != nil {
				explicit = name
			}
			m.imports.add(explicit, importPath(spec), "replace", u.d.name)
		}
	}
}

// removeUnused takes out the imports that the changes left without a use. It
// returns the paths that went.
func removeUnused(up, merged *source, brought importSet, pkgName func(string) string) ([]byte, map[string]bool) {
	before := usedPackages([]ast.Node{up.file}, up.file.Unresolved)
	now := usedPackages([]ast.Node{merged.file}, merged.file.Unresolved)
	for _, i := range brought.list {
		if i.name == "" {
			before[pkgName(i.path)] = true
		} else {
			before[i.name] = true
		}
	}
	m := &merger{source: merged}
	gone := map[string]bool{}
	for _, d := range merged.file.Decls {
		gen, ok := d.(*ast.GenDecl)
		if !ok || gen.Tok != token.IMPORT {
			continue
		}
		var cuts []cut
		for _, s := range gen.Specs {
			spec := s.(*ast.ImportSpec)
			name, p := localName(spec, pkgName), importPath(spec)
			if name == "_" || name == "." || p == "C" || now[name] || !before[name] {
				continue
			}
			if directive := map[string]string{"unsafe": "//go:linkname ", "embed": "//go:embed "}[p]; directive != "" && merged.hasComment(directive) {
				// The compiler wants the import for the directive's sake.
				start, end := m.off(spec.Pos()), m.off(spec.End())
				m.cut(start, end, "_ "+strconv.Quote(p), "import", p)
				continue
			}
			gone[p] = true
			start, end := m.off(spec.Pos()), m.endOfLine(m.off(spec.End()))
			if spec.Doc != nil {
				start = m.off(spec.Doc.Pos())
			}
			// With its newline: an empty line would make two groups of one.
			if m.beginsLine(start) && end < len(m.src) && m.src[end] == '\n' {
				end++
			}
			cuts = append(cuts, cut{start: start, end: end})
		}
		if len(cuts) == len(gen.Specs) && len(cuts) > 0 {
			start, end := m.off(gen.Pos()), m.endOfLine(m.off(gen.End()))
			if gen.Doc != nil {
				start = m.off(gen.Doc.Pos())
			}
			cuts = []cut{{start: start, end: end}}
		}
		m.cuts = append(m.cuts, cuts...)
	}
	text, _ := m.apply(m.cuts)
	return text, gone
}

func (s *source) hasComment(prefix string) bool {
	return slices.ContainsFunc(s.file.Comments, func(g *ast.CommentGroup) bool {
		return slices.ContainsFunc(g.List, func(c *ast.Comment) bool { return strings.HasPrefix(c.Text, prefix) })
	})
}
