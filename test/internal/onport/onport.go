// Package onport runs tests that are about the port: in a package whose tests
// have the build tag tinynet_port, one without that tag calls [Run], so that
// go test ./... runs them all.
package onport

import (
	"context"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"github.com/tinynet/tinynet/test/internal/sources"
)

// Tests are the tests of a package.
type Tests struct {
	// Package is its folder, from the root of the module.
	Package string
	// Tags are further build tags.
	Tags []string
	// Match is what to run, as for go test -run; all if empty.
	Match string
	// Race is whether to run them with the race detector.
	Race bool
	// Timeout is for all of them.
	Timeout time.Duration
	// Least is how many have to pass, subtests among them: so that nobody is
	// content with none.
	Least int
}

// Run runs the tests on the port, with the installed Go. The calling test's
// folder has to be two below the root of the module.
func Run(t *testing.T, tests Tests) {
	t.Helper()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{"internal/assemble", "cmd", "test/internal/onport", tests.Package, "netdev", "port", "internal/toolchain"} {
		if err := sources.Watch(filepath.Join(root, dir)); err != nil {
			t.Fatal(err)
		}
	}
	// Building comes on top.
	ctx, cancel := context.WithTimeout(context.Background(), tests.Timeout+10*time.Minute)
	defer cancel()
	run := func(name string, args ...string) []byte {
		cmd := exec.CommandContext(ctx, name, args...)
		cmd.Dir = root
		cmd.WaitDelay = time.Minute
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%s: %v\n%s", cmd, err, out)
		}
		return out
	}
	tinynet := filepath.Join(t.TempDir(), "tinynet")
	run("go", "build", "-o", tinynet, "./cmd/tinynet")
	args := []string{"go", "test", "-v", "-timeout", tests.Timeout.String()}
	tags := "tinynet_port"
	for _, tag := range tests.Tags {
		tags += "," + tag
	}
	args = append(args, "-tags", tags)
	if tests.Match != "" {
		args = append(args, "-run", tests.Match)
	}
	if tests.Race {
		args = append(args, "-race")
	}
	out := run(tinynet, append(args, "./"+tests.Package)...)
	passed := len(regexp.MustCompile(`(?m)^ *--- PASS`).FindAll(out, -1))
	skipped := len(regexp.MustCompile(`(?m)^ *--- SKIP`).FindAll(out, -1))
	if passed < tests.Least {
		t.Errorf("only %d tests have passed, not %d:\n%s", passed, tests.Least, out)
	}
	t.Logf("%d passed, %d skipped", passed, skipped)
}
