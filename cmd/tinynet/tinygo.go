package main

import (
	"context"
	"os"

	"github.com/peterbourgon/ff/v3/ffcli"

	"github.com/tinynet/tinynet/tinygoroot"
	"github.com/tinynet/tinynet/toolchain"
)

func (t *tool) tinygoCommand() *ffcli.Command {
	var command string
	c := t.command("tinygo", "tinynet tinygo [-tinygo FILE] [-go VERSION | -goroot DIR] ARGS...", "run the tinygo command with the port in place of its own net", `
Everything after the options is for the tinygo command. The port is assembled
for the Go release that this TinyGo uses, and stands in a copy of TinyGo's root
that is made of links and lies in the cache: nothing of the TinyGo installation
is changed.

TinyGo supports only some releases of Go. If it refuses yours, choose one with
-go.

Examples:
  tinynet tinygo flash -target=pico ./examples/webserver
  tinynet tinygo build -target=pico -o firmware.uf2 ./examples/tcpecho
  tinynet tinygo -go 1.23.12 test -target=cortex-m-qemu ./...`,
		func(ctx context.Context, args []string) error { return t.tinygoExec(ctx, command, args) })
	c.FlagSet.StringVar(&command, "tinygo", "", "use the tinygo command `FILE` instead of the one on PATH")
	return c
}

func (t *tool) tinygoExec(ctx context.Context, command string, args []string) error {
	env := os.Environ()
	chosen := t.goRelease != "" || t.goRoot != ""
	if chosen {
		tc, _, err := t.toolchain(ctx, "")
		if err != nil {
			return err
		}
		env = tc.EnvironFor()
	}
	done := t.progress.start("looking for TinyGo")
	tg, err := tinygoroot.Find(ctx, command, env)
	done()
	if err != nil {
		return err
	}
	if !chosen {
		env = toolchain.At(tg.Goroot).EnvironFor()
	}
	root, err := t.goroot(tg.Goroot)
	if err != nil {
		return err
	}
	o, cache, err := t.overlay(root)
	if err != nil {
		return err
	}
	done = t.progress.start("linking a TinyGo root with the port")
	shadow, err := tg.Shadow(o, cache)
	done()
	if err != nil {
		return err
	}
	return t.replace(ctx, tg.Command, append([]string{tg.Command}, args...), toolchain.Setenv(env, "TINYGOROOT", shadow))
}
