package docs_test

import (
	"bytes"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
)

// TestReadmeTree holds the listing in the README against the command that
// prints it. It is that of one release: with another it is skipped.
func TestReadmeTree(t *testing.T) {
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(readme), "<!-- tree ")
	release, rest, found2 := strings.Cut(rest, " -->\n```text\n")
	listing, _, found3 := strings.Cut(rest, "```\n<!-- end -->")
	if !found || !found2 || !found3 {
		t.Fatal("README.md has no listing between its markers")
	}
	if runtime.Version() != "go"+release {
		t.Skipf("the README lists the port from Go %s, and this is %s", release, runtime.Version())
	}
	var stderr bytes.Buffer
	cmd := exec.Command("go", "run", "../cmd/tinynet", "tree")
	cmd.Stderr = &stderr
	want, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s", cmd, err, &stderr)
	}
	if listing != string(want) {
		t.Errorf("the listing in README.md is not what %s prints; put this there:\n%s", cmd, want)
	}
}
