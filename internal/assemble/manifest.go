package assemble

import (
	"bytes"
	"errors"
	"fmt"
	"go/build/constraint"
	"go/scanner"
	"go/token"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"
)

// portDir is where the port's sources are in this repository; messages and
// headers name them from there.
const portDir = "port/"

const manifestName = "manifest.toml"

// portTag is the build tag that keeps the port's sources out of ordinary
// builds.
const portTag = "tinynetport"

// A Manifest says how the port is made from a Go release: what LoadManifest
// read, checked as far as that is possible without one.
type Manifest struct {
	pkgs  []*pkg // sorted by path
	tests bool   // it is about Go's tests
}

// Packages lists the import paths that have a manifest.
func (m *Manifest) Packages() []string {
	paths := make([]string, len(m.pkgs))
	for i, p := range m.pkgs {
		paths[i] = p.path
	}
	return paths
}

// A pkg is the manifest of one package, and its sources in the port.
type pkg struct {
	path     string // import path
	dir      string // where its folder is in this repository: port/
	file     string // the manifest's name in messages
	tests    bool   // it is about the package's tests
	beside   bool   // Go's own package, of which the port changes a few files
	span     span
	takes    []listEntry
	omits    []listEntry
	adds     []listEntry
	drops    []declEntry
	replaces []declEntry
	edits    []editEntry
	swaps    []swapEntry
	ports    map[string]*portFile
}

type listEntry struct {
	span
	files []string
	why   string
	from  string // of an add: the folder of the port that has the files, if another
}

type declEntry struct {
	span
	file, decl, why string
	from            string // base name of the port file of a replace
}

type editEntry struct {
	span
	file string
	editOp
}

type swapEntry struct {
	span
	files []string
	swapOp
}

// A portFile is a Go file of ours.
type portFile struct {
	name       string // as in messages: port/net/x.go
	src        []byte
	parsed     *source
	constraint string // without portTag; empty for none
}

// Beside tells whether a file of an assembled port, named below src, is of a
// package of which the port has only what it changes: the rest is Go's own.
func Beside(file string) bool { return !isRoot(path.Dir(file)) }

// isRoot tells whether packages at the path are part of the port.
func isRoot(p string) bool {
	return p == "net" || p == "net/http" || p == "crypto/tls" ||
		strings.HasPrefix(p, "net/http/") || strings.HasPrefix(p, "crypto/tls/")
}

// The format of manifest.toml.
type (
	tomlManifest struct {
		tomlSpan
		Package string        `toml:"package"`
		Take    []tomlFiles   `toml:"take"`
		Omit    []tomlFiles   `toml:"omit"`
		Add     []tomlFiles   `toml:"add"`
		Drop    []tomlDrop    `toml:"drop"`
		Replace []tomlReplace `toml:"replace"`
		Edit    []tomlEdit    `toml:"edit"`
		Edits   []tomlEdits   `toml:"edits"`
		Swap    []tomlSwap    `toml:"swap"`
	}
	tomlFiles struct {
		tomlSpan
		Files []string `toml:"files"`
		Why   string   `toml:"why"`
		From  string   `toml:"from"`
	}
	tomlDrop struct {
		tomlSpan
		File  string   `toml:"file"`
		Decl  string   `toml:"decl"`
		Decls []string `toml:"decls"`
		Why   string   `toml:"why"`
	}
	tomlReplace struct {
		tomlDrop
		From string `toml:"from"`
	}
	tomlEdit struct {
		tomlSpan
		File    string   `toml:"file"`
		Decl    string   `toml:"decl"`
		Match   *string  `toml:"match"`
		With    *string  `toml:"with"`
		Imports []string `toml:"imports"`
		Count   *int     `toml:"count"`
		Why     string   `toml:"why"`
	}
	// Edits that have one reason: each row says where, and what becomes what.
	tomlEdits struct {
		tomlSpan
		File string    `toml:"file"`
		Why  string    `toml:"why"`
		Rows []tomlRow `toml:"rows"`
	}
	tomlRow struct {
		tomlSpan
		At      places   `toml:"at"`
		Match   *string  `toml:"match"`
		With    *string  `toml:"with"`
		Imports []string `toml:"imports"`
		Count   *int     `toml:"count"`
	}
	tomlSwap struct {
		tomlSpan
		Import string   `toml:"import"`
		With   string   `toml:"with"`
		Files  []string `toml:"files"`
		Why    string   `toml:"why"`
	}
)

// LoadManifest reads the manifests and sources of a port: a file system with
// net, net/http, ... laid out as in GOROOT/src. What it finds wrong comes back
// together, as Problems.
func LoadManifest(port fs.FS) (*Manifest, error) {
	return loadManifest(port, portDir, false)
}

// LoadTests reads manifests that say how Go's own tests become tests of the
// port. They differ from a port's in this: the files are the packages'
// _test.go files, of any package, and those that no entry mentions are taken,
// so there is nothing to take. dir is where the folder is in this repository,
// for messages.
func LoadTests(tests fs.FS, dir string) (*Manifest, error) {
	return loadManifest(tests, dir, true)
}

func loadManifest(port fs.FS, dir string, tests bool) (*Manifest, error) {
	byPath := map[string]*pkg{}
	var probs Problems
	var manifests []string
	sources := map[string][]string{} // Go files by folder
	err := fs.WalkDir(port, ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() || path.Dir(name) == ".":
		case path.Base(name) == manifestName:
			manifests = append(manifests, name)
		case !tests && strings.HasSuffix(name, "_test.go"):
			// A test of one of our sources, beside it.
		case strings.HasSuffix(name, ".go"):
			sources[path.Dir(name)] = append(sources[path.Dir(name)], name)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read the port: %w", err)
	}
	m := &Manifest{tests: tests}
	for _, name := range manifests {
		data, err := fs.ReadFile(port, name)
		if err != nil {
			return nil, fmt.Errorf("read the port: %w", err)
		}
		p := &pkg{path: path.Dir(name), dir: dir, file: dir + name, tests: tests, ports: map[string]*portFile{}}
		m.pkgs = append(m.pkgs, p)
		byPath[p.path] = p
		probs = append(probs, p.load(data)...)
	}
	for folder, names := range sources {
		p := byPath[folder]
		if p == nil {
			probs = append(probs, &Problem{Manifest: dir + folder + "/" + manifestName,
				Text: fmt.Sprintf("there is none, but the folder has Go files (%s)", path.Base(names[0]))})
			continue
		}
		for _, name := range names {
			data, err := fs.ReadFile(port, name)
			if err != nil {
				return nil, fmt.Errorf("read the port: %w", err)
			}
			f, err := newPortFile(dir+name, data)
			if err != nil {
				probs = append(probs, &Problem{Manifest: p.file, File: name, Text: err.Error()})
			}
			p.ports[path.Base(name)] = f
		}
	}
	for _, p := range m.pkgs {
		probs = append(probs, p.borrow(byPath)...)
	}
	for _, p := range m.pkgs {
		probs = append(probs, p.check()...)
	}
	if err := probs.err(); err != nil {
		return nil, err
	}
	slices.SortFunc(m.pkgs, func(a, b *pkg) int { return strings.Compare(a.path, b.path) })
	return m, nil
}

// borrow gives p the files that it adds from other folders of the port.
func (p *pkg) borrow(byPath map[string]*pkg) (probs Problems) {
	for _, e := range p.adds {
		if e.from == "" {
			continue
		}
		for _, f := range e.files {
			of := byPath[e.from]
			switch {
			case of == nil || of == p || of.ports[f] == nil:
				probs = append(probs, &Problem{Manifest: p.file, Op: "add", File: p.name(f), Text: fmt.Sprintf("there is no %s%s/%s to take it from", p.dir, e.from, f)})
			case p.ports[f] != nil && p.ports[f] != of.ports[f]:
				probs = append(probs, &Problem{Manifest: p.file, Op: "add", File: p.name(f), Text: "the folder has a file of this name itself"})
			default:
				p.ports[f] = of.ports[f]
			}
		}
	}
	return probs
}

// newPortFile parses a Go file of ours. It returns a file even with an error.
func newPortFile(name string, data []byte) (*portFile, error) {
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

// load decodes a manifest.toml into p and checks each entry by itself.
func (p *pkg) load(data []byte) (probs Problems) {
	fail := func(op, file, decl, format string, args ...any) {
		probs = append(probs, &Problem{Manifest: p.file, Op: op, File: p.name(file), Decl: decl, Text: fmt.Sprintf(format, args...)})
	}
	var t tomlManifest
	md, err := toml.NewDecoder(bytes.NewReader(data)).Decode(&t)
	if err != nil {
		var pe toml.ParseError
		if errors.As(err, &pe) {
			text := pe.Message
			if text == "" {
				text = strings.TrimPrefix(err.Error(), "toml: ")
			}
			fail("", "", "", "line %d: %s", pe.Position.Line, text)
		} else {
			fail("", "", "", "%s", strings.TrimPrefix(err.Error(), "toml: "))
		}
		return probs
	}
	for _, k := range md.Keys() {
		// The decoder takes keys in any case for known.
		if k.String() != strings.ToLower(k.String()) || slices.ContainsFunc(md.Undecoded(), func(u toml.Key) bool { return u.String() == k.String() }) {
			fail("", "", "", "unknown key %q", k.String())
		}
	}
	if t.Package != p.path {
		fail("", "", "", "package = %q, but the folder is %s", t.Package, p.path)
	}
	if p.tests && len(t.Take) > 0 {
		fail("take", "", "", "tests are taken without being listed")
	}
	if p.beside = !p.tests && !isRoot(p.path); p.beside {
		if !strings.HasPrefix(p.path, "crypto/") && p.path != "net/netip" {
			fail("", "", "", "the port has only net, and net/http and crypto/tls with what is below them, and changes in crypto and net/netip")
		}
		if len(t.Take)+len(t.Omit) > 0 {
			fail("", "", "", "the package is Go's own: no files are taken or omitted")
		}
	}
	spanOf := func(op, file, decl string, s tomlSpan) span {
		r, err := newSpan(s)
		if err != nil {
			fail(op, file, decl, "%s", err)
		}
		return r
	}
	p.span = spanOf("", "", "", t.tomlSpan)
	why := func(op, file, decl, text string) string {
		text = strings.Join(strings.Fields(text), " ")
		switch {
		case text == "":
			fail(op, file, decl, "it has no why")
		case !plain(text):
			fail(op, file, decl, "why has a control character in it")
		}
		return text
	}
	goFile := func(op, key, file string, glob bool) bool {
		switch {
		case file == "":
			fail(op, "", "", "%s names no file", key)
		case p.tests && !strings.HasSuffix(file, "_test.go"):
			fail(op, "", "", "%s = %q is not the name of a test file", key, file)
		case strings.ContainsAny(file, `/\`) || !plain(file) || file == ".go" || !strings.HasSuffix(file, ".go"):
			fail(op, "", "", "%s = %q is not the name of a Go file in the folder", key, file)
		case glob:
			if _, err := path.Match(file, ""); err == nil {
				return true
			}
			fail(op, "", "", "%s = %q is a malformed pattern", key, file)
		case strings.ContainsAny(file, `*?[`):
			fail(op, "", "", "%s = %q is a pattern; only omit takes patterns", key, file)
		default:
			return true
		}
		return false
	}
	lists := func(op string, list []tomlFiles) []listEntry {
		var out []listEntry
		for _, e := range list {
			x := listEntry{from: e.From}
			if e.From != "" && op != "add" {
				fail(op, "", "", "from is for add and replace")
			}
			if len(e.Files) == 0 {
				fail(op, "", "", "it has no files")
			}
			first := ""
			for _, f := range e.Files {
				if goFile(op, "files", f, op == "omit") {
					x.files = append(x.files, f)
					if first == "" {
						first = f
					}
				}
			}
			x.span = spanOf(op, first, "", e.tomlSpan)
			if op == "omit" {
				x.why = why(op, first, "", e.Why)
			} else if e.Why != "" {
				x.why = why(op, first, "", e.Why)
			}
			out = append(out, x)
		}
		return out
	}
	p.takes = lists("take", t.Take)
	p.omits = lists("omit", t.Omit)
	p.adds = lists("add", t.Add)

	decls := func(op string, e tomlDrop, from string) []declEntry {
		names := e.Decls
		if e.Decl != "" {
			names = append([]string{e.Decl}, names...)
		}
		if len(names) == 0 {
			fail(op, e.File, "", "it names no decl")
			names = []string{""}
		}
		if !goFile(op, "file", e.File, false) {
			return nil
		}
		if from == "" {
			from = e.File
		} else if !goFile(op, "from", from, false) {
			return nil
		}
		s, w := spanOf(op, e.File, names[0], e.tomlSpan), why(op, e.File, names[0], e.Why)
		var out []declEntry
		for _, n := range names {
			if n == "" && e.Decls != nil {
				fail(op, e.File, "", "decls has an empty name")
			}
			if n != "" {
				out = append(out, declEntry{span: s, file: e.File, decl: n, why: w, from: from})
			}
		}
		return out
	}
	for _, e := range t.Drop {
		p.drops = append(p.drops, decls("drop", e, "")...)
	}
	for _, e := range t.Replace {
		p.replaces = append(p.replaces, decls("replace", e.tomlDrop, e.From)...)
	}
	edits := t.Edit
	for _, e := range t.Edits {
		if len(e.Rows) == 0 {
			fail("edits", e.File, "", "it has no rows")
		}
		rows, problems := e.rows()
		for _, text := range problems {
			fail("edits", e.File, "", "%s", text)
		}
		edits = append(edits, rows...)
	}
	for _, e := range edits {
		x := editEntry{file: e.File, editOp: editOp{decl: e.Decl, imports: e.Imports, count: 1}}
		ok := goFile("edit", "file", e.File, false)
		x.span = spanOf("edit", e.File, e.Decl, e.tomlSpan)
		x.why = why("edit", e.File, e.Decl, e.Why)
		if e.Decl == "" {
			fail("edit", e.File, "", "it names no decl")
		}
		if e.Match == nil || e.With == nil {
			fail("edit", e.File, e.Decl, "it needs both match and with")
			continue
		}
		x.match, x.with = *e.Match, *e.With
		if err := x.valid(); err != nil {
			fail("edit", e.File, e.Decl, "%s", err)
		}
		if e.Count != nil {
			if x.count = *e.Count; x.count < 1 {
				fail("edit", e.File, e.Decl, "count = %d; it has to be at least 1", x.count)
			}
		}
		for _, i := range e.Imports {
			name, ip, named := strings.Cut(i, " ")
			if !named {
				name, ip = "x", i
			}
			if !validImport(ip) || !token.IsIdentifier(name) {
				fail("edit", e.File, e.Decl, "imports has %q; write \"path\" or \"name path\"", i)
			}
		}
		if ok {
			p.edits = append(p.edits, x)
		}
	}
	for _, e := range t.Swap {
		x := swapEntry{files: e.Files, swapOp: swapOp{path: e.Import, with: e.With}}
		x.span = spanOf("swap", "", e.Import, e.tomlSpan)
		x.why = why("swap", "", e.Import, e.Why)
		if !validImport(e.Import) || !validImport(e.With) {
			fail("swap", "", e.Import, "import and with have to be import paths")
			continue
		}
		if e.Import == e.With {
			fail("swap", "", e.Import, "import and with are the same")
		}
		if e.Files != nil && len(e.Files) == 0 {
			fail("swap", "", e.Import, "files is empty; leave it out to mean every file that imports it")
		}
		if p.beside && e.Files == nil {
			fail("swap", "", e.Import, "it has to name its files: the package is Go's own")
		}
		for _, f := range e.Files {
			goFile("swap", "files", f, false)
		}
		p.swaps = append(p.swaps, x)
	}
	return probs
}

// validImport tells whether a path can be imported by the port.
func validImport(p string) bool {
	return p != "." && fs.ValidPath(p) && plain(p) && !strings.ContainsAny(p, " \"`\\!*?[]{}()<>|:;,'$&=#^") && p != "C"
}

// valid checks what can be known of an edit without the file.
func (e *editOp) valid() error {
	m, err := pattern(e.match)
	if err != nil {
		return fmt.Errorf("match %q is not Go: %w", e.match, err)
	}
	w, err := pattern(e.with)
	if err != nil {
		return fmt.Errorf("with %q is not Go: %w", e.with, err)
	}
	if !plain(strings.NewReplacer("\n", "", "\t", "").Replace(e.with)) {
		return errors.New("with has a control character in it")
	}
	if len(m) == 0 && e.decl != buildDecl {
		return errors.New("match is empty")
	}
	if slices.EqualFunc(m, w, func(a, b tok) bool { return a.tok == b.tok && a.lit == b.lit }) {
		return errors.New("match and with are the same")
	}
	// The brackets that an edit leaves open or closes are the match's own, or
	// it would reach beyond its declaration.
	if a, b := brackets(m), brackets(w); a != b {
		return fmt.Errorf("match %q and with %q do not have the same open brackets", e.match, e.with)
	}
	if endsInComment(e.with) {
		return errors.New("with ends in a line comment, which would swallow what follows; end it with a newline")
	}
	return nil
}

// brackets returns the unbalanced brackets of a token sequence.
func brackets(ts []tok) string {
	var open []byte
	for _, t := range ts {
		switch t.tok {
		case token.LPAREN, token.LBRACK, token.LBRACE:
			open = append(open, t.lit[0])
		case token.RPAREN, token.RBRACK, token.RBRACE:
			n := len(open)
			if n > 0 && (open[n-1] == '(' && t.lit[0] == ')' || open[n-1] == '[' && t.lit[0] == ']' || open[n-1] == '{' && t.lit[0] == '}') {
				open = open[:n-1]
			} else {
				open = append(open, t.lit[0])
			}
		}
	}
	return string(open)
}

func endsInComment(text string) bool {
	var sc scanner.Scanner
	sc.Init(token.NewFileSet().AddFile("", -1, len(text)), []byte(text), func(token.Position, string) {}, scanner.ScanComments)
	last := ""
	for {
		_, t, lit := sc.Scan()
		if t == token.EOF {
			break
		}
		if t == token.COMMENT {
			last = lit
		} else if t != token.SEMICOLON || lit != "\n" {
			last = ""
		}
	}
	return strings.HasPrefix(last, "//") && !strings.HasSuffix(strings.TrimRight(text, " \t"), "\n")
}

// name is a file of the package as messages name it.
func (p *pkg) name(file string) string {
	if file == "" {
		return ""
	}
	return p.path + "/" + file
}

// check compares the entries with each other and with the port's sources.
func (p *pkg) check() (probs Problems) {
	fail := func(op, file, decl, format string, args ...any) {
		probs = append(probs, &Problem{Manifest: p.file, Op: op, File: p.name(file), Decl: decl, Text: fmt.Sprintf(format, args...)})
	}
	// A declaration has one fate in a release.
	type named struct {
		op string
		declEntry
	}
	seen := map[string][]named{}
	for _, set := range []struct {
		op   string
		list []declEntry
	}{{"drop", p.drops}, {"replace", p.replaces}} {
		for _, e := range set.list {
			key := e.file + " " + e.decl
			for _, o := range seen[key] {
				if o.span.overlaps(e.span) {
					fail(set.op, e.file, e.decl, "it has a %s already", o.op)
				}
			}
			seen[key] = append(seen[key], named{set.op, e})
		}
	}
	for _, e := range p.edits {
		for _, o := range seen[e.file+" "+e.decl] {
			if o.span.overlaps(e.span) {
				fail("edit", e.file, e.decl, "it has a %s already", o.op)
			}
		}
	}
	added := map[string][]span{}
	for _, e := range p.adds {
		for _, f := range e.files {
			if p.ports[f] == nil {
				fail("add", f, "", "there is no such file in %s%s", p.dir, p.path)
			}
			if slices.ContainsFunc(added[f], e.overlaps) {
				fail("add", f, "", "listed twice")
			}
			added[f] = append(added[f], e.span)
		}
	}
	used := map[string]map[string]bool{} // declarations of port files that replace something
	for _, e := range p.replaces {
		f := p.ports[e.from]
		if f == nil {
			fail("replace", e.file, e.decl, "there is no %s%s to take it from", p.dir, p.name(e.from))
			continue
		}
		if added[e.from] != nil {
			fail("replace", e.file, e.decl, "%s is an added file too", f.name)
			continue
		}
		if used[e.from] == nil {
			used[e.from] = map[string]bool{}
		}
		used[e.from][e.decl] = true
		if f.parsed == nil {
			continue
		}
		if _, err := f.parsed.find(e.decl); err != nil {
			fail("replace", e.file, e.decl, "%s: %s", f.name, err)
		}
	}
	for _, name := range sortedKeys(p.ports) {
		f := p.ports[name]
		switch {
		case added[name] != nil:
		case used[name] == nil:
			fail("", name, "", "the port has this file, but the manifest does not mention it")
		case f.parsed != nil:
			if f.constraint != "" {
				fail("", name, "", "it holds replacements, so it cannot have a build constraint but %s", portTag)
			}
			for _, d := range f.parsed.decls {
				if !used[name][d.name] {
					fail("", name, d.name, "no replace entry names this declaration of %s", f.name)
				}
			}
		}
	}
	return probs
}
