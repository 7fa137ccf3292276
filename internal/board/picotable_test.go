//go:build boards

package board_test

import (
	"bytes"
	"cmp"
	"context"
	"flag"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/pprof/profile"

	"github.com/tinynet/tinynet/internal/board"
	"github.com/tinynet/tinynet/internal/tinygo/pairtest"
)

var updateTable = flag.Bool("update", false, "write the Pico's table into docs/boards.md")

// A column of the Pico's table is a program on a board.
type column struct {
	title string
	kind  kind
	own   bool // with TinyGo's own net
}

// A row is what is done on it, so many times after the first. Its cycles are the mean of
// those, which are enough for the collector to have its usual part in it.
type row struct {
	title string
	times int
	https bool
	do    func(r *running, client *http.Client) error
}

var rows = []row{
	{title: "a request on a connection that is there, 5 bytes", times: 200, do: getting("/small", 5)},
	{title: "a request on a new connection, 5 bytes", times: 100, do: fresh},
	{title: "a page of 4 KB", times: 50, do: getting("/page", 4096)},
	{title: "64 KB to a client", times: 10, do: getting("/down", 65536)},
	{title: "64 KB from a client", times: 10, do: sending},
	{title: "an https request of its own: TLS 1.3, ECDSA P-256, a certificate and its authority's", times: 2, https: true},
}

func getting(path string, size int) func(r *running, client *http.Client) error {
	return func(r *running, client *http.Client) error {
		resp, err := client.Get("http://" + r.at("tcp 80") + path)
		return complete(resp, err, size)
	}
}

func fresh(r *running, client *http.Client) error {
	client.CloseIdleConnections()
	return getting("/small", 5)(r, client)
}

func sending(r *running, client *http.Client) error {
	resp, err := client.Post("http://"+r.at("tcp 80")+"/up", "text/plain", bytes.NewReader(make([]byte, 65536)))
	return complete(resp, err, len("65536"))
}

// TestPicoTable measures on emulated Picos what things cost, and prints the tables of
// docs/boards.md. With -update it writes them there.
func TestPicoTable(t *testing.T) {
	if _, err := exec.LookPath("tinygo"); err != nil {
		t.Skip("no tinygo on PATH")
	}
	start := pico(t)
	sampled := func(ctx context.Context, p board.Program) (board.Machine, error) {
		p.Profile = true
		return start(ctx, p)
	}
	columns := []column{
		{title: "tether", kind: kind{board.Pico, sampled, 80}},
		{title: "W5500", kind: kind{board.W5500Pico, sampled, 80}},
		{title: "W5500, TinyGo's own net", kind: kind{board.W5500Pico, sampled, 80}, own: true},
	}
	do := secured(t)
	titles := []string{"from reset to listening, at most", "a second without anything to do"}
	for i := range rows {
		titles = append(titles, rows[i].title)
		if rows[i].https {
			rows[i].do = do
		}
	}
	figures := map[string][]string{}
	tops := map[string]string{}
	for _, c := range columns {
		t.Run(c.title, func(t *testing.T) {
			cycles, profiles := c.measure(t)
			for _, title := range titles {
				text := "| – | – "
				if n, ok := cycles[title]; ok {
					text = fmt.Sprintf("| %s | %.1f ", thousands(n), float64(n)/125e3)
				}
				figures[title] = append(figures[title], text)
			}
			for what, top := range profiles {
				tops[what+", "+c.title] = top
			}
		})
	}
	var b strings.Builder
	b.WriteString("|  |")
	for _, c := range columns {
		fmt.Fprintf(&b, " %s: cycles | ms |", c.title)
	}
	b.WriteString("\n|---|" + strings.Repeat("---|---|", len(columns)) + "\n")
	for _, title := range titles {
		fmt.Fprintf(&b, "| %s %s|\n", title, strings.Join(figures[title], ""))
	}
	b.WriteString("\nWhere the cycles go, in hundredths:\n\n|  | functions |\n|---|---|\n")
	var whats []string
	for what := range tops {
		whats = append(whats, what)
	}
	slices.Sort(whats)
	for _, what := range whats {
		fmt.Fprintf(&b, "| %s | %s |\n", what, tops[what])
	}
	t.Logf("\n%s", &b)
	if *updateTable && !t.Failed() {
		name := filepath.Join("..", "..", "docs", "boards.md")
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		const begin, end = "<!-- make pico-table -->\n", "<!-- end of make pico-table -->\n"
		before, rest, ok := strings.Cut(string(data), begin)
		_, after, ok2 := strings.Cut(rest, end)
		if !ok || !ok2 {
			t.Fatalf("%s has no %q and %q", name, begin, end)
		}
		if err := os.WriteFile(name, []byte(before+begin+b.String()+end+after), 0o666); err != nil {
			t.Fatal(err)
		}
	}
}

// thousands writes a number with commas.
func thousands(n int64) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// measure returns the cycles of each row that the program can do, and where those of a
// request and of an https request go.
func (c column) measure(t *testing.T) (cycles map[string]int64, profiles map[string]string) {
	var file string
	if c.own {
		file = filepath.Join(t.TempDir(), "program.elf")
		args := append(append([]string{"build", "-o", file}, board.PicoBuild...), "-tags=w5500", "-stack-size=8kb", "-interp-timeout=1h", "./testdata/own")
		cmd := exec.Command("tinygo", args...)
		cmd.Env = pairtest.Environ(t)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("tinygo %s: %v\n%s", strings.Join(args, " "), err, out)
		}
	} else {
		file = build(t, c.kind, "./testdata/measure", "-stack-size", "8kb")
	}
	cycles, profiles = map[string]int64{}, map[string]string{}
	for _, https := range []bool{false, true} {
		if https && c.own {
			continue
		}
		r := run(t, c.kind, file)
		counted := func() board.Counters {
			n, err := r.machine.(board.Counted).Counters()
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
		r.at("tcp 80")
		if !https {
			cycles["from reset to listening, at most"] = counted().Cycles
			before := counted()
			<-time.After(2 * time.Second)
			after := counted()
			cycles["a second without anything to do"] = int64(float64(after.Cycles-before.Cycles) / (float64(after.Nanos-before.Nanos) / 1e9))
		}
		client := &http.Client{Timeout: patience, Transport: &http.Transport{MaxConnsPerHost: 1}}
		for _, row := range rows {
			if row.https != https {
				continue
			}
			err := row.do(r, client) // the first time costs more
			before := counted().Cycles
			for range row.times {
				if err == nil {
					err = row.do(r, client)
				}
			}
			if err != nil && c.own {
				t.Logf("%s: %v", row.title, err)
				continue
			}
			if err != nil {
				t.Errorf("%s: %v", row.title, err)
				continue
			}
			cycles[row.title] = (counted().Cycles - before) / int64(row.times)
		}
		what, again := "a request", rows[0]
		if https {
			what, again = "an https request", rows[len(rows)-1]
		}
		profiled := r.machine.(board.Profiled)
		if err := profiled.Forget(); err != nil {
			t.Fatal(err)
		}
		for range again.times {
			if err := again.do(r, client); err != nil && !c.own {
				t.Fatalf("%s: %v", again.title, err)
			}
		}
		client.CloseIdleConnections()
		r.machine.Close()
		profiles[what] = top(t, profiled)
	}
	return cycles, profiles
}

// top names the functions that take the most of a profile.
func top(t *testing.T, p board.Profiled) string {
	t.Helper()
	var b bytes.Buffer
	if err := p.WriteProfile(&b); err != nil {
		t.Fatal(err)
	}
	parsed, err := profile.Parse(&b)
	if err != nil {
		t.Fatal(err)
	}
	byName := map[string]int64{}
	var all int64
	for _, s := range parsed.Sample {
		byName[s.Location[0].Line[0].Function.Name] += s.Value[1]
		all += s.Value[1]
	}
	names := make([]string, 0, len(byName))
	for name := range byName {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int { return cmp.Or(cmp.Compare(byName[b], byName[a]), cmp.Compare(a, b)) })
	var parts []string
	for _, name := range names[:min(8, len(names))] {
		parts = append(parts, fmt.Sprintf("%s %.0f", functionName(name), 100*float64(byName[name])/float64(all)))
	}
	return strings.Join(parts, ", ")
}

// functionName is a function's name for the table. TinyGo names a call by way of an
// interface with all of the interface's methods.
func functionName(name string) string {
	if end := strings.LastIndex(name, "}."); end >= 0 && strings.HasPrefix(name, "interface:{") {
		return "an interface's `" + name[end+2:] + "`"
	}
	return "`" + name + "`"
}
