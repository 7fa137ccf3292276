// Report reads what `go test -json` writes and prints what plain `go test`
// prints, and then what go test keeps to itself: which tests were skipped, and
// why. Its exit status is 1 if a test failed, if there was none, or if one of
// those named by -must did not run.
package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"regexp"
	"strings"
)

// An event is a line of go test -json.
type event struct {
	Action, Package, Test, Output string
}

// listed is how many skipped tests of a package are named one by one.
const listed = 20

var reason = regexp.MustCompile(`^\s*\S+\.go:\d+: (.*)`)

func main() {
	must := flag.String("must", "", "the `tests`, separated by commas, that have to be run, not skipped")
	flag.Parse()
	missing := map[string]bool{}
	for _, name := range strings.FieldsFunc(*must, func(r rune) bool { return r == ',' }) {
		missing[name] = true
	}

	var skipped []string
	skips := map[string]int{}
	output := map[[2]string][]string{} // of a test not ended yet, and of a package's own
	passed, failed := 0, 0
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(nil, 64<<20)
	for in.Scan() {
		var e event
		if json.Unmarshal(in.Bytes(), &e) != nil {
			fmt.Println(in.Text())
			continue
		}
		key := [2]string{e.Package, e.Test}
		switch {
		case e.Action == "build-output":
			fmt.Print(e.Output)
		case e.Action == "output":
			output[key] = append(output[key], e.Output)
		case e.Test == "" && (e.Action == "pass" || e.Action == "skip"):
			for _, line := range output[key] {
				if strings.HasPrefix(line, "ok  \t") || strings.HasPrefix(line, "?   \t") {
					fmt.Print(line)
				}
			}
			delete(output, key)
		case e.Test == "" && e.Action == "fail":
			failed++
			for k, lines := range output { // of tests that a panic left unfinished
				if k[0] == e.Package && k[1] != "" {
					fmt.Print(strings.Join(lines, ""))
				}
			}
			fmt.Print(strings.Join(output[key], ""))
			delete(output, key)
		case e.Action == "pass":
			passed++
			delete(missing, e.Test)
			delete(output, key)
		case e.Action == "fail":
			failed++
			delete(missing, e.Test)
			fmt.Print(strings.Join(output[key], ""))
			delete(output, key)
		case e.Action == "skip":
			if skips[e.Package]++; skips[e.Package] <= listed {
				why := "no reason given"
				for _, line := range output[key] {
					if m := reason.FindStringSubmatch(line); m != nil && m[1] != "" {
						why = m[1]
					}
				}
				skipped = append(skipped, e.Package+" "+e.Test+": "+why)
			}
			delete(output, key)
		}
	}

	total := 0
	for pkg, n := range skips {
		total += n
		if n > listed {
			skipped = append(skipped, fmt.Sprintf("%s: %d more", pkg, n-listed))
		}
	}
	for _, line := range skipped {
		fmt.Println("skipped:", line)
	}
	for name := range missing {
		failed++
		fmt.Println("not run, but it has to be here:", name)
	}
	if err := in.Err(); err != nil {
		failed++
		fmt.Println("reading the results:", err)
	}
	fmt.Printf("%d passed, %d failed, %d skipped\n", passed, failed, total)
	if failed > 0 || passed == 0 {
		os.Exit(1)
	}
}
