//go:build !tinynet_port

// Package interop has crypto/tls of the port talk to others: OpenSSL, and Go's
// own crypto/tls, as client and as server.
//
// The tests are for the port:
//
//	go test ./test/interop
//
// builds this package with Go's own TLS, to be the peer, and then runs
//
//	go run ./cmd/tinynet go test -tags tinynet_port ./test/interop
//
// once as it is, once with tlssmall, which leaves out what boards leave out, and once
// as if on a board.
package interop_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"github.com/tinynet/tinynet/test/internal/sources"
)

func TestMain(m *testing.M) {
	if role := os.Getenv(peerVar); role != "" {
		if err := actAsPeer(role); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func TestOnPort(t *testing.T) {
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{"internal/assemble", "cmd", "test/interop", "port", "internal/toolchain"} {
		if err := sources.Watch(filepath.Join(root, dir)); err != nil {
			t.Fatal(err)
		}
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 15*time.Minute)
	defer cancel()
	run := func(t *testing.T, name string, args ...string) []byte {
		cmd := exec.CommandContext(ctx, name, args...)
		cmd.Dir = root
		cmd.Env = append(os.Environ(), peerVar+"_BINARY="+self)
		cmd.WaitDelay = time.Minute
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%s: %v\n%s", cmd, err, out)
		}
		return out
	}
	tinynet := filepath.Join(t.TempDir(), "tinynet")
	run(t, "go", "build", "-o", tinynet, "./cmd/tinynet")
	for _, how := range []struct{ tags, match string }{
		{"", "."}, {"tlssmall", "."},
		{"tlssmall tinynet_board", "Sessions|Pieces|Records|Resumption|Truncated"}, // what a board does in another way
	} {
		t.Run("tags="+how.tags, func(t *testing.T) {
			out := run(t, tinynet, "go", "test", "-count=1", "-tags", "tinynet_port "+how.tags, "-run", how.match, "-v", "-timeout", "5m", "./test/interop")
			passed := len(regexp.MustCompile(`(?m)^ *--- PASS`).FindAll(out, -1))
			skipped := regexp.MustCompile(`(?m)^ *--- SKIP.*`).FindAll(out, -1)
			if passed < 20 {
				t.Errorf("only %d tests were run:\n%s", passed, out)
			}
			t.Logf("%d passed, skipped: %s", passed, skipped)
		})
	}
}
