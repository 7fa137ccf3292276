package main

import (
	"bytes"
	"context"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"

	"github.com/tinynet/tinynet/internal/board"
	"github.com/tinynet/tinynet/netdev/tether/host"
	"github.com/tinynet/tinynet/netdev/w5500sim"
)

// emulatesPico tells whether a board is a Pico that is emulated.
func emulatesPico(name string) bool { return name == board.Pico || name == board.W5500Pico }

// isFirmware tells whether run is given a file of firmware instead of a package.
func isFirmware(pkg []string) bool {
	return len(pkg) == 1 && (strings.HasSuffix(pkg[0], ".uf2") || strings.HasSuffix(pkg[0], ".elf"))
}

// isOtherFile tells whether it is given a file that cannot be part of a package, such as
// firmware in another format.
func isOtherFile(pkg []string) bool {
	if len(pkg) != 1 || strings.HasSuffix(pkg[0], ".go") {
		return false
	}
	info, err := os.Stat(pkg[0])
	return err == nil && info.Mode().IsRegular()
}

// buildPico builds for the Pico, or takes firmware that is there, and installs the
// emulator. What it built is there until clean is called.
func (t *tool) buildPico(ctx context.Context, opt runOptions, dir string, pkg []string) (p board.Program, start board.Starter, clean func(), err error) {
	clean = func() {}
	fail := func(err error) (board.Program, board.Starter, func(), error) { return p, nil, clean, err }
	cache, err := cacheDir()
	if err != nil {
		return fail(err)
	}
	install := ""
	if opt.output == "" {
		if _, _, err := board.FindNode(ctx); err != nil {
			return fail(fmt.Errorf("the board %s needs Node: %w", opt.board, err))
		}
		install, err = board.InstallPico(ctx, cache, func() func() { return t.progress.start("installing the emulator rp2040js with npm") })
		if err != nil {
			return fail(fmt.Errorf("install the emulator of the board %s: %w", opt.board, err))
		}
	}
	if isFirmware(pkg) {
		if _, err := os.Stat(pkg[0]); err != nil {
			return fail(err)
		}
		p.File = pkg[0]
	} else if isOtherFile(pkg) {
		return fail(fmt.Errorf("%s is neither a package nor firmware, whose name ends in .uf2 or .elf", pkg[0]))
	} else {
		tg, _, err := t.onPortFor(ctx, "", func(tg *tinyGo, cache string) (err error) {
			tg.Changed, err = board.PicoChanged(tg.Root, cache)
			return err
		})
		if err != nil {
			return fail(err)
		}
		flags := append([]string(nil), board.PicoBuild...)
		if opt.board == board.Pico {
			flags = append(flags, "-serial=uart")
		}
		if p, clean, err = t.compileTinyGo(ctx, tg, opt, dir, pkg, flags...); err != nil {
			return fail(err)
		}
	}
	p.Install, p.Name, p.Measure = install, filepath.Base(pkg[0]), opt.stats
	return p, board.StartPico, clean, nil
}

// onW5500 refuses what the cable of the W5500 does not have.
func onW5500(o netOptions) error {
	for name, given := range map[string]bool{"allow": len(o.allow) > 0, "deny": len(o.deny) > 0, "dns": len(o.dns) > 0, "addr": o.addr != ""} {
		if given {
			return usagef("-%s is for boards on a tether: the cable of %s leads to this computer only", name, board.W5500Pico)
		}
	}
	return nil
}

// cable is the one of the W5500, with this computer at its other end.
func (t *tool) cable(conf host.Config, o netOptions) (*w5500sim.Chip, error) {
	told := map[string]bool{} // guarded by the chip's lock; a port closes when all of its sockets are connections
	c := board.Cable{
		Self: conf.Self, Loopback: conf.Loopback, Publish: conf.Publish, Listen: conf.Listen,
		Listening: func(network string, port uint16, at netip.AddrPort) {
			if p := fmt.Sprint(network, port, at); !told[p] {
				told[p] = true
				t.listening(network, port, at)
			}
		},
		Fault: func(err error) { fmt.Fprintf(t.progress.writer(t.stderr), "tinynet: %v\n", err) },
	}
	if o.self == defaultSelf {
		c.Self = netip.Addr{} // that is the tether's
	}
	return c.W5500()
}

// writeProfile writes where the program spent its cycles.
func writeProfile(file string, m board.Machine) error {
	profiled, ok := m.(board.Profiled)
	if !ok {
		return fmt.Errorf("write a profile: this board takes no samples")
	}
	var b bytes.Buffer
	if err := profiled.WriteProfile(&b); err != nil {
		return fmt.Errorf("write a profile: %w", err)
	}
	return os.WriteFile(file, b.Bytes(), 0o666)
}

// picoFindings are what the board pico needs besides TinyGo.
func picoFindings(ctx context.Context) (all []finding) {
	const forWhat = "For programs on an emulated Pico: "
	found := func(what, path, version string, err error) {
		if err == nil {
			all = append(all, finding{what, "ok", strings.TrimSpace(path + " " + version), ""})
			return
		}
		f := wrong(what, err)
		f.State, f.Do = "missing", forWhat+f.Do
		all = append(all, f)
	}
	node, version, err := board.FindNode(ctx)
	found("node", node, version, err)
	npm, err := board.FindNPM()
	found("npm", npm, "", err)
	return all
}
