package main

import (
	"bytes"
	"context"
	"fmt"

	"github.com/peterbourgon/ff/v3/ffcli"

	"github.com/tinynet/tinynet/internal/assemble"
	"github.com/tinynet/tinynet/internal/release/compare"
	"github.com/tinynet/tinynet/internal/release/matrix"
	"github.com/tinynet/tinynet/internal/toolchain"
)

func (t *tool) compareCommand() *ffcli.Command {
	var page string
	c := t.command("compare", "tinynet compare [-md FILE] [-go VERSION | -goroot DIR] [PKG...]", "compare the port's declarations with Go's", `
For each package it counts the declarations that are Go's own, edited, replaced,
dropped, omitted with their file, and added, and lists each change with its
reason. This is found in the texts of the assembled port and of Go: if anything
differs that no manifest explains, it is listed and the exit status is 1.

The share is of the declarations in the files that the port takes.

-md writes docs/port.md, which is about all supported releases; they are fetched
if they are not here.

Examples:
  tinynet compare
  tinynet compare -go 1.25.11 net/http
  tinynet compare -md docs/port.md`,
		func(ctx context.Context, args []string) error {
			if page == "" {
				r, err := t.compare(ctx)
				if err == nil {
					if wrong := r.Only(args); wrong != nil {
						return usagef("%s", wrong)
					}
					err = r.WriteText(t.stdout)
				}
				if err == nil && len(r.Unexplained()) > 0 {
					err = exitError(statusFailed)
				}
				return err
			}
			if len(args) > 0 || t.goRelease != "" || t.goRoot != "" {
				return usagef("-md is about all packages and releases; leave out the others")
			}
			var reports []*compare.Report
			for _, release := range matrix.Releases {
				t.goRelease = release
				r, err := t.compare(ctx)
				if err != nil {
					return err
				}
				if un := r.Unexplained(); len(un) > 0 {
					return fmt.Errorf("compare the port with Go %s: no operation of a manifest explains that %s", release, un[0])
				}
				reports = append(reports, r)
			}
			var b bytes.Buffer
			if err := compare.WritePage(&b, reports); err != nil {
				return err
			}
			if err := writeFile(page, b.Bytes()); err != nil {
				return fmt.Errorf("write the comparison: %w", err)
			}
			return nil
		})
	c.FlagSet.StringVar(&page, "md", "", "write the page docs/port.md to `FILE`")
	return c
}

// compare compares the port with the Go that -go and -goroot choose.
func (t *tool) compare(ctx context.Context) (*compare.Report, error) {
	_, root, err := t.toolchain(ctx, "")
	if err != nil {
		return nil, err
	}
	tree, err := t.tree(root)
	if err != nil {
		return nil, err
	}
	m, err := assemble.LoadManifest(t.port)
	if err != nil {
		return nil, err
	}
	s, err := assemble.LookFor(m, root)
	if err != nil {
		return nil, err
	}
	return compare.Compare(tree, s, root)
}

// release finds a Go by its release or its folder.
func (t *tool) release(ctx context.Context, name, dir string) (*toolchain.Toolchain, assemble.Goroot, error) {
	t.goRelease, t.goRoot = name, dir
	return t.toolchain(ctx, "")
}
