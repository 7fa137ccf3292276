package main

import (
	"context"
	"errors"
	"go/version"
	"path/filepath"
	"strings"

	"github.com/peterbourgon/ff/v3/ffcli"

	"github.com/tinynet/tinynet/internal/assemble"
	"github.com/tinynet/tinynet/internal/toolchain"
)

func (t *tool) goCommand() *ffcli.Command {
	return t.command("go", "tinynet go [-go VERSION | -goroot DIR] ARGS...", "run the go command with the port in place of the standard packages", `
Everything after the options is for the go command, which sees the port by way
of -overlay in GOFLAGS. It is the go command that the current folder's go.mod
asks for, and it stays with that release. An -overlay of your own is joined to
the port's.

Go's cover does not know overlays either: with -cover, -coverpkg and their kin,
the port is in a Go root made of links instead.

The vet of Go 1.23 does not know overlays. With that release, vet gets the
standard packages, and test does not vet unless -vet is given.

Examples:
  tinynet go build ./...
  tinynet go test -race ./...
  tinynet go -go 1.25.11 test net/http
  tinynet go test -coverpkg=net/http .
  tinynet go vet net`,
		t.goExec)
}

func (t *tool) goExec(ctx context.Context, args []string) error {
	g := parseGoArgs(args)
	b, err := t.builder(ctx, g)
	if err != nil {
		return err
	}
	if g.cover {
		// Go's cover reads the files of a package by their names, whatever an
		// overlay says.
		if b, err = t.rootBuilder(ctx, g, b); err != nil {
			return err
		}
	}
	return t.replace(ctx, b.gocmd, append([]string{b.gocmd}, g.args...), b.env)
}

// A builder is a go command that builds on the port.
type builder struct {
	gocmd string
	env   []string
	cache string
	tags  string // from GOFLAGS

	release string // of Go
}

// builder assembles the port for the go command with these arguments.
func (t *tool) builder(ctx context.Context, g goArgs) (*builder, error) {
	tc, root, err := t.toolchain(ctx, g.dir)
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
	if g.overlay != "" { // counts more than GOFLAGS
		user = g.overlay
	}
	p, err := t.placed(tc, root, user, g.dir)
	if err != nil {
		return nil, err
	}
	file := p.overlay
	// The vet of Go 1.23 looks for the files of an overlay in the places that
	// they stand in for, and fails for the added ones.
	if v := root.Version; version.IsValid(v) && version.Compare(v, "go1.24") < 0 && len(g.args) > 0 {
		switch g.args[0] {
		case "vet":
			file = user
		case "test":
			words = append([]string{"-vet=off"}, words...) // the user's own counts more
		}
	}
	if file != "" {
		words = append(words, "-overlay="+file)
	}
	flags, err := joinFlags(words)
	if err != nil {
		return nil, err
	}
	gocmd, err := p.tc.Command()
	tags := ""
	for _, word := range words {
		if name, value, _ := strings.Cut(strings.TrimLeft(word, "-"), "="); name == "tags" {
			tags = value
		}
	}
	return &builder{gocmd: gocmd, env: toolchain.Setenv(p.tc.Environ(), "GOFLAGS", flags), cache: p.cache, tags: tags, release: root.Version}, err
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
