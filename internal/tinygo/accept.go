package tinygo

import (
	"bytes"
	"context"
	"fmt"
	"os/exec"
	"strings"
	"time"

	"github.com/tinynet/tinynet/internal/assemble"
)

// Accepts asks TinyGo whether it builds with its Go, in the environment that it
// will run in. The error for one that it refuses is a [*RefusedError].
func (t *TinyGo) Accepts(ctx context.Context, env []string) error {
	// The least that makes it look at the release; it builds nothing.
	cmd := exec.CommandContext(ctx, t.Command, "info")
	cmd.Env = env
	cmd.WaitDelay = 2 * time.Second
	out, err := cmd.CombinedOutput()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err == nil {
		return nil
	}
	if said, oldest, newest, ok := refusal(out); ok {
		return &RefusedError{TinyGo: t.Command, Root: t.Goroot, Said: said, Oldest: oldest, Newest: newest}
	}
	return nil // whatever it is, the build will say it better
}

// Version is TinyGo's own line about itself, such as "tinygo version 0.35.0
// linux/amd64 (using go version go1.23.12 and LLVM version 16.0.6)".
func (t *TinyGo) Version(ctx context.Context, env []string) (string, error) {
	cmd := exec.CommandContext(ctx, t.Command, "version")
	cmd.Env = env
	cmd.WaitDelay = 2 * time.Second
	out, err := cmd.Output()
	line, _, _ := bytes.Cut(out, []byte("\n"))
	return strings.TrimSpace(string(line)), err
}

// release is the release that TinyGo's line about itself names: the port is made
// for it.
func (t *TinyGo) release(ctx context.Context, env []string) (string, error) {
	line, err := t.Version(ctx, env)
	if ctx.Err() != nil {
		return "", ctx.Err()
	}
	if err != nil {
		return "", fmt.Errorf("ask %s for its version: %w\n%s", t.Command, err, installHint)
	}
	rest, ok := strings.CutPrefix(line, "tinygo version ")
	release, _, _ := strings.Cut(rest, " ")
	if !ok {
		return "", fmt.Errorf("ask %s for its version: it printed %q\nIs it a tinygo command? %s", t.Command, line, installHint)
	}
	if err := assemble.CheckTinyGo(release); err != nil {
		return "", fmt.Errorf("use %s: %w\n%s", t.Command, err, installHint)
	}
	return release, nil
}
