package security

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// WriteText writes results for a terminal: of the tree with that name, built
// with that Go.
func WriteText(w io.Writer, tree, release string, results []Result) error {
	var b bytes.Buffer
	count := map[State]int{}
	for _, r := range results {
		count[r.State]++
	}
	fmt.Fprintf(&b, "%s: %d published fixes; %d are there, %d are not, and of %d it does not have the code\n",
		tree, len(results), count[Fixed], count[Open], count[Absent])
	fmt.Fprintf(&b, "Packages that it does not have itself are those of %s.\n\n", release)
	tw := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for _, r := range results {
		fmt.Fprintf(tw, "%s\t%s\t%s\tfixed in %s\t%s\n", r.CVE, r.State, r.Texts[0].Package, strings.Join(r.Fix.Fixed, ", "), r.Title)
		for _, s := range r.Seen {
			if s.State == Open {
				fmt.Fprintf(tw, "\t\t%s\t%s\t\n", s.Place, s.Decl)
			}
		}
	}
	tw.Flush()
	_, err := w.Write(b.Bytes())
	return err
}
