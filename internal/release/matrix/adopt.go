package matrix

import (
	_ "embed" // for adopt.json
	"encoding/json"
	"fmt"
	"strings"
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

// OK tells whether the port does what TinyGo's own net does.
func (s Step) OK() bool { return s.Tree.OK() || !s.Own.OK() }

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
		fmt.Fprintf(&b, "| %s, %s | %s | %s | `%s` | %s | %s | %s |\n", s.TinyGo, s.Go, drivers, s.Target, s.What, s.Own, s.Tree, s.Front)
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
