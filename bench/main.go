// Bench measures the port against Go's own packages, on the same sockets of
// this computer: it builds netbench twice and runs the two in turn, so that
// what else the computer does hits both, and prints the medians as a table.
//
//	go run ./bench
//	go run ./bench -device loopback
//
// The second measures the port's built-in loopback against Go's own packages
// on the system's loopback.
//
// It takes about a minute. Ratios of 0.9 and more are what docs/benchmarks.md
// promises; -least makes it fail below.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
)

type result struct {
	Name        string  `json:"name"`
	PerSecond   float64 `json:"per_second"`
	Unit        string  `json:"unit"`
	AllocsPerOp float64 `json:"allocs_per_op"`
	BytesPerOp  float64 `json:"bytes_per_op"`
	CPUPerOp    float64 `json:"cpu_ns_per_op"`
}

func main() {
	log.SetFlags(0)
	log.SetPrefix("bench: ")
	runs := flag.Int("runs", 7, "how many times each measurement is made on either side")
	each := flag.Duration("time", 400*time.Millisecond, "how long a measurement takes at least")
	match := flag.String("match", "*", "only measurements whose name matches this `pattern`")
	device := flag.String("device", "host", "the port's `device`: host or loopback")
	least := flag.Float64("least", 0, "fail if the port is slower than this `ratio` of Go anywhere")
	flag.Usage = func() {
		fmt.Fprintf(flag.CommandLine.Output(), "Usage: go run ./bench [flags]\n\nMeasure the port against Go's own net and net/http, side by side.\n\n")
		flag.PrintDefaults()
	}
	flag.Parse()
	tags := map[string]string{"host": "", "loopback": "nohostnet"}
	if _, ok := tags[*device]; !ok {
		log.Printf("there is no device %q: it is host or loopback", *device)
		os.Exit(2)
	}
	if flag.NArg() > 0 {
		flag.Usage()
		os.Exit(2)
	}
	low, err := compare(os.Stdout, tags[*device], *runs, *each, *match)
	if err != nil {
		log.Fatal(err)
	}
	if low < *least {
		log.Fatalf("the lowest ratio is %.2f, and %.2f is to be reached", low, *least)
	}
}

// compare prints the table, and gives the lowest ratio in it.
func compare(w io.Writer, tags string, runs int, each time.Duration, match string) (lowest float64, err error) {
	dir, err := os.MkdirTemp("", "bench")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	ours, theirs := filepath.Join(dir, "port"), filepath.Join(dir, "go")
	const program = "github.com/tinynet/tinynet/bench/netbench"
	for _, build := range [][]string{
		{"build", "-o", theirs, program},
		{"run", "github.com/tinynet/tinynet/cmd/tinynet", "go", "build", "-tags", tags, "-o", ours, program},
	} {
		cmd := exec.Command("go", build...)
		cmd.Stderr = os.Stderr
		if err := cmd.Run(); err != nil {
			return 0, fmt.Errorf("go %s: %w", strings.Join(build, " "), err)
		}
	}
	var names []string
	all := map[string]map[string][]result{ours: {}, theirs: {}}
	for i := 0; i < runs; i++ {
		order := []string{ours, theirs}
		if i%2 == 1 {
			order = []string{theirs, ours}
		}
		for _, binary := range order {
			results, err := run(binary, "-time", each.String(), "-match", match)
			if err != nil {
				return 0, err
			}
			for _, r := range results {
				if i == 0 && binary == ours {
					names = append(names, r.Name)
				}
				all[binary][r.Name] = append(all[binary][r.Name], r)
			}
		}
	}
	fmt.Fprintf(w, "%s %s/%s, %d CPUs, best of %d runs of %v in turn\n\n", runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), runs, each)
	tw := tabwriter.NewWriter(w, 0, 0, 1, ' ', 0)
	fmt.Fprintln(tw, "| measurement\t| Go\t| port\t| ratio\t| CPU/op Go\t| port\t| ratio\t| allocs/op Go\t| port\t| bytes/op Go\t| port\t|")
	fmt.Fprintln(tw, "|---\t|---\t|---\t|---\t|---\t|---\t|---\t|---\t|---\t|---\t|---\t|")
	for i, name := range names {
		g, p := best(all[theirs][name]), best(all[ours][name])
		ratio := p.PerSecond / g.PerSecond
		if i == 0 || ratio < lowest {
			lowest = ratio
		}
		fmt.Fprintf(tw, "| %s\t| %.0f %s\t| %.0f %s\t| %.2f\t| %.1f µs\t| %.1f µs\t| %.2f\t| %.1f\t| %.1f\t| %.0f\t| %.0f\t|\n", name, g.PerSecond, g.Unit, p.PerSecond, p.Unit,
			ratio, g.CPUPerOp/1e3, p.CPUPerOp/1e3, g.CPUPerOp/p.CPUPerOp, g.AllocsPerOp, p.AllocsPerOp, g.BytesPerOp, p.BytesPerOp)
	}
	if err := tw.Flush(); err != nil {
		return 0, err
	}
	open := 1000
	if tags != "" {
		open = 10000 // no file descriptors in the way
	}
	g, err := run(theirs, "-open", "1000")
	if err != nil {
		return 0, err
	}
	p, err := run(ours, "-open", strconv.Itoa(open))
	if err != nil {
		return 0, err
	}
	fmt.Fprintf(w, "\nHeap of an open connection, both ends: Go %.0f B (of 1000), port %.0f B (of %d)\n", g[0].BytesPerOp, p[0].BytesPerOp, open)
	return lowest, nil
}

func run(binary string, args ...string) ([]result, error) {
	cmd := exec.Command(binary, args...)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Base(binary), err)
	}
	var results []result
	for s := bufio.NewScanner(bytes.NewReader(out)); s.Scan(); {
		var r result
		if err := json.Unmarshal(s.Bytes(), &r); err != nil {
			return nil, err
		}
		results = append(results, r)
	}
	return results, nil
}

// best takes each figure's own best: what else runs on the computer only ever
// makes it worse.
func best(rs []result) result {
	m := rs[0]
	for _, r := range rs[1:] {
		m.PerSecond = max(m.PerSecond, r.PerSecond)
		m.CPUPerOp = min(m.CPUPerOp, r.CPUPerOp)
		m.AllocsPerOp = min(m.AllocsPerOp, r.AllocsPerOp)
		m.BytesPerOp = min(m.BytesPerOp, r.BytesPerOp)
	}
	return m
}
