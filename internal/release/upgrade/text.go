package upgrade

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// looked counts the texts that changed and that somebody looked at already.
func (r *Report) looked() (n int) {
	for _, e := range r.Eye {
		if e.Looked {
			n++
		}
	}
	return n
}

// Place is where a touched text is in To, and what we do with it.
func (e *Eye) Place() string {
	s := "src/" + e.File
	if e.Line > 0 && e.Decl != "" {
		s += fmt.Sprintf(":%d", e.Line)
	}
	if e.Decl != "" {
		s += " " + e.Decl
	}
	return s
}

// What says what we do with the text, and why.
func (e *Eye) What() string {
	s := map[string]string{"drop": "dropped", "replace": "replaced", "edit": "edited", "swap": "swapped", "omit": "omitted"}[e.Op]
	if e.Ours.File != "" {
		s += " by " + e.Ours.String()
	}
	s += ": " + e.Why
	if e.Signature {
		s += "; its signature changed"
	}
	if e.Looked {
		s += " [looked at]"
	}
	return s
}

// WriteText writes the report for a terminal. The diffs of what was looked at
// already are left out unless all is asked for.
func (r *Report) WriteText(w io.Writer, all bool) error {
	var b bytes.Buffer
	fmt.Fprintf(&b, "From %s to %s\n", r.From, r.To)
	for _, s := range r.Warnings {
		fmt.Fprintf(&b, "Warning: %s\n", s)
	}

	files, same, added, removed, decls := 0, 0, 0, 0, 0
	for _, p := range r.Carried {
		files, same, added, removed, decls = files+p.Files, same+p.Same, added+p.Added, removed+p.Removed, decls+len(p.Changed)
	}
	fmt.Fprintf(&b, "\nCarried over by itself: %d declarations in %d files, +%d -%d lines; %d files are the same\n", decls, files, added, removed, same)
	tw := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for _, p := range r.Carried {
		if p.Files > 0 {
			fmt.Fprintf(tw, "  %s\t%d files\t%d declarations\t+%d -%d\n", p.Path, p.Files, len(p.Changed), p.Added, p.Removed)
		}
	}
	tw.Flush()
	if len(r.Fixes) > 0 {
		fmt.Fprintf(&b, "  Published security fixes among them: %d\n", len(r.Fixes))
		for _, f := range r.Fixes {
			fmt.Fprintf(&b, "    %s  %s: %s\n", f.CVE, f.Texts[0].Package, f.Title)
		}
	}

	fmt.Fprintf(&b, "\nNeeds an eye: %d texts of Go's changed that the port changes or leaves out", len(r.Eye))
	if n := r.looked(); n > 0 {
		fmt.Fprintf(&b, " (%d of them were looked at)", n)
	}
	b.WriteString("\n")
	for _, e := range r.Eye {
		fmt.Fprintf(&b, "  %s\n    %s\n", e.Place(), e.What())
		for _, p := range e.Parts {
			fmt.Fprintf(&b, "      %s %s", p.Name, p.What())
			if p.Ours.File != "" {
				fmt.Fprintf(&b, "; ours is %s", p.Ours)
			}
			if p.Signature {
				b.WriteString("; its signature changed")
			}
			b.WriteString("\n")
		}
		if e.Op != "omit" && (all || !e.Looked) {
			b.WriteString(unified(e.Old, e.Text, "      "))
			if e.Port != "" {
				fmt.Fprintf(&b, "      the port has:\n%s", indent(e.Port, "        "))
			}
		}
	}

	b.WriteString("\nNew and gone\n")
	for _, x := range []struct {
		what  string
		files []File
	}{{"new", r.New}, {"gone", r.Gone}} {
		for _, f := range x.files {
			fmt.Fprintf(&b, "  %s file src/%s, %s", x.what, f.Path, f.Fate)
			if f.Why != "" {
				fmt.Fprintf(&b, ": %s", f.Why)
			}
			b.WriteString("\n")
		}
	}
	for _, i := range r.Imports {
		fmt.Fprintf(&b, "  new import src/%s:%d %s", i.File, i.Line, i.Path)
		if i.Needs != "" {
			fmt.Fprintf(&b, ", which a board cannot have: %s", i.Needs)
		}
		b.WriteString("\n")
	}
	for _, s := range r.Clashes {
		fmt.Fprintf(&b, "  %s, which we declare in %s, is in Go now: %s\n", s.Name, s.Ours, s.Go)
	}
	for _, line := range r.API {
		fmt.Fprintf(&b, "  API %s\n", line)
	}
	if len(r.New)+len(r.Gone)+len(r.Imports)+len(r.Clashes)+len(r.API) == 0 {
		b.WriteString("  nothing\n")
	}

	b.WriteString("\nChecks\n")
	tw = tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for _, c := range r.Checks {
		fmt.Fprintf(tw, "  %s\t%s\n", c.Name, c.Result)
	}
	tw.Flush()

	if len(r.Todo) == 0 {
		b.WriteString("\nNothing to do.\n")
	} else {
		b.WriteString("\nTo do\n")
		for _, t := range r.Todo {
			fmt.Fprintf(&b, "  %s: %s\n", t.Where, t.What)
		}
	}
	_, err := w.Write(b.Bytes())
	return err
}

func indent(text, by string) string {
	return by + strings.ReplaceAll(strings.TrimRight(text, "\n"), "\n", "\n"+by) + "\n"
}
