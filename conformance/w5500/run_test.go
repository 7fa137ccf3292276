//go:build !tinynet_port

// Package w5500 runs the driver tinygo.org/x/drivers/w5500, unchanged, under
// package net and over a simulated chip.
//
// The tests have the build tag tinynet_port, because they are for the port:
//
//	go run ./cmd/tinynet go test -tags tinynet_port ./conformance/w5500
//
// Without the tag, the one test here runs that command.
package w5500_test

import (
	"context"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"
	"time"
)

func TestOnPort(t *testing.T) {
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	// The go command sees which files a test looks at, and keeps its result
	// until one of them changes.
	for _, dir := range []string{"assemble", "cmd", "conformance/w5500", "netdev", "port", "toolchain"} {
		err := filepath.WalkDir(filepath.Join(root, dir), func(path string, _ fs.DirEntry, err error) error {
			os.Stat(path)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
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
	args := []string{"go", "test", "-tags", "tinynet_port", "-v", "-timeout", "3m"}
	if raceDetector {
		args = append(args, "-race")
	}
	out := run(tinynet, append(args, "./conformance/w5500")...)
	passed := len(regexp.MustCompile(`(?m)^ *--- PASS`).FindAll(out, -1))
	if passed < 40 {
		t.Errorf("only %d tests were run:\n%s", passed, out)
	}
	t.Logf("%d passed", passed)
}
