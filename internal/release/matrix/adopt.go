package matrix

import (
	"cmp"
	_ "embed" // for adopt.json
	"encoding/json"
	"fmt"
	"go/version"
	"os"
	"slices"
	"strings"
	"sync"
)

// A Step is what became of one thing that TinyGo's checks of its net ask for, with
// TinyGo's own net, with the port in its place, and with tinynet in front.
type Step struct {
	TinyGo, Go string
	Drivers    string `json:",omitempty"` // the release of drivers, if it is one of its examples
	Target     string
	What       string // the package, with the flags that matter
	Own, Tree  Outcome
	Front      Outcome
}

// adoptTargets are the boards of drivers' smoke test in the order of the table: those
// most like a Pico first. What is not named comes last.
var adoptTargets = []string{"nano-rp2040", "elecrow-rp2040", "elecrow-rp2350", "host", "wasm", "wasip1", "wioterminal", "pyportal"}

// column is where the outcome of one of the columns is kept.
func (s *Step) column(name string) *Outcome {
	switch name {
	case "own":
		return &s.Own
	case "tree":
		return &s.Tree
	case "front":
		return &s.Front
	}
	panic("matrix: no column " + name)
}

// compare orders the steps of the table.
func (s Step) compare(o Step) int {
	place := func(target string) int {
		if i := slices.Index(adoptTargets, target); i >= 0 {
			return i
		}
		return len(adoptTargets)
	}
	return cmp.Or(
		version.Compare("go"+s.TinyGo, "go"+o.TinyGo), version.Compare("go"+s.Go, "go"+o.Go),
		cmp.Compare(place(s.Target), place(o.Target)), cmp.Compare(s.Target, o.Target),
		cmp.Compare(s.What, o.What), cmp.Compare(s.Drivers, o.Drivers))
}

// A recorder keeps outcomes of steps, in a file if it has one.
type recorder struct {
	mu   sync.Mutex
	list []Step
	file string
}

func (r *recorder) index(s Step) int {
	return slices.IndexFunc(r.list, func(o Step) bool { return s.compare(o) == 0 })
}

// has tells whether an outcome was recorded.
func (r *recorder) has(s Step, column string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	i := r.index(s)
	return i >= 0 && *r.list[i].column(column) != (Outcome{})
}

// put records an outcome, in the file, too, before it returns. A run that is ended
// while it writes leaves the file as it was.
func (r *recorder) put(s Step, column string, o Outcome) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.plan(s)
	*r.list[r.index(s)].column(column) = o
	return r.write()
}

// plan gives a step its row, with what was not tried yet.
func (r *recorder) plan(s Step) {
	if r.index(s) < 0 {
		r.list = append(r.list, Step{TinyGo: s.TinyGo, Go: s.Go, Drivers: s.Drivers, Target: s.Target, What: s.What})
		slices.SortFunc(r.list, Step.compare)
	}
}

func (r *recorder) write() error {
	if r.file == "" {
		return nil
	}
	data, err := json.MarshalIndent(r.list, "", "\t")
	if err != nil {
		return err
	}
	if err := os.WriteFile(r.file+".new", append(data, '\n'), 0o666); err != nil {
		return err
	}
	return os.Rename(r.file+".new", r.file)
}

// readSteps are those of a file.
func readSteps(file string) ([]Step, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var list []Step
	if err := json.Unmarshal(data, &list); err != nil {
		return nil, fmt.Errorf("read %s: %w", file, err)
	}
	return list, nil
}

// isTest tells whether tests are run. They are Go's, which the tree brings with it; in
// the root that tinynet tinygo makes there are none: tinynet conform runs them.
func (s Step) isTest() bool { return strings.HasPrefix(s.What, "test ") }

// OK tells whether the port does what TinyGo's own net does, as far as was tried.
func (s Step) OK() bool { return s.Tree.OK() || s.Tree == (Outcome{}) || !s.Own.OK() }

// adoptSteps has what TestAdopt found, as it wrote it.
//
//go:embed adopt.json
var adoptSteps []byte

// Steps are those that were recorded.
func Steps() ([]Step, error) {
	var list []Step
	if err := json.Unmarshal(adoptSteps, &list); err != nil {
		return nil, fmt.Errorf("read internal/release/matrix/adopt.json: %w", err)
	}
	return list, nil
}

// The table of docs/adopting.md stands between these.
const adoptBegin, adoptEnd = "<!-- made by `make adopt`; do not edit -->\n", "<!-- end -->\n"

// adoptTable is the table of docs/adopting.md.
func adoptTable(list []Step) string {
	var b strings.Builder
	b.WriteString(adoptBegin)
	b.WriteString("| TinyGo, Go | drivers | target | what | TinyGo's own net | the port in its place | `tinynet tinygo` |\n|---|---|---|---|---:|---:|---:|\n")
	for _, s := range list {
		drivers := s.Drivers
		if drivers == "" {
			drivers = "-"
		}
		front := s.Front.String()
		if s.isTest() {
			front = "-"
		}
		fmt.Fprintf(&b, "| %s, %s | %s | %s | `%s` | %s | %s | %s |\n", s.TinyGo, s.Go, drivers, s.Target, s.What, s.Own, s.Tree, front)
	}
	b.WriteString(adoptEnd)
	return b.String()
}

// adoptPage puts the table into the text of docs/adopting.md.
func adoptPage(page string, list []Step) (string, error) {
	before, rest, ok := strings.Cut(page, adoptBegin)
	_, after, ended := strings.Cut(rest, adoptEnd)
	if !ok || !ended {
		return "", fmt.Errorf("docs/adopting.md has no place for the table: it begins with %q and ends with %q", adoptBegin, adoptEnd)
	}
	return before + adoptTable(list) + after, nil
}
