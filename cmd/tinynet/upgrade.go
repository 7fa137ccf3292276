package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"go/version"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/peterbourgon/ff/v3/ffcli"

	"github.com/tinynet/tinynet/internal/assemble"
	"github.com/tinynet/tinynet/internal/conform"
	"github.com/tinynet/tinynet/internal/release/apicheck"
	"github.com/tinynet/tinynet/internal/release/matrix"
	"github.com/tinynet/tinynet/internal/release/record"
	"github.com/tinynet/tinynet/internal/release/security"
	"github.com/tinynet/tinynet/internal/release/upgrade"
	"github.com/tinynet/tinynet/internal/toolchain"
)

type upgradeOptions struct {
	from, to        string
	html            string
	verbose         bool
	nocheck         bool
	build, test     bool
	record          string
	accept, refresh bool
	security        bool
	tree            string
}

func (t *tool) upgradeCommand() *ffcli.Command {
	var opt upgradeOptions
	c := t.command("upgrade", "tinynet upgrade [-from A] [-to B] [-html FILE] [-build] [-test] [-accept] | -security [-tree DIR] | -refresh",
		"say what another Go release means for the port", `
A and B are Go releases, such as 1.26.8 or 1.27rc1, which are fetched if they are
not here, or roots of Go, such as a checkout of Go's repository. By default B is
the Go that the other commands use, and A is the newest release before it that
the record has.

The report says what is carried over by itself, with the published security fixes
in it; which texts of Go's changed that the port drops, replaces, edits, swaps or
omits, with diffs; what is new and what is gone; whether the port assembles and
type-checks for each system, and has Go's API. At the end is what is left to do,
or "Nothing to do". The exit status is 1 if there is something.

-accept notes in the record, port/upstream.lock, that you have looked at all that
changed. The port has to assemble from B for that, and pass the checks that are
made.

-refresh is for after a change of a manifest: it looks anew at the releases that
the record has, and at those that are supported, and writes the record.

-security lists the published fixes to net, net/http, crypto/tls, net/textproto
and net/url since Go 1.21.4, and whether a tree has them: the port, as assembled
from the Go that -go or -goroot chooses, or the tree in DIR, an assembled port or
another one. The exit status is 1 if one is missing.

Examples:
  tinynet upgrade -from 1.25.11 -to 1.26.8
  tinynet upgrade -to 1.27.4 -html report.html -build -test
  tinynet upgrade -to 1.27.4 -accept
  tinynet upgrade -security
  tinynet upgrade -security -tree ../net`,
		func(ctx context.Context, args []string) error {
			if err := noArgs(args); err != nil {
				return err
			}
			step := opt.from != "" || opt.to != "" || opt.html != "" || opt.nocheck || opt.build || opt.test || opt.accept
			switch {
			case opt.refresh && (step || opt.security), opt.security && step:
				return usagef("-refresh, -security and the options for two releases exclude each other")
			case opt.tree != "" && !opt.security:
				return usagef("-tree is for -security")
			case opt.refresh:
				return t.refresh(ctx, opt)
			case opt.security:
				return t.security(ctx, opt)
			}
			return t.upgrade(ctx, opt)
		})
	fs := c.FlagSet
	fs.StringVar(&opt.from, "from", "", "the Go release, or root, that the port was made for: `A`")
	fs.StringVar(&opt.to, "to", "", "the Go release, or root, to go to: `B`")
	fs.StringVar(&opt.html, "html", "", "write the report to `FILE`, with diffs side by side")
	fs.BoolVar(&opt.verbose, "v", false, "print the diffs of what was looked at already, too")
	fs.BoolVar(&opt.nocheck, "nocheck", false, "do not type-check, nor compare the exported API, which takes most of the time")
	fs.BoolVar(&opt.build, "build", false, "build the port from B for all systems of the matrix, too")
	fs.BoolVar(&opt.test, "test", false, "run Go's own tests of the packages that changed, too")
	fs.BoolVar(&opt.accept, "accept", false, "note in the record that you have looked at B")
	fs.BoolVar(&opt.refresh, "refresh", false, "make the record anew, for the releases that it has")
	fs.StringVar(&opt.record, "record", "", "the record is `FILE` (default port/upstream.lock in the clone)")
	fs.BoolVar(&opt.security, "security", false, "list the published security fixes, and whether they are there")
	fs.StringVar(&opt.tree, "tree", "", "with -security, look into the sources in `DIR`")
	return c
}

// goOf finds the Go that -from or -to names: a release, or the root of one.
func (t *tool) goOf(ctx context.Context, option, name string) (*toolchain.Toolchain, assemble.Goroot, error) {
	fail := func(err error) (*toolchain.Toolchain, assemble.Goroot, error) {
		if name != "" {
			err = fmt.Errorf("-%s %s: %w", option, name, err)
		}
		return nil, assemble.Goroot{}, err
	}
	switch {
	case name == "":
	case name == "tip" || name == "gotip":
		return fail(errors.New("there is no toolchain of tip to fetch; clone https://go.googlesource.com/go and name the folder"))
	default:
		t.goRelease, t.goRoot = "", ""
		if fi, err := os.Stat(name); err == nil && fi.IsDir() {
			t.goRoot = name
		} else if strings.ContainsAny(name, `/\`) {
			return fail(errors.New("there is no such folder; name a release, such as 1.26.8, or the root of a Go"))
		} else {
			t.goRelease = name
		}
	}
	tc, root, err := t.toolchain(ctx, "")
	if err != nil {
		return fail(err)
	}
	return tc, root, nil
}

func (t *tool) upgrade(ctx context.Context, opt upgradeOptions) error {
	var rec *record.Record
	var err error
	if opt.accept || opt.record != "" {
		rec, err = opt.openRecord()
	} else if rec, err = record.Of(t.port); rec == nil && err == nil {
		rec, err = record.Parse("", nil)
	}
	if err != nil {
		return err
	}
	toTC, to, err := t.goOf(ctx, "to", opt.to)
	if err != nil {
		return err
	}
	if opt.from == "" {
		for _, v := range rec.Releases() {
			if version.Compare(v, to.Release()) < 0 {
				opt.from = strings.TrimPrefix(v, "go")
			}
		}
		if opt.from == "" {
			return usagef("the record has no release before %s; name one with -from", to.Version)
		}
	}
	_, from, err := t.goOf(ctx, "from", opt.from)
	if err != nil {
		return err
	}
	fixes, err := security.Fixes()
	if err != nil {
		return err
	}
	done := t.progress.start(fmt.Sprintf("comparing %s with %s", from.Version, to.Version))
	defer func() { done() }()
	r, err := upgrade.Compare(upgrade.Step{Port: t.port, From: from, To: to, Record: rec, Fixes: fixes})
	if err != nil {
		return fmt.Errorf("compare %s with %s: %w", from.Version, to.Version, err)
	}
	targets := []apicheck.Target{}
	for _, name := range matrix.Targets {
		goos, goarch, _ := strings.Cut(name, "/")
		targets = append(targets, apicheck.Target{OS: goos, Arch: goarch})
	}
	targets = append(targets, apicheck.Target{OS: targets[0].OS, Arch: targets[0].Arch, Tags: []string{"nethttp2"}})
	// What a board compiles, as far as Go's own type checker can tell.
	targets = append(targets, apicheck.Target{OS: "linux", Arch: "arm", Tags: []string{"baremetal"}})
	if opt.nocheck {
		targets = nil
	}
	if err := r.Check(ctx, from, to, targets); err != nil {
		return err
	}
	if opt.build && r.Tree != nil {
		if err := t.buildMatrix(ctx, toTC, to, r); err != nil {
			return err
		}
	}
	if opt.test && r.Tree != nil {
		if err := t.testChanged(ctx, toTC, r); err != nil {
			return err
		}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	accepted := ""
	if opt.accept {
		m, err := assemble.LoadManifest(t.port)
		if err != nil {
			return err
		}
		switch {
		case r.Tree == nil:
			err = errors.New("the port does not assemble from it; see what is left to do")
		case len(r.Warnings) > 0:
			err = errors.New(strings.Join(r.Warnings, "\n"))
		case slices.ContainsFunc(r.Checks, func(c upgrade.Check) bool { return len(c.Failed) > 0 }):
			err = errors.New("checks failed; see what is left to do")
		default:
			var s *assemble.Survey
			if s, err = assemble.Look(m, to); err == nil {
				err = rec.Add(to, s)
			}
		}
		if err != nil {
			accepted = fmt.Sprintf("%s is not accepted: %s; the record stays as it was", to.Version, err)
		} else {
			if err := rec.WriteFile(opt.record); err != nil {
				return err
			}
			for _, e := range r.Eye {
				e.Looked = true
			}
			accepted = fmt.Sprintf("%s: %s is accepted", opt.record, to.Version)
		}
	}
	r.Finish(t.port)
	done()
	if opt.html != "" {
		var b bytes.Buffer
		if err := r.WriteHTML(&b); err != nil {
			return err
		}
		if err := writeFile(opt.html, b.Bytes()); err != nil {
			return fmt.Errorf("write the report: %w", err)
		}
	}
	if err := r.WriteText(t.stdout, opt.verbose); err != nil {
		return err
	}
	if accepted != "" {
		fmt.Fprintln(t.stdout, accepted)
	}
	if len(r.Todo) > 0 || len(r.Warnings) > 0 {
		return exitError(statusFailed)
	}
	return nil
}

// buildMatrix builds the port for the systems of the matrix with the go command
// of the release.
func (t *tool) buildMatrix(ctx context.Context, tc *toolchain.Toolchain, root assemble.Goroot, r *upgrade.Report) error {
	t.goRelease, t.goRoot = "", tc.Root
	b, err := t.builder(ctx, goArgs{})
	if err != nil {
		r.Checks = append(r.Checks, upgrade.Check{Name: "build", Result: "not done: " + err.Error(), Failed: []string{err.Error()}})
		return nil
	}
	for _, target := range matrix.Targets {
		for _, with := range []struct {
			tags string
			pkgs []string
		}{{"", matrix.Packages}, {"nethttp2", []string{"net/http"}}} {
			c := upgrade.Check{Name: strings.TrimSpace("build " + target + " " + with.tags), Result: "ok"}
			done := t.progress.start(c.Name)
			goos, goarch, _ := strings.Cut(target, "/")
			cmd := exec.CommandContext(ctx, b.gocmd, append([]string{"build", "-tags", with.tags}, with.pkgs...)...)
			cmd.Env = toolchain.Setenv(b.env, "GOOS", goos, "GOARCH", goarch, "CGO_ENABLED", "0")
			out, err := cmd.CombinedOutput()
			done()
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if err != nil {
				c.Result = err.Error()
				for _, line := range strings.Split(strings.TrimSpace(string(out)), "\n") {
					if !strings.HasPrefix(line, "#") {
						c.Failed = append(c.Failed, line)
					}
				}
			}
			r.Checks = append(r.Checks, c)
		}
	}
	return nil
}

// testChanged runs Go's own tests of the packages that changed.
func (t *tool) testChanged(ctx context.Context, tc *toolchain.Toolchain, r *upgrade.Report) error {
	changed := r.ChangedPackages()
	if len(changed) == 0 {
		return nil
	}
	cache, err := cacheDir()
	if err != nil {
		return err
	}
	done := t.progress.start("running Go's own tests")
	defer func() { done() }()
	for _, pkg := range changed {
		rep, err := conform.Run(ctx, conform.Config{
			Port: t.port, Toolchain: tc, Cache: cache, Packages: []string{pkg}, Device: conform.Host, Count: 1, Timeout: 30 * time.Minute,
			Progress: func(pkg, test string, n, total int) {
				t.progress.say(fmt.Sprintf("%s: %d of %d tests, %s", pkg, n, total, test))
			},
		})
		if err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			r.Checks = append(r.Checks, upgrade.Check{Name: "Go's tests of " + pkg, Result: "not run", Failed: []string{err.Error()}})
			continue
		}
		for _, p := range rep.Packages {
			c := upgrade.Check{Name: "Go's tests of " + p.Path, Result: fmt.Sprintf("%d passed, %d skipped, %d failed", p.Passed, p.Skipped, p.Failed)}
			for _, f := range p.Functions {
				if f.Status == conform.Failed {
					c.Failed = append(c.Failed, f.Name+" failed: "+f.Reason)
				}
			}
			if !p.OK() && len(c.Failed) == 0 {
				c.Failed = []string{p.Path + " failed"}
			}
			r.Checks = append(r.Checks, c)
		}
	}
	return nil
}

// security lists the published fixes, and whether a tree has them.
func (t *tool) security(ctx context.Context, opt upgradeOptions) error {
	fixes, err := security.Fixes()
	if err != nil {
		return err
	}
	_, root, err := t.toolchain(ctx, "")
	if err != nil {
		return err
	}
	var tree security.Tree
	name := fmt.Sprintf("the port of %s", root.Version)
	if opt.tree != "" {
		name = opt.tree
		tree, err = security.Dir(opt.tree, root)
	} else {
		var port *assemble.Tree
		if port, err = t.tree(root); err == nil {
			tree = security.Port(port, root)
		}
	}
	if err != nil {
		return err
	}
	results := security.LookAll(fixes, tree)
	if err := security.WriteText(t.stdout, name, root.Version, results); err != nil {
		return err
	}
	for _, r := range results {
		if r.State == security.Open {
			return exitError(statusFailed)
		}
	}
	return nil
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
