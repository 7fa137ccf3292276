package assemble

import (
	"fmt"
	"strings"
)

// This file has the short form of edits: many that have one reason, in a table
// with a row for each change. What a row means is an edit; all that is checked
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

// rows are the edits of a table, and what is wrong with it.
func (e tomlEdits) rows() (list []tomlEdit, problems []string) {
	if e.Why == "" {
		problems = append(problems, "it has no why")
	}
	for i, r := range e.Rows {
		if len(r.At) == 0 {
			problems = append(problems, fmt.Sprintf("row %d does not say where: at = \"FILE: DECL\"", i+1))
		}
		for _, at := range r.At {
			file, decl, named := strings.Cut(at, ": ")
			if !named {
				file, decl = e.File, at
			} else if e.File != "" {
				problems = append(problems, fmt.Sprintf("row %d: at = %q names a file, and so does the table (%s)", i+1, at, e.File))
				continue
			}
			if file == "" {
				problems = append(problems, fmt.Sprintf("row %d: at = %q names no file; write \"FILE: DECL\", or give the table a file", i+1, at))
				continue
			}
			edit := tomlEdit{tomlSpan: e.tomlSpan, File: file, Decl: decl, Match: r.Match, With: r.With, Imports: r.Imports, Count: r.Count, Why: e.Why}
			// A row's own releases are those of the table, narrowed.
			if r.Since != "" {
				edit.Since = r.Since
			}
			if r.Until != "" {
				edit.Until = r.Until
			}
			list = append(list, edit)
		}
	}
	return list, problems
}
