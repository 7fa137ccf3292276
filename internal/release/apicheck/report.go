package apicheck

import (
	"bufio"
	"fmt"
	"io"
)

// WriteText prints the report for people: a line for each package, and below it
// what is wrong with it.
func (r *Report) WriteText(out io.Writer) error {
	w := bufio.NewWriter(out)
	fmt.Fprintf(w, "%s, API as in %s\n", r.Release, r.Reference)
	width := 0
	for _, p := range r.Packages {
		width = max(width, len(p.Path))
	}
	var have, want, excused, unexcused, stale int
	for _, p := range r.Packages {
		fmt.Fprintf(w, "%-*s  have %d of %d\n", width, p.Path, p.Have, p.Want)
		have, want, stale = have+p.Have, want+p.Want, stale+len(p.Stale)
		for _, m := range p.Missing {
			kind := "missing"
			if m.Got != "" {
				kind = "differs"
			}
			fmt.Fprintf(w, "\t%s: %s\n", kind, m.Line)
			if m.Got != "" {
				fmt.Fprintf(w, "\t    got: %s\n", m.Got)
			}
			if m.Excuse == "" {
				unexcused++
			} else {
				fmt.Fprintf(w, "\t    excused: %s\n", m.Excuse)
				excused++
			}
		}
		for _, e := range p.Stale {
			fmt.Fprintf(w, "\tstale excuse: %s: the port has it, so delete its entry in internal/release/apicheck/excuses.toml\n", e.Line)
		}
	}
	fmt.Fprintf(w, "have %d of %d lines", have, want)
	for _, c := range []struct {
		n    int
		what string
	}{{unexcused, "lacking without excuse"}, {excused, "excused"}, {stale, "stale excuses"}} {
		if c.n > 0 {
			fmt.Fprintf(w, ", %d %s", c.n, c.what)
		}
	}
	fmt.Fprintln(w)
	return w.Flush()
}
