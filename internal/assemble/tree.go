// Package assemble makes the port of Go's net, net/http and crypto/tls out of a
// Go release, a manifest that says what is taken from it and what changes, and
// the port's own sources. docs/manifest.md describes the manifest.
package assemble

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
)

// A Mark tells where a file of the port comes from.
type Mark byte

// The marks of tinygo-net's listing.
const (
	Taken    Mark = ' ' // Go's file, byte for byte
	Modified Mark = '*' // Go's file with changes
	Added    Mark = '+' // a file of ours
)

// A File is a file of the assembled port.
type File struct {
	Path    string // below src, such as net/dial.go
	Mark    Mark
	Data    []byte
	Changes []Change // of a Modified file, in the order of their place in it
	Source  string   // where it comes from: src/net/dial.go or port/net/fd_netdev.go
}

// An Omission is a file of Go's that the port leaves out.
type Omission struct {
	Path string // below src
	Why  string
}

// A Tree is an assembled port.
type Tree struct {
	Release string // the Go release it is made from, such as go1.26.8
	TinyGo  string // the TinyGo release it is for; empty for Go
	Files   []File // sorted by path
	Omitted []Omission

	goroot string
}

// Assemble makes the port out of a Go release. Everything that does not fit
// comes back together, as Problems.
func Assemble(m *Manifest, root Goroot) (*Tree, error) {
	a := &assembler{root: root, target: root.target(), tests: m.tests, names: map[string]string{}, ports: map[string]string{}}
	var here []*pkg
	for _, p := range m.pkgs {
		if !p.span.has(a.target) {
			continue
		}
		here = append(here, p)
		for _, name := range sortedKeys(p.ports) {
			if f := p.ports[name]; f.parsed != nil && !strings.HasSuffix(name, "_test.go") {
				a.ports[p.path] = f.parsed.file.Name.Name
			}
		}
	}
	if !m.tests {
		a.unmentioned(here)
	}
	var jobs []*job
	for _, p := range here {
		jobs = append(jobs, a.plan(p)...)
	}
	parallel(len(jobs), func(i int) { jobs[i].run(a) })

	t := &Tree{Release: root.Version, TinyGo: root.TinyGo, goroot: root.Dir}
	for _, j := range jobs {
		a.probs = append(a.probs, j.probs...)
		if j.omit != "" {
			t.Omitted = append(t.Omitted, Omission{j.p.name(j.name), j.omit})
		} else {
			t.Files = append(t.Files, j.out)
		}
	}
	for _, p := range here {
		a.checkSwaps(p, jobs)
		a.checkPackageNames(p, jobs)
	}
	if err := a.probs.err(); err != nil {
		return nil, err
	}
	slices.SortFunc(t.Files, func(a, b File) int { return strings.Compare(a.Path, b.Path) })
	slices.SortFunc(t.Omitted, func(a, b Omission) int { return strings.Compare(a.Path, b.Path) })
	return t, nil
}

// ForTinyGos tells whether the port also assembles from a Go release for each kind
// of TinyGo that the manifests tell apart. What does not fit comes back together,
// as Problems, without what does not fit for Go either.
func ForTinyGos(m *Manifest, root Goroot) error {
	seen := map[string]bool{}
	note := func(release string) (Problems, error) {
		root.TinyGo = release
		_, err := Assemble(m, root)
		if err == nil {
			return nil, nil
		}
		found, ok := err.(Problems)
		if !ok {
			return nil, err
		}
		var news Problems
		for _, p := range found {
			same := *p
			same.Release = ""
			if key := same.Error(); !seen[key] {
				seen[key] = true
				news = append(news, p)
			}
		}
		return news, nil
	}
	if _, err := note(""); err != nil {
		return err
	}
	var all Problems
	for _, root.Adopted = range []bool{false, true} {
		for _, release := range m.TinyGos() {
			news, err := note(release)
			if err != nil {
				return err
			}
			all = append(all, news...)
		}
	}
	return all.err()
}

// parallel runs f(0) ... f(n-1), as many at once as there are processors.
func parallel(n int, f func(int)) {
	var wg sync.WaitGroup
	next := make(chan int)
	for range min(n, runtime.GOMAXPROCS(0)) {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for i := range next {
				f(i)
			}
		}()
	}
	for i := range n {
		next <- i
	}
	close(next)
	wg.Wait()
}

type assembler struct {
	root   Goroot
	target target
	tests  bool
	ports  map[string]string // package names of the port's own folders
	probs  Problems

	mu    sync.Mutex
	names map[string]string // package names by import path
}

// A job makes one file, or notes that it is omitted.
type job struct {
	p    *pkg
	name string // base name
	omit string // why, if it is
	ops  *fileOps
	port *portFile // of an added file
	part *partEntry

	swaps map[string]bool // paths swapped in it because it imports them

	out   File
	pkg   string // package name
	probs Problems
}

func (a *assembler) problem(p *pkg, line int, op, file, decl, format string, args ...any) *Problem {
	return &Problem{Manifest: p.file, Line: line, Op: op, File: p.name(file), Decl: decl, Release: a.root.String(), Text: fmt.Sprintf(format, args...)}
}

// isGoFile tells whether a name is of a Go file that belongs to a package.
func isGoFile(name string) bool {
	return strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, "_test.go") && name[0] != '_' && name[0] != '.'
}

// list returns the names of upstream's Go files in a folder, without and with
// tests.
func (a *assembler) list(p string) (names, tests []string, err error) {
	entries, err := os.ReadDir(a.root.src(p))
	for _, e := range entries {
		switch {
		case e.IsDir():
		case isGoFile(e.Name()):
			names = append(names, e.Name())
		case strings.HasSuffix(e.Name(), "_test.go"):
			tests = append(tests, e.Name())
		}
	}
	return names, tests, err
}

// upstreamPackages lists the packages of a Go root that the port has to mention.
func upstreamPackages(root Goroot) ([]string, error) {
	var found []string
	hasGo := func(dir string) (bool, error) {
		entries, err := os.ReadDir(dir)
		return slices.ContainsFunc(entries, func(e os.DirEntry) bool { return !e.IsDir() && isGoFile(e.Name()) }), err
	}
	if ok, err := hasGo(root.src("net")); err != nil {
		return nil, err
	} else if ok {
		found = append(found, "net")
	}
	for _, top := range []string{"net/http", "crypto/tls"} {
		err := filepath.WalkDir(root.src(top), func(name string, d fs.DirEntry, err error) error {
			if err != nil {
				if errors.Is(err, fs.ErrNotExist) && name == root.src(top) {
					return nil
				}
				return err
			}
			if !d.IsDir() {
				return nil
			}
			if base := d.Name(); base == "testdata" || base == "vendor" || base[0] == '_' || base[0] == '.' {
				return fs.SkipDir
			}
			ok, err := hasGo(name)
			if ok {
				rel, err := filepath.Rel(root.src("."), name)
				if err != nil {
					return err
				}
				found = append(found, filepath.ToSlash(rel))
			}
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return found, nil
}

// unmentioned finds upstream's packages that have no manifest.
func (a *assembler) unmentioned(here []*pkg) {
	have := map[string]bool{}
	for _, p := range here {
		have[p.path] = true
	}
	found, err := upstreamPackages(a.root)
	if err != nil {
		a.probs = append(a.probs, &Problem{Release: a.root.String(), Text: fmt.Sprintf("read the Go root: %s", err)})
	}
	for _, p := range found {
		if !have[p] {
			a.probs = append(a.probs, &Problem{Manifest: portDir + p + "/" + manifestName, Release: a.root.String(),
				Text: fmt.Sprintf("Go has the package %s, but no manifest mentions it; take its files, or omit them", p)})
		}
	}
}

// plan decides what becomes of each file of a package.
func (a *assembler) plan(p *pkg) []*job {
	fail := func(line int, op, file, decl, format string, args ...any) {
		a.probs = append(a.probs, a.problem(p, line, op, file, decl, format, args...))
	}
	names, tests, err := a.list(p.path)
	if p.tests {
		names, tests = tests, nil
	}
	if err != nil && (!errors.Is(err, fs.ErrNotExist) || len(p.takes)+len(p.drops)+len(p.replaces)+len(p.edits)+len(p.swaps)+len(p.parts) > 0) {
		if errors.Is(err, fs.ErrNotExist) {
			fail(0, "", "", "", "Go does not have this package; limit the manifest with since and until")
		} else {
			fail(0, "", "", "", "%s", err)
		}
		return nil
	}
	jobs := map[string]*job{}
	everTaken := map[string]bool{}
	for _, e := range p.takes {
		for _, f := range e.files {
			everTaken[f] = true
			switch {
			case !e.has(a.target):
			case !slices.Contains(names, f):
				fail(e.at.lineOf(f), "take", f, "", "Go does not have this file")
				jobs[f] = &job{p: p, name: f, omit: "missing"}
			case jobs[f] != nil:
				fail(e.at.lineOf(f), "take", f, "", "listed twice")
			default:
				jobs[f] = &job{p: p, name: f, swaps: map[string]bool{}}
			}
		}
	}
	for _, e := range p.omits {
		if !e.has(a.target) {
			continue
		}
		for _, pattern := range e.files {
			hit := false
			for _, f := range names {
				if ok, _ := path.Match(pattern, f); !ok {
					continue
				}
				hit = true
				switch j := jobs[f]; {
				case j == nil:
					jobs[f] = &job{p: p, name: f, omit: e.why}
				case j.omit == "":
					fail(e.at.lineOf(pattern), "omit", f, "", "it is taken too")
				case pattern == f:
					fail(e.at.lineOf(pattern), "omit", f, "", "it is omitted already")
				}
			}
			if !hit {
				fail(e.at.lineOf(pattern), "omit", pattern, "", "Go does not have such a file")
			}
		}
	}
	for _, f := range names {
		if (p.tests || p.beside) && jobs[f] == nil {
			jobs[f] = &job{p: p, name: f, swaps: map[string]bool{}}
		}
		if jobs[f] == nil {
			fail(0, "", f, "", "Go has this file, but the manifest does not mention it; take or omit it")
			jobs[f] = &job{p: p, name: f, omit: "unmentioned"}
		}
	}
	for _, e := range p.adds {
		if !e.has(a.target) {
			continue
		}
		for _, f := range e.files {
			if slices.Contains(names, f) || slices.Contains(tests, f) {
				fail(e.at.lineOf(f), "add", f, "", "Go has a file of this name; a file of ours with its name can only hold replacements")
				continue
			}
			jobs[f] = &job{p: p, name: f, port: p.ports[f]}
		}
	}
	a.planParts(p, names, tests, jobs)
	// ops returns where to note an operation on a file; nil if it has no place
	// in this release.
	ops := func(line int, op, file, decl string) *fileOps {
		j := jobs[file]
		if j == nil || j.omit != "" || j.port != nil || j.part != nil {
			switch {
			case j != nil && j.omit == "missing", everTaken[file]:
				// Reported already, or the file is taken in other releases.
			default:
				fail(line, op, file, decl, "the file is not taken")
			}
			return nil
		}
		if j.ops == nil {
			j.ops = &fileOps{}
		}
		return j.ops
	}
	for _, e := range p.drops {
		if e.has(a.target) {
			if o := ops(e.line, "drop", e.file, e.decl); o != nil {
				o.drops = append(o.drops, dropOp{e.line, e.decl, e.why})
			}
		}
	}
	for _, e := range p.replaces {
		if e.has(a.target) {
			if o := ops(e.line, "replace", e.file, e.decl); o != nil {
				o.replaces = append(o.replaces, replaceOp{e.line, e.decl, e.why, p.ports[e.from].parsed})
			}
		}
	}
	for _, e := range p.edits {
		if e.has(a.target) {
			if o := ops(e.line, "edit", e.file, e.decl); o != nil {
				o.edits = append(o.edits, e.editOp)
			}
		}
	}
	for _, e := range p.swaps {
		if !e.has(a.target) {
			continue
		}
		for _, f := range e.files {
			if o := ops(e.line, "swap", f, e.path); o != nil {
				o.swaps = append(o.swaps, e.swapOp)
			}
		}
	}
	list := make([]*job, 0, len(jobs))
	for _, f := range sortedKeys(jobs) {
		if j := jobs[f]; !p.beside || j.ops != nil || j.port != nil || j.part != nil {
			list = append(list, j)
		}
	}
	return list
}

// run makes the job's file.
func (j *job) run(a *assembler) {
	if j.omit != "" {
		return
	}
	j.out = File{Path: j.p.name(j.name)}
	fail := func(op, decl, format string, args ...any) {
		j.probs = append(j.probs, a.problem(j.p, j.ops.line(op, decl), op, j.name, decl, format, args...))
	}
	if j.port != nil {
		j.pkg = j.port.parsed.file.Name.Name
		j.out.Mark, j.out.Source = Added, j.port.name
		text, err := gofmt(append(header(j.port.name), j.port.src...))
		if err != nil {
			j.probs = append(j.probs, a.problem(j.p, addLine(j.p, j.name), "add", j.name, "", "%s", err))
		}
		j.out.Data = text
		return
	}
	j.out.Mark, j.out.Source = Taken, "src/"+j.out.Path
	data, bad := j.source(a)
	for _, b := range bad {
		j.probs = append(j.probs, a.problem(j.p, cmp.Or(b.line, addLine(j.p, j.name)), b.op, j.name, b.decl, "%s", b.err))
	}
	if bad != nil {
		return
	}
	j.out.Data = data
	if j.part != nil {
		j.out.Mark, j.out.Source = Modified, "src/"+j.p.name(j.part.file)
		j.out.Changes = []Change{{"part", j.part.file, j.part.why}}
	}
	for _, e := range j.p.swaps {
		if e.files == nil && e.has(a.target) && imports(data, e.path) {
			if j.ops == nil {
				j.ops = &fileOps{}
			}
			j.ops.swaps = append(j.ops.swaps, e.swapOp)
			j.swaps[e.path] = true
		}
	}
	if j.ops.none() && j.part == nil {
		return
	}
	if j.ops == nil {
		j.ops = &fileOps{}
	}
	up, err := parseSource(j.out.Source, data)
	if err != nil {
		fail("", "", "%s", err)
		return
	}
	j.pkg = up.file.Name.Name
	for _, o := range j.ops.replaces {
		if n := o.from.file.Name.Name; n != j.pkg {
			fail("replace", o.decl, "%s is of package %s, not %s", o.from.name, n, j.pkg)
		}
	}
	text, changes, bad := merge(up, j.ops, a.packageName)
	for _, b := range bad {
		hint := ""
		if errors.Is(b.err, errNoDecl) {
			hint = a.elsewhere(j, b.decl)
		}
		p := a.problem(j.p, cmp.Or(b.line, j.ops.line(b.op, b.decl)), b.op, j.name, b.decl, "%s%s", b.err, hint)
		j.probs = append(j.probs, p)
	}
	if len(bad) > 0 {
		return
	}
	if len(changes) == 0 && j.part == nil {
		return
	}
	j.out.Mark, j.out.Changes = Modified, append(j.out.Changes, changes...)
	text, err = gofmt(append(header(a.root.Version+" "+j.out.Source), text...))
	if err != nil {
		fail("", "", "%s", err)
	}
	j.out.Data = text
}

func header(from string) []byte {
	return []byte("// Code generated by tinynet from " + from + "; DO NOT EDIT.\n\n")
}

// imports tells whether a Go file imports a path.
func imports(data []byte, p string) bool {
	if !bytes.Contains(data, []byte(p)) {
		return false
	}
	f, err := parser.ParseFile(token.NewFileSet(), "", data, parser.ImportsOnly)
	if err != nil {
		return false
	}
	for _, i := range f.Imports {
		if importPath(i) == p {
			return true
		}
	}
	return false
}

// elsewhere says in which other file of the package a declaration is.
func (a *assembler) elsewhere(j *job, decl string) string {
	names, tests, _ := a.list(j.p.path)
	if a.tests {
		names = tests
	}
	for _, n := range names {
		data, err := os.ReadFile(a.root.src(j.p.name(n)))
		if err != nil {
			continue
		}
		if s, err := parseSource(n, data); err == nil && len(s.index[decl]) > 0 {
			return "; Go has it in " + n
		}
	}
	return ""
}

// checkSwaps finds swaps for every file that met none.
func (a *assembler) checkSwaps(p *pkg, jobs []*job) {
	for _, e := range p.swaps {
		if e.files != nil || !e.has(a.target) {
			continue
		}
		if !slices.ContainsFunc(jobs, func(j *job) bool { return j.p == p && j.swaps[e.path] }) {
			a.probs = append(a.probs, a.problem(p, e.line, "swap", "", e.path, "no taken file imports it"))
		}
	}
}

// checkPackageNames compares the package clause of added files with Go's.
func (a *assembler) checkPackageNames(p *pkg, jobs []*job) {
	if len(p.adds) == 0 {
		return
	}
	var added []*job
	names := map[string]bool{}
	for _, j := range jobs {
		switch {
		case j.p != p || j.omit != "":
		case j.port != nil:
			added = append(added, j)
		case j.pkg != "":
			names[j.pkg] = true
		default:
			if n := packageClause(j.out.Data); n != "" {
				names[n] = true
			}
		}
	}
	for _, j := range added {
		if n := strings.TrimSuffix(j.pkg, "_test"); len(names) > 0 && !names[n] && !names[j.pkg] {
			a.probs = append(a.probs, a.problem(p, addLine(p, j.name), "add", j.name, "", "it is of package %s, but Go's files are of package %s",
				j.pkg, strings.Join(sortedKeys(names), " or ")))
		}
	}
}

// addLine is where a manifest adds a file of ours.
func addLine(p *pkg, file string) int {
	for _, e := range p.adds {
		if slices.Contains(e.files, file) {
			return e.at.lineOf(file)
		}
	}
	return 0
}

func packageClause(data []byte) string {
	f, err := parser.ParseFile(token.NewFileSet(), "", data, parser.PackageClauseOnly)
	if err != nil {
		return ""
	}
	return f.Name.Name
}

// packageName is the name of the package with an import path: that of a folder
// of ours, or of Go's, or else what the path suggests.
func (a *assembler) packageName(p string) string {
	a.mu.Lock()
	defer a.mu.Unlock()
	if n, ok := a.names[p]; ok {
		return n
	}
	n := a.ports[p]
	for _, dir := range []string{p, "vendor/" + p} {
		if n != "" {
			break
		}
		names, _, _ := a.list(dir)
		for _, f := range names {
			data, err := os.ReadFile(a.root.src(dir + "/" + f))
			if err != nil {
				continue
			}
			if c := packageClause(data); c != "" && c != "main" && c != "documentation" {
				n = c
				break
			}
		}
	}
	if n == "" {
		n = guessName(p)
	}
	a.names[p] = n
	return n
}
