//go:build !tinynet_port

// Package secrecy tests that no plaintext leaves a program that asked for TLS,
// whatever the device does and however it fails. A peer records every byte that
// arrives.
//
// The tests are for the port, with each of the build tags that say who does TLS:
//
//	go run ./cmd/tinynet go test -tags "tinynet_port tlsoffload" ./conformance/secrecy
//
// Without the tag tinynet_port, the one test here runs that command.
package secrecy_test

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
	for _, dir := range []string{"assemble", "cmd", "conformance/secrecy", "netdev", "port", "toolchain"} {
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
	run := func(t *testing.T, name string, args ...string) []byte {
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
	run(t, "go", "build", "-o", tinynet, "./cmd/tinynet")
	for _, tags := range []string{"", "notls", "tlsoffload"} {
		t.Run("tags="+tags, func(t *testing.T) {
			out := run(t, tinynet, "go", "test", "-tags", "tinynet_port "+tags, "-v", "-timeout", "5m", "./conformance/secrecy")
			passed := len(regexp.MustCompile(`(?m)^ *--- PASS`).FindAll(out, -1))
			if passed < 100 {
				t.Errorf("only %d tests were run:\n%s", passed, out)
			}
			t.Logf("%d passed", passed)
		})
	}
}
