//go:build !tinynet_port

// Package behaviour tests what package net promises, over the host device, the
// loopback, and simulated devices that misbehave as real ones do.
//
// The tests have the build tag tinynet_port, because they are for the port:
//
//	go run ./cmd/tinynet go test -tags tinynet_port ./conformance/behaviour
//
// Without the tag, the one test here runs that command.
package behaviour_test

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
	for _, dir := range []string{"assemble", "cmd", "conformance/behaviour", "netdev", "port", "toolchain"} {
		err := filepath.WalkDir(filepath.Join(root, dir), func(path string, _ fs.DirEntry, err error) error {
			os.Stat(path)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), 15*time.Minute)
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
	args := []string{"go", "test", "-tags", "tinynet_port", "-v", "-timeout", "5m"}
	if raceDetector {
		args = append(args, "-race")
	}
	out := run(tinynet, append(args, "./conformance/behaviour")...)
	passed := len(regexp.MustCompile(`(?m)^ *--- PASS`).FindAll(out, -1))
	skipped := len(regexp.MustCompile(`(?m)^ *--- SKIP`).FindAll(out, -1))
	if passed < 200 {
		t.Errorf("only %d tests were run:\n%s", passed, out)
	}
	t.Logf("%d passed, %d skipped", passed, skipped)
}
