package matrix

import (
	_ "embed" // for tinygo.json
	"encoding/json"
	"fmt"
	"strings"
)

// TinyGoTargets are the targets that programs are built for with each TinyGo: those
// of boards for which there are network devices, the emulated ones, computers, and
// WebAssembly.
var TinyGoTargets = []string{
	"pico", "pico-w", "pico2", "nano-rp2040", "arduino-nano33", "wioterminal", "pyportal", "metro-m4-airlift", "matrixportal-m4",
	"pca10056", "feather-nrf52840", "xiao-esp32c3", "riscv-qemu", "cortex-m-qemu",
	"linux/amd64", "linux/arm", "linux/arm64", "darwin/arm64", "windows/amd64",
	"wasm", "wasip1", "wasip2", "wasm-unknown",
}

// A Trial is a program of the matrix of TinyGos.
type Trial struct{ What, Package, Tags string }

// Trials are small programs, each of which needs something more.
var Trials = []Trial{
	{"net", "bench/size/programs/dial", ""},
	{"UDP", "examples/udpecho", ""},
	{"server", "bench/size/programs/httpserver", ""},
	{"client", "bench/size/programs/httpclient", "notls"},
	{"https", "test/e2e/testdata/httpsclient", ""},
}

// A Cell is what became of a program for a target: on the port, and on TinyGo's own
// net.
type Cell struct {
	TinyGo, Go, Target, Program string
	Port, Own                   Outcome
}

// An Outcome is how large a program became, or why it did not.
type Outcome struct {
	Flash, RAM int    `json:",omitempty"`
	File       int    `json:",omitempty"` // its bytes, where TinyGo does not tell Flash and RAM
	Passed     bool   `json:",omitempty"` // it was a test
	Error      string `json:",omitempty"` // the first that TinyGo printed
}

// OK tells whether the program was built.
func (o Outcome) OK() bool { return o.Error == "" && o != (Outcome{}) }

func (o Outcome) String() string {
	switch {
	case o.Error != "":
		return strings.NewReplacer("|", `\|`, "`", "'").Replace(o.Error)
	case o.Passed:
		return "passes"
	case o.File != 0:
		return fmt.Sprintf("%s bytes", digits(o.File))
	case o == Outcome{}:
		return "not recorded"
	}
	return digits(o.Flash) + " / " + digits(o.RAM)
}

// digits writes a number with commas.
func digits(n int) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// tinygoCells has what the test of the TinyGos found, as it wrote it.
//
//go:embed tinygo.json
var tinygoCells []byte

// Cells are those that were recorded.
func Cells() ([]Cell, error) {
	var list []Cell
	if err := json.Unmarshal(tinygoCells, &list); err != nil {
		return nil, fmt.Errorf("read internal/release/matrix/tinygo.json: %w", err)
	}
	return list, nil
}

// tinygoTable is the part of docs/releases.md about TinyGo.
func tinygoTable(cells []Cell) string {
	var b strings.Builder
	b.WriteString("\n## TinyGo\n\n" +
		"Small programs, built with each TinyGo for each Go and target that `make matrix-tinygo` was run for: flash / static RAM, or the\n" +
		"first error, on the port (with `tinynet` in front) and on TinyGo's own net, which has less to offer. Where that builds, the\n" +
		"port does: the test fails otherwise. A row has the sizes of the day when it was built; today's, program by program, are in [size.md](size.md).\n\n" +
		"| TinyGo | Go | target | program | port | TinyGo's own net |\n|---|---|---|---|---|---|\n")
	for _, c := range cells {
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s |\n", c.TinyGo, c.Go, c.Target, c.Program, c.Port, c.Own)
	}
	return b.String()
}
