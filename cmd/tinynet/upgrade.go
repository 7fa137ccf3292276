package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/peterbourgon/ff/v3/ffcli"

	"github.com/tinynet/tinynet/assemble"
	"github.com/tinynet/tinynet/conformance/matrix"
	"github.com/tinynet/tinynet/record"
)

type upgradeOptions struct {
	from, to string
	record   string
	accept   bool
	refresh  bool
}

func (t *tool) upgradeCommand() *ffcli.Command {
	var opt upgradeOptions
	c := t.command("upgrade", "tinynet upgrade -from A -to B [OPTIONS]", "say what another Go release means for the port", `
-refresh is for after a change of a manifest: it looks anew at the releases that
the record has, and at those that are supported, and writes the record.`,
		func(ctx context.Context, args []string) error {
			if err := noArgs(args); err != nil {
				return err
			}
			switch {
			case opt.refresh:
				return t.refresh(ctx, opt)
			}
			return usagef("-refresh is all that it does yet")
		})
	fs := c.FlagSet
	fs.StringVar(&opt.from, "from", "", "the Go release, or root, that the port is made from")
	fs.StringVar(&opt.to, "to", "", "the Go release, or root, to go to")
	fs.BoolVar(&opt.accept, "accept", false, "note in the record that you have looked at B")
	fs.BoolVar(&opt.refresh, "refresh", false, "make the record anew, for the releases that it has")
	fs.StringVar(&opt.record, "record", "", "the record is `FILE` (default port/upstream.lock in the clone)")
	return c
}

// recordFile is where the record is in the clone of tinynet that the current
// folder is in.
func recordFile() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for at := dir; ; at = filepath.Dir(at) {
		data, err := os.ReadFile(filepath.Join(at, "go.mod"))
		if err == nil && strings.HasPrefix(string(data), "module github.com/tinynet/tinynet\n") {
			return filepath.Join(at, filepath.FromSlash(record.File)), nil
		}
		if at == filepath.Dir(at) {
			return "", fmt.Errorf("find the record: %s is in no clone of tinynet; go there, or name the file with -record FILE", dir)
		}
	}
}

// openRecord reads the record that is to be changed. A missing or damaged one
// is for refresh to make.
func (o *upgradeOptions) openRecord() (*record.Record, error) {
	if o.record == "" {
		file, err := recordFile()
		if err != nil {
			return nil, err
		}
		o.record = file
	}
	r, err := record.ReadFile(o.record)
	if err != nil {
		return nil, fmt.Errorf("read the record: %w", err)
	}
	return r, nil
}

func (t *tool) refresh(ctx context.Context, opt upgradeOptions) error {
	old, err := opt.openRecord()
	if errors.Is(err, fs.ErrNotExist) {
		old, err = record.Parse("", nil)
	}
	if err != nil {
		return err
	}
	m, err := assemble.LoadManifest(t.port)
	if err != nil {
		return err
	}
	releases := old.Releases()
	for _, v := range matrix.Releases {
		if !slices.Contains(releases, "go"+v) {
			releases = append(releases, "go"+v)
		}
	}
	fresh, err := record.Parse("", nil)
	if err != nil {
		return err
	}
	for _, v := range releases {
		_, root, err := t.release(ctx, strings.TrimPrefix(v, "go"), "")
		if err != nil {
			return err
		}
		if err := assembles(m, root); err != nil {
			return err
		}
		s, err := assemble.Look(m, root)
		if err != nil {
			return err
		}
		f, err := old.Check(root, s)
		if err != nil {
			return err
		}
		if len(f.Modified) > 0 {
			return fmt.Errorf("make the record anew: %s", f.Text())
		}
		if err := fresh.Add(root, s); err != nil {
			return err
		}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := fresh.WriteFile(opt.record); err != nil {
		return err
	}
	_, err = fmt.Fprintf(t.stdout, "%s: %s\n", opt.record, strings.Join(fresh.Releases(), ", "))
	return err
}

func assembles(m *assemble.Manifest, root assemble.Goroot) error {
	_, err := assemble.Assemble(m, root)
	return assembling(root, err)
}
