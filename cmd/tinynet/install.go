package main

import (
	"context"
	"fmt"

	"github.com/peterbourgon/ff/v3/ffcli"

	"github.com/tinynet/tinynet/internal/assemble"
	"github.com/tinynet/tinynet/internal/tinygo"
)

func (t *tool) installCommand() *ffcli.Command {
	var command string
	var force bool
	c := t.command("install", "tinynet install [-tinygo FILE] [-force] [-go VERSION | -goroot DIR]", "put the port into a TinyGo installation", `
After it, tinygo itself builds on the port. TinyGo's own net, net/http and
crypto/tls are kept in the folder .tinynet of its root, and a newer port replaces
an older one. The port is for the Go release that this TinyGo uses now; after a
change of TinyGo or Go, run it again.

Other packages that the port changes, such as net/netip and those of FIPS 140,
TinyGo takes from Go's root. One with the port is made in the cache, of links, and
the line to set GOROOT is printed: with it, tinygo builds what tinynet tinygo does.
Without it programs work, and are larger: since TinyGo 0.40 by 60 kB of RAM.

If it is interrupted, the next install or uninstall puts things in order. Files
of the port that were changed since are an error unless -force is given.

For a TinyGo that others use, too, tinynet tinygo is better: it changes nothing.

Examples:
  tinynet install
  tinynet install -tinygo /opt/tinygo/bin/tinygo -go 1.23.12`,
		func(ctx context.Context, args []string) error {
			if err := noArgs(args); err != nil {
				return err
			}
			tg, err := t.findTinyGo(ctx, command)
			if err != nil {
				return err
			}
			if err := tg.Accepts(ctx, tg.env); err != nil {
				return err
			}
			o, cache, err := t.overlay(tg.root)
			if err != nil {
				return err
			}
			if in, err := tg.Installation(o); err != nil {
				return err
			} else if in.Current {
				fmt.Fprintf(t.stdout, "%s: the port of %s is there already\n", tg.Root, o.Release)
				return t.printPortGo(o, tg, cache)
			}
			if err := ctx.Err(); err != nil {
				return err
			}
			done := t.progress.start("copying the port to " + tg.Root)
			err = tg.Install(o, force)
			done()
			if err != nil {
				return err
			}
			fmt.Fprintf(t.stdout, "%s: has the port of %s now; tinynet uninstall puts TinyGo's own net back\n", tg.Root, o.Release)
			return t.printPortGo(o, tg, cache)
		})
	tinygoVar(c.FlagSet, &command, tinygoFlag)
	c.FlagSet.BoolVar(&force, "force", false, "replace also a port that was changed since it was installed")
	return c
}

// printPortGo makes the Go root with the port, and prints how TinyGo gets it.
func (t *tool) printPortGo(o *assemble.Overlay, tg *tinyGo, cache string) error {
	done := t.progress.start("linking a Go root with the port")
	root, err := tinygo.PortGo(o, tg.root.Dir, cache)
	done()
	if err == nil {
		_, err = fmt.Fprintf(t.stdout, "for all of the port, as tinynet tinygo has it: export GOROOT=%s\n", root)
	}
	return err
}

func (t *tool) uninstallCommand() *ffcli.Command {
	var command string
	var force bool
	c := t.command("uninstall", "tinynet uninstall [-tinygo FILE] [-force]", "put TinyGo's own net back", `
What install has moved aside comes back as it was, byte for byte. It does so
also after an install that was interrupted.

Examples:
  tinynet uninstall
  tinynet uninstall -tinygo /opt/tinygo/bin/tinygo`,
		func(ctx context.Context, args []string) error {
			if err := noArgs(args); err != nil {
				return err
			}
			env, _, err := t.tinygoEnv(ctx)
			if err != nil {
				return err
			}
			tg, err := tinygo.Find(ctx, command, env)
			if err != nil {
				return err
			}
			if err := ctx.Err(); err != nil {
				return err
			}
			had, err := tg.Uninstall(force)
			if err != nil {
				return err
			}
			if !had {
				_, err = fmt.Fprintf(t.stdout, "%s: has TinyGo's own net\n", tg.Root)
			} else {
				_, err = fmt.Fprintf(t.stdout, "%s: has TinyGo's own net again\n", tg.Root)
			}
			return err
		})
	tinygoVar(c.FlagSet, &command, tinygoFlag)
	c.FlagSet.BoolVar(&force, "force", false, "put it back also if the port was changed since it was installed")
	return c
}
