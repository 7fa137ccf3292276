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
	"strings"
	"time"

	"github.com/peterbourgon/ff/v3/ffcli"

	"github.com/tinynet/tinynet/size"
	"github.com/tinynet/tinynet/toolchain"
)

// budgetFile is read if it is there and no other is named.
const budgetFile = "size/budget.toml"

// A sizeOptions is what size is told besides the programs.
type sizeOptions struct {
	tinygo, target, tags string
	ldflags              string
	vary                 repeated
	json                 bool
	html, budget         string
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
	c := t.command("size", "tinynet size [-target T] [-tags TAGS] [-vary TAGS]... [-ldflags FLAGS] [-json] [-html FILE] [-budget FILE] [-tinygo FILE] [-go VERSION | -goroot DIR] [PKG...]",
		"show what takes the flash and the RAM of a program", `
Builds each program with TinyGo on the port and prints, package by package, the
bytes of flash and of static RAM (what is there before the heap). With -vary it
also builds the program with more tags, and says what they save or cost.

A program that is in the budget may not take more than it says there: that is
printed, and makes the exit status 1. Without a PKG, all programs of the budget
for the target are built.

Examples:
  tinynet size ./examples/tcpecho
  tinynet size -target riscv-qemu -html size.html ./examples/webserver
  tinynet size -vary notls -vary netgo ./examples/http-get
  tinynet size`,
		func(ctx context.Context, args []string) error { return t.sizeExec(ctx, opt, args) })
	fs := c.FlagSet
	fs.StringVar(&opt.tinygo, "tinygo", "", tinygoFlag)
	fs.StringVar(&opt.target, "target", "pico", "build for the `TARGET`, as for tinygo build")
	fs.StringVar(&opt.tags, "tags", "", "comma-separated build `TAGS`")
	fs.StringVar(&opt.ldflags, "ldflags", "", "hand `FLAGS` to the linker, as for tinygo build: what -X leaves empty may make a program smaller than it is")
	fs.Var(&opt.vary, "vary", "build also with these comma-separated `TAGS`; may be given several times")
	fs.BoolVar(&opt.json, "json", false, "print JSON")
	fs.StringVar(&opt.html, "html", "", "write a treemap to `FILE`, which needs no other file and no network")
	fs.StringVar(&opt.budget, "budget", "", "read the budget in `FILE` (by default "+budgetFile+", if it is there)")
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
	file := opt.budget
	if file == "" {
		file = budgetFile
	}
	var err error
	if budgets, err = size.Budgets(filepath.FromSlash(file)); err != nil && (opt.budget != "" || !errors.Is(err, fs.ErrNotExist)) {
		return err
	}
	if len(args) == 0 {
		for _, b := range budgets {
			if b.Target == opt.target && b.Tags == opt.tags {
				args = append(args, "./"+b.Program)
			}
		}
		if len(args) == 0 {
			return usagef("name the package of a program; there is no budget for -target=%s", opt.target)
		}
	}
	tg, err := t.findTinyGo(ctx, opt.tinygo)
	if err != nil {
		return err
	}
	o, cache, err := t.overlay(tg.root)
	if err != nil {
		return err
	}
	shadow, err := tg.Shadow(o, cache, func() error { return tg.Accepts(ctx, tg.env) })
	if err != nil {
		return err
	}
	m := &measurer{t: t, command: tg.Command, env: toolchain.Setenv(tg.env, "TINYGOROOT", shadow), target: opt.target, ldflags: opt.ldflags}

	var all []*size.Program
	exceeded := false
	for _, pkg := range args {
		p, err := m.measure(ctx, pkg, opt.tags)
		if err != nil {
			return err
		}
		for _, tags := range opt.vary {
			v, err := m.measure(ctx, pkg, joinTags(opt.tags, tags))
			if err != nil {
				return err
			}
			p.Variants = append(p.Variants, size.Variant{How: "-tags=" + joinTags(opt.tags, tags), Flash: v.Flash, RAM: v.RAM})
		}
		if p.Budget = size.Find(budgets, p); p.Budget != nil {
			exceeded = exceeded || p.Budget.Over(p)
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
	if exceeded {
		return exitError(statusFailed)
	}
	return nil
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

func (m *measurer) measure(ctx context.Context, pkg, tags string) (*size.Program, error) {
	tmp, err := os.MkdirTemp("", "tinynet-size-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(tmp)
	// With TinyGo's own limit, a busy machine makes larger programs: what is not
	// initialized at compile time in three minutes is at run time.
	args := []string{"build", "-size=full", "-interp-timeout=1h", "-target=" + m.target, "-o", filepath.Join(tmp, "program.elf")}
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
	cmd.WaitDelay = 5 * time.Second
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
		return nil, fmt.Errorf("build %s for %s: tinygo failed and has said why above", pkg, m.target)
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
