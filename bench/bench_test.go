package main

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/tinynet/tinynet/bench/internal/worker"
	"github.com/tinynet/tinynet/internal/toolchain"
)

// TestMain is also the program that measures, for TestTable.
func TestMain(m *testing.M) {
	if os.Getenv("BENCH_TEST_WORKER") == "" {
		os.Exit(m.Run())
	}
	sum := 0
	fine := &worker.Session{Close: func() {}, Run: func(n int) error {
		for i := range n * 100_000 {
			sum += i
		}
		return nil
	}}
	all := []worker.Measurement{
		{Name: "sum", Unit: "1/s", Size: 1, Open: func() (*worker.Session, error) { return fine, nil }},
		{Name: "broken", Unit: "1/s", Size: 1, Open: func() (*worker.Session, error) { return nil, errors.New("no such device") }},
		{Name: "crash", Unit: "1/s", Size: 1, Open: func() (*worker.Session, error) { os.Exit(3); return nil, nil }},
	}
	do := func() error { return worker.Serve(os.Stdin, os.Stdout, all) }
	if len(os.Args) > 1 && os.Args[1] == "-list" {
		do = func() error { return worker.List(os.Stdout, all) }
	}
	if err := do(); err != nil {
		panic(err)
	}
}

func testOptions(run string) *options {
	return &options{run: regexp.MustCompile(run), pairs: 3, slice: time.Millisecond}
}

func TestTable(t *testing.T) {
	t.Setenv("BENCH_TEST_WORKER", "1")
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	sides := [2]side{{"Go", self}, {"port", self}}
	got, err := testOptions("^sum$").table(context.Background(), sides[0], sides[1])
	if err != nil {
		t.Fatal(err)
	}
	if len(got.rows) != 1 || got.rows[0].theirs.wall <= 0 || got.rows[0].ours.wall <= 0 || got.rows[0].speed.median <= 0 {
		t.Errorf("%+v", got.rows)
	}
	var page strings.Builder
	if err := got.print(&page); err != nil {
		t.Fatal(err)
	}
	if lines := strings.Split(page.String(), "\n"); len(lines) != 4 || strings.Count(lines[0], "|") != 12 || strings.Count(lines[2], "|") != 12 {
		t.Errorf("the table is\n%s", page.String())
	}
	for run, want := range map[string]string{
		"broken": `the side "Go", open broken: no such device`,
		"crash":  `the side "Go", open crash: unexpected EOF`,
		"^$":     "matches none",
	} {
		if _, err := testOptions(run).table(context.Background(), sides[0], sides[1]); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("-run %s: %v, not %s", run, err, want)
		}
	}
}

func TestSpread(t *testing.T) {
	for _, c := range []struct {
		all  []float64
		want spread
	}{
		{nil, spread{}},
		{[]float64{2}, spread{2, 2, 2}},
		{[]float64{3, 1}, spread{1.5, 2, 2.5}},
		{[]float64{5, 1, 3, 2, 4}, spread{2, 3, 4}},
	} {
		if got := spreadOf(c.all); got != c.want {
			t.Errorf("%v: %v, not %v", c.all, got, c.want)
		}
	}
	took := func(s worker.Slice) time.Duration { return s.Wall }
	theirs := []worker.Slice{{Ops: 10, Wall: 100}, {Ops: 10, Wall: 300}}
	ours := []worker.Slice{{Ops: 20, Wall: 100}, {Ops: 20, Wall: 300}}
	if got := ratios(theirs, ours, took).median; math.Abs(got-2) > 1e-9 {
		t.Errorf("twice the operations in the same time is %v times as fast", got)
	}
}

func TestReplacements(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{
		"checkout/netdev.go", "checkout/dial.go", "checkout/README.md", "checkout/.git/hook.go", "checkout/http/client.go", "checkout/http/only/new.go",
		"net/dial.go", "net/cgo.go", "net/asm.s", "net/README", "net/http/client.go", "net/http/h2.go", "net/http/cgi/child.go",
	} {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, nil, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	got, err := replacements(filepath.Join(dir, "checkout"), filepath.Join(dir, "net"))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{}
	for file, by := range map[string]string{
		"net/netdev.go": "checkout/netdev.go", "net/dial.go": "checkout/dial.go", "net/http/client.go": "checkout/http/client.go",
		"net/http/only/new.go": "checkout/http/only/new.go", "net/cgo.go": "", "net/asm.s": "", "net/http/h2.go": "",
	} {
		if by != "" {
			by = filepath.Join(dir, filepath.FromSlash(by))
		}
		want[filepath.Join(dir, filepath.FromSlash(file))] = by
	}
	if !maps.Equal(got, want) {
		text, _ := json.MarshalIndent(got, "", "\t")
		t.Errorf("the overlay is %s", text)
	}
	if _, err := replacements(filepath.Join(dir, "net"), filepath.Join(dir, "net")); err == nil {
		t.Error("a folder without netdev.go is taken for a checkout")
	}
}

// TestGet has the client that is compared with tinygo-net fetch over each of
// its devices, on the port.
func TestGet(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("the devices are made of Linux's sockets")
	}
	tc, err := toolchain.Find(context.Background(), toolchain.Query{})
	if err != nil {
		t.Fatal(err)
	}
	b := &builder{ctx: context.Background(), dir: t.TempDir(), tc: tc}
	program, err := b.port("port", getProgram, "tinynet_get")
	if err != nil {
		t.Fatal(err)
	}
	servers, stop, err := serveHello(5)
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	got, err := testOptions("").table(context.Background(), side{"one", program}, side{"other", program}, "-servers", servers)
	if err != nil {
		t.Fatal(err)
	}
	if len(got.rows) != 5 {
		t.Errorf("%d measurements: %+v", len(got.rows), got.rows)
	}
}
