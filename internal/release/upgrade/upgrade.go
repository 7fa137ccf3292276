// Package upgrade says what a step from one Go release to another means for the
// port: what is carried over by itself, what somebody has to look at because a
// change of ours rests on it, what is new and what is gone.
package upgrade

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/tinynet/tinynet/internal/assemble"
	"github.com/tinynet/tinynet/internal/release/record"
	"github.com/tinynet/tinynet/internal/release/security"
)

// A Step is what Compare needs to know.
type Step struct {
	Port     fs.FS
	From, To assemble.Goroot
	Record   *record.Record
	Fixes    []security.Fix
}

// A Report is what a step means.
type Report struct {
	From, To string

	Warnings []string          // about the roots
	Problems assemble.Problems // the manifests do not fit To
	Tree     *assemble.Tree    // of To; nil if there are problems

	Carried []*Package
	Fixes   []security.Fix // that To has in the port and From has not
	Eye     []*Eye
	New     []File // in To
	Gone    []File
	Imports []Import
	Clashes []Clash
	API     []string // lines, as in GOROOT/api, each after + or -
	Checks  []Check
	Todo    []Todo
}

// A Package is what changes in one package by itself.
type Package struct {
	Path           string
	Same           int // files without a change
	Changed        []*Declaration
	Files          int // with changes
	Added, Removed int // lines
}

// A Declaration is one of Go's, before and after.
type Declaration struct {
	File     string
	Name     string
	Old, New string // texts; empty if there is none
	Line     int    // in To, or else in From
}

// What says what happened to it.
func (d *Declaration) What() string {
	switch {
	case d.Old == "":
		return "new"
	case d.New == "":
		return "gone"
	}
	return "changed"
}

// Rows is the diff, side by side.
func (d *Declaration) Rows() []Row { return Rows(d.Old, d.New) }

// An Eye is a text of Go's that changed and that one of our operations rests on.
type Eye struct {
	assemble.Touch        // as in To
	Old            string // Go's text in From
	Port           string // what the port has in its place
	Signature      bool   // of a func: more changed than its body and comments
	Looked         bool   // the record has To's text
	Parts          []Part // of an omitted file: the declarations that changed
}

// Rows is the diff, side by side.
func (e *Eye) Rows() []Row { return Rows(e.Old, e.Text) }

// A Part is a declaration in an omitted file, and ours of the same name.
type Part struct {
	Declaration
	Ours      assemble.Place
	Signature bool
}

// A File is one that only one of the releases has.
type File struct {
	Path string
	Fate assemble.Fate
	Why  string
}

// An Import is of a package that the port's package did not import before.
type Import struct {
	File, Path string
	Line       int
	Needs      string // why a board cannot have it, and could have what was there before; empty if it can
}

// A Clash is a name that a taken file of Go's begins to declare, and one of
// ours declares, too.
type Clash struct {
	Name      string
	Go, Ours  assemble.Place
	Signature bool
}

// A Check is the result of assembling, building or testing.
type Check struct {
	Name    string
	Result  string   // in a few words
	Failed  []string // each with file and line, where there are such
	Skipped bool
}

// A Todo is something that somebody has to do.
type Todo struct {
	Where, What string
}

// Compare compares the releases. What Compare cannot do itself, the caller adds
// to Checks before Finish.
func Compare(s Step) (*Report, error) {
	m, err := assemble.LoadManifest(s.Port)
	if err != nil {
		return nil, err
	}
	r := &Report{From: s.From.Version, To: s.To.Version}
	from, err := assemble.Look(m, s.From)
	if err != nil {
		return nil, err
	}
	to, err := assemble.Look(m, s.To)
	if err != nil {
		return nil, err
	}
	before, err := readAll(s.From, from)
	if err != nil {
		return nil, err
	}
	after, err := readAll(s.To, to)
	if err != nil {
		return nil, err
	}
	ours, err := oursOf(s.Port, to)
	if err != nil {
		return nil, err
	}

	var found *record.Findings
	for _, x := range []struct {
		root assemble.Goroot
		s    *assemble.Survey
	}{{s.From, from}, {s.To, to}} {
		if found, err = s.Record.Check(x.root, x.s); err != nil {
			return nil, err
		}
		if len(found.Modified) > 0 {
			r.Warnings = append(r.Warnings, fmt.Sprintf("%s says that it is %s, but its sources are not those of that release: somebody changed %s",
				x.root.Dir, x.root.Version, strings.Join(found.Modified, ", ")))
		}
	}
	unseen := map[string]bool{}
	for _, list := range [][]assemble.Touch{found.Changed, found.Unrecorded} {
		for _, t := range list {
			unseen[t.Key()] = true
		}
	}

	r.Tree, err = assemble.Assemble(m, s.To)
	if err != nil {
		probs, ok := err.(assemble.Problems)
		if !ok {
			return nil, err
		}
		r.Problems = probs
	}
	if err := assemble.ForTinyGos(m, s.To); err != nil {
		probs, ok := err.(assemble.Problems)
		if !ok {
			return nil, err
		}
		r.Problems = append(r.Problems, probs...)
	}
	r.files(from, to)
	r.eye(from, to, before, after, ours, unseen)
	r.carried(to, before, after)
	r.imports(s, to, before, after)
	r.shadows(before, after, ours)
	r.fixes(s)
	return r, nil
}

// A side is all of Go's files of one release that manifests know.
type side struct {
	fate  map[string]assemble.Fate
	files map[string]*assemble.GoFile
	raw   map[string]string
}

func readAll(root assemble.Goroot, s *assemble.Survey) (*side, error) {
	x := &side{map[string]assemble.Fate{}, map[string]*assemble.GoFile{}, map[string]string{}}
	for _, f := range s.Files {
		if f.Fate == assemble.FateAdded {
			continue
		}
		data, err := root.Read(f.Path)
		if err != nil {
			return nil, fmt.Errorf("read the Go root: %w", err)
		}
		g, err := assemble.ParseFile(f.Path, data)
		if err != nil {
			return nil, fmt.Errorf("read %s in %s: %w", root.Version, root.Dir, err)
		}
		x.fate[f.Path], x.files[f.Path], x.raw[f.Path] = f.Fate, g, string(data)
	}
	return x, nil
}

// oursOf is what the added files declare, by package and name.
func oursOf(port fs.FS, s *assemble.Survey) (map[string]map[string]*Declaration, error) {
	all := map[string]map[string]*Declaration{}
	for _, f := range s.Files {
		if f.Fate != assemble.FateAdded {
			continue
		}
		data, err := fs.ReadFile(port, strings.TrimPrefix(f.From, "port/"))
		if err != nil {
			return nil, err
		}
		g, err := assemble.ParseFile(f.From, data)
		if err != nil {
			return nil, err
		}
		dir := path.Dir(f.Path)
		if all[dir] == nil {
			all[dir] = map[string]*Declaration{}
		}
		for _, d := range g.Declarations {
			all[dir][d.Name] = &Declaration{File: f.From, Name: d.Name, New: d.Text, Line: d.Line}
		}
	}
	return all, nil
}

// files finds the files that only one release has.
func (r *Report) files(from, to *assemble.Survey) {
	only := func(a, b *assemble.Survey) (list []File) {
		for _, f := range a.Files {
			if f.Fate == assemble.FateAdded {
				continue
			}
			i, found := slices.BinarySearchFunc(b.Files, f.Path, func(x assemble.Surveyed, p string) int { return strings.Compare(x.Path, p) })
			if !found || b.Files[i].Fate == assemble.FateAdded {
				list = append(list, File{f.Path, f.Fate, f.Why})
			}
		}
		return list
	}
	r.New, r.Gone = only(to, from), only(from, to)
}

// changes compares the declarations of a file before and after.
func changes(name string, a, b *assemble.GoFile) []*Declaration {
	var list []*Declaration
	old := map[string]*assemble.Declaration{}
	if a != nil {
		for i := range a.Declarations {
			old[a.Declarations[i].Name] = &a.Declarations[i]
		}
	}
	seen := map[string]bool{}
	if b != nil {
		for _, d := range b.Declarations {
			seen[d.Name] = true
			o := old[d.Name]
			switch {
			case o == nil:
				list = append(list, &Declaration{File: name, Name: d.Name, New: d.Text, Line: d.Line})
			case o.Text != d.Text:
				list = append(list, &Declaration{File: name, Name: d.Name, Old: o.Text, New: d.Text, Line: d.Line})
			}
		}
	}
	if a != nil {
		for _, d := range a.Declarations {
			if !seen[d.Name] {
				list = append(list, &Declaration{File: name, Name: d.Name, Old: d.Text, Line: d.Line})
			}
		}
	}
	return list
}

func find(f *assemble.GoFile, name string) *assemble.Declaration {
	if f != nil {
		for i := range f.Declarations {
			if f.Declarations[i].Name == name {
				return &f.Declarations[i]
			}
		}
	}
	return nil
}

// signature tells whether a function's head changed.
func signature(a, b *assemble.GoFile, name string) bool {
	x, y := find(a, name), find(b, name)
	return x != nil && y != nil && x.Head != y.Head
}

// eye finds the touched texts that changed.
func (r *Report) eye(from, to *assemble.Survey, before, after *side, ours map[string]map[string]*Declaration, unseen map[string]bool) {
	old := map[string]assemble.Touch{}
	for _, t := range from.Touches {
		old[t.Key()] = t
	}
	for _, t := range to.Touches {
		o, there := old[t.Key()]
		if there && o.Text == t.Text {
			continue
		}
		if !there && t.Op != "omit" {
			// The operation begins with this release, or its text is new: what
			// Go had by that name, taken as it was, is what to compare with.
			if g := find(before.files[t.File], t.Decl); g != nil {
				o.Text = g.Text
			}
		}
		e := &Eye{Touch: t, Old: o.Text, Looked: !unseen[t.Key()]}
		if t.Op == "omit" && !there && e.Looked {
			continue // a new file, which is listed as one
		}
		e.Signature = signature(before.files[t.File], after.files[t.File], t.Decl)
		e.Port = t.Ours.Text
		if t.Op == "edit" && r.Tree != nil && t.Decl != "go:build" {
			e.Port = r.assembled(t.File, t.Decl)
		}
		if t.Op == "omit" {
			for _, d := range changes(t.File, before.files[t.File], after.files[t.File]) {
				p := Part{Declaration: *d, Signature: signature(before.files[t.File], after.files[t.File], d.Name)}
				if own := ours[path.Dir(t.File)][d.Name]; own != nil {
					p.Ours = assemble.Place{File: own.File, Line: own.Line, Text: own.New}
				}
				e.Parts = append(e.Parts, p)
			}
		}
		r.Eye = append(r.Eye, e)
	}
}

// assembled is a declaration as the port has it.
func (r *Report) assembled(file, decl string) string {
	for _, f := range r.Tree.Files {
		if f.Path == file {
			if g, err := assemble.ParseFile(file, f.Data); err == nil {
				if d := find(g, decl); d != nil {
					return d.Text
				}
			}
		}
	}
	return ""
}

// carried finds what changes in taken files and no operation touches.
func (r *Report) carried(to *assemble.Survey, before, after *side) {
	touched := map[string]bool{}
	for _, t := range to.Touches {
		touched[t.File+" "+t.Decl] = true
	}
	pkgs := map[string]*Package{}
	taken := func(s *side, name string) *assemble.GoFile {
		if s.fate[name] == assemble.FateTaken {
			return s.files[name]
		}
		return nil
	}
	names := map[string]bool{}
	for _, s := range []*side{before, after} {
		for name := range s.files {
			names[name] = true
		}
	}
	for _, name := range sorted(names) {
		a, b := taken(before, name), taken(after, name)
		if a == nil && b == nil {
			continue
		}
		dir := path.Dir(name)
		p := pkgs[dir]
		if p == nil {
			p = &Package{Path: dir}
			pkgs[dir] = p
			r.Carried = append(r.Carried, p)
		}
		if a != nil && b != nil && before.raw[name] == after.raw[name] {
			p.Same++
			continue
		}
		p.Files++
		for _, d := range changes(name, a, b) {
			if touched[name+" "+d.Name] {
				continue // it is in Eye
			}
			p.Changed = append(p.Changed, d)
			added, removed := countLines(d.Old, d.New)
			p.Added += added
			p.Removed += removed
		}
	}
}

func sorted[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// imports finds packages that a package of the port begins to import.
func (r *Report) imports(s Step, to *assemble.Survey, before, after *side) {
	had := map[string]bool{}              // package, import
	could := map[string]map[string]bool{} // what a package needed of the impossible
	old := boards{root: s.From, done: map[string]map[string]string{}}
	for name, f := range before.files {
		if before.fate[name] != assemble.FateTaken {
			continue
		}
		dir := path.Dir(name)
		if could[dir] == nil {
			could[dir] = map[string]bool{}
		}
		for _, i := range f.Imports {
			had[dir+" "+i] = true
			for p := range old.reach(i) {
				could[dir][p] = true
			}
		}
	}
	for _, t := range to.Touches {
		if t.Op == "swap" {
			had[t.File+" "+t.Decl] = true
		}
	}
	b := boards{root: s.To, done: map[string]map[string]string{}}
	for _, name := range sorted(after.files) {
		if after.fate[name] != assemble.FateTaken {
			continue
		}
		dir := path.Dir(name)
		for _, i := range after.files[name].Imports {
			if had[dir+" "+i] {
				continue
			}
			had[dir+" "+i] = true // once
			head, _, _ := strings.Cut(after.raw[name], `"`+i+`"`)
			x := Import{File: name, Path: i, Line: 1 + strings.Count(head, "\n")}
			reached := b.reach(i)
			for _, p := range sorted(reached) {
				if !could[dir][p] {
					x.Needs = reached[p]
					break
				}
			}
			if x.Needs != "" || could[dir] != nil { // all that a new package imports is new
				r.Imports = append(r.Imports, x)
			}
		}
	}
}

// shadows finds names that Go begins to declare in taken files, and we declare.
func (r *Report) shadows(before, after *side, ours map[string]map[string]*Declaration) {
	for _, name := range sorted(after.files) {
		if after.fate[name] != assemble.FateTaken {
			continue
		}
		for _, d := range after.files[name].Declarations {
			own := ours[path.Dir(name)][d.Name]
			if own == nil || d.Name == "init" || strings.HasPrefix(d.Name, "init#") || strings.HasPrefix(d.Name, "_") {
				continue
			}
			if before.fate[name] == assemble.FateTaken && find(before.files[name], d.Name) != nil {
				continue // so it was
			}
			r.Clashes = append(r.Clashes, Clash{
				Name: d.Name,
				Go:   assemble.Place{File: "src/" + name, Line: d.Line},
				Ours: assemble.Place{File: own.File, Line: own.Line},
			})
		}
	}
}

// fixes finds the security fixes that the port gains.
func (r *Report) fixes(s Step) {
	if r.Tree == nil {
		return
	}
	for _, f := range s.Fixes {
		if security.Look(f, security.Goroot(s.From)).State == security.Open &&
			security.Look(f, security.Port(r.Tree, s.To)).State == security.Fixed {
			r.Fixes = append(r.Fixes, f)
		}
	}
}

// Finish makes the list of what is left to do. port has the manifests, for their
// lines.
func (r *Report) Finish(port fs.FS) {
	r.Todo = nil
	add := func(where, format string, args ...any) {
		r.Todo = append(r.Todo, Todo{where, fmt.Sprintf(format, args...)})
	}
	m, err := assemble.LoadManifest(port)
	if err != nil {
		m = &assemble.Manifest{} // its problems are among those of the report
	}
	place := func(manifest string, line int) string {
		if _, err := fs.Stat(port, strings.TrimPrefix(manifest, "port/")); err != nil {
			return manifest // it is missing
		}
		return fmt.Sprintf("%s:%d", manifest, max(line, 1))
	}
	for _, p := range r.Problems {
		if p.Manifest == "" {
			add("src/"+p.File, "%s", p)
			continue
		}
		said := *p
		said.Manifest = ""
		add(place(p.Manifest, p.Line), "%s", &said)
	}
	for _, s := range r.Clashes {
		add(s.Ours.String(), "Go declares %s itself now, in %s", s.Name, s.Go)
	}
	for _, e := range r.Eye {
		if e.Looked {
			continue
		}
		where := e.Ours.String()
		if where == "" {
			where = place(e.In, m.Line(e.In, e.Op, e.File, e.Decl))
		}
		what := "changed"
		if e.Old == "" {
			what = "is new"
		}
		if e.Signature {
			what = "changed its signature"
		}
		at := "src/" + e.File
		if e.Line > 0 {
			at += fmt.Sprintf(":%d", e.Line)
		}
		add(where, "%s: %s; look whether it is still right that we %s it (%s)", at, strings.TrimSpace(e.Decl+" "+what), e.Op, e.Why)
		for _, p := range e.Parts {
			if p.Ours.File != "" {
				what := p.What()
				if p.Signature {
					what = "changed its signature"
				}
				add(p.Ours.String(), "src/%s:%d: %s, for which this stands, %s", p.File, p.Line, p.Name, is(what))
			}
		}
	}
	for _, i := range r.Imports {
		if i.Needs != "" {
			add(fmt.Sprintf("src/%s:%d", i.File, i.Line), "it imports %s, which a board cannot have: %s", i.Path, i.Needs)
		}
	}
	failed := map[string][]string{} // names of checks
	var order []string
	for _, c := range r.Checks {
		for _, f := range c.Failed {
			if failed[f] == nil {
				order = append(order, f)
			}
			failed[f] = append(failed[f], c.Name)
		}
	}
	for _, f := range order {
		where, what, ok := cutPlace(f)
		if !ok {
			where, what = "-", f
		}
		by := failed[f][0]
		if n := len(failed[f]) - 1; n > 0 {
			by += fmt.Sprintf(" and %d more", n)
		}
		add(where, "%s: %s", by, what)
	}
}

func is(what string) string {
	if what == "new" || what == "gone" {
		return "is " + what
	}
	return what
}

// cutPlace splits "file:line:column: message".
func cutPlace(s string) (where, what string, ok bool) {
	i := strings.Index(s, ".go:")
	j := strings.Index(s, ": ")
	if i < 0 || j < i || strings.ContainsAny(s[:i], " \n") {
		return "", "", false
	}
	return s[:j], s[j+2:], true
}
