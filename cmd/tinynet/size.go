package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/peterbourgon/ff/v3/ffcli"

	"github.com/tinynet/tinynet/internal/tinygo/size"
)

// budgetDir has a budget for each TinyGo and Go, which is read if it is there and no
// other is named.
const budgetDir = "bench/size/budget"

// A sizeOptions is what size is told besides the programs.
type sizeOptions struct {
	tinygo, target, tags string
	ldflags              string
	vary                 repeated
	json                 bool
	html, svg, budget    string
	least                int
}

// repeated is a flag that may be given several times.
type repeated []string

func (r *repeated) String() string { return strings.Join(*r, " ") }

func (r *repeated) Set(s string) error {
	*r = append(*r, s)
	return nil
}

func (t *tool) sizeCommand() *ffcli.Command {
	var opt sizeOptions
	c := t.command("size", "tinynet size [-target T] [-tags TAGS] [-vary TAGS]... [-ldflags FLAGS] [-json] [-html FILE] [-svg FILE] [-budget FILE] [-tinygo FILE] [-go VERSION | -goroot DIR] [PKG...]",
		"show what takes the flash and the RAM of a program", `
Builds each program with TinyGo on the port and prints, package by package, the
bytes of flash and of static RAM (what is there before the heap). With -vary it
also builds the program with more tags, and says what they save or cost. -vary all
stands for each tag of the port by itself: what a board leaves out and a tag brings
back, and what a tag takes away. A tag that can change nothing, because the program
has nothing of the packages in question, is not built. What does not build is
printed, and makes the exit status 1.

A program that is in the budget may not take more than it says there: that is
printed, and makes the exit status 1. Without a PKG, all programs of the budget
for the target are built, each with the tags that it has there, or with -tags those
that have these.

Examples:
  tinynet size ./examples/tcpecho
  tinynet size -target riscv-qemu -html size.html ./examples/webserver
  tinynet size -vary notls -vary netgo ./examples/http-get
  tinynet size -vary all -html size.html ./examples/https-server
  tinynet size`,
		func(ctx context.Context, args []string) error { return t.sizeExec(ctx, opt, args) })
	fs := c.FlagSet
	tinygoVar(fs, &opt.tinygo, tinygoFlag)
	fs.StringVar(&opt.target, "target", "pico", "build for the `TARGET`, as for tinygo build")
	fs.StringVar(&opt.tags, "tags", "", "comma-separated build `TAGS`")
	fs.StringVar(&opt.ldflags, "ldflags", "", "hand `FLAGS` to the linker, as for tinygo build: what -X leaves empty may make a program smaller than it is (by default what the budget says for the program)")
	fs.Var(&opt.vary, "vary", "build also with these comma-separated `TAGS`, or with all of the port one by one; may be given several times")
	fs.BoolVar(&opt.json, "json", false, "print JSON")
	fs.StringVar(&opt.html, "html", "", "write a treemap to `FILE`, which needs no other file and no network")
	fs.StringVar(&opt.svg, "svg", "", "write the treemap of the first program's flash to `FILE`, as a picture")
	fs.StringVar(&opt.budget, "budget", "", "read the budget in `FILE` (by default the one for this TinyGo and Go in "+budgetDir+", such as tinygo-0.40-go-1.25.toml, if it is there)")
	fs.IntVar(&opt.least, "least", 1000, "sum up packages that take less than `N` bytes")
	return c
}

func (t *tool) sizeExec(ctx context.Context, opt sizeOptions, args []string) error {
	for _, arg := range args {
		if strings.HasPrefix(arg, "-") {
			return usagef("%s: options come before the packages", arg)
		}
	}
	var budgets []size.Budget
	var err error
	if opt.budget != "" {
		if budgets, err = size.Budgets(filepath.FromSlash(opt.budget)); err != nil {
			return err
		}
	}
	tg, cache, err := t.onPort(ctx, opt.tinygo)
	if err != nil {
		return err
	}
	if err = t.workspace(ctx, tg, []string{"build", "-target=" + opt.target, "-tags=" + opt.tags}, cache); err != nil {
		return err
	}
	if opt.budget == "" {
		file := size.FileFor(budgetDir, tg.Release, tg.root.Version)
		if budgets, err = size.Budgets(filepath.FromSlash(file)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	var programs []toBuild
	for _, pkg := range args {
		programs = append(programs, toBuild{pkg, opt.tags})
	}
	if len(args) == 0 {
		for _, b := range budgets {
			if b.Target == opt.target && (opt.tags == "" || b.Tags == opt.tags) {
				programs = append(programs, toBuild{"./" + b.Program, b.Tags})
			}
		}
		if len(programs) == 0 {
			return usagef("name the package of a program; there is no budget for -target=%s with TinyGo %s and %s", opt.target, tg.Release, tg.root.Version)
		}
	}
	m := &measurer{t: t, command: tg.Command, env: tg.env, target: opt.target}

	var all []*size.Program
	failed := false // a budget is exceeded, or a variant does not build
	for _, build := range programs {
		m.ldflags = opt.ldflags
		if b := size.Find(budgets, &size.Program{Name: build.pkg, Target: opt.target, Tags: build.tags}); b != nil && m.ldflags == "" {
			m.ldflags = b.LDFlags
		}
		p, err := m.measure(ctx, build.pkg, build.tags)
		if err != nil {
			return err
		}
		for _, more := range varied(opt.vary, build.tags) {
			v, err := m.vary(ctx, p, build.tags, more)
			if err != nil {
				return err
			}
			failed = failed || v.Error != ""
			p.Variants = append(p.Variants, *v)
		}
		if p.Budget = size.Find(budgets, p); p.Budget != nil {
			failed = failed || p.Budget.Over(p)
		}
		all = append(all, p)
		if !opt.json {
			if len(all) > 1 {
				fmt.Fprintln(t.stdout)
			}
			if err := p.Write(t.stdout, opt.least); err != nil {
				return err
			}
		}
	}
	if opt.json {
		enc := json.NewEncoder(t.stdout)
		enc.SetEscapeHTML(false)
		enc.SetIndent("", "\t")
		if err := enc.Encode(all); err != nil {
			return err
		}
	}
	if opt.html != "" {
		var page bytes.Buffer
		if err := size.HTML(&page, all); err != nil {
			return err
		}
		if err := writeFile(opt.html, page.Bytes()); err != nil {
			return fmt.Errorf("write the treemap: %w", err)
		}
	}
	if opt.svg != "" {
		var picture bytes.Buffer
		if err := size.SVG(&picture, all[0]); err != nil {
			return err
		}
		if err := writeFile(opt.svg, picture.Bytes()); err != nil {
			return fmt.Errorf("write the treemap: %w", err)
		}
	}
	if failed {
		return exitError(statusFailed)
	}
	return nil
}

// A toBuild is a program to build, and with which tags.
type toBuild struct{ pkg, tags string }

// A variation is tags to build with besides those that are given.
type variation struct {
	tags   string
	needed bool // even if the program has nothing that they change
}

// varied are the variations that are asked for: all is each tag of the port.
func varied(vary []string, given string) []variation {
	var list []variation
	for _, tags := range vary {
		if tags != "all" {
			list = append(list, variation{tags, true})
			continue
		}
		for _, tag := range size.Tags {
			if !slices.Contains(strings.Split(given, ","), tag.Name) {
				list = append(list, variation{tag.Name, false})
			}
		}
	}
	return list
}

func joinTags(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + "," + b
}

// A measurer builds programs and reads how large they are.
type measurer struct {
	t       *tool
	command string
	env     []string
	target  string
	ldflags string
}

// vary builds a program with more tags. That it cannot be built is no error.
func (m *measurer) vary(ctx context.Context, p *size.Program, given string, more variation) (*size.Variant, error) {
	all := joinTags(given, more.tags)
	v := &size.Variant{How: "-tags=" + all}
	if tag, ok := size.TagNamed(more.tags); ok {
		v.What = tag.What
		if !more.needed && !tag.Matters(p) {
			v.Flash, v.RAM = p.Flash, p.RAM
			return v, nil
		}
	}
	built, err := m.measure(ctx, p.Name, all)
	switch {
	case errors.As(err, new(buildError)):
		v.Error = err.Error()
	case err != nil:
		return nil, err
	default:
		v.Flash, v.RAM = built.Flash, built.RAM
	}
	return v, nil
}

// A buildError is that TinyGo does not build a program. It has said why.
type buildError string

func (e buildError) Error() string { return string(e) }

// interpTimeout is for TinyGo. With its own limit, a busy machine makes larger
// programs: what is not initialized at compile time in three minutes is at run
// time.
const interpTimeout = "1h"

func (m *measurer) measure(ctx context.Context, pkg, tags string) (*size.Program, error) {
	tmp, err := os.MkdirTemp("", "tinynet-size-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(tmp)
	args := []string{"build", "-size=full", "-interp-timeout=" + interpTimeout, "-target=" + m.target, "-o", filepath.Join(tmp, "program.elf")}
	if tags != "" {
		args = append(args, "-tags="+strings.ReplaceAll(tags, ",", " "))
	}
	if m.ldflags != "" {
		args = append(args, "-ldflags="+m.ldflags)
	}
	dir, what := ownModule(pkg), pkg
	if dir != "" {
		what = "."
	}
	cmd := exec.CommandContext(ctx, m.command, append(args, what)...)
	cmd.Dir = dir
	cmd.Env = m.env
	var stdout bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, m.t.progress.writer(m.t.stderr)
	interruptible(cmd)
	cmd.WaitDelay = grace / 2
	text := "building " + pkg + " for " + m.target
	if tags != "" {
		text += " with " + tags
	}
	done := m.t.progress.start(text)
	err = cmd.Run()
	done()
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		m.t.folderMeant([]string{pkg})
		return nil, buildError(fmt.Sprintf("build %s for %s: tinygo failed and has said why above", pkg, m.target))
	}
	if err != nil {
		return nil, fmt.Errorf("build %s for %s: %w", pkg, m.target, err)
	}
	p, err := size.Parse(&stdout)
	if err != nil {
		return nil, fmt.Errorf("measure %s for %s: %w", pkg, m.target, err)
	}
	p.Name, p.Target, p.Tags = pkg, m.target, tags
	return p, nil
}
