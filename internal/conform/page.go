package conform

import (
	"cmp"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"go/version"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"
)

// measured has the results that the page shows, as Record wrote them.
//
//go:embed measured.json
var measured []byte

// A row is what came of one package in one run.
type row struct {
	Release, How, Package   string
	Passed, Skipped, Failed int

	// Why functions skipped themselves on the host device, and which.
	Reasons map[string][]string `json:",omitempty"`
}

// Record adds what came of a run to a file, in the place of an earlier such
// run: that of this package is what the page is made from.
func Record(file string, rep *Report) error {
	data, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		data, err = []byte("[]"), nil
	}
	if err != nil {
		return err
	}
	var rows []row
	if err := json.Unmarshal(data, &rows); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	for _, p := range rep.Packages {
		r := row{rep.Release, rep.what(), p.Path, p.Passed, p.Skipped, p.Failed, map[string][]string{}}
		for _, f := range p.Functions {
			if f.Status == Skipped && f.Itself && r.How == what(Host) {
				r.Reasons[f.Reason] = append(r.Reasons[f.Reason], f.Name)
			}
		}
		rows = slices.DeleteFunc(rows, func(o row) bool { return o.Release == r.Release && o.How == r.How && o.Package == r.Package })
		rows = append(rows, r)
	}
	slices.SortFunc(rows, compareRows)
	if data, err = json.MarshalIndent(rows, "", "\t"); err != nil {
		return err
	}
	return os.WriteFile(file, append(data, '\n'), 0o666)
}

func compareRows(a, b row) int {
	return cmp.Or(strings.Compare(a.How, b.How), version.Compare(a.Release, b.Release), strings.Compare(a.Package, b.Package))
}

// Page writes docs/conformance.md: what is left out and why, and the results
// that were recorded.
func Page(w io.Writer) error {
	var rows []row
	if err := json.Unmarshal(measured, &rows); err != nil {
		return fmt.Errorf("read the recorded results: %w", err)
	}
	entries, err := loadEntries(tests())
	if err != nil {
		return err
	}
	fmt.Fprint(w, pageTop)
	writeCounts(w, rows)
	fmt.Fprint(w, pageLeft)
	changes, err := loadChanges()
	if err != nil {
		return err
	}
	where := func(pkg, device, since, until string) string {
		text := pkg
		if device != "" {
			text += ", " + what(device)
		}
		if since != "" {
			text += ", since Go " + since
		}
		if until != "" {
			text += ", before Go " + until
		}
		return text
	}
	fmt.Fprint(w, "| package | tests | why |\n|---|---|---|\n")
	for _, c := range changes {
		if c.op == "omit" || c.op == "drop" && isTest(c.what[0]) {
			fmt.Fprintf(w, "| %s | %s | %s |\n", where(c.pkg, "", c.since, c.until), code(c.what), c.why)
		}
	}
	for _, e := range entries {
		if e.kind == "skip" {
			pkg := e.pkg
			if e.leftOut != "" {
				pkg += ", -tags tlssmall"
			}
			if e.with != "" {
				pkg += ", -tags " + e.with
			}
			fmt.Fprintf(w, "| %s | %s | %s |\n", where(pkg, e.device, e.since, e.until), code(e.tests), e.why)
		}
	}
	fmt.Fprint(w, pageApart)
	fmt.Fprint(w, "| package | tests | how | why |\n|---|---|---|---|\n")
	for _, e := range entries {
		which := code(e.tests)
		if e.kind == "package" {
			which = "all"
		}
		if e.kind == "again" {
			which = "those that skip themselves and say `" + strings.ReplaceAll(e.when.String(), "|", "\\|") + "`"
		}
		if e.kind != "skip" {
			fmt.Fprintf(w, "| %s | %s | %s | %s |\n", where(e.pkg, e.device, e.since, e.until), which, e.way, e.why)
		}
	}
	fmt.Fprint(w, pageChanged)
	fmt.Fprint(w, "| package | file | declarations | why |\n|---|---|---|---|\n")
	for _, c := range changes {
		if c.op == "edit" || c.op == "replace" || c.op == "drop" && !isTest(c.what[0]) {
			fmt.Fprintf(w, "| %s | `%s` | %s | %s |\n", where(c.pkg, "", c.since, c.until), c.file, code(c.what), c.why)
		}
	}
	writeThemselves(w, rows)
	return nil
}

func code(names []string) string { return "`" + strings.Join(names, "`, `") + "`" }

func what(device string) string { return (&Report{Device: device}).what() }

// writeCounts writes a table for each way the tests were run.
func writeCounts(w io.Writer, rows []row) {
	var hows []string
	for _, r := range rows {
		if !slices.Contains(hows, r.How) {
			hows = append(hows, r.How)
		}
	}
	// The plain runs come first, and the host device.
	slices.SortStableFunc(hows, func(a, b string) int {
		return cmp.Or(cmp.Compare(strings.Count(a, ","), strings.Count(b, ",")), -strings.Compare(a, b))
	})
	for _, how := range hows {
		cells := map[string]map[string]row{}
		releases := map[string]bool{}
		for _, r := range rows {
			if r.How == how {
				if cells[r.Package] == nil {
					cells[r.Package] = map[string]row{}
				}
				cells[r.Package][r.Release] = r
				releases[r.Release] = true
			}
		}
		order := slices.SortedFunc(maps.Keys(releases), version.Compare)
		fmt.Fprintf(w, "\n%s%s:\n\n| package | %s |\n|---|%s\n", strings.ToUpper(how[:1]), how[1:], strings.Join(order, " | "), strings.Repeat("---|", len(order)))
		for _, p := range slices.Sorted(maps.Keys(cells)) {
			fmt.Fprintf(w, "| %s |", p)
			for _, release := range order {
				r, ok := cells[p][release]
				switch total := r.Passed + r.Skipped + r.Failed; {
				case !ok:
					fmt.Fprint(w, " |")
				case r.Failed > 0:
					fmt.Fprintf(w, " %d of %d, **%d failed** |", r.Passed, total, r.Failed)
				default:
					fmt.Fprintf(w, " %d of %d, %.1f %% |", r.Passed, total, 100*float64(r.Passed)/float64(total))
				}
			}
			fmt.Fprintln(w)
		}
	}
}

// writeThemselves lists the tests that skip themselves, in the newest release
// that was recorded.
func writeThemselves(w io.Writer, rows []row) {
	newest := ""
	for _, r := range rows {
		if r.How == what(Host) && version.Compare(r.Release, newest) > 0 {
			newest = r.Release
		}
	}
	fmt.Fprintf(w, pageThemselves, newest)
	fmt.Fprint(w, "| package | tests | they say |\n|---|---|---|\n")
	for _, r := range rows {
		if r.How != what(Host) || r.Release != newest {
			continue
		}
		for _, reason := range slices.Sorted(maps.Keys(r.Reasons)) {
			fmt.Fprintf(w, "| %s | %s | %s |\n", r.Package, code(r.Reasons[reason]), strings.ReplaceAll(reason, "|", "\\|"))
		}
	}
}

// A changed is an entry of a manifest.
type changed struct {
	op, pkg, file string
	since, until  string
	what          []string
	why           string
}

// loadChanges reads the manifests once more, for the page.
func loadChanges() ([]changed, error) {
	type entry struct {
		Files []string
		File  string
		Decl  string
		Decls []string
		Since string
		Until string
		Why   string
	}
	var all []changed
	err := fs.WalkDir(tests(), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || path.Base(name) != "manifest.toml" {
			return err
		}
		data, err := fs.ReadFile(tests(), name)
		if err != nil {
			return err
		}
		var m struct{ Omit, Drop, Replace, Edit []entry }
		if err := toml.Unmarshal(data, &m); err != nil {
			return fmt.Errorf("%s%s: %w", dir, name, err)
		}
		for _, set := range []struct {
			op   string
			list []entry
		}{{"omit", m.Omit}, {"drop", m.Drop}, {"replace", m.Replace}, {"edit", m.Edit}} {
			for _, e := range set.list {
				what := append(e.Files, e.Decls...)
				if e.Decl != "" {
					what = append(what, e.Decl)
				}
				all = append(all, changed{set.op, path.Dir(name), e.File, e.Since, e.Until, what, e.Why})
			}
		}
		return nil
	})
	return all, err
}

const pageTop = `# Conformance: Go's own tests on the port

` + "`tinynet conform` runs Go's own tests of `net`, `net/http`, `crypto/tls` and of the packages above them" + `
against the port. The tests are those of the Go release that the port is assembled from; nothing of them
is kept here. Each of Go's test functions passes, fails, or is skipped for a reason. A function that is skipped
without one, or that is there in Go and was not run, counts as failed.

    go run ./cmd/tinynet conform                          # everything, on this computer's sockets
    go run ./cmd/tinynet conform -go 1.25.11 net          # another release
    go run ./cmd/tinynet conform -device loopback net     # the built-in loopback, with no other device
    go run ./cmd/tinynet conform -race -count 3 net
    go run ./cmd/tinynet conform -v -run Dial net         # each function
    go run ./cmd/tinynet conform -tags tlssmall crypto/tls   # with what boards leave out of TLS

This page is what ` + "`tinynet conform -md`" + ` prints. To record new results for it: ` + "`tinynet conform -record internal/conform/measured.json`." + `

## Results

Test functions that passed, of all that Go has on linux/amd64: tests, examples with checked output, and fuzz
tests with their seeds, with -short.
`

const pageLeft = `
## What is not run, and why

Files and functions that are not built, then tests that are built and not run. ` + "`tinynet conform -all`" + ` runs these, too.

`

const pageApart = `
## What is run apart

`

const pageChanged = `
## What is changed in the tests

Some tests look into Go's own net. They are given what they look for under the same names, by the files beside the
manifests in ` + "`internal/conform/port`" + `, or by these changes.

`

const pageThemselves = `
## What skips itself

Go's tests that skip themselves, with %s on the host device. The reasons are their own.

`

// A Total sums up what was recorded of a release run in one way.
type Total struct {
	Release, How                      string
	Packages, Passed, Skipped, Failed int
}

// Totals are those of all results that were recorded.
func Totals() ([]Total, error) {
	var rows []row
	if err := json.Unmarshal(measured, &rows); err != nil {
		return nil, fmt.Errorf("read the recorded results: %w", err)
	}
	var all []Total
	for _, r := range rows {
		i := slices.IndexFunc(all, func(t Total) bool { return t.Release == r.Release && t.How == r.How })
		if i < 0 {
			i = len(all)
			all = append(all, Total{Release: r.Release, How: r.How})
		}
		t := &all[i]
		t.Packages, t.Passed, t.Skipped, t.Failed = t.Packages+1, t.Passed+r.Passed, t.Skipped+r.Skipped, t.Failed+r.Failed
	}
	return all, nil
}
