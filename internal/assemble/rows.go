package assemble

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// This file has the short form of edits: many that have one reason, or that do one
// thing for reasons of their own, in a table with a row for each change. What a row means is an edit; all that is checked
// of an edit is in manifest.go.

// places says where a row's change is made, each time as "FILE: DECL", or as
// "DECL" where the table names the file. In a manifest it is a string or a list
// of strings.
type places []string

// UnmarshalTOML is called by the decoder.
func (p *places) UnmarshalTOML(v any) error {
	switch v := v.(type) {
	case string:
		*p = places{v}
		return nil
	case []any:
		for _, x := range v {
			s, ok := x.(string)
			if !ok {
				return fmt.Errorf("at has %v, which is not a string", x)
			}
			*p = append(*p, s)
		}
		return nil
	}
	return fmt.Errorf("at is %v, and has to be a string or a list of strings", v)
}

// A rowProblem is what is wrong with a row, or with its table.
type rowProblem struct {
	line int
	text string
}

// rows are the edits of a table that stands at a section, and what is wrong with it.
func (e tomlEdits) rows(where section) (list []tomlEdit, problems []rowProblem) {
	if e.Why == "" && (len(e.Rows) == 0 || slices.ContainsFunc(e.Rows, func(r tomlRow) bool { return r.Why == "" })) {
		problems = append(problems, rowProblem{where.line, "it has no why"})
	}
	for i, r := range e.Rows {
		here := section{line: where.line, text: where.text}
		if i < len(where.rows) { // rows may be tables of their own, too
			here.line = where.rows[i]
		}
		fail := func(format string, args ...any) {
			problems = append(problems, rowProblem{here.line, fmt.Sprintf("row %d", i+1) + fmt.Sprintf(format, args...)})
		}
		if len(r.At) == 0 {
			fail(" does not say where: at = \"FILE: DECL\"")
		}
		for _, at := range r.At {
			file, decl, named := strings.Cut(at, ": ")
			if !named {
				file, decl = e.File, at
			} else if e.File != "" {
				fail(": at = %q names a file, and so does the table (%s)", at, e.File)
				continue
			}
			if file == "" {
				fail(": at = %q names no file; write \"FILE: DECL\", or give the table a file", at)
				continue
			}
			edit := tomlEdit{tomlSpan: e.narrowed(r.tomlSpan), at: section{line: here.line}, File: file, Decl: decl, Match: r.Match, With: r.With, Imports: r.Imports, Count: r.Count, Why: cmp.Or(r.Why, e.Why)}
			list = append(list, edit)
		}
	}
	return list, problems
}
