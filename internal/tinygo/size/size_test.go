package size

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"go/build/constraint"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tinynet/tinynet/internal/assemble"
	"github.com/tinynet/tinynet/port"
)

// table is what TinyGo prints, with made-up numbers.
const table = `a warning
   code  rodata    data     bss |   flash     ram | package
------------------------------- | --------------- | -------
      0      10       2       3 |      12       5 | (padding)
   1000     200      30       4 |    1230      34 | /home/x/go/src/net
    500       0       0       0 |     500       0 | net
    300       0       0       0 |     300       0 | net/http
     40       0       0       0 |      40       0 | /opt/tinygo/targets
      0       0       0    2048 |       0    2048 | C stack
     70       0       0       0 |      70       0 | Go interface assert
   1500       0       0       0 |    1500       0 | example.com/m/prog
------------------------------- | --------------- | -------
   3410     210      32    2055 |    3652    2087 | total
`

func parse(t *testing.T, text string) *Program {
	t.Helper()
	p, err := Parse(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	p.Name, p.Target = "./prog", "pico"
	return p
}

func TestParse(t *testing.T) {
	p := parse(t, table)
	if p.Flash != 3652 || p.RAM != 2087 {
		t.Errorf("all: %d, %d", p.Flash, p.RAM)
	}
	got := ""
	for _, k := range p.Packages {
		got += fmt.Sprintln(k.Name, k.Flash, k.RAM)
	}
	want := "net 1730 34\nexample.com/m/prog 1500 0\nnet/http 300 0\nGo interface assert 70 0\nC targets 40 0\n(padding) 12 5\nC stack 0 2048\n"
	if got != want {
		t.Errorf("packages:\n%swant\n%s", got, want)
	}
	for what, text := range map[string]string{
		"no table":        "error: nothing\n",
		"no total":        table[:strings.LastIndex(table, "---")],
		"does not add up": strings.Replace(table, "|     300 ", "|     301 ", 1),
		"nothing":         "",
	} {
		if p, err := Parse(strings.NewReader(text)); err == nil {
			t.Errorf("%s: %+v", what, p)
		}
	}
}

func TestWrite(t *testing.T) {
	p := parse(t, table)
	p.Tags = "w5500"
	p.Budget = &Budget{Flash: 3600, RAM: 3000}
	p.Variants = []Variant{
		{How: "-tags=notls", Flash: 3000, RAM: 2100},
		{How: "-tags=tlsoffload", Flash: 4000, RAM: p.RAM},
		{How: "-tags=netgo", What: "a resolver", Flash: p.Flash, RAM: p.RAM},
		{How: "-tags=tlsfull", Error: "out of flash"},
	}
	var b bytes.Buffer
	if err := p.Write(&b, 100); err != nil {
		t.Fatal(err)
	}
	want := `./prog, pico, -tags=w5500
     flash       RAM  package
     3,652     2,087  all
     1,730        34  net
     1,500         0  example.com/m/prog
       300         0  net/http
         0     2,048  C stack
       122         5  3 more, of less than 100 bytes each
     3,600     3,000  budget: EXCEEDED by 52 of flash
     3,000     2,100  -tags=notls: saves 652 of flash, costs 13 of RAM
     4,000     2,087  -tags=tlsoffload: costs 348 of flash
     3,652     2,087  -tags=netgo (a resolver): no difference
         -         -  -tags=tlsfull: DOES NOT BUILD: out of flash
`
	if b.String() != want {
		t.Errorf("it printed\n%swant\n%s", &b, want)
	}
}

// TestTags: the tags that -vary all tries are those by which the port's files are
// chosen on a board, and nethttp2, by which Go's are.
func TestTags(t *testing.T) {
	notOfBoards := map[string]string{
		"tinynet_board": "makes a computer a board", "tinynet_alone": "makes a computer have no goroutines", "scheduler.none": "TinyGo's own, by -scheduler", "tlssmall": "makes a computer a board", "nohostnet": "is about a computer's sockets",
		"ninafw": "a board", "wioterminal": "a board", "challenger_rp2040": "a board", "comboat_fw": "a board",
		"baremetal": "all boards", "tinygo": "all boards", "xtensa": "a processor", "cortexm": "processors", "tinygo.riscv": "processors", "esp": "processors",
		"tinynet_bsd": "makes Linux a BSD", "nethttpomithttp2": "is about computers, where HTTP/2 is in", "fips140": "an error with TinyGo, by design",
	}
	for _, system := range []string{"linux", "wasip1", "wasip2", "js", "unix", "tinygo.wasm", "darwin", "dragonfly", "freebsd", "netbsd", "openbsd", "windows"} {
		notOfBoards[system] = "a system"
	}
	found := map[string]bool{"nethttp2": true}
	m, err := assemble.LoadManifest(port.FS)
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range m.Constraints() {
		if text == "" || strings.HasSuffix(name, "_test.go") {
			continue
		}
		x, err := constraint.Parse("//go:build " + text)
		if err != nil {
			t.Fatal(err)
		}
		for _, all := range []bool{true, false} { // so that no part of it is passed over
			x.Eval(func(tag string) bool {
				if !strings.HasPrefix(tag, "go1.") && notOfBoards[tag] == "" {
					found[tag] = true
				}
				return all
			})
		}
	}
	for tag := range found {
		if _, ok := TagNamed(tag); !ok {
			t.Errorf("the port has the tag %s, which is not in Tags", tag)
		}
	}
	for _, tag := range Tags {
		if !found[tag.Name] {
			t.Errorf("the port has no tag %s", tag.Name)
		}
	}
	p := parse(t, table)
	for name, want := range map[string]bool{"netgo": true, "nethttp2": true, "notls": false} {
		if tag, _ := TagNamed(name); tag.Matters(p) != want {
			t.Errorf("%s matters: %v", name, !want)
		}
	}
}

func TestBudget(t *testing.T) {
	p := parse(t, table)
	budget := func(text string) ([]Budget, error) {
		file := filepath.Join(t.TempDir(), "budget.toml")
		if err := os.WriteFile(file, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		return Budgets(file)
	}
	all, err := budget("[[budget]]\nprogram = \"prog\"\ntarget = \"pico\"\nflash = 3652\nram = 2087\n" +
		"[[budget]]\nprogram = \"prog\"\ntarget = \"pico\"\ntags = \"notls\"\nflash = 1\nram = 1\n")
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]bool{"./prog": true, "prog": true, "example.com/m/prog": true, "./myprog": false, "./prog/x": false} {
		p.Name = name
		if b := Find(all, p); (b != nil) != want || b != nil && b.Over(p) {
			t.Errorf("%s: %+v", name, b)
		}
	}
	p.Name = "prog"
	p.RAM++
	if b := Find(all, p); !b.Over(p) || b.Verdict(p) != "EXCEEDED by 1 of RAM" {
		t.Errorf("a byte too much: %s", b.Verdict(p))
	}
	p.Tags = "notls"
	if b := Find(all, p); b == nil || b.Verdict(p) != "EXCEEDED by 3,651 of flash and 2,087 of RAM" {
		t.Errorf("with tags: %+v", b)
	}
	p.Target = "other"
	if b := Find(all, p); b != nil {
		t.Errorf("another target: %+v", b)
	}
	for want, text := range map[string]string{
		"unknown key":  "[[budget]]\nprogram = \"a\"\ntarget = \"b\"\nflash = 1\nram = 1\nrom = 1\n",
		"needs":        "[[budget]]\nprogram = \"a\"\ntarget = \"b\"\nflash = 1\n",
		"two entries":  strings.Repeat("[[budget]]\nprogram = \"a\"\ntarget = \"b\"\nflash = 1\nram = 1\n", 2),
		"read the bud": "nonsense",
	} {
		if _, err := budget(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}

// TestCommittedBudgets: the files that the command reads can be read, have the names
// that it looks for, and name programs that are there.
func TestCommittedBudgets(t *testing.T) {
	root := filepath.Join("..", "..", "..")
	files, err := filepath.Glob(filepath.Join(root, "bench", "size", "budget", "*"))
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		all, err := Budgets(file)
		if err != nil || len(all) == 0 {
			t.Errorf("%s: %d entries, %v", file, len(all), err)
		}
		var tinygo, goRelease string
		name := filepath.Base(file)
		if _, err := fmt.Sscanf(strings.ReplaceAll(name, "-", " "), "tinygo %s go %s", &tinygo, &goRelease); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if want := FileFor("", tinygo+".0", "go"+strings.TrimSuffix(goRelease, ".toml")+".0"); name != want {
			t.Errorf("%s: want the name %s", name, want)
		}
		for _, b := range all {
			if _, err := os.Stat(filepath.Join(root, filepath.FromSlash(b.Program), "main.go")); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			// Without a network's name the examples link neither radio nor firmware.
			if (b.Target == "pico-w" || b.Target == "pico2-w") && !strings.Contains(b.LDFlags, "main.ssid=") {
				t.Errorf("%s: %s on %s has ldflags %q, want a network's name in them", name, b.Program, b.Target, b.LDFlags)
			}
		}
	}
}

func TestFileFor(t *testing.T) {
	for _, c := range []struct{ tinygo, goRelease, want string }{
		{"0.40.1", "go1.25.14", "dir/tinygo-0.40-go-1.25.toml"},
		{"0.43.0-dev-1a2b3c", "go1.27rc1", "dir/tinygo-0.43-go-1.27.toml"},
		{"0.35.0", "go1.23.12 X:none", "dir/tinygo-0.35-go-1.23.toml"},
	} {
		if got := FileFor("dir", c.tinygo, c.goRelease); got != c.want {
			t.Errorf("TinyGo %s, %s: got %s, want %s", c.tinygo, c.goRelease, got, c.want)
		}
	}
}

// TestSquarify: the parts have the areas of what they stand for, lie within the
// whole, and do not overlap.
func TestSquarify(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for try := range 200 {
		sizes := make([]int, 1+r.IntN(60))
		left := 1_000_000
		total := 0
		for i := range sizes {
			left = left * (50 + r.IntN(50)) / 100
			sizes[i] = left + 1
			total += sizes[i]
		}
		whole := rect{10, 20, 100 + r.Float64()*1000, 100 + r.Float64()*1000}
		parts := squarify(sizes, whole)
		if len(parts) != len(sizes) {
			t.Fatalf("try %d: %d parts of %d", try, len(parts), len(sizes))
		}
		const e = 1e-6
		for i, p := range parts {
			if want := whole.w * whole.h * float64(sizes[i]) / float64(total); math.Abs(p.w*p.h-want) > e*whole.w*whole.h {
				t.Fatalf("try %d: part %d has the area %v, want %v", try, i, p.w*p.h, want)
			}
			if p.x < whole.x-e || p.y < whole.y-e || p.x+p.w > whole.x+whole.w+e || p.y+p.h > whole.y+whole.h+e {
				t.Fatalf("try %d: part %d, %+v, is outside of %+v", try, i, p, whole)
			}
			for j, q := range parts[:i] {
				if p.x+e < q.x+q.w && q.x+e < p.x+p.w && p.y+e < q.y+q.h && q.y+e < p.y+p.h {
					t.Fatalf("try %d: parts %d and %d overlap: %+v, %+v", try, i, j, p, q)
				}
			}
		}
		// Equal sizes make near-squares: that is what it is for.
		if try == 0 {
			for _, p := range squarify([]int{1, 1, 1, 1, 1, 1, 1, 1, 1}, rect{0, 0, 300, 300}) {
				if ratio := max(p.w/p.h, p.h/p.w); ratio > 1.01 {
					t.Errorf("nine equal parts of a square: one is %+v", p)
				}
			}
		}
	}
	for _, p := range squarify([]int{0, 0}, rect{0, 0, 10, 10}) {
		if p != (rect{}) {
			t.Errorf("of nothing: %+v", p)
		}
	}
}

// TestHTML: the page is well formed, needs nothing from elsewhere, and shows
// each package.
// TestSVG: the picture has the program's packages, is XML, and fetches nothing.
func TestSVG(t *testing.T) {
	var b bytes.Buffer
	if err := SVG(&b, parse(t, table)); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`<svg xmlns="http://www.w3.org/2000/svg" viewBox`, "<style>text{", "net/http: 300 bytes"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("there is no %q in\n%s", want, &b)
		}
	}
	if strings.Count(b.String(), "http") != strings.Count(b.String(), "net/http")+1 {
		t.Error("it names an address besides that of its format")
	}
	if err := xml.Unmarshal(b.Bytes(), new(struct{})); err != nil {
		t.Errorf("the picture is no XML: %v", err)
	}
}

func TestHTML(t *testing.T) {
	p := parse(t, strings.Replace(table, "example.com/m/prog", "example.com/<m>&x", 1))
	p.Budget = &Budget{Flash: 1, RAM: 1}
	p.Variants = []Variant{{How: "-tags=<x>", Flash: 1, RAM: 1}, {How: "-tags=y", What: "<y>", Error: "<why>"}}
	var b bytes.Buffer
	if err := HTML(&b, []*Program{p, parse(t, table)}); err != nil {
		t.Fatal(err)
	}
	page := b.String()
	for _, want := range []string{"example.com/&lt;m&gt;&amp;x: 1,500 bytes, 41.1 %", "C stack: 2,048 bytes, 98.1 %", "-tags=&lt;x&gt;", "&lt;y&gt;", "DOES NOT BUILD: &lt;why&gt;", `class="over"`, "EXCEEDED"} {
		if !strings.Contains(page, want) {
			t.Errorf("there is no %q", want)
		}
	}
	for _, not := range []string{"<script", "http://", "https://", "url(", "@import", "NaN", "Inf", "<m>", "<y>", "<why>"} {
		if strings.Contains(page, not) {
			t.Errorf("there is %q", not)
		}
	}
	if n := strings.Count(page, "<svg"); n != 4 {
		t.Errorf("%d drawings", n)
	}
	for page != "" {
		_, rest, found := strings.Cut(page, "<svg")
		if !found {
			break
		}
		drawing, rest, _ := strings.Cut(rest, "</svg>")
		page = rest
		if err := xml.Unmarshal([]byte("<svg"+drawing+"</svg>"), new(struct{})); err != nil {
			t.Errorf("a drawing is no XML: %v", err)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(table)
	f.Fuzz(func(t *testing.T, text string) {
		p, err := Parse(strings.NewReader(text))
		if err != nil {
			return
		}
		flash := 0
		for _, k := range p.Packages {
			flash += k.Flash
		}
		if flash != p.Flash {
			t.Errorf("%d bytes of flash in the packages, %d in all", flash, p.Flash)
		}
		if err := HTML(new(bytes.Buffer), []*Program{p}); err != nil {
			t.Error(err)
		}
	})
}
