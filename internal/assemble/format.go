package assemble

import (
	"bytes"
	"errors"
	"fmt"
	"go/build/constraint"
	"go/token"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"
)

// This file decodes a manifest.toml and checks each entry by itself. What entries
// mean together is checked in check.go.

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
		Part    []tomlPart    `toml:"part"`
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
		at      section  // where it stands
		File    string   `toml:"file"`
		Decl    string   `toml:"decl"`
		Match   *string  `toml:"match"`
		With    *string  `toml:"with"`
		Imports []string `toml:"imports"`
		Count   *int     `toml:"count"`
		Why     string   `toml:"why"`
	}
	// Edits that belong together: each row says where, and what becomes what, and
	// why, if the table's reason is not its own.
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
		Why     string   `toml:"why"`
	}
	tomlPart struct {
		tomlSpan
		File  string   `toml:"file"`
		As    string   `toml:"as"`
		Decls []string `toml:"decls"`
		Build string   `toml:"build"`
		Why   string   `toml:"why"`
	}
	tomlSwap struct {
		tomlSpan
		Import string   `toml:"import"`
		With   string   `toml:"with"`
		Files  []string `toml:"files"`
		Why    string   `toml:"why"`
	}
)

// load decodes a manifest.toml into p and checks each entry by itself.
func (p *pkg) load(data []byte) (probs Problems) {
	var here section // the entry that is being read
	fail := func(op, file, decl, format string, args ...any) {
		probs = append(probs, &Problem{Manifest: p.file, Line: here.lineOf(decl, file), Op: op, File: p.name(file), Decl: decl, Text: fmt.Sprintf(format, args...)})
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
			here.line = pe.Position.Line
			fail("", "", "", "%s", text)
		} else {
			fail("", "", "", "%s", strings.TrimPrefix(err.Error(), "toml: "))
		}
		return probs
	}
	all := sections(data)
	where := func(table string, i int) section {
		if i < len(all[table]) {
			return all[table][i]
		}
		return section{} // written in some other way than [[table]]
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
		here = where("take", 0)
		fail("take", "", "", "tests are taken without being listed")
	}
	here = section{}
	if p.beside = !p.tests && !isRoot(p.path); p.beside {
		if !strings.HasPrefix(p.path, "crypto/") && !slices.Contains(changed, p.path) {
			fail("", "", "", "the port has only net, and net/http and crypto/tls with what is below them, and changes in crypto, %s", strings.Join(changed, ", "))
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
		for i, e := range list {
			here = where(op, i)
			x := listEntry{from: e.From, at: here}
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

	decls := func(op string, i int, e tomlDrop, from string) []declEntry {
		here = where(op, i)
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
				out = append(out, declEntry{span: s, line: here.lineOf(n), file: e.File, decl: n, why: w, from: from})
			}
		}
		return out
	}
	for i, e := range t.Drop {
		p.drops = append(p.drops, decls("drop", i, e, "")...)
	}
	for i, e := range t.Replace {
		p.replaces = append(p.replaces, decls("replace", i, e.tomlDrop, e.From)...)
	}
	edits := t.Edit
	for i := range edits {
		edits[i].at = where("edit", i)
	}
	for i, e := range t.Edits {
		here = where("edits", i)
		if len(e.Rows) == 0 {
			fail("edits", e.File, "", "it has no rows")
		}
		rows, problems := e.rows(here)
		for _, x := range problems {
			here.line = x.line
			fail("edits", "", "", "%s", x.text)
		}
		edits = append(edits, rows...)
	}
	for _, e := range edits {
		here = e.at
		x := editEntry{file: e.File, editOp: editOp{line: here.lineOf(e.Decl), decl: e.Decl, imports: e.Imports, named: p.named, count: 1}}
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
	for i, e := range t.Swap {
		here = where("swap", i)
		x := swapEntry{files: e.Files, swapOp: swapOp{line: here.lineOf(e.Import), path: e.Import, with: e.With}}
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
	for i, e := range t.Part {
		here = where("part", i)
		x := partEntry{at: here, file: e.File, as: e.As, decls: e.Decls}
		ok := goFile("part", "file", e.File, false) && goFile("part", "as", e.As, false)
		x.span, x.why = spanOf("part", e.File, "", e.tomlSpan), why("part", e.File, "", e.Why)
		if len(e.Decls) == 0 {
			fail("part", e.File, "", "it names no decls")
		}
		// Without a constraint it would stand beside the file that it is a part of.
		expr, err := constraint.Parse("//go:build " + e.Build)
		if err == nil {
			expr, err = p.named.expand(expr)
		}
		if err != nil {
			fail("part", e.File, "", "build = %q is no build constraint: %s", e.Build, err)
			continue
		}
		if x.constraint = expr.String(); ok {
			p.parts = append(p.parts, x)
		}
	}
	return probs
}

// validImport tells whether a path can be imported by the port.
func validImport(p string) bool {
	return p != "." && fs.ValidPath(p) && plain(p) && !strings.ContainsAny(p, " \"`\\!*?[]{}()<>|:;,'$&=#^") && p != "C"
}
