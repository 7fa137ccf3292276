package main

import (
	"context"

	"github.com/peterbourgon/ff/v3/ffcli"

	"github.com/tinynet/tinynet/assemble"
	"github.com/tinynet/tinynet/toolchain"
)

func (t *tool) goCommand() *ffcli.Command {
	return t.command("go", "tinynet go [-go VERSION | -goroot DIR] ARGS...", "run the go command with the port in place of the standard packages", `
Everything after the options is for the go command, which sees the port by way
of -overlay in GOFLAGS. It is the go command that the current folder's go.mod
asks for, and it stays with that release. An -overlay of your own is joined to
the port's.

Examples:
  tinynet go build ./...
  tinynet go test -race ./...
  tinynet go -go 1.25.11 test net/http
  tinynet go vet net`,
		t.goExec)
}

func (t *tool) goExec(ctx context.Context, args []string) error {
	g := parseGoArgs(args)
	tc, root, err := t.toolchain(ctx, g.dir)
	if err != nil {
		return err
	}
	gocmd, err := tc.Command()
	if err != nil {
		return err
	}
	o, cache, err := t.overlay(root)
	if err != nil {
		return err
	}
	flags, err := withOverlay(tc, o, g, cache)
	if err != nil {
		return err
	}
	return t.replace(ctx, gocmd, append([]string{gocmd}, g.args...), toolchain.Setenv(tc.Environ(), "GOFLAGS", flags))
}

// withOverlay is GOFLAGS with the port's overlay, joined to the user's if he
// has one. On the command line it counts more than in GOFLAGS.
func withOverlay(tc *toolchain.Toolchain, o *assemble.Overlay, g goArgs, cache string) (string, error) {
	words, err := splitFlags(tc.Flags)
	if err != nil {
		return "", err
	}
	words, user := withoutOverlay(words)
	if g.overlay != "" {
		user = g.overlay
	}
	file := o.JSON
	if user != "" {
		if file, err = mergeOverlays(o.JSON, user, g.dir, cache); err != nil {
			return "", err
		}
	}
	return joinFlags(append(words, "-overlay="+file))
}

// replace goes on as another program.
func (t *tool) replace(ctx context.Context, path string, args, env []string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	t.progress.stop()
	status, err := t.become(path, args, env)
	if err != nil {
		return err
	}
	return exitError(status)
}
