package conform

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/tinynet/tinynet/internal/assemble"
	"github.com/tinynet/tinynet/internal/toolchain"
	"github.com/tinynet/tinynet/port"
)

var update = flag.Bool("update", false, "rewrite docs/conformance.md")

func TestPage(t *testing.T) {
	var b bytes.Buffer
	if err := Page(&b); err != nil {
		t.Fatal(err)
	}
	name := filepath.Join("..", "..", "docs", "conformance.md")
	if *update {
		if err := os.WriteFile(name, b.Bytes(), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	had, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(had, b.Bytes()) {
		t.Error("docs/conformance.md is not what `tinynet conform -md` prints: go test ./internal/conform -run TestPage -update")
	}
}

// A few of Go's tests of net, with one that is omitted, one that skips itself,
// one that is run apart and one of the support's subjects.
func TestConformNet(t *testing.T) {
	if testing.Short() {
		t.Skip("builds Go's tests of net")
	}
	tc, err := toolchain.Find(context.Background(), toolchain.Query{})
	if err != nil {
		t.Fatal(err)
	}
	begun := map[string]bool{}
	rep, err := Run(context.Background(), Config{
		Port: port.FS, Toolchain: tc, Cache: t.TempDir(), Packages: []string{"net"},
		Run:      "^(TestDialError|TestSendfile|TestSplice|TestTCPBig|TestCancelAfterDial|TestTCPConnKeepAliveConfigDialer|ExampleCIDRMask)$",
		Progress: func(_, test string, _, _ int) { begun[test] = true },
	})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, f := range rep.Packages[0].Functions {
		got[f.Name] = string(f.Status) + " " + f.With
		if f.Status == Failed {
			t.Errorf("%s failed: %s\n%s", f.Name, f.Reason, f.Output)
		}
	}
	for name, want := range map[string]string{
		"TestDialError": "passed ", "TestSendfile": "passed ", "TestTCPConnKeepAliveConfigDialer": "passed ", "ExampleCIDRMask": "passed ",
		"TestCancelAfterDial": "passed without -short", "TestSplice": "skipped ", "TestTCPBig": "skipped ",
	} {
		if got[name] != want {
			t.Errorf("%s: %q, want %q", name, got[name], want)
		}
	}
	if len(got) != 7 || !rep.OK() || !begun["TestDialError"] || begun["TestSplice"] {
		t.Errorf("functions %v, begun %v, ok %v", got, begun, rep.OK())
	}
	_, err = Run(context.Background(), Config{Port: port.FS, Toolchain: tc, Cache: t.TempDir(), Packages: []string{"nett"}})
	if pkg := new(PackageError); !errors.As(err, &pkg) {
		t.Errorf("a package that is none: %v, want a PackageError", err)
	}
}

// leftOutRows are the names of what docs/size.md says that boards leave out.
func leftOutRows(t *testing.T) []string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "..", "docs", "size.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, table, ok := strings.Cut(string(data), "\n| left out |")
	if !ok {
		t.Fatal("docs/size.md has no table of what is left out")
	}
	table, _, _ = strings.Cut(table, "\n\n")
	var names []string
	for _, line := range strings.Split(table, "\n")[2:] {
		name, _, _ := strings.Cut(strings.TrimPrefix(line, "|"), "|")
		name, _, _ = strings.Cut(name, "(") // the packages
		names = append(names, strings.TrimSpace(name))
	}
	return names
}

// What is skipped because boards leave something out is in the table of it, and
// what was recorded with it left out passes but for that.
func TestLeftOut(t *testing.T) {
	entries, err := loadEntries(tests())
	if err != nil {
		t.Fatal(err)
	}
	rows := leftOutRows(t)
	for _, e := range entries {
		if e.leftOut != "" && !slices.Contains(rows, e.leftOut) {
			t.Errorf("%s: left-out = %q: docs/size.md does not say so; it has %q", e.file, e.leftOut, rows)
		}
	}
	var all []row
	if err := json.Unmarshal(measured, &all); err != nil {
		t.Fatal(err)
	}
	full := map[string]row{}
	for _, r := range all {
		if r.How == what(Host) {
			full[r.Release+r.Package] = r
		}
	}
	for _, r := range all {
		if r.How != (&Report{Device: Host, Tags: "tlssmall"}).what() {
			continue
		}
		cut := 0
		for _, e := range entries {
			if e.leftOut == "" || !e.applies(r.Package, assemble.Goroot{Version: r.Release}, Host, []string{"tlssmall"}) {
				continue
			}
			for _, name := range e.tests {
				if !strings.Contains(name, "/") {
					cut++
				}
			}
		}
		f, ok := full[r.Release+r.Package]
		if !ok && r.Failed == 0 {
			continue // a package that is Go's own where nothing is left out
		}
		if r.Failed > 0 || r.Passed != f.Passed-cut || r.Skipped != f.Skipped+cut {
			t.Errorf("%s, %s: with -tags tlssmall %d pass, %d are skipped and %d fail; without, %d pass and %d are skipped, and skip.toml leaves out %d",
				r.Package, r.Release, r.Passed, r.Skipped, r.Failed, f.Passed, f.Skipped, cut)
		}
	}
}

// What the port is held to: nothing fails, and of the tests of net/http and of
// what stands on it 97 of 100 pass, of crypto/tls 95.
func TestMeasured(t *testing.T) {
	var all []row
	if err := json.Unmarshal(measured, &all); err != nil {
		t.Fatal(err)
	}
	for _, r := range all {
		least := 97
		switch {
		case r.Package == "net" || strings.Contains(r.How, "tlssmall"):
			least = 0 // TestLeftOut is about the second
		case r.Package == "crypto/tls":
			least = 95
		}
		if total := r.Passed + r.Skipped + r.Failed; r.Failed > 0 || 100*r.Passed < least*total {
			t.Errorf("%s, %s, %s: %d of %d pass and %d fail; at least %d %% have to pass, and none may fail", r.Package, r.Release, r.How, r.Passed, total, r.Failed, least)
		}
	}
}

// run gives the outcomes of functions for events written as lines: action,
// test, and text.
func run(t *testing.T, funcs []function, failed bool, lines ...string) map[string]*Function {
	t.Helper()
	p := feed(newResults("p"), funcs, lines...).end(failed, "")
	got := map[string]*Function{}
	for _, f := range p.Functions {
		got[f.Name] = f
	}
	return got
}

func feed(r *results, funcs []function, lines ...string) *results {
	for _, f := range funcs {
		r.expect(f)
	}
	for _, l := range lines {
		action, rest, _ := strings.Cut(l, " ")
		test, text, _ := strings.Cut(rest, " ")
		r.event(event{Action: action, Package: "p", Test: test, Output: text})
	}
	return r
}

func TestOutcomes(t *testing.T) {
	got := run(t, []function{{name: "TestA"}, {name: "TestB"}, {name: "TestC"}, {name: "TestD", gone: "gone"}, {name: "TestE"}, {name: "TestF"}, {name: "TestG"}, {name: "TestH"}}, true,
		"run TestA", "pass TestA", "run TestA", "output TestA     a_test.go:1: oh", "fail TestA", // with -count 2
		"run TestB", "output TestB     b_test.go:12: no network", "skip TestB",
		"run TestC", "skip TestC",
		"run TestE", "output TestE panic",
		"run TestG", "run TestG/x", "output TestG/x     g_test.go:1: needs it", "skip TestG/x", "pass TestG",
		"run TestH", "run TestH/x", "output TestH/x     g_test.go:1: needs it", "skip TestH/x", "run TestH/y", "pass TestH/y", "pass TestH",
	)
	for name, want := range map[string][2]string{
		"TestA": {"failed", "failed 1 of 2 times"},
		"TestB": {"skipped", "no network"},
		"TestC": {"failed", "it skipped itself without a reason"},
		"TestD": {"skipped", "gone"},
		"TestE": {"failed", "it did not end"},
		"TestF": {"failed", notRun},
		"TestG": {"skipped", "needs it"},
		"TestH": {"passed", ""},
	} {
		if f := got[name]; f == nil || string(f.Status) != want[0] || f.Reason != want[1] {
			t.Errorf("%s: %+v, want %v", name, f, want)
		}
	}
	if !strings.Contains(got["TestA"].Output, "a_test.go:1: oh") || !strings.Contains(got["TestE"].Output, "panic") {
		t.Errorf("output of failed tests: %q, %q", got["TestA"].Output, got["TestE"].Output)
	}
	if l := got["TestH"].Less; len(l) != 1 || l[0] != "TestH/x: needs it" {
		t.Errorf("TestH was run without %q", l)
	}
}

func TestAgain(t *testing.T) {
	r := feed(newResults("p"), []function{{name: "TestA"}, {name: "TestB"}, {name: "TestC", gone: "only with h2"}, {name: "TestD"}},
		"run TestA", "output TestA     a_test.go:1: needs h2", "skip TestA", "run TestB", "pass TestB",
		"run TestD", "run TestD/x", "output TestD/x     a_test.go:1: needs h2", "skip TestD/x", "pass TestD")
	names := r.again(regexp.MustCompile("h2$"))
	if !slices.Equal(names, []string{"TestA", "TestC", "TestD"}) {
		t.Fatalf("again: %q", names)
	}
	feed(r, nil, "run TestA", "pass TestA", "run TestD", "run TestD/x", "pass TestD/x", "pass TestD")
	p := r.end(false, "")
	if p.Passed != 3 || p.Skipped != 1 || !p.OK() {
		t.Errorf("%+v", p)
	}
}

func TestBrokenPackage(t *testing.T) {
	r := feed(newResults("p"), []function{{name: "TestA"}})
	r.event(event{Action: "build-output", Output: "a_test.go:1: undefined: x\n"})
	p := r.end(true, "go: bad")
	var b bytes.Buffer
	p.WriteText(&b, false)
	for _, want := range []string{"FAIL p ", "0 passed    0 skipped    1 failed", "TestA: it was not run", "undefined: x", "go: bad"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("the report lacks %q:\n%s", want, b.String())
		}
	}
}

func TestPatterns(t *testing.T) {
	if got := pattern("TestA/a+b"); got != `^TestA$/^a\+b$` {
		t.Errorf("pattern: %s", got)
	}
	for _, c := range []struct {
		run  string
		want []string
	}{
		{"", []string{"TestA", "TestAB", "TestC"}},
		{"A", []string{"TestA", "TestAB"}},
		{"^TestA$/sub", []string{"TestA"}},
		{"B|C", []string{"TestAB", "TestC"}},
		{"Test(B|C)/x|A$", []string{"TestA", "TestC"}},
		{"[/|]", nil},
	} {
		r := &runner{Config: Config{Run: c.run}}
		f, err := r.wanted()
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, name := range []string{"TestA", "TestAB", "TestC"} {
			if f(name) {
				got = append(got, name)
			}
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("-run %q selects %q, want %q", c.run, got, c.want)
		}
	}
	r := &runner{Config: Config{Run: "("}}
	if _, err := r.wanted(); err == nil {
		t.Error("a pattern that is none has no error")
	}
}

func TestEntries(t *testing.T) {
	load := func(text string) ([]*entry, error) {
		return loadEntries(fstest.MapFS{"net/skip.toml": {Data: []byte(text)}})
	}
	all, err := load("[[skip]]\ntests = [\"TestA\"]\nuntil = \"1.26\"\ndevice = \"loopback\"\nwhy = \"x\"\n[[apart]]\ntests = [\"TestB\"]\nlong = true\nwhy = \"y\"\n")
	if err != nil || len(all) != 2 {
		t.Fatal(all, err)
	}
	old, now := assemble.Goroot{Version: "go1.25.1"}, assemble.Goroot{Version: "go1.26.1"}
	s := all[1]
	if !s.applies("net", old, Loopback, nil) || s.applies("net", old, Host, nil) || s.applies("net", now, Loopback, nil) || s.applies("net/http", old, Loopback, nil) {
		t.Errorf("%+v applies where it should not, or not where it should", s)
	}
	all, err = load("[[skip]]\ntests = [\"TestA\"]\nleft-out = \"RC4\"\nwhy = \"x\"\n")
	if err != nil || len(all) != 1 {
		t.Fatal(all, err)
	}
	s = all[0]
	if !s.applies("net", now, Host, []string{"tlssmall"}) || s.applies("net", now, Host, nil) || s.applies("net", now, Host, []string{"tlssmall", "tlsfull"}) {
		t.Errorf("%+v applies where nothing is left out, or not where it is", s)
	}
	all, err = load("[[skip]]\ntests = [\"TestA\"]\nwith = \"tinynet_board\"\nwhy = \"x\"\n")
	if err != nil || len(all) != 1 {
		t.Fatal(all, err)
	}
	s = all[0]
	if !s.applies("net", now, Host, []string{"nethttp2", "tinynet_board"}) || s.applies("net", now, Host, nil) {
		t.Errorf("%+v applies without its tag, or not with it", s)
	}
	for text, want := range map[string]string{
		"[[skip]]\nwhy = \"x\"\n":                                                        "skip: it names tests",
		"[[skip]]\ntests = [\"TestA\"]\n":                                                "skip TestA: it has no why",
		"[[skip]]\ntests = [\"TestA\"]\nwhy = \"x\"\nlong = true\n":                      "skip TestA: tags, long",
		"[[apart]]\ntests = [\"TestA\"]\nwhy = \"x\"\n":                                  "apart TestA: tags, long",
		"[[again]]\nwhen = \"(\"\nlong = true\nwhy = \"x\"\n":                            "again: error parsing regexp",
		"[[again]]\ntests = [\"TestA\"]\nlong = true\nwhy = \"x\"\n":                     "again TestA: it names what the tests say",
		"[[apart]]\ntests = [\"TestA\"]\nlong = true\nleft-out = \"RC4\"\nwhy = \"x\"\n": "apart TestA: left-out is a reason",
		"[[again]]\nwhen = \"x\"\nlong = true\nwith = \"tinynet_board\"\nwhy = \"x\"\n":  "with is a reason",
		"[[apart]]\ntests = [\"TestA\"]\ntries = 2\nwhy = \"x\"\n":                       "apart TestA: tries says",
		"[[skip]]\ntests = [\"TestA\"]\nwhy = \"x\"\ndevice = \"wifi\"\n":                `device = "wifi"; there are host and loopback`,
		"[[skip]]\ntests = [\"TestA\"]\nwhy = \"x\"\nsince = \"newest\"\n":               `since = "newest" is not a Go release`,
		"[[skip]]\ntests = [\"TestA\"]\nwhy = \"x\"\ntest = [\"TestB\"]\n":               `unknown key "skip.test"`,
		"[[skip]\n": "internal/conform/port/net/skip.toml: toml:",
	} {
		if _, err := load(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s\ngot  %v\nwant %s", text, err, want)
		}
	}
}

func TestRecord(t *testing.T) {
	file := filepath.Join(t.TempDir(), "x.json")
	rep := func(passed int) *Report {
		return &Report{Release: "go1.26.8", Device: Host, Count: 1, Packages: []*Package{{Path: "net", Passed: passed,
			Functions: []*Function{{Name: "TestA", Status: Skipped, Itself: true, Reason: "r"}}}}}
	}
	for _, n := range []int{1, 2} {
		if err := Record(file, rep(n)); err != nil {
			t.Fatal(err)
		}
	}
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(data), `"Package": "net"`); n != 1 || !strings.Contains(string(data), `"Passed": 2`) || !strings.Contains(string(data), "TestA") {
		t.Errorf("%d rows:\n%s", n, data)
	}
}
