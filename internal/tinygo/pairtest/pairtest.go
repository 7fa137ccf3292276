// Package pairtest is for tests that call tinygo itself, which uses the Go on PATH, and
// may refuse that: only tinynet looks for another.
package pairtest

import (
	"context"
	"errors"
	"os"
	"testing"

	"github.com/tinynet/tinynet/internal/release/matrix"
	"github.com/tinynet/tinynet/internal/tinygo"
	"github.com/tinynet/tinynet/internal/toolchain"
)

// Environ is an environment in which the tinygo on PATH finds a Go that it takes: that
// on PATH, or else the one that tinynet would choose. It has no GOROOT. Where no such
// Go can be had, the test is skipped.
func Environ(t testing.TB) []string {
	t.Helper()
	ctx := context.Background()
	// go test names its own Go there.
	env := toolchain.Unsetenv(os.Environ(), "GOROOT")
	tg, err := tinygo.Find(ctx, "", env)
	if err != nil {
		t.Fatal(err)
	}
	var refused *tinygo.RefusedError
	if err := tg.Accepts(ctx, env); err == nil {
		return env
	} else if !errors.As(err, &refused) {
		t.Fatal(err)
	}
	release := tinygo.Best(matrix.Releases, refused.Oldest, refused.Newest)
	if release == "" {
		t.Skipf("the tinygo on PATH refuses the Go on PATH: %s", refused.Said)
	}
	tc, err := toolchain.Find(ctx, toolchain.Query{Release: release})
	if err != nil {
		t.Skipf("the tinygo on PATH refuses the Go on PATH (%s), and Go %s can't be had: %v", refused.Said, release, err)
	}
	return toolchain.Unsetenv(tc.EnvironFor(), "GOROOT")
}
