package main

import (
	"context"
	"errors"
	"path/filepath"

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
	b, err := t.builder(ctx, g.dir, g.overlay)
	if err != nil {
		return err
	}
	return t.replace(ctx, b.gocmd, append([]string{b.gocmd}, g.args...), b.env)
}

// A builder is a go command that builds on the port.
type builder struct {
	gocmd string
	env   []string
	cache string
}

// builder assembles the port for the go command of a folder. The overlay is the
// user's from the command line, where it counts more than in GOFLAGS.
func (t *tool) builder(ctx context.Context, dir, overlay string) (*builder, error) {
	tc, root, err := t.toolchain(ctx, dir)
	if err != nil {
		return nil, err
	}
	if _, err := tc.Command(); err != nil {
		return nil, err
	}
	if tc.ModCache == "" {
		// The go command's own words would be that all files are in its module
		// cache, which has no name.
		return nil, errors.New("the go command has no module cache: set HOME, or GOPATH and GOCACHE")
	}
	words, err := splitFlags(tc.Flags)
	if err != nil {
		return nil, err
	}
	words, user := withoutOverlay(words)
	if overlay != "" {
		user = overlay
	}
	p, err := t.placed(tc, root, user, dir)
	if err != nil {
		return nil, err
	}
	flags, err := joinFlags(append(words, "-overlay="+p.overlay))
	if err != nil {
		return nil, err
	}
	gocmd, err := p.tc.Command()
	return &builder{gocmd: gocmd, env: toolchain.Setenv(p.tc.Environ(), "GOFLAGS", flags), cache: p.cache}, err
}

// A placed port is one that a toolchain can build on.
type placed struct {
	tc      *toolchain.Toolchain // by the path that the overlay has
	fetched bool                 // that path is not the one it was found by
	overlay string               // file
	cache   string
}

func (t *tool) placed(tc *toolchain.Toolchain, root assemble.Goroot, user, dir string) (*placed, error) {
	o, cache, err := t.overlay(root)
	if err != nil {
		return nil, err
	}
	linked, err := tc.Outside(filepath.Join(cache, "goroot"))
	if err != nil {
		return nil, err
	}
	s := overlaySource{port: o.JSON, root: root.Dir, by: root.Dir, user: user, dir: dir}
	if linked != tc {
		s.by = linked.Root
	}
	file, err := s.write(cache)
	return &placed{linked, linked != tc, file, cache}, err
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
