package matrix

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"slices"
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
		"| 0.40.1, 1.25.14 | - | host | `test net` | passes | passes | - |\n",
		"| 0.40.1, 1.25.14 | v0.37.0 | pyportal | `http-get` | 1,234 / 56 | no \\| room | not recorded |\n" + adoptEnd + "after\n",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("got\n%s\nwant in it\n%s", page, want)
		}
	}
	if list[1].OK() || !list[0].OK() || !(Step{Own: Outcome{Error: "x"}, Tree: Outcome{Error: "x"}}).OK() {
		t.Error("a step is right that builds where TinyGo's own net does")
	}
	if !(Step{Own: Outcome{Passed: true}}).OK() {
		t.Error("a step is wrong whose other columns were not tried yet")
	}
	if _, err := adoptPage("no place", list); err == nil {
		t.Error("got no error for a page without a place for the table")
	}
}

// TestAdoptRecorder: what was found is in the file at once, in the order of the table,
// and a later run finds it there.
func TestAdoptRecorder(t *testing.T) {
	file := filepath.Join(t.TempDir(), "adopt.json")
	step := func(target, what string) Step {
		return Step{TinyGo: "0.40.1", Go: "1.25.14", Target: target, What: what}
	}
	pyportal, nano := step("pyportal", "http-get"), step("nano-rp2040", "websocket/dial")
	rec := &recorder{file: file}
	for _, x := range []struct {
		step   Step
		column string
		o      Outcome
	}{
		{pyportal, "own", Outcome{Flash: 1, RAM: 2}},
		{nano, "tree", Outcome{Error: "no room"}},
		{pyportal, "front", Outcome{Flash: 3, RAM: 4}},
		{pyportal, "own", Outcome{Flash: 5, RAM: 6}},
	} {
		if err := rec.put(x.step, x.column, x.o); err != nil {
			t.Fatal(err)
		}
		list, err := readSteps(file)
		if err != nil {
			t.Fatal(err)
		}
		if rec := (&recorder{list: list}); !rec.has(x.step, x.column) {
			t.Errorf("%s of %s is not in the file", x.column, x.step.Target)
		}
	}
	list, err := readSteps(file)
	if err != nil {
		t.Fatal(err)
	}
	nano.Tree, pyportal.Own, pyportal.Front = Outcome{Error: "no room"}, Outcome{Flash: 5, RAM: 6}, Outcome{Flash: 3, RAM: 4}
	if want := []Step{nano, pyportal}; !slices.Equal(list, want) {
		t.Errorf("got %+v, want %+v", list, want)
	}
	if rec := (&recorder{list: list}); rec.has(nano, "own") || rec.has(step("pyportal", "ntpclient"), "own") {
		t.Error("something is recorded that was not tried")
	}
	if err := os.WriteFile(file, []byte("[{"), 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := readSteps(file); err == nil || !strings.Contains(err.Error(), "adopt.json") {
		t.Errorf("got error %v for half a file, want one that names it", err)
	}
}
