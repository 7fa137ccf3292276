package assemble

import (
	"errors"
	"fmt"
	"go/scanner"
	"go/token"
	"slices"
	"strings"
)

// This file checks what can be known of a manifest without Go's files: its entries
// against each other and against the sources of the port, and whether an edit can be
// one.

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
	fail := func(line int, op, file, decl, format string, args ...any) {
		probs = append(probs, &Problem{Manifest: p.file, Line: line, Op: op, File: p.name(file), Decl: decl, Text: fmt.Sprintf(format, args...)})
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
					fail(e.line, set.op, e.file, e.decl, "it has a %s already", o.op)
				}
			}
			seen[key] = append(seen[key], named{set.op, e})
		}
	}
	for _, e := range p.edits {
		for _, o := range seen[e.file+" "+e.decl] {
			if o.span.overlaps(e.span) {
				fail(e.line, "edit", e.file, e.decl, "it has a %s already", o.op)
			}
		}
	}
	added := map[string][]span{}
	for _, e := range p.adds {
		for _, f := range e.files {
			if p.ports[f] == nil {
				fail(e.at.lineOf(f), "add", f, "", "there is no such file in %s%s", p.dir, p.path)
			}
			if slices.ContainsFunc(added[f], e.overlaps) {
				fail(e.at.lineOf(f), "add", f, "", "listed twice")
			}
			added[f] = append(added[f], e.span)
		}
	}
	used := map[string]map[string]bool{} // declarations of port files that replace something
	for _, e := range p.replaces {
		f := p.ports[e.from]
		if f == nil {
			fail(e.line, "replace", e.file, e.decl, "there is no %s%s to take it from", p.dir, p.name(e.from))
			continue
		}
		if added[e.from] != nil {
			fail(e.line, "replace", e.file, e.decl, "%s is an added file too", f.name)
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
			fail(e.line, "replace", e.file, e.decl, "%s: %s", f.name, err)
		}
	}
	for _, name := range sortedKeys(p.ports) {
		f := p.ports[name]
		switch {
		case added[name] != nil:
		case used[name] == nil:
			fail(0, "", name, "", "the port has this file, but the manifest does not mention it")
		case f.parsed != nil:
			if f.constraint != "" {
				fail(0, "", name, "", "it holds replacements, so it cannot have a build constraint but %s", portTag)
			}
			for _, d := range f.parsed.decls {
				if !used[name][d.name] {
					fail(0, "", name, d.name, "no replace entry names this declaration of %s", f.name)
				}
			}
		}
	}
	return probs
}
