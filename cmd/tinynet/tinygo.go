package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"slices"

	"github.com/peterbourgon/ff/v3/ffcli"

	"github.com/tinynet/tinynet/internal/assemble"
	"github.com/tinynet/tinynet/internal/tinygo"
	"github.com/tinynet/tinynet/internal/toolchain"
)

const tinygoFlag = "use the tinygo command `FILE` instead of the one on PATH"

func (t *tool) tinygoCommand() *ffcli.Command {
	var command string
	c := t.command("tinygo", "tinynet tinygo [-tinygo FILE] [-go VERSION | -goroot DIR] ARGS...", "run the tinygo command with the port in place of its own net", `
Everything after the options is for the tinygo command. The port is assembled
for the Go release that this TinyGo uses, and stands in a copy of TinyGo's root
that is made of links and lies in the cache: nothing of the TinyGo installation
is changed. In that copy, the targets of RISC-V let the linker shorten calls, which
makes programs smaller; and TinyGo 0.40's timers on computers are mended, which may
end a program that sets deadlines.

TinyGo supports only some releases of Go. If it refuses yours, the newest that it
takes is used, and fetched if it is not here; -go chooses another. What a pair of
the two is worth, tinynet doctor tells.

The examples for the Pico W and the Pico 2 W need two more modules, for the
radio: they are built in a workspace with them, which lies in the cache.

Examples:
  tinynet tinygo flash -target=pico-w -scheduler=tasks ./examples/webserver
  tinynet tinygo build -target=pico -scheduler=tasks -tags=w5500 -o firmware.uf2 ./examples/tcpecho
  tinynet tinygo -go 1.23.12 test -target=cortex-m-qemu ./...`,
		func(ctx context.Context, args []string) error { return t.tinygoExec(ctx, command, args) })
	tinygoVar(c.FlagSet, &command, tinygoFlag)
	return c
}

// tinygoVar defines the option -tinygo. Given twice it is an error: one of the two
// would be ignored.
func tinygoVar(fs *flag.FlagSet, command *string, usage string) {
	fs.Func("tinygo", usage, func(name string) error {
		if *command != "" && *command != name {
			return fmt.Errorf("%s is chosen already; one TinyGo at a time", *command)
		}
		if name == "" {
			return errors.New("it names no command")
		}
		*command = name
		return nil
	})
}

// A tinyGo is the TinyGo to work with, the environment that makes it use the
// chosen Go, and that Go.
type tinyGo struct {
	*tinygo.TinyGo
	env  []string
	root assemble.Goroot
}

// tinygoEnv is the environment to ask TinyGo in, and whether a Go was chosen.
func (t *tool) tinygoEnv(ctx context.Context) (env []string, chosen bool, err error) {
	if t.goRelease == "" && t.goRoot == "" {
		return os.Environ(), false, nil
	}
	tc, _, err := t.toolchain(ctx, "")
	if err != nil {
		return nil, false, err
	}
	return tc.EnvironFor(), true, nil
}

func (t *tool) findTinyGo(ctx context.Context, command string) (*tinyGo, error) {
	env, _, err := t.tinygoEnv(ctx)
	if err != nil {
		return nil, err
	}
	done := t.progress.start("looking for TinyGo")
	tg, err := tinygo.Find(ctx, command, env)
	done()
	if err != nil {
		return nil, err
	}
	cache, err := cacheDir()
	if err != nil {
		return nil, err
	}
	// After tinynet install, GOROOT may name a Go root with the port.
	if behind := tinygo.GoBehind(tg.Goroot, cache); behind != tg.Goroot {
		tg.Goroot, env = behind, toolchain.At(behind).EnvironFor()
	}
	root, err := t.goroot(tg.Goroot)
	root.TinyGo = tg.Release
	return &tinyGo{tg, env, root}, err
}

func (t *tool) tinygoExec(ctx context.Context, command string, args []string) error {
	tg, cache, err := t.onPort(ctx, command)
	if err != nil {
		return err
	}
	if err = t.workspace(ctx, tg, args, cache); err != nil {
		return err
	}
	if len(args) > 0 && slices.Contains(building, args[0]) {
		if err := t.fitsModule(ctx, tg, ""); err != nil {
			return err
		}
	}
	t.tellScheduler(ctx, tg, "", args)
	return t.replace(ctx, tg.Command, append([]string{tg.Command}, args...), tg.env)
}

// onPort finds TinyGo, with an environment in which it builds on the port, and
// the cache folder.
func (t *tool) onPort(ctx context.Context, command string) (tg *tinyGo, cache string, err error) {
	return t.onPortFor(ctx, command, nil)
}

// onPortFor is onPort; before TinyGo's root is made, prepare has a say.
func (t *tool) onPortFor(ctx context.Context, command string, prepare func(tg *tinyGo, cache string) error) (tg *tinyGo, cache string, err error) {
	if tg, err = t.pairedTinyGo(ctx, command); err != nil {
		return nil, "", err
	}
	o, cache, err := t.overlay(tg.root)
	if err != nil {
		return nil, "", err
	}
	if prepare != nil {
		if err := prepare(tg, cache); err != nil {
			return nil, "", err
		}
	}
	done := t.progress.start("linking a TinyGo root with the port")
	shadow, err := tg.Shadow(o, cache, func() error { return tg.Accepts(ctx, tg.env) })
	if err == nil {
		tg.env, err = shadowGo(o, tg.root.Dir, cache)
	}
	done()
	if err != nil {
		return nil, "", err
	}
	tg.env = toolchain.Setenv(tg.env, "TINYGOROOT", shadow)
	return tg, cache, nil
}

// shadowGo is the environment in which TinyGo finds a Go root with the port.
func shadowGo(o *assemble.Overlay, goroot, cache string) ([]string, error) {
	root, err := tinygo.PortGo(o, goroot, cache)
	if err != nil {
		return nil, err
	}
	return toolchain.At(root).EnvironFor(), nil
}
