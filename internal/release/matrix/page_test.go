package matrix

import (
	"bytes"
	"flag"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write what is found to built.json, and docs/releases.md")

// docs/releases.md is that of what was recorded.
func TestPage(t *testing.T) {
	var page bytes.Buffer
	if err := WritePage(&page); err != nil {
		t.Fatal(err)
	}
	const name = "../../../docs/releases.md"
	if *update {
		if err := os.WriteFile(name, page.Bytes(), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	if have, err := os.ReadFile(name); err != nil || !bytes.Equal(have, page.Bytes()) {
		t.Errorf("docs/releases.md is not that of what was recorded (%v); run `make releases`", err)
	}
}

// What was recorded failed nowhere.
func TestRecorded(t *testing.T) {
	results, err := Results()
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range results {
		if r.Assembled != "ok" {
			t.Errorf("Go %s: %s", r.Release, r.Assembled)
		}
		for target, how := range r.Built {
			if how != "ok" {
				t.Errorf("Go %s for %s: %s", r.Release, target, how)
			}
		}
	}
}

// Where TinyGo's own net builds, the port does.
func TestRecordedTinyGos(t *testing.T) {
	cells, err := Cells()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range cells {
		if c.Own.OK() && !c.Port.OK() {
			t.Errorf("TinyGo %s, Go %s, %s, %s: own net %s, the port %s", c.TinyGo, c.Go, c.Target, c.Program, c.Own, c.Port)
		}
	}
}

// The table of docs/adopting.md is that of what was recorded, and the port does what
// TinyGo's own net does.
func TestAdoptPage(t *testing.T) {
	list, err := Steps()
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range list {
		if !s.OK() {
			t.Errorf("TinyGo %s, Go %s, %s, %s: own net %s, the port %s", s.TinyGo, s.Go, s.Target, s.What, s.Own, s.Tree)
		}
	}
	const name = "../../../docs/adopting.md"
	have, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	want, err := adoptPage(string(have), list)
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(name, []byte(want), 0o666); err != nil {
			t.Fatal(err)
		}
		return
	}
	if string(have) != want {
		t.Error("the table of docs/adopting.md is not that of what was recorded; run `make adopt`")
	}
}

// TestAdoptTable: what passes, what fails and what was not tried can be told apart.
func TestAdoptTable(t *testing.T) {
	list := []Step{
		{TinyGo: "0.40.1", Go: "1.25.14", Target: "host", What: "test net", Own: Outcome{Passed: true}, Tree: Outcome{Passed: true}},
		{TinyGo: "0.40.1", Go: "1.25.14", Drivers: "v0.37.0", Target: "pyportal", What: "http-get", Own: Outcome{Flash: 1234, RAM: 56}, Tree: Outcome{Error: "no | room"}},
	}
	page, err := adoptPage("before\n"+adoptBegin+"old\n"+adoptEnd+"after\n", list)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"before\n" + adoptBegin + "| TinyGo, Go |",
		"| 0.40.1, 1.25.14 | - | host | `test net` | passes | passes | not recorded |\n",
		"| 0.40.1, 1.25.14 | v0.37.0 | pyportal | `http-get` | 1,234 / 56 | no \\| room | not recorded |\n" + adoptEnd + "after\n",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("got\n%s\nwant in it\n%s", page, want)
		}
	}
	if list[1].OK() || !list[0].OK() || !(Step{Own: Outcome{Error: "x"}}).OK() {
		t.Error("a step is right that builds where TinyGo's own net does")
	}
	if _, err := adoptPage("no place", list); err == nil {
		t.Error("got no error for a page without a place for the table")
	}
}
