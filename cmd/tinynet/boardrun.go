package main

import (
	"context"
	"errors"
	"fmt"
	"go/version"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/tinynet/tinynet/board"
	"github.com/tinynet/tinynet/netdev/tether/host"
	"github.com/tinynet/tinynet/tinygoroot"
	"github.com/tinynet/tinynet/toolchain"
)

// runBoard builds a program for an emulated board, and runs it there.
func (t *tool) runBoard(ctx context.Context, opt runOptions, dir string, pkg, program []string) error {
	conf, err := opt.net.config()
	if err != nil {
		return err
	}
	if opt.race {
		return usagef("-race: the board %s has no race detector", opt.board)
	}
	onBoard := *t
	if onBoard.port, err = board.Port(t.port, opt.board); err != nil {
		return err
	}
	var p board.Program
	var start board.Starter
	if opt.board == "wasm" {
		p, start, err = onBoard.buildWASM(ctx, opt, dir, pkg)
		p.Args = program
	} else {
		if len(program) > 0 {
			return usagef("%s: the board %s has no command line", program[0], opt.board)
		}
		var clean func()
		p, start, clean, err = onBoard.buildTinyGo(ctx, opt, dir, pkg)
		defer clean()
	}
	if err != nil {
		return err
	}
	if opt.output != "" {
		return keep(p.File, opt.output)
	}
	p.Stderr = t.stderr
	done := t.progress.start("starting the board")
	m, err := start(ctx, p)
	done()
	if err != nil {
		return fmt.Errorf("start the board %s: %w", opt.board, err)
	}
	conf.AnyPort = true
	conf.Console = t.stdout
	conf.Listening = t.listening
	return t.attend(ctx, m, host.New(conf))
}

// attend is a board's network until its program ends.
func (t *tool) attend(ctx context.Context, m board.Machine, h *host.Host) error {
	served := make(chan struct{})
	go func() {
		defer close(served)
		h.Serve(ctx, m) // its end is the machine's, which Wait tells
	}()
	status, err := m.Wait()
	<-served
	m.Close()
	h.Close()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		return fmt.Errorf("run the board: %w", err)
	}
	if status != 0 {
		return exitError(status)
	}
	return nil
}

func (t *tool) buildWASM(ctx context.Context, opt runOptions, dir string, pkg []string) (p board.Program, start board.Starter, err error) {
	on, err := t.builder(ctx, goArgs{dir: dir})
	if err != nil {
		return p, nil, err
	}
	// The tether is in packages of its own, which Go 1.23 does not take from an
	// overlay.
	if v := on.release; version.IsValid(v) && version.Compare(v, "go1.24") < 0 {
		if on, err = t.rootBuilder(ctx, goArgs{dir: dir}, on); err != nil {
			return p, nil, err
		}
	}
	on.env = toolchain.Setenv(toolchain.Setenv(on.env, "GOOS", "wasip1"), "GOARCH", "wasm")
	if opt.tags == "" {
		opt.tags = on.tags
	}
	flags := []string{"-tags=" + tagged(opt.tags)}
	if opt.x {
		flags = append(flags, "-x")
	}
	b := &build{t: t, on: on, dir: dir, board: opt.board, flags: flags, pkg: pkg}
	if p.File, err = b.program(ctx); err != nil {
		return p, nil, err
	}
	p.Name, p.Env, p.Cache = filepath.Base(p.File), os.Environ(), on.cache
	return p, board.WASM, nil
}

// rootBuilder is like b, with the port in a Go root made of links instead of an
// overlay.
func (t *tool) rootBuilder(ctx context.Context, g goArgs, b *builder) (*builder, error) {
	tc, root, err := t.toolchain(ctx, g.dir)
	if err != nil {
		return nil, err
	}
	o, cache, err := t.overlay(root)
	if err != nil {
		return nil, err
	}
	done := t.progress.start("linking a Go root with the port")
	shadow, err := tinygoroot.PortGo(o, root.Dir, cache)
	done()
	if err != nil {
		return nil, err
	}
	at := toolchain.At(shadow)
	gocmd, err := at.Command()
	if err != nil {
		return nil, err
	}
	return &builder{gocmd: gocmd, env: toolchain.Setenv(at.Environ(), "GOFLAGS", tc.Flags), cache: b.cache, tags: b.tags, release: b.release}, nil
}

// buildTinyGo builds for a board that QEMU emulates. What it built is there
// until clean is called.
func (t *tool) buildTinyGo(ctx context.Context, opt runOptions, dir string, pkg []string) (p board.Program, start board.Starter, clean func(), err error) {
	clean = func() {}
	fail := func(err error) (board.Program, board.Starter, func(), error) { return p, nil, clean, err }
	var q board.QEMU
	for _, q = range board.QEMUs {
		if q.Name == opt.board {
			break
		}
	}
	if _, err := exec.LookPath(q.Emulator); err != nil {
		return fail(fmt.Errorf("the board %s needs QEMU: there is no %s on PATH\nOn Debian: apt-get install qemu-system", q.Name, q.Emulator))
	}
	tg, cache, err := t.onPort(ctx, "")
	if err != nil {
		return fail(err)
	}
	target, err := q.Target(cache)
	if err != nil {
		return fail(fmt.Errorf("write a TinyGo target for the board: %w", err))
	}
	tmp, err := os.MkdirTemp("", "tinynet-")
	if err != nil {
		return fail(err)
	}
	clean = func() { os.RemoveAll(tmp) }
	p.File = filepath.Join(tmp, "program.elf")
	args := []string{"build", "-target=" + target, "-o", p.File}
	if opt.tags != "" {
		args = append(args, "-tags="+opt.tags)
	}
	if opt.x {
		args = append(args, "-x")
	}
	cmd := exec.CommandContext(ctx, tg.Command, append(args, pkg...)...)
	cmd.Dir, cmd.Env = dir, tg.env
	cmd.Stdout, cmd.Stderr = t.progress.writer(t.stdout), t.progress.writer(t.stderr)
	interruptible(cmd)
	cmd.WaitDelay = 5 * time.Second
	done := t.progress.start("building " + strings.Join(pkg, " ") + " with TinyGo")
	err = cmd.Run()
	done()
	var exit *exec.ExitError
	switch {
	case ctx.Err() != nil:
		err = ctx.Err()
	case errors.As(err, &exit):
		err = exitError(statusFailed) // TinyGo has said why
	case err != nil:
		err = fmt.Errorf("build %s: %w", strings.Join(pkg, " "), err)
	}
	return p, q.Start, clean, err
}
