package assemble

import (
	"errors"
	"fmt"
	"go/ast"
	"go/build"
	"go/format"
	"go/token"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// seedArchives are the archives of the merge tests.
func seedArchives(f *testing.F) []*archive {
	names, err := filepath.Glob("testdata/merge/*.txt")
	if err != nil {
		f.Fatal(err)
	}
	var all []*archive
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		all = append(all, parseArchive(string(data)))
	}
	return all
}

// FuzzManifest assembles with any bytes as manifest: there is a whole port, or
// an error and nothing.
func FuzzManifest(f *testing.F) {
	const a = `// Package net is documented.
package net

import (
	"io"
	"os"
)

// f is documented.
//
//go:noinline
func f() error { return io.EOF }

const (
	c0 = iota
	c1
	c2
)

var v, w = 1, os.Args

type T struct{ a int }

func (*T) M() {}
`
	up := map[string]string{
		"net/a.go":         a,
		"net/b.go":         "//go:build linux\n\npackage net\n",
		"net/b_windows.go": "package net\n",
	}
	root := gorootOf(f, "go1.26.8", up)
	f.Add([]byte("package = \"net\"\n[[take]]\nfiles = [\"a.go\", \"b.go\"]\n[[omit]]\nfiles = [\"*_windows.go\"]\nwhy = \"x\"\n" +
		"[[add]]\nfiles = [\"c.go\"]\n[[replace]]\nfile = \"a.go\"\ndecls = [\"f\", \"c1\", \"v\", \"w\", \"T.M\"]\nwhy = \"x\"\n" +
		"[[edit]]\nfile = \"b.go\"\ndecl = \"go:build\"\nmatch = \"linux\"\nwith = \"!linux\"\nwhy = \"x\"\n" +
		"[[swap]]\nimport = \"os\"\nwith = \"net/http/internal/os\"\nwhy = \"x\"\n[[drop]]\nfile = \"a.go\"\ndecl = \"c0\"\nwhy = \"y\"\n"))
	for _, x := range seedArchives(f) {
		f.Add([]byte(strings.ReplaceAll(x.files["port/net/manifest.toml"], `files = ["a.go"]`, `files = ["a.go", "b.go", "b_windows.go"]`)))
	}
	f.Fuzz(func(t *testing.T, manifest []byte) {
		port := portOf(map[string]string{
			"net/manifest.toml": string(manifest),
			"net/a.go":          faultPort + "import \"errors\"\n\n// f is ours.\nfunc f() error { return errors.New(\"\") }\n\nconst c1 = 1\n\nvar v, w = 1, 2\n\nfunc (t T) M() {}\n",
			"net/c.go":          "//go:build tinynetport && linux\n\npackage net\n",
		})
		dir := t.TempDir()
		o, err := Cached(port, root, filepath.Join(dir, "cache"))
		if err != nil {
			if !errors.As(err, new(Problems)) {
				t.Errorf("the error is %v", err)
			}
			if got := snapshot(t, dir); len(got) > 0 {
				t.Errorf("with the error %v came %v", err, got)
			}
			return
		}
		tree, err := assembled(port, root)
		if err != nil {
			t.Fatal(err)
		}
		checkTree(t, tree, up)
		if err := tree.Write(filepath.Join(dir, "out"), false); err != nil {
			t.Fatal(err)
		}
		if !maps.Equal(snapshot(t, filepath.Join(o.Dir, "src")), snapshot(t, filepath.Join(dir, "out/src"))) {
			t.Error("assembling twice gave different files")
		}
	})
}

// FuzzMerge drops, replaces and edits declarations of any Go text.
func FuzzMerge(f *testing.F) {
	for _, x := range seedArchives(f) {
		for name, text := range x.below("goroot") {
			if strings.HasSuffix(name, ".go") {
				f.Add(text, []byte{}, []byte{1, 2, 3, 0, 5, 6, 7, 9})
				f.Add(text, []byte{}, []byte{1})
				f.Add(text, []byte{}, []byte{2, 6, 10})
				f.Add(text, []byte{}, []byte{3})
			}
		}
	}
	for _, name := range []string{"net/net.go", "net/ip.go", "net/http/cookie.go", "net/http/method.go", "go/token/token.go", "syscall/syscall.go", "sync/pool.go"} {
		if data, err := os.ReadFile(filepath.Join(build.Default.GOROOT, "src", name)); err == nil {
			f.Add(string(data), []byte{}, []byte{1, 0, 0, 2, 0, 3, 0, 0, 0, 6, 0})
			f.Add(string(data), []byte{}, []byte{0, 1, 2, 0, 3, 7, 10})
		}
	}
	for i := range byte(25) {
		f.Add("", []byte{i, 0xff, i + 7, 0x0f, 3 * i, 0xa4}, []byte{i, i + 1, 1, 2 * i})
	}
	f.Fuzz(func(t *testing.T, text string, recipe, fates []byte) {
		// Most changes of a text leave nothing that parses, so a recipe makes
		// more of it.
		more := cook(recipe)
		if _, err := format.Source([]byte(text)); err != nil {
			text = "package p\n"
		}
		tryMerge(t, text+"\n"+more, fates)
	})
}

// TestMergeRandom is a short FuzzMerge with the same input each time.
func TestMergeRandom(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		recipe, fates := make([]byte, 2+r.IntN(24)), make([]byte, 1+r.IntN(12))
		for _, b := range [][]byte{recipe, fates} {
			for i := range b {
				b[i] = byte(r.Uint32())
			}
		}
		tryMerge(t, "package p\n\nimport (\n\t\"io\"\n\t_ \"unsafe\"\n)\n"+cook(recipe), fates)
		if t.Failed() {
			t.Logf("recipe %#v, fates %#v", recipe, fates)
			break
		}
	}
}

// cook makes declarations, two bytes of the recipe for each: what it is, and
// what is around it.
func cook(recipe []byte) string {
	dishes := []string{
		"func f%d(a int) int { return a }",
		"func f%d()",
		"func f%d() error {\n\t// inside\n\tif x := f(); x != nil {\n\t\treturn io.EOF // why\n\t}\n\treturn nil\n}",
		"func (t *T) m%d() { t.x() }",
		"func (t G[K, V]) m%d() {\n}",
		"var v%d = f(1)",
		"var v%d, w%[1]d = 1, f(2)",
		"var v%d, w%[1]d, x%[1]d = f()",
		"var v%d, w%[1]d string",
		"var (\n\t// doc of v\n\tv%d = 1 // after v\n\tw%[1]d, x%[1]d = 2, f(3)\n\n\t// floating in the group\n\n\ty%[1]d, z%[1]d = f()\n\n\t// doc of u\n\t//go:embed u\n\tu%[1]d io.Reader\n)",
		"const c%d = 1",
		"const c%d, d%[1]d = 1, 2",
		"const (\n\tc%d = iota\n\td%[1]d // after d\n\t// doc of e\n\te%[1]d\n\tg%[1]d\n)",
		"const (\n\tc%d, d%[1]d = iota, 1 << iota\n\te%[1]d, g%[1]d\n\th%[1]d, i%[1]d = \"a\", iota\n\tj%[1]d, k%[1]d\n)",
		"const (\n\tc%d T = 5\n\td%[1]d\n\t_\n\te%[1]d = 7\n\tg%[1]d = iota\n)",
		"type t%d int",
		"type (\n\t// doc of t\n\tt%d int // after t\n\tu%[1]d struct {\n\t\t// doc of a\n\t\ta io.Reader\n\t}\n\ts%[1]d = string\n)",
		"type i%d interface {\n\tM(io.Reader)\n\t~int | ~string\n}",
		"type g%d[K comparable, V any] struct {\n\tk K\n\tv V `tag`\n}",
		"var v%d = map[string]func(){\n\t\"a\": func() { io.X() },\n\n\t// about b\n\t\"b\": nil,\n}",
		"func init() { println(%d) }",
		"var _ = %d",
		"//go:linkname f%d runtime.f",
		"var v%d = `raw\n\t// not a comment\n`",
		"var v%d = /* before */ 1 /* after */",
	}
	var b strings.Builder
	for i := 0; i+1 < len(recipe); i += 2 {
		around := recipe[i+1]
		has := func(bit byte) bool { return around&(1<<bit) != 0 }
		if !has(0) {
			b.WriteString("\n")
		}
		if has(1) {
			fmt.Fprintf(&b, "// floating %d\n\n", i)
		}
		if has(2) {
			fmt.Fprintf(&b, "// doc %d\n", i)
		}
		if has(3) {
			fmt.Fprintf(&b, "//\n//go:noinline\n")
		}
		if has(4) && has(5) {
			// Of another, or of none.
			fmt.Fprintf(&b, "//go:linkname f%d x.y\n", around>>5)
		}
		if has(6) {
			fmt.Fprintf(&b, "/* general\n   %d */\n", i)
		}
		dish := dishes[int(recipe[i])%len(dishes)]
		if strings.Contains(dish, "%") {
			dish = fmt.Sprintf(dish, i/2)
		}
		b.WriteString(dish)
		if has(7) {
			fmt.Fprintf(&b, " // trailing %d", i)
		}
		b.WriteString("\n")
	}
	return b.String()
}

// tryMerge merges into a text, if it is one that gofmt can format for good.
func tryMerge(t *testing.T, text string, fates []byte) {
	clean, err := gofmt([]byte(text))
	if err != nil || len(fates) == 0 {
		return
	}
	if again, err := format.Source(clean); err != nil || string(again) != string(clean) {
		return
	}
	up, err := parseSource("up.go", clean)
	if err != nil {
		return
	}
	fuzzMerge(t, up, fates)
}

// fuzzMerge gives each declaration the fate that the bytes say.
func fuzzMerge(t *testing.T, up *source, fates []byte) {
	const (
		keep = iota
		drop
		replace
		edit
	)
	ops := &fileOps{}
	fate := map[string]int{}
	affected := map[ast.Node]bool{}
	var ours strings.Builder
	ours.WriteString("package p\n\nimport \"example.org/ours\"\n")
	for i, d := range up.decls {
		b := fates[i%len(fates)]
		if len(up.index[d.name]) != 1 {
			continue
		}
		switch f := int(b % 4); f {
		case drop:
			ops.drops = append(ops.drops, dropOp{decl: d.name, why: "why of " + d.name})
			fate[d.name] = drop
		case replace:
			text, ok := replacementFor(d, b)
			if !ok {
				continue
			}
			ours.WriteString("\n// Doc of ours.\n" + text + "\n")
			ops.replaces = append(ops.replaces, replaceOp{decl: d.name, why: "why of " + d.name})
			fate[d.name] = replace
		case edit:
			// Some identifier in it, but not its name.
			n := d.node()
			text := up.text(n)
			all, _ := tokens([]byte(text))
			for _, x := range all {
				if x.tok == token.IDENT && x.lit != d.id.Name && x.lit != "_" && len(specNamesOf(d)) < 2 {
					p, _ := pattern(x.lit)
					ops.edits = append(ops.edits, editOp{decl: d.name, why: "why of " + d.name, match: x.lit, with: "edited", count: len(matches([]byte(text), p))})
					fate[d.name] = edit
					break
				}
			}
		}
		if fate[d.name] != keep {
			affected[d.node()] = true
			if d.gen != nil {
				affected[d.gen] = true
			}
		}
	}
	from, err := parseSource("ours.go", []byte(ours.String()))
	if err != nil {
		t.Fatalf("%v\n%s", err, ours.String())
	}
	for i := range ops.replaces {
		ops.replaces[i].from = from
	}
	text, changes, bad := merge(up, ops, guessName)
	if len(bad) > 0 {
		for _, b := range bad {
			if s := b.err.Error(); b.op == "edit" && strings.Contains(s, "repeats its value") ||
				strings.Contains(s, "does not parse") && len(ops.edits) > 0 || // an identifier may stand where another cannot
				strings.Contains(s, "it needs \"example.org/ours\" as ours") || // there is one already
				strings.Contains(s, "touches the same text") && len(ops.edits) > 0 {
				continue
			}
			t.Errorf("%s %s: %v\n%s", b.op, b.decl, b.err, up.src)
		}
		return
	}
	fail := func(format string, args ...any) {
		t.Helper()
		t.Errorf("%s\nbefore:\n%s\nafter:\n%s", fmt.Sprintf(format, args...), up.src, text)
	}
	after, err := parseSource("after.go", text)
	if err != nil {
		fail("%v", err)
		return
	}
	if again, err := format.Source(text); err != nil || string(again) != string(text) {
		fail("it is not as gofmt has it: %v\n%s", err, again)
	}
	if len(changes) != len(fate) {
		fail("the changes are %v", changes)
	}
	for _, c := range changes {
		if !hasMark(string(text), c.Why) {
			fail("no comment for %v", c)
		}
	}
	// Names with a number shift when one of them goes.
	plainName := func(name string) string { n, _, _ := strings.Cut(name, "#"); return n }
	for _, d := range up.decls {
		if len(up.index[d.name]) != 1 || plainName(d.name) == "_" || plainName(d.name) == "init" {
			continue
		}
		now := after.index[d.name]
		switch fate[d.name] {
		case drop:
			if len(now) > 0 {
				fail("%s is there still", d.name)
			}
		case replace:
			if len(now) != 1 || !strings.Contains(after.text(now[0].node()), "ours") {
				fail("%s is not ours", d.name)
			} else if doc := now[0].doc(); doc == nil || !strings.Contains(doc.Text(), "Doc of ours.") {
				fail("%s does not have our doc comment", d.name)
			}
		case edit:
			if len(now) == 1 && !strings.Contains(after.text(now[0].node()), "edited") {
				fail("%s is not edited", d.name)
			}
		case keep:
			if len(now) != 1 {
				fail("%s is there %d times", d.name, len(now))
			} else if was, is := essence(up, d), essence(after, now[0]); was != is {
				fail("%s was\n%s\nand is\n%s", d.name, was, is)
			} else if !affected[d.gen] && docText(up, d.doc()) != docText(after, now[0].doc()) {
				fail("the doc comment of %s was\n%s\nand is\n%s", d.name, docText(up, d.doc()), docText(after, now[0].doc()))
			}
		}
	}
	checkComments(up, after, affected, fail)
}

func specNamesOf(d *decl) []*ast.Ident {
	if d.gen == nil {
		return nil
	}
	return specNames(d.gen.Specs[d.spec])
}

// replacementFor makes a declaration of the name.
func replacementFor(d *decl, b byte) (string, bool) {
	if name := d.id.Name; name == "_" || name == "init" {
		return "", false
	}
	if d.fn != nil && d.fn.Recv != nil {
		recv, name, _ := strings.Cut(d.name, ".")
		if recv == "?" || !token.IsIdentifier(recv) {
			return "", false
		}
		return fmt.Sprintf("func (*%s) %s() { ours.F() }", recv, name), true
	}
	if len(specNamesOf(d)) > 1 {
		b = 4 // so that each is a declaration of its own
	}
	switch {
	case d.tok == token.TYPE:
		return fmt.Sprintf("type %s struct { ours int }", d.name), true
	case b>>2%3 == 0:
		return fmt.Sprintf("var %s = ours.V", d.name), true
	case b>>2%3 == 1:
		return fmt.Sprintf("const %s = \"ours\" // trailing", d.name), true
	}
	return fmt.Sprintf("func %s() { ours.F() }", d.name), true
}

// essence is what makes a declaration what it is: its tokens, and for a name
// among others its own type and value.
func essence(s *source, d *decl) string {
	words := func(n ast.Node) string {
		var b strings.Builder
		all, _ := tokens([]byte(s.text(n)))
		for i, x := range all {
			if x.tok == token.SEMICOLON && (i+1 == len(all) || all[i+1].tok == token.RBRACE || all[i+1].tok == token.RPAREN) {
				continue // gofmt knows whether to write it
			}
			b.WriteString(x.lit + " ")
		}
		return b.String()
	}
	v, ok := ast.Spec(nil), false
	if d.gen != nil {
		v, ok = d.gen.Specs[d.spec], true
	}
	spec, isValue := v.(*ast.ValueSpec)
	switch {
	case !ok:
		return words(d.fn)
	case !isValue:
		return words(v)
	}
	text := d.tok.String()
	if d.tok == token.CONST {
		// Where it gets its value from, and by what number.
		for i := d.spec; len(spec.Values) == 0 && i > 0; {
			i--
			spec = d.gen.Specs[i].(*ast.ValueSpec)
		}
		own := spec
		if len(spec.Values) == len(spec.Names) && d.elem < len(spec.Values) {
			own = &ast.ValueSpec{Values: spec.Values[d.elem : d.elem+1]}
		}
		if usesIota(own) {
			text += fmt.Sprintf(" iota=%d", d.spec)
		}
	}
	if spec.Type != nil {
		text += " " + words(spec.Type)
	}
	switch {
	case len(spec.Values) == len(spec.Names) && d.elem < len(spec.Values):
		text += " = " + words(spec.Values[d.elem])
	case len(spec.Values) > 0:
		text += fmt.Sprintf(" %d of", d.elem)
		for _, x := range spec.Values {
			text += " " + words(x)
		}
	}
	return text
}

func docText(s *source, g *ast.CommentGroup) string {
	if g == nil {
		return ""
	}
	var b strings.Builder
	for _, c := range g.List {
		if !strings.HasPrefix(c.Text, "//go:linkname ") {
			b.WriteString(words(c) + "\n")
		}
	}
	return strings.TrimRight(b.String(), "\n")
}

// words is a comment's text without what gofmt may change in it.
func words(c *ast.Comment) string {
	return strings.Join(strings.FieldsFunc(c.Text, func(r rune) bool { return r <= ' ' || r == '/' || r == '*' }), " ")
}

// checkComments checks that no comment is lost but those of what changed, of
// imports, and linknames.
func checkComments(up, after *source, affected map[ast.Node]bool, fail func(string, ...any)) {
	type stretch struct{ start, end int }
	var lost []stretch
	for _, x := range up.file.Decls {
		gen, ok := x.(*ast.GenDecl)
		doc := (*ast.CommentGroup)(nil)
		if ok {
			doc = gen.Doc
		} else {
			doc = x.(*ast.FuncDecl).Doc
		}
		if ok && gen.Tok == token.IMPORT || affected[x] {
			start := up.off(x.Pos())
			if doc != nil {
				start = up.off(doc.Pos())
			}
			lost = append(lost, stretch{start, up.endOfLine(up.off(x.End()))})
		}
	}
	var all []string
	for _, g := range after.file.Comments {
		for _, c := range g.List {
			all = append(all, words(c))
		}
	}
	for _, g := range up.file.Comments {
		for _, c := range g.List {
			at := up.off(c.Pos())
			if slices.ContainsFunc(lost, func(s stretch) bool { return s.start <= at && at < s.end }) || strings.HasPrefix(c.Text, "//go:linkname ") {
				continue
			}
			if !slices.Contains(all, words(c)) {
				fail("the comment %s is lost", c.Text)
			}
		}
	}
}
