package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"go/version"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/tinynet/tinynet/internal/board"
	"github.com/tinynet/tinynet/internal/tinygo"
	"github.com/tinynet/tinynet/internal/toolchain"
	"github.com/tinynet/tinynet/netdev/tether/host"
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
	if opt.board == board.W5500Pico { // it has a device of its own
		if err := onW5500(opt.net); err != nil {
			return err
		}
	} else if onBoard.port, err = board.Port(t.port, opt.board); err != nil {
		return err
	}
	var p board.Program
	var start board.Starter
	if opt.board == "wasm" {
		p, start, err = onBoard.buildWASM(ctx, opt, dir, pkg)
		p.Args, p.Files = program, opt.files
	} else {
		if len(program) > 0 {
			return usagef("%s: the board %s has no command line", program[0], opt.board)
		}
		var clean func()
		if emulatesPico(opt.board) {
			p, start, clean, err = onBoard.buildPico(ctx, opt, dir, pkg)
		} else {
			p, start, clean, err = onBoard.buildTinyGo(ctx, opt, dir, pkg)
		}
		defer clean()
	}
	if err != nil {
		return err
	}
	if opt.output != "" {
		return keep(p.File, opt.output)
	}
	p.Stderr, p.Profile = t.stderr, opt.profile != ""
	if opt.board == board.W5500Pico {
		if p.Ethernet, err = t.cable(conf, opt.net); err != nil {
			return fmt.Errorf("start the board %s: %w", opt.board, err)
		}
		defer p.Ethernet.Close()
		p.Console = t.stdout
	}
	done := t.progress.start("starting the board")
	m, err := start(ctx, p)
	done()
	if err != nil {
		return fmt.Errorf("start the board %s: %w", opt.board, err)
	}
	conf.AnyPort = true
	conf.Console = t.stdout
	conf.Listening = t.listening
	conf.Fault = t.fault
	if p.Ethernet != nil {
		m.Wait()
		m.Close()
		if p.Measure {
			t.tellPeak(m)
		}
		err = t.awaitEnd(ctx, m)
	} else {
		err = t.attend(ctx, m, host.New(conf), p.Measure)
	}
	if opt.stats || opt.profile != "" {
		t.tellCycles(m)
	}
	if opt.profile != "" {
		if failed := writeProfile(opt.profile, m); err == nil || ctx.Err() != nil {
			err = errors.Join(err, failed)
		}
	}
	return err
}

// attend is a board's network until its program ends.
func (t *tool) attend(ctx context.Context, m board.Machine, h *host.Host, measured bool) error {
	served := make(chan struct{})
	go func() {
		defer close(served)
		h.Serve(ctx, m) // its end is the machine's, which Wait tells
	}()
	m.Wait()
	<-served
	m.Close()
	h.Close()
	if measured {
		t.tellPeak(m)
	}
	return t.awaitEnd(ctx, m)
}

// awaitEnd waits for the end of a board's program.
func (t *tool) awaitEnd(ctx context.Context, m board.Machine) error {
	status, err := m.Wait()
	m.Close()
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

// tellPeak says how much memory a program had in use.
func (t *tool) tellPeak(m board.Machine) {
	w := t.progress.writer(t.stderr)
	measured, ok := m.(board.Measured)
	if !ok {
		return
	}
	p, err := measured.Peak()
	if err != nil {
		fmt.Fprintf(w, "tinynet: how much memory the program had in use is not known: %v\n", err)
		return
	}
	fmt.Fprintf(w, "tinynet: bytes of RAM: %d in all\n", p.Static+p.Heap+p.System)
	for _, line := range []struct {
		n    int
		what string
	}{
		{p.Static, "static"},
		{p.Heap, fmt.Sprintf("of heap in use at once, with %d in the stacks of %d goroutines", p.Stacks, p.Goroutines)},
		{p.System, "of the system's stack"},
	} {
		fmt.Fprintf(w, "tinynet: %10d %s\n", line.n, line.what)
	}
	fmt.Fprintf(w, "tinynet: the deepest stack of a goroutine: %d bytes; allocated in all: %d bytes; the heap was looked at %d times\n", p.Deepest, p.Allocated, p.Looks)
}

// tellCycles says how long a program ran, on a machine that counts.
func (t *tool) tellCycles(m board.Machine) {
	counted, ok := m.(board.Counted)
	if !ok {
		return
	}
	w := t.progress.writer(t.stderr)
	c, err := counted.Counters()
	if err != nil {
		fmt.Fprintf(w, "tinynet: how long the program ran is not known: %v\n", err)
		return
	}
	fmt.Fprintf(w, "tinynet: cycles: %d, which are %.3f s at 125 MHz, and %.3f s at the %d MHz that the program has set; by its clock %.3f s\n",
		c.Cycles, float64(c.Cycles)/125e6, float64(c.Cycles)/float64(c.Frequency), c.Frequency/1e6, float64(c.Nanos)/1e9)
}

// parseSize reads a size in bytes, kb or mb, as TinyGo does.
func parseSize(s string) (int, error) {
	digits := strings.TrimRight(strings.ToLower(s), "kmb")
	n, err := strconv.Atoi(digits)
	if err != nil || n < 0 || n > 1<<30 {
		return 0, fmt.Errorf("%q is no size", s)
	}
	switch strings.ToLower(s[len(digits):]) {
	case "", "b":
	case "k", "kb":
		n <<= 10
	case "m", "mb":
		n <<= 20
	default:
		return 0, fmt.Errorf("%q is no size", s)
	}
	return n, nil
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
	if opt.ldflags != "" {
		flags = append(flags, "-ldflags="+opt.ldflags)
	}
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
	shadow, err := tinygo.PortGo(o, root.Dir, cache)
	done()
	if err != nil {
		return nil, err
	}
	at := toolchain.At(shadow)
	gocmd, err := at.Command()
	if err != nil {
		return nil, err
	}
	flags := tc.Flags
	if g.overlay != "" {
		words, err := splitFlags(flags)
		if err != nil {
			return nil, err
		}
		words, _ = withoutOverlay(words)
		if flags, err = joinFlags(append(words, "-overlay="+g.overlay)); err != nil {
			return nil, err
		}
	}
	return &builder{gocmd: gocmd, env: toolchain.Setenv(at.Environ(), "GOFLAGS", flags), cache: b.cache, tags: b.tags, release: b.release}, nil
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
	ram := 0
	if opt.ram != "" {
		if ram, err = parseSize(opt.ram); err != nil || ram < 32<<10 || ram > q.MostRAM() {
			return fail(usagef("-ram %s: want from 32kb to %dkb", opt.ram, q.MostRAM()>>10))
		}
	} else if opt.stats {
		ram = 4 << 20 // the time of a collection goes by the size of the heap
	}
	tg, cache, err := t.onPortFor(ctx, "", func(tg *tinyGo, cache string) (err error) {
		tg.Changed, err = q.Changed(tg.Root, cache)
		return err
	})
	if err != nil {
		return fail(err)
	}
	if err := t.fitsModule(ctx, tg, dir); err != nil {
		return fail(err)
	}
	target, err := q.Target(cache, ram)
	if err != nil {
		return fail(fmt.Errorf("write a TinyGo target for the board: %w", err))
	}
	p, clean, err = t.compileTinyGo(ctx, tg, opt, dir, pkg, "-target="+target)
	return p, q.Start, clean, err
}

// compileTinyGo has TinyGo build a program that is there until clean is called.
func (t *tool) compileTinyGo(ctx context.Context, tg *tinyGo, opt runOptions, dir string, pkg []string, target ...string) (p board.Program, clean func(), err error) {
	clean = func() {}
	tmp, err := os.MkdirTemp("", "tinynet-")
	if err != nil {
		return p, clean, err
	}
	clean = func() { os.RemoveAll(tmp) }
	ext := ".elf"
	if emulatesPico(opt.board) && filepath.Ext(opt.output) == ".uf2" {
		ext = ".uf2"
	}
	p.File = filepath.Join(tmp, "program"+ext)
	args := append([]string{"build", "-o", p.File, "-interp-timeout=" + interpTimeout}, target...)
	tags := tagged(opt.tags)
	if opt.board == board.W5500Pico {
		tags = joinTags(tags, board.W5500Tags)
	} else if opt.stats && opt.board != board.Pico { // whose memory is looked at from outside
		tags, p.Measure = joinTags(tags, board.MeasureTag), true
	}
	args = append(args, "-tags="+strings.ReplaceAll(tags, ",", " "))
	if opt.ldflags != "" {
		args = append(args, "-ldflags="+opt.ldflags)
	}
	if opt.stackSize != "" {
		args = append(args, "-stack-size="+opt.stackSize)
	}
	if opt.x {
		args = append(args, "-x")
	}
	cmd := exec.CommandContext(ctx, tg.Command, append(args, pkg...)...)
	cmd.Dir, cmd.Env = dir, tg.env
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = t.progress.writer(t.stdout), io.MultiWriter(t.progress.writer(t.stderr), &said)
	interruptible(cmd)
	cmd.WaitDelay = grace / 2
	done := t.progress.start("building " + strings.Join(pkg, " ") + " with TinyGo")
	err = cmd.Run()
	done()
	var exit *exec.ExitError
	switch {
	case ctx.Err() != nil:
		err = ctx.Err()
	case errors.As(err, &exit) && emulatesPico(opt.board) && bytes.Contains(said.Bytes(), []byte(" overflowed by ")):
		err = fmt.Errorf("the program does not fit onto a Pico, which has 2 MB of flash and 264 kB of RAM\n"+
			"What takes the room is told by tinynet size -target=pico2 %s, as that board has twice as much", strings.Join(pkg, " "))
	case errors.As(err, &exit):
		t.folderMeant(pkg)
		err = exitError(statusFailed) // TinyGo has said why
	case err != nil:
		err = fmt.Errorf("build %s: %w", strings.Join(pkg, " "), err)
	}
	return p, clean, err
}
