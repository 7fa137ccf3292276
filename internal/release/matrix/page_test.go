package matrix

import (
	"bytes"
	"flag"
	"os"
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
