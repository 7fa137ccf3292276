// Bench measures the port against Go's own packages: it builds netbench twice,
// on the port and on Go's own, and has the two work in turn, in slices of a
// twentieth of a second, so that what else the computer does hits both.
//
//	go run ./bench
//	go run ./bench -device loopback
//	go run ./bench -tinygonet DIR
//
// The second measures the port's built-in loopback against Go's own packages
// on the system's loopback; the third http.Get of the port against that of
// tinygo-net, over one and the same simple device (package getbench).
//
// docs/benchmarks.md has what came of it, and what the table says.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/tinynet/tinynet/internal/toolchain"
)

type options struct {
	run       *regexp.Regexp
	pairs     int
	slice     time.Duration
	device    string
	least     float64
	tinygonet string
	release   string
	keep      string
}

func main() {
	log.SetFlags(0)
	log.SetPrefix("bench: ")
	var o options
	run := flag.String("run", "", "only measurements whose name matches this regular `expression`")
	flag.IntVar(&o.pairs, "pairs", 60, "how many `slices` each side has of each measurement")
	flag.DurationVar(&o.slice, "slice", 50*time.Millisecond, "how long a slice takes on Go's side")
	flag.StringVar(&o.device, "device", "host", "the port's `device`: host or loopback")
	flag.Float64Var(&o.least, "least", 0, "fail if the port has less than this `ratio` of the speed anywhere, by the clock and by processor time")
	flag.StringVar(&o.tinygonet, "tinygonet", "", "measure http.Get against tinygo-net, of which `folder` is a checkout")
	flag.StringVar(&o.release, "go", "", "the `release` of Go for both sides, such as 1.25.11 (default: the installed one)")
	flag.StringVar(&o.keep, "keep", "", "leave the programs that were measured in this `folder`")
	flag.Usage = func() {
		fmt.Fprintf(flag.CommandLine.Output(), "Usage: go run ./bench [flags]\n\nMeasure the port against Go's own net, net/http and crypto/tls, side by side.\n\n")
		flag.PrintDefaults()
	}
	flag.Parse()
	usage := func(format string, args ...any) {
		log.Printf(format, args...)
		os.Exit(2)
	}
	var err error
	switch o.run, err = regexp.Compile(*run); {
	case err != nil:
		usage("-run: %v", err)
	case flag.NArg() > 0:
		flag.Usage()
		os.Exit(2)
	case o.device != "host" && o.device != "loopback":
		usage("there is no device %q: it is host or loopback", o.device)
	case o.tinygonet != "" && o.device != "host":
		usage("with -tinygonet, the device is a simple one on both sides")
	case o.pairs < 1:
		usage("-pairs %d: at least one is needed", o.pairs)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	low, err := o.measure(ctx, os.Stdout)
	if err != nil {
		log.Fatal(err)
	}
	if low < o.least {
		log.Fatalf("the lowest ratio is %.2f, and %.2f is to be reached", low, o.least)
	}
}

// measure prints the table, and gives the lowest speed in it: of each row the
// better one by clock and processor time, because other work on the computer
// spoils the first and a program that waits has a good second.
func (o *options) measure(ctx context.Context, w io.Writer) (lowest float64, err error) {
	dir := o.keep
	if dir == "" {
		if dir, err = os.MkdirTemp("", "bench"); err != nil {
			return 0, err
		}
		defer os.RemoveAll(dir)
	}
	go1, err := toolchain.Find(ctx, toolchain.Query{Release: o.release})
	if err != nil {
		return 0, err
	}
	b := &builder{ctx: ctx, dir: dir, tc: go1, release: o.release}
	if o.tinygonet != "" {
		return o.measureGet(ctx, w, b)
	}
	const program = "github.com/tinynet/tinynet/bench/netbench"
	theirs, err := b.plain("go", program)
	if err != nil {
		return 0, err
	}
	tags := ""
	if o.device == "loopback" {
		tags = "nohostnet"
	}
	ours, err := b.port("port", program, tags)
	if err != nil {
		return 0, err
	}
	fmt.Fprintf(w, "%s %s/%s, %d CPUs, %d slices of %v in turn\n\n", go1.Version, runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), o.pairs, o.slice)
	t, err := o.table(ctx, side{"Go", theirs}, side{"port", ours})
	if err != nil {
		return 0, err
	}
	if err := t.print(w); err != nil {
		return 0, err
	}
	if o.run.MatchString("open-connection") {
		if err := openConnections(ctx, w, o.device, theirs, ours); err != nil {
			return 0, err
		}
	}
	return t.lowest(), nil
}

func openConnections(ctx context.Context, w io.Writer, device, theirs, ours string) error {
	n := map[string]string{"go": "1000", "port": "1000"}
	if device == "loopback" {
		n["port"] = "10000" // no file descriptors in the way
	}
	bytes := map[string]string{}
	for name, program := range map[string]string{"go": theirs, "port": ours} {
		out, err := exec.CommandContext(ctx, program, "-open", n[name]).Output()
		if err != nil {
			return fmt.Errorf("hold %s connections open: %w", n[name], err)
		}
		bytes[name] = strings.TrimSpace(string(out))
	}
	_, err := fmt.Fprintf(w, "\nHeap of an open connection, both ends: Go %s B (of %s), port %s B (of %s)\n", bytes["go"], n["go"], bytes["port"], n["port"])
	return err
}

// A builder builds programs with one release of Go.
type builder struct {
	ctx context.Context
	dir string
	tc  *toolchain.Toolchain

	release string // as it was asked for, if it was
}

// plain builds a program on Go's own packages, or on what flags make of them.
func (b *builder) plain(name, program string, flags ...string) (string, error) {
	gocmd, err := b.tc.Command()
	if err != nil {
		return "", err
	}
	file := filepath.Join(b.dir, name)
	cmd := exec.CommandContext(b.ctx, gocmd, append(append([]string{"build", "-o", file}, flags...), program)...)
	cmd.Env = b.tc.Environ()
	return file, build(cmd)
}

// port builds a program on the port.
func (b *builder) port(name, program, tags string) (string, error) {
	file := filepath.Join(b.dir, name)
	args := []string{"run", "github.com/tinynet/tinynet/cmd/tinynet", "go"}
	if b.release != "" {
		args = append(args, "-go", b.release)
	}
	return file, build(exec.CommandContext(b.ctx, "go", append(args, "build", "-tags", tags, "-o", file, program)...))
}

func build(cmd *exec.Cmd) error {
	cmd.Stderr = os.Stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%s: %w", strings.Join(cmd.Args, " "), err)
	}
	return nil
}

// A side is one of the two programs that are compared.
type side struct{ name, program string }

// A row is a measurement that both sides have made.
type row struct {
	name, unit      string
	size            float64
	theirs, ours    figures
	speed, cpuSpeed spread // ours against theirs
}

// figures are the medians of one side, for an operation.
type figures struct {
	wall, cpu     time.Duration
	allocs, bytes float64
}

func (r *row) perSecond(f figures) string {
	return strconv.FormatFloat(r.size/f.wall.Seconds(), 'f', 0, 64) + " " + r.unit
}

type table struct {
	theirs, ours string
	rows         []row
}

// lowest is what -least looks at.
func (t *table) lowest() float64 {
	low := 0.0
	for i, r := range t.rows {
		if best := max(r.speed.median, r.cpuSpeed.median); i == 0 || best < low {
			low = best
		}
	}
	return low
}

func (t *table) print(w io.Writer) error {
	tw := tabwriter.NewWriter(w, 0, 0, 1, ' ', 0)
	a, b := t.theirs, t.ours
	fmt.Fprintf(tw, "| measurement\t| %s\t| %s\t| ratio\t| CPU/op %s\t| %s\t| ratio\t| allocs/op %s\t| %s\t| bytes/op %s\t| %s\t|\n", a, b, a, b, a, b, a, b)
	fmt.Fprintln(tw, "|---"+strings.Repeat("\t|---", 10)+"\t|")
	for _, r := range t.rows {
		g, p := r.theirs, r.ours
		fmt.Fprintf(tw, "| %s\t| %s\t| %s\t| %v\t| %s\t| %s\t| %v\t| %.1f\t| %.1f\t| %.0f\t| %.0f\t|\n", r.name, r.perSecond(g), r.perSecond(p), r.speed,
			duration(g.cpu), duration(p.cpu), r.cpuSpeed, g.allocs, p.allocs, g.bytes, p.bytes)
	}
	return tw.Flush()
}

func duration(d time.Duration) string {
	if d >= time.Millisecond {
		return fmt.Sprintf("%.1f ms", float64(d)/1e6)
	}
	return fmt.Sprintf("%.1f µs", float64(d)/1e3)
}
