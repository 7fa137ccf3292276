package assemble

import (
	"bytes"
	"errors"
	"fmt"
	"go/ast"
	"go/build/constraint"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"strings"
)

// A source is a parsed Go file with an index of what it declares. Nothing
// changes it after parseSource.
type source struct {
	name  string // for positions in messages
	src   []byte
	tok   *token.File
	file  *ast.File
	decls []*decl
	index map[string][]*decl
}

// A decl is one name that a file declares at top level.
type decl struct {
	name string
	tok  token.Token // FUNC, VAR, CONST or TYPE
	fn   *ast.FuncDecl
	gen  *ast.GenDecl // of a VAR, CONST or TYPE
	spec int          // index in gen.Specs
	elem int          // index in the spec's names
	id   *ast.Ident
}

// node is the declaration's own text, without doc comment: for a name in a
// group only its spec.
func (d *decl) node() ast.Node {
	switch {
	case d.fn != nil:
		return d.fn
	case d.gen.Lparen.IsValid():
		return d.gen.Specs[d.spec]
	}
	return d.gen
}

// doc is the doc comment of node.
func (d *decl) doc() *ast.CommentGroup {
	switch {
	case d.fn != nil:
		return d.fn.Doc
	case d.gen.Lparen.IsValid():
		return specDoc(d.gen.Specs[d.spec])
	}
	return d.gen.Doc
}

func specDoc(s ast.Spec) *ast.CommentGroup {
	switch s := s.(type) {
	case *ast.ValueSpec:
		return s.Doc
	case *ast.TypeSpec:
		return s.Doc
	case *ast.ImportSpec:
		return s.Doc
	}
	return nil
}

func specNames(s ast.Spec) []*ast.Ident {
	switch s := s.(type) {
	case *ast.ValueSpec:
		return s.Names
	case *ast.TypeSpec:
		return []*ast.Ident{s.Name}
	}
	return nil
}

func parseSource(name string, src []byte) (*source, error) {
	src, err := normalize(src)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, name, src, parser.ParseComments)
	if err != nil {
		return nil, err
	}
	s := &source{name: name, src: src, file: file, tok: fset.File(file.FileStart), index: map[string][]*decl{}}
	add := func(d *decl) {
		s.decls = append(s.decls, d)
		s.index[d.name] = append(s.index[d.name], d)
	}
	for _, x := range file.Decls {
		switch x := x.(type) {
		case *ast.FuncDecl:
			add(&decl{name: funcName(x), tok: token.FUNC, fn: x, id: x.Name})
		case *ast.GenDecl:
			if x.Tok == token.IMPORT {
				continue
			}
			for i, spec := range x.Specs {
				for j, id := range specNames(spec) {
					add(&decl{name: id.Name, tok: x.Tok, gen: x, spec: i, elem: j, id: id})
				}
			}
		}
	}
	// init and _ may stand several times in a file: number them.
	for _, name := range []string{"init", "_"} {
		if many := s.index[name]; len(many) > 1 {
			delete(s.index, name)
			for i, d := range many {
				d.name = fmt.Sprintf("%s#%d", name, i+1)
				s.index[d.name] = []*decl{d}
			}
		}
	}
	return s, nil
}

// normalize takes out what Go's scanner ignores but counts wrongly: positions
// inside and after raw strings and comments are off by the number of carriage
// returns in them.
func normalize(src []byte) ([]byte, error) {
	src = bytes.TrimPrefix(src, []byte("\uFEFF"))
	if bytes.IndexByte(src, '\r') < 0 {
		return src, nil
	}
	src = bytes.ReplaceAll(src, []byte("\r\n"), []byte("\n"))
	if bytes.IndexByte(src, '\r') >= 0 {
		return nil, errors.New("it has a carriage return inside a line")
	}
	return src, nil
}

// funcName is F, or T.M for a method, whatever its receiver looks like.
func funcName(f *ast.FuncDecl) string {
	if f.Recv == nil || len(f.Recv.List) == 0 {
		return f.Name.Name
	}
	t := f.Recv.List[0].Type
	for {
		switch x := t.(type) {
		case *ast.StarExpr:
			t = x.X
		case *ast.ParenExpr:
			t = x.X
		case *ast.IndexExpr:
			t = x.X
		case *ast.IndexListExpr:
			t = x.X
		case *ast.Ident:
			return x.Name + "." + f.Name.Name
		default:
			return "?." + f.Name.Name
		}
	}
}

// find looks up a declaration by the name that a manifest gives it.
func (s *source) find(name string) (*decl, error) {
	switch found := s.index[name]; len(found) {
	case 1:
		return found[0], nil
	case 0:
		if n := name + "#1"; len(s.index[n]) > 0 {
			return nil, fmt.Errorf("there are several; write %s or so", n)
		}
		return nil, errNoDecl
	default:
		return nil, fmt.Errorf("declared %d times", len(found))
	}
}

var errNoDecl = errors.New("no such declaration in the file")

// off is the offset in src of a position.
func (s *source) off(p token.Pos) int { return s.tok.Offset(p) }

// text is the source text of a node.
func (s *source) text(n ast.Node) string { return string(s.src[s.off(n.Pos()):s.off(n.End())]) }

// importPath is the path that an import spec names.
func importPath(spec *ast.ImportSpec) string {
	p, _ := strconv.Unquote(spec.Path.Value)
	return p
}

// endOfLine moves an offset at the end of some node past the comments that
// follow it on its line, when nothing else does. It stays before the newline.
func (s *source) endOfLine(end int) int {
	i := end
	for i < len(s.src) {
		switch c := s.src[i]; {
		case c == ' ' || c == '\t' || c == ';':
			i++
			continue
		case c == '\n':
			return i
		case c == '/':
			n := s.commentAt(i)
			if n < 0 || bytes.IndexByte(s.src[i:n], '\n') >= 0 {
				return s.semicolon(end)
			}
			i = n
			continue
		}
		return s.semicolon(end)
	}
	return i
}

// semicolon moves past a semicolon that ends the declaration before end.
func (s *source) semicolon(end int) int {
	i := end
	for i < len(s.src) && (s.src[i] == ' ' || s.src[i] == '\t') {
		i++
	}
	if i < len(s.src) && s.src[i] == ';' {
		return i + 1
	}
	return end
}

// commentAt returns the end of the comment that begins at the offset, or -1.
func (s *source) commentAt(off int) int {
	groups := s.file.Comments
	i, _ := slices.BinarySearchFunc(groups, off, func(g *ast.CommentGroup, off int) int {
		if s.off(g.End()) <= off {
			return -1
		}
		return 1
	})
	if i < len(groups) {
		for _, c := range groups[i].List {
			if s.off(c.Pos()) == off {
				return s.off(c.End())
			}
		}
	}
	return -1
}

// buildLine returns the //go:build comment of a file, or nil.
func (s *source) buildLine() (*ast.Comment, error) {
	var found *ast.Comment
	for _, g := range s.file.Comments {
		if g.Pos() > s.file.Package {
			break
		}
		for _, c := range g.List {
			if constraint.IsGoBuild(c.Text) {
				if found != nil {
					return nil, fmt.Errorf("it has several //go:build lines")
				}
				found = c
			}
		}
	}
	return found, nil
}

// plusBuild returns the build constraints of the old form.
func (s *source) plusBuild() []*ast.Comment {
	var found []*ast.Comment
	for _, g := range s.file.Comments {
		for _, c := range g.List {
			if c.Pos() < s.file.Package && constraint.IsPlusBuild(c.Text) {
				found = append(found, c)
			}
		}
	}
	return found
}

// isDirective tells whether a comment is an instruction to a tool, which stands
// after the text of a doc comment.
func isDirective(c *ast.Comment) bool {
	t, ok := strings.CutPrefix(c.Text, "//")
	if !ok || t == "" {
		return false
	}
	for _, p := range []string{"line ", "extern ", "export "} {
		if strings.HasPrefix(t, p) {
			return true
		}
	}
	colon := strings.IndexByte(t, ':')
	if colon <= 0 || colon+1 >= len(t) {
		return false
	}
	for i := 0; i <= colon+1; i++ {
		if b := t[i]; i != colon && (b < 'a' || b > 'z') && (b < '0' || b > '9') {
			return false
		}
	}
	return true
}

// usedPackages returns the names in the file that stand for an imported
// package: x in x.Sel where x is nothing that the file itself declares.
func usedPackages(nodes []ast.Node, unresolved []*ast.Ident) map[string]bool {
	free := make(map[*ast.Ident]bool, len(unresolved))
	for _, id := range unresolved {
		free[id] = true
	}
	used := map[string]bool{}
	for _, n := range nodes {
		ast.Inspect(n, func(n ast.Node) bool {
			if sel, ok := n.(*ast.SelectorExpr); ok {
				if id, ok := sel.X.(*ast.Ident); ok && free[id] {
					used[id.Name] = true
				}
			}
			return true
		})
	}
	return used
}
