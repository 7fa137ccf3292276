package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/peterbourgon/ff/v3/ffcli"

	"github.com/tinynet/tinynet/internal/conform"
)

func (t *tool) conformCommand() *ffcli.Command {
	var c conform.Config
	var opt conformOptions
	cmd := t.command("conform", "tinynet conform [OPTIONS] [PKG...]", "run Go's own tests of these packages on the port", `
PKG are packages of Go's or patterns such as net/http/...; without one, all are
run that the port is made of, and net/textproto, net/rpc, net/smtp and expvar,
which stand on them.

For each package it says how many of Go's test functions passed, were skipped,
and why, and failed. A function that is left out needs a reason, too.

Examples:
  tinynet conform net
  tinynet conform -race -count 3 -run 'TestDial|TestListen' net
  tinynet conform -device loopback -v net/http/...
  tinynet conform -go 1.25.11`,
		func(ctx context.Context, args []string) error {
			if c.Device != conform.Host && c.Device != conform.Loopback {
				return usagef("there is no device %q; there are %s and %s", c.Device, conform.Host, conform.Loopback)
			}
			if c.Count < 1 {
				return usagef("-count %d: it has to be at least 1", c.Count)
			}
			if opt.record != "" && c.Run != "" {
				return usagef("-record is for whole packages; take out -run")
			}
			c.Packages = args
			if opt.page {
				if len(args) > 0 {
					return usagef("-md is about all packages; take out %s", args[0])
				}
				return conform.Page(t.stdout)
			}
			return t.conform(ctx, c, opt)
		})
	fs := cmd.FlagSet
	fs.StringVar(&c.Device, "device", conform.Host, "run on `DEVICE`: host, the system's sockets, or loopback, the built-in one with no other")
	fs.BoolVar(&opt.verbose, "v", false, "list each test function")
	fs.BoolVar(&opt.json, "json", false, "print the results as JSON")
	fs.BoolVar(&c.Race, "race", false, "with the race detector")
	fs.IntVar(&c.Count, "count", 1, "run each test `N` times")
	fs.StringVar(&c.Run, "run", "", "run the tests that match `REGEXP`, as for go test")
	fs.StringVar(&c.Tags, "tags", "", "comma-separated build `TAGS`, as for go build")
	fs.BoolVar(&c.Long, "long", false, "without -short: slow tests, too, and those that need the network outside")
	fs.BoolVar(&c.All, "all", false, "run what is left out by skip.toml, too")
	fs.DurationVar(&c.Timeout, "timeout", 30*time.Minute, "give up on a package after the `TIME`")
	fs.BoolVar(&opt.page, "md", false, "run nothing; print docs/conformance.md, which says what is left out and why")
	fs.StringVar(&opt.record, "record", "", "add the results to `FILE`, from which that page is made")
	return cmd
}

type conformOptions struct {
	verbose, json, page bool
	record              string
}

func (t *tool) conform(ctx context.Context, c conform.Config, opt conformOptions) error {
	tc, root, err := t.toolchain(ctx, "")
	if err != nil {
		return err
	}
	if err := t.checkRecord(root, nil); err != nil {
		return err
	}
	if c.Cache, err = cacheDir(); err != nil {
		return err
	}
	c.Port, c.Toolchain = t.port, tc
	done := t.progress.start("preparing the tests of " + tc.Version)
	defer func() { done() }()
	c.Progress = func(pkg, test string, n, total int) {
		text := "building the tests of " + pkg
		if test != "" {
			text = fmt.Sprintf("%s: %d of %d, %s", pkg, n, total, test)
		}
		t.progress.say(text)
	}
	out := t.progress.writer(t.stdout)
	if !opt.json {
		c.Ended = func(p *conform.Package) { p.WriteText(out, opt.verbose) }
	}
	rep, err := conform.Run(ctx, c)
	done()
	var pkg *conform.PackageError
	switch {
	case errors.As(err, &pkg):
		return usagef("%s", pkg.Error())
	case err != nil:
		return err
	}
	if opt.json {
		enc := json.NewEncoder(t.stdout)
		enc.SetIndent("", "\t")
		err = enc.Encode(rep)
	} else {
		rep.WriteText(t.stdout)
	}
	if err == nil && opt.record != "" {
		err = conform.Record(opt.record, rep)
	}
	if err == nil && !rep.OK() {
		err = exitError(statusFailed)
	}
	return err
}

// say changes what the newest task says it does.
func (p *progress) say(text string) {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if n := len(p.tasks); n > 0 {
		p.tasks[n-1].text = text
	}
}
