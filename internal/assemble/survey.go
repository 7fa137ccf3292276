package assemble

import (
	"fmt"
	"go/ast"
	"go/token"
	"os"
	"path"
	"slices"
	"strings"
)

// A Survey is what a manifest does with the files of a Go release, and the
// texts of Go's that this rests on. Unlike a Tree it also exists for a release
// that the manifest does not fit.
type Survey struct {
	Release string
	Files   []Surveyed // sorted by path
	Parts   []Part     // sorted by path
	Touches []Touch    // sorted by file, declaration and operation
}

// A Part is a file of the port with declarations of one of Go's files.
type Part struct{ Path, Of string } // below src

// A Surveyed is one file of Go's, or of ours.
type Surveyed struct {
	Path string // below src
	Fate Fate
	Why  string // of an Omitted one
	From string // of an Added one: where it is in this repository
}

// A Fate is what becomes of a file.
type Fate string

// The fates of files. An unmentioned one does not let the port assemble.
const (
	FateTaken       Fate = "taken" // with or without changes
	FateOmitted     Fate = "omitted"
	FateAdded       Fate = "added"
	FateUnmentioned Fate = "unmentioned"
)

// A Touch is a text of Go's on which an operation rests: when it changes,
// somebody has to see whether the operation is still right.
type Touch struct {
	Op   string // drop, replace, edit, swap or omit
	File string // below src; of a swap the package that imports
	Decl string // the declaration, or go:build; of a swap the path imported; of an omit empty
	Why  string
	Text string // Go's. Of a swap: who uses what of the package, and the package itself
	Line int    // where Text begins in File; 0 for a swap
	Ours Place  // of a replace
	In   string // the manifest, such as port/net/manifest.toml
}

// A Place is a line in a file of this repository.
type Place struct {
	File string
	Line int
	Text string // what begins there
}

func (p Place) String() string {
	if p.File == "" {
		return ""
	}
	return fmt.Sprintf("%s:%d", p.File, p.Line)
}

// Look surveys a Go release, for all compilers: what is done for one of them only
// rests on Go's text all the same. Entries that do not fit the release are passed
// over: Assemble reports them. The error is of reading the Go root.
func Look(m *Manifest, root Goroot) (*Survey, error) {
	return look(m, root, target{release: root.release(), all: true})
}

// LookFor surveys a Go release, for the compiler that the root names.
func LookFor(m *Manifest, root Goroot) (*Survey, error) {
	return look(m, root, root.target())
}

func look(m *Manifest, root Goroot, of target) (*Survey, error) {
	a := &assembler{root: root, target: of, names: map[string]string{}, ports: map[string]string{}}
	s := &Survey{Release: root.Version}
	mentioned := map[string]bool{}
	type result struct {
		touches []Touch
		err     error
	}
	var jobs []*job
	for _, p := range m.pkgs {
		if p.span.has(a.target) {
			mentioned[p.path] = true
			jobs = append(jobs, a.plan(p)...)
		}
	}
	results := make([]result, len(jobs))
	parallel(len(jobs), func(i int) { results[i].touches, results[i].err = jobs[i].look(a) })
	for i, j := range jobs {
		if err := results[i].err; err != nil {
			return nil, err
		}
		f := Surveyed{Path: j.p.name(j.name), Fate: FateTaken}
		switch {
		case j.omit == "missing":
			continue
		case j.omit == "unmentioned":
			f.Fate = FateUnmentioned
		case j.omit != "":
			f.Fate, f.Why = FateOmitted, j.omit
		case j.port != nil:
			f.Fate, f.From = FateAdded, j.port.name
		case j.part != nil:
			s.Parts = append(s.Parts, Part{j.p.name(j.name), j.p.name(j.part.file)})
			continue
		}
		s.Files = append(s.Files, f)
		s.Touches = append(s.Touches, results[i].touches...)
	}
	for _, p := range m.pkgs {
		if !p.span.has(a.target) {
			continue
		}
		for _, e := range p.swaps {
			if !e.has(a.target) {
				continue
			}
			t, err := a.lookSwap(p, e, jobs)
			if err != nil {
				return nil, err
			}
			s.Touches = append(s.Touches, t)
		}
	}
	upstream, err := upstreamPackages(root)
	if err != nil {
		return nil, fmt.Errorf("read the Go root %s: %w", root.Dir, err)
	}
	for _, p := range upstream {
		if mentioned[p] {
			continue
		}
		names, _, err := a.list(p)
		if err != nil {
			return nil, err
		}
		for _, n := range names {
			s.Files = append(s.Files, Surveyed{Path: p + "/" + n, Fate: FateUnmentioned})
		}
	}
	slices.SortFunc(s.Files, func(x, y Surveyed) int { return strings.Compare(x.Path, y.Path) })
	slices.SortFunc(s.Parts, func(x, y Part) int { return strings.Compare(x.Path, y.Path) })
	slices.SortStableFunc(s.Touches, func(x, y Touch) int { return strings.Compare(x.Key(), y.Key()) })
	// Several edits of one declaration rest on one text.
	merged := s.Touches[:0]
	for _, t := range s.Touches {
		if n := len(merged); n > 0 && merged[n-1].Key() == t.Key() {
			if !strings.Contains(merged[n-1].Why, t.Why) {
				merged[n-1].Why += "; " + t.Why
			}
			continue
		}
		merged = append(merged, t)
	}
	s.Touches = merged
	return s, nil
}

// Key names a touch: file, declaration and operation.
func (t *Touch) Key() string {
	if t.Decl == "" {
		return t.File + " " + t.Op
	}
	return t.File + " " + t.Decl + " " + t.Op
}

// look finds the touches of one file.
func (j *job) look(a *assembler) ([]Touch, error) {
	name := j.p.name(j.name)
	switch {
	case j.port != nil, j.part != nil, j.omit == "missing", j.omit == "unmentioned", j.omit == "" && j.ops.none():
		return nil, nil
	}
	data, err := os.ReadFile(a.root.src(name))
	if err != nil {
		return nil, err
	}
	if j.omit != "" {
		return []Touch{{Op: "omit", File: name, Why: j.omit, Text: string(data), Line: 1, In: j.p.file}}, nil
	}
	up, err := parseSource("src/"+name, data)
	if err != nil {
		return nil, nil // Assemble says what is wrong with it
	}
	var found []Touch
	add := func(op, decl, why string, ours Place) {
		t := Touch{Op: op, File: name, Decl: decl, Why: why, Ours: ours, In: j.p.file}
		if decl == buildDecl {
			t.Line = 1
			if line, err := up.buildLine(); err != nil {
				return
			} else if line != nil {
				t.Text, t.Line = line.Text, up.tok.Line(line.Pos())
			}
		} else {
			d, err := up.find(decl)
			if err != nil {
				return
			}
			t.Text, t.Line = up.whole(d)
		}
		found = append(found, t)
	}
	for _, o := range j.ops.drops {
		add("drop", o.decl, o.why, Place{})
	}
	for _, o := range j.ops.replaces {
		var ours Place
		if o.from != nil {
			if d, err := o.from.find(o.decl); err == nil {
				ours.File = o.from.name
				ours.Text, ours.Line = o.from.whole(d)
			}
		}
		add("replace", o.decl, o.why, ours)
	}
	for _, o := range j.ops.edits {
		add("edit", o.decl, o.why, Place{})
	}
	return found, nil
}

// whole is a declaration's text with its doc comment, and its line. Where
// constants count, what one of them is depends on the others of its group.
func (s *source) whole(d *decl) (string, int) {
	n, doc := d.node(), d.doc()
	if d.tok == token.CONST && d.gen.Lparen.IsValid() && counts(d.gen) {
		n, doc = d.gen, d.gen.Doc
	}
	start := n.Pos()
	if doc != nil {
		start = doc.Pos()
	}
	return string(s.src[s.off(start):s.off(n.End())]), s.tok.Line(start)
}

// lookSwap finds what a swap rests on: what the taken files use of the package,
// and the package.
func (a *assembler) lookSwap(p *pkg, e swapEntry, jobs []*job) (Touch, error) {
	t := Touch{Op: "swap", File: p.path, Decl: e.path, Why: e.why, In: p.file}
	var b strings.Builder
	for _, j := range jobs {
		if j.p != p || j.omit != "" || j.port != nil || j.part != nil || e.files != nil && !slices.Contains(e.files, j.name) {
			continue
		}
		data, err := os.ReadFile(a.root.src(p.name(j.name)))
		if err != nil {
			return t, err
		}
		if !imports(data, e.path) {
			continue
		}
		s, err := parseSource(p.name(j.name), data)
		if err != nil {
			continue
		}
		for _, use := range s.uses(e.path, a.packageName(e.path)) {
			fmt.Fprintf(&b, "%s uses %s\n", p.name(j.name), use)
		}
	}
	for _, dir := range []string{e.path, "vendor/" + e.path} {
		names, _, err := a.list(dir)
		if err != nil {
			continue
		}
		for _, n := range names {
			data, err := os.ReadFile(a.root.src(dir + "/" + n))
			if err != nil {
				return t, err
			}
			fmt.Fprintf(&b, "-- %s --\n%s", path.Join(dir, n), data)
		}
	}
	t.Text = b.String()
	return t, nil
}

// uses lists what a file uses of a package that it imports.
func (s *source) uses(importedPath, name string) []string {
	for _, i := range s.file.Imports {
		if importPath(i) == importedPath && i.Name != nil {
			name = i.Name.Name
		}
	}
	free := map[*ast.Ident]bool{}
	for _, id := range s.file.Unresolved {
		free[id] = true
	}
	found := map[string]bool{}
	ast.Inspect(s.file, func(n ast.Node) bool {
		if sel, ok := n.(*ast.SelectorExpr); ok {
			if id, ok := sel.X.(*ast.Ident); ok && id.Name == name && free[id] {
				found[name+"."+sel.Sel.Name] = true
			}
		}
		return true
	})
	return sortedKeys(found)
}

// A Declaration is one name that a Go file declares at top level, named as in
// manifests.
type Declaration struct {
	Name string
	Kind string // func, var, const or type
	Line int
	Text string // with its doc comment
	Code string // its tokens, without comments, each after a blank
	Head string // of a func: the tokens before its body
}

// Exported tells whether other packages can use the declaration.
func (d *Declaration) Exported() bool {
	for _, part := range strings.Split(d.Name, ".") {
		if !token.IsExported(part) {
			return false
		}
	}
	return true
}

// A GoFile is what a Go file declares and imports.
type GoFile struct {
	Package      string
	Constraint   string // its //go:build line
	Imports      []string
	Declarations []Declaration
}

// ParseFile reads a Go file; name is for messages.
func ParseFile(name string, src []byte) (*GoFile, error) {
	s, err := parseSource(name, src)
	if err != nil {
		return nil, err
	}
	f := &GoFile{Package: s.file.Name.Name}
	if line, err := s.buildLine(); err == nil && line != nil {
		f.Constraint = line.Text
	}
	for _, i := range s.file.Imports {
		f.Imports = append(f.Imports, importPath(i))
	}
	slices.Sort(f.Imports)
	for _, d := range s.decls {
		x := Declaration{Name: d.name, Kind: d.tok.String()}
		x.Text, x.Line = s.whole(d)
		x.Code = code(s.src[s.off(d.node().Pos()):s.off(d.node().End())])
		if d.fn != nil {
			end := d.fn.Type.End()
			x.Head = code(s.src[s.off(d.fn.Pos()):s.off(end)])
		}
		f.Declarations = append(f.Declarations, x)
	}
	return f, nil
}

// code is a text's tokens, so that texts can be compared and searched without
// regard to their layout.
func code(text []byte) string {
	all, _ := tokens(text)
	var b strings.Builder
	for i, t := range all {
		if t.tok == token.SEMICOLON && (t.end == t.start || i == len(all)-1) {
			continue
		}
		b.WriteByte(' ')
		b.WriteString(t.lit)
	}
	return b.String()
}

// Code gives a piece of Go the form of Declaration.Code.
func Code(text string) string { return code([]byte(text)) }

// Sources lists the files that a release has in the packages of the port,
// without tests, named as below src.
func Sources(root Goroot) ([]string, error) {
	pkgs, err := upstreamPackages(root)
	if err != nil {
		return nil, fmt.Errorf("read the Go root %s: %w", root.Dir, err)
	}
	a := &assembler{root: root}
	var all []string
	for _, p := range pkgs {
		names, _, err := a.list(p)
		if err != nil {
			return nil, err
		}
		for _, n := range names {
			all = append(all, p+"/"+n)
		}
	}
	return all, nil
}

// Read returns a file of the release, named as below src.
func (g Goroot) Read(name string) ([]byte, error) { return os.ReadFile(g.src(name)) }

// Release is the version as go/version compares it: go1.28-1a2b3c for
// "devel go1.28-1a2b3c".
func (g Goroot) Release() string { return g.release() }
