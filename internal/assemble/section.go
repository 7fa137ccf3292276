package assemble

import (
	"path"
	"strings"
)

// This file finds the lines of a manifest that its entries stand on, for
// messages: the decoder does not tell.
// See docs/RATIONALE.md, "A manifest's lines".

// A section is where one entry of a manifest is.
type section struct {
	line int            // of its [[header]]
	rows []int          // of the rows that it has
	text map[string]int // of each string in it, the first time
}

// lineOf is the line of the first of the names that the entry has, or else that
// of its header.
func (s section) lineOf(names ...string) int {
	for _, n := range names {
		if line := s.text[n]; n != "" && line != 0 {
			return line
		}
	}
	return s.line
}

// sections finds the entries of a manifest by the name of their table, in the
// order in which they stand. The text is TOML that the decoder has accepted.
func sections(data []byte) map[string][]section {
	found := map[string][]section{}
	text := string(data)
	line, depth := 1, 0
	var name string // of the entry that the text is in
	begins := true  // only blanks stand before, on the line
	for i := 0; i < len(text); {
		rest := text[i:]
		switch c := text[i]; {
		case c == '\n':
			line++
			begins = true
			i++
			continue
		case c == ' ', c == '\t', c == '\r':
			i++
			continue
		case c == '#':
			i += strings.IndexByte(rest+"\n", '\n')
			continue
		case c == '"', c == '\'':
			body, n := tomlString(rest)
			if all := found[name]; len(all) > 0 {
				if s := &all[len(all)-1]; s.text[body] == 0 {
					s.text[body] = line
				}
			}
			line += strings.Count(rest[:n], "\n")
			i += n
		case begins && depth == 0 && strings.HasPrefix(rest, "[["):
			header, _, _ := strings.Cut(rest[2:], "]]")
			name = strings.TrimSpace(header)
			found[name] = append(found[name], section{line: line, text: map[string]int{}})
			i += len("[[") + len(header) + len("]]")
		case c == '[', c == '{':
			if all := found[name]; c == '{' && depth == 1 && len(all) > 0 {
				s := &all[len(all)-1]
				s.rows = append(s.rows, line)
			}
			depth++
			i++
		case c == ']', c == '}':
			depth--
			i++
		default:
			i++
		}
		begins = false
	}
	return found
}

// tomlString is what stands between the quotes of the string that a text begins
// with, as it is written, and the length of the whole.
func tomlString(text string) (body string, n int) {
	quote := text[:1]
	if long := strings.Repeat(quote, 3); strings.HasPrefix(text, long) {
		quote = long
	}
	i := len(quote)
	for i < len(text) && !strings.HasPrefix(text[i:], quote) {
		if text[i] == '\\' && quote[0] == '"' {
			i++
		}
		i++
	}
	if len(quote) == 3 {
		for i+3 < len(text) && text[i+3] == quote[0] {
			i++ // quotes before those that end it are part of it
		}
	}
	i = min(i, len(text))
	return text[len(quote):i], min(i+len(quote), len(text))
}

// Line is where a manifest, such as port/net/manifest.toml, has an operation on a
// declaration of a file, which is named from src on, or on the file; 0 if nowhere.
func (m *Manifest) Line(manifest, op, file, decl string) int {
	for _, p := range m.pkgs {
		if p.file != manifest {
			continue
		}
		for _, x := range []struct {
			op   string
			list []listEntry
		}{{"take", p.takes}, {"omit", p.omits}, {"add", p.adds}} {
			for _, e := range x.list {
				for _, pattern := range e.files {
					if ok, _ := path.Match(pattern, path.Base(file)); ok && x.op == op {
						return e.at.lineOf(pattern)
					}
				}
			}
		}
		for _, x := range []struct {
			op   string
			list []declEntry
		}{{"drop", p.drops}, {"replace", p.replaces}} {
			for _, e := range x.list {
				if x.op == op && p.name(e.file) == file && e.decl == decl {
					return e.line
				}
			}
		}
		for _, e := range p.edits {
			if op == "edit" && p.name(e.file) == file && e.decl == decl {
				return e.line
			}
		}
		for _, e := range p.swaps {
			if op == "swap" && e.path == decl {
				return e.line
			}
		}
	}
	return 0
}
