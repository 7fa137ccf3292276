package conform

import (
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
)

// A Report is what came of a run.
type Report struct {
	Release  string
	Device   string
	Tags     string `json:",omitempty"`
	Race     bool   `json:",omitempty"`
	Count    int
	Long     bool `json:",omitempty"`
	Packages []*Package
}

// A Package is what came of the tests of one package.
type Package struct {
	Path                    string
	Passed, Skipped, Failed int // functions
	Ours                    int `json:",omitempty"` // tests of ours that passed, which do not count
	Seconds                 float64
	Functions               []*Function
	Output                  string `json:",omitempty"` // of the package as a whole, if something failed
}

// A Status is the outcome of a test function.
type Status string

// The outcomes.
const (
	Passed  Status = "passed"
	Skipped Status = "skipped"
	Failed  Status = "failed"
)

// A Function is a test function of Go's, or a failed one of ours.
type Function struct {
	Name   string
	Status Status
	Reason string   `json:",omitempty"` // of a skipped or failed one
	Itself bool     `json:",omitempty"` // whether it skipped itself
	With   string   `json:",omitempty"` // how it was run, if apart from the others
	Less   []string `json:",omitempty"` // subtests that were skipped, with their reasons
	Output string   `json:",omitempty"` // of a failed one
}

// Total is the number of functions.
func (p *Package) Total() int { return p.Passed + p.Skipped + p.Failed }

// OK tells whether nothing failed, in which a skip without a reason counts.
func (r *Report) OK() bool {
	return !slices.ContainsFunc(r.Packages, func(p *Package) bool { return !p.OK() })
}

// OK tells whether nothing failed.
func (p *Package) OK() bool { return p.Failed == 0 && p.Output == "" }

// results collects the events of a package.
type results struct {
	path   string
	funcs  []*state
	byName map[string]*state
	order  []string // tests with output, in the order of their beginning
	tests  map[string]*strings.Builder
	less   map[string]string // skipped subtests
	open   map[string]bool   // tests that have not ended
	output strings.Builder
	failed bool
	ended  int
}

// A state is a function while its package runs.
type state struct {
	function
	pass, skip, fail int // runs
	reason           string
	less             []string
	did, didNot      int             // subtests that passed or failed, and that were skipped
	text             strings.Builder // of failed runs
	cut              string          // why skip.toml leaves it out
	with             string          // how it was run apart
}

func newResults(path string) *results {
	return &results{path: path, byName: map[string]*state{}, tests: map[string]*strings.Builder{}, open: map[string]bool{}, less: map[string]string{}}
}

func (r *results) expect(f function) *state {
	s := &state{function: f}
	r.funcs = append(r.funcs, s)
	r.byName[f.name] = s
	return s
}

// skip notes a test or subtest that is left out.
func (r *results) skip(name, why string) {
	top, _, sub := strings.Cut(name, "/")
	if s := r.byName[top]; sub {
		s.less = append(s.less, name+": "+why)
	} else {
		s.cut = why
	}
}

func (r *results) event(e event) {
	if e.Test == "" {
		switch e.Action {
		case "output", "build-output":
			r.output.WriteString(e.Output)
		case "fail":
			r.failed = true
		}
		return
	}
	top, _, sub := strings.Cut(e.Test, "/")
	s := r.byName[top]
	if s == nil {
		return
	}
	switch e.Action {
	case "run":
		r.open[e.Test] = true
		r.tests[e.Test] = &strings.Builder{}
		r.order = append(r.order, e.Test)
		return
	case "output":
		if b := r.tests[e.Test]; b != nil {
			b.WriteString(e.Output)
		}
		return
	case "pass", "skip", "fail":
	default:
		return
	}
	delete(r.open, e.Test)
	switch text := r.tests[e.Test]; {
	case e.Action == "fail" && text != nil:
		s.text.WriteString(text.String())
		text.Reset()
	case e.Action == "skip" && sub:
		if line := e.Test + ": " + reasonIn(text); !slices.Contains(s.less, line) {
			s.less = append(s.less, line)
		}
	}
	if sub {
		if e.Action == "skip" {
			s.didNot++
		} else if r.leaf(e.Test) {
			s.did++
		}
		return
	}
	if s.pass+s.skip+s.fail == 0 {
		r.ended++
	}
	switch e.Action {
	case "pass":
		s.pass++
	case "skip":
		s.skip++
		s.reason = reasonIn(r.tests[e.Test])
	case "fail":
		s.fail++
	}
}

// skipped tells whether a function that was run skipped itself, or everything
// in it did.
func (s *state) skipped() bool {
	return s.fail == 0 && (s.skip > 0 && s.pass == 0 || s.pass > 0 && s.didNot > 0 && s.did == 0)
}

func (s *state) why() string {
	if s.reason == "" && len(s.less) > 0 {
		_, reason, _ := strings.Cut(s.less[0], ": ")
		return reason
	}
	return s.reason
}

// again forgets the functions that skipped themselves with such a reason, or
// were not built for it, and returns their names.
func (r *results) again(when *regexp.Regexp) []string {
	var names []string
	for i, s := range r.funcs {
		switch {
		case s.skipped() && when.MatchString(s.why()):
			r.ended--
		case s.pass+s.skip+s.fail == 0 && s.gone != "" && when.MatchString(s.gone):
		default:
			continue
		}
		names = append(names, s.name)
		r.funcs[i] = &state{function: s.function}
		r.byName[s.name] = r.funcs[i]
	}
	return names
}

// leaf tells whether a test had no subtests.
func (r *results) leaf(name string) bool {
	return !slices.ContainsFunc(r.order, func(o string) bool { return strings.HasPrefix(o, name+"/") })
}

var logged = regexp.MustCompile(`^\s*[\w.]+\.go:\d+: (.*)`)

// reasonIn is what a test that skipped itself said last.
func reasonIn(text *strings.Builder) string {
	reason := ""
	if text == nil {
		return ""
	}
	for _, line := range strings.Split(text.String(), "\n") {
		if m := logged.FindStringSubmatch(line); m != nil {
			reason = strings.TrimSpace(m[1])
		}
	}
	return reason
}

// notRun is the reason of a function that should have been run.
const notRun = "it was not run, and nothing says why"

// end makes the report.
func (r *results) end(failed bool, stderr string) *Package {
	p := &Package{Path: r.path}
	unrun := 0
	slices.SortFunc(r.funcs, func(a, b *state) int { return strings.Compare(a.name, b.name) })
	for _, s := range r.funcs {
		f := &Function{Name: s.name, Less: s.less, With: s.with}
		switch {
		case s.fail > 0:
			f.Status, f.Reason, f.Output = Failed, fmt.Sprintf("failed %d of %d times", s.fail, s.fail+s.pass+s.skip), s.text.String()
		case r.open[s.name]:
			f.Status, f.Reason = Failed, "it did not end"
			for _, name := range r.order {
				if b := r.tests[name]; b != nil && (name == s.name || strings.HasPrefix(name, s.name+"/")) {
					f.Output += b.String()
				}
			}
		case s.skipped():
			f.Status, f.Reason, f.Less = Skipped, s.why(), nil
			f.Itself = true
			if f.Reason == "" {
				f.Status, f.Reason = Failed, "it skipped itself without a reason"
			}
		case s.pass > 0:
			f.Status = Passed
		case s.gone != "" || s.cut != "":
			f.Status, f.Reason = Skipped, s.gone+s.cut
		default:
			f.Status, f.Reason = Failed, notRun
			unrun++
		}
		switch f.Status {
		case Passed:
			if s.ours {
				p.Ours++
				continue
			}
			p.Passed++
		case Skipped:
			p.Skipped++
		case Failed:
			p.Failed++
		}
		p.Functions = append(p.Functions, f)
	}
	if failed && (p.Failed == 0 || unrun > 0 || len(r.open) > 0) {
		p.Output = strings.TrimSpace(stderr + "\n" + r.output.String())
	}
	return p
}

// WriteText writes a package's results for people to read: with verbose, a
// line for each function.
func (p *Package) WriteText(w io.Writer, verbose bool) {
	verdict := "ok  "
	if !p.OK() {
		verdict = "FAIL"
	}
	fmt.Fprintf(w, "%s %-24s %4d passed %4d skipped %4d failed %7.1fs\n", verdict, p.Path, p.Passed, p.Skipped, p.Failed, p.Seconds)
	var reasons, unrun []string
	by := map[string][]string{}
	for _, f := range p.Functions {
		switch {
		case verbose:
			fmt.Fprintf(w, "\t%-7s %s", f.Status, f.Name)
			if f.With != "" {
				fmt.Fprintf(w, " (%s)", f.With)
			}
			if f.Reason != "" {
				fmt.Fprintf(w, ": %s", f.Reason)
			}
			fmt.Fprintln(w)
			for _, l := range f.Less {
				fmt.Fprintf(w, "\t        without %s\n", l)
			}
		case f.Status == Skipped:
			if by[f.Reason] == nil {
				reasons = append(reasons, f.Reason)
			}
			by[f.Reason] = append(by[f.Reason], f.Name)
		case f.Status == Failed && f.Reason == notRun:
			unrun = append(unrun, f.Name)
		case f.Status == Failed:
			fmt.Fprintf(w, "\tfailed: %s: %s\n", f.Name, f.Reason)
		}
		for _, line := range strings.Split(strings.TrimRight(f.Output, "\n"), "\n") {
			if f.Output != "" {
				fmt.Fprintf(w, "\t\t%s\n", line)
			}
		}
	}
	if n := len(unrun); n > 0 {
		if n > 10 {
			unrun = append(unrun[:10], fmt.Sprintf("and %d more", n-10))
		}
		fmt.Fprintf(w, "\tfailed: %s: %s\n", strings.Join(unrun, ", "), notRun)
	}
	if p.Ours > 0 {
		fmt.Fprintf(w, "\t%d tests of ours passed, too\n", p.Ours)
	}
	for _, reason := range reasons {
		fmt.Fprintf(w, "\tskipped: %s: %s\n", strings.Join(by[reason], ", "), reason)
	}
	if p.Output != "" {
		fmt.Fprintf(w, "\t%s\n", strings.ReplaceAll(p.Output, "\n", "\n\t"))
	}
}

// WriteText writes the sum of it all.
func (r *Report) WriteText(w io.Writer) {
	sum := Package{}
	for _, p := range r.Packages {
		sum.Passed += p.Passed
		sum.Skipped += p.Skipped
		sum.Failed += p.Failed
	}
	share := 0.0
	if n := sum.Total(); n > 0 {
		share = 100 * float64(sum.Passed) / float64(n)
	}
	fmt.Fprintf(w, "%s, %s: %d of %d test functions passed (%.1f %%), %d skipped, %d failed\n",
		r.Release, r.what(), sum.Passed, sum.Total(), share, sum.Skipped, sum.Failed)
}

// what says on what the tests ran.
func (r *Report) what() string {
	text := r.Device + " device"
	if r.Device == Loopback {
		text = "built-in loopback"
	}
	if r.Tags != "" {
		text += ", -tags " + r.Tags
	}
	if r.Race {
		text += ", -race"
	}
	if r.Count > 1 {
		text += fmt.Sprintf(", -count=%d", r.Count)
	}
	if r.Long {
		text += ", -long"
	}
	return text
}
