package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"go/version"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	gomod "golang.org/x/mod/modfile" // reads go.mod and go.work as the go command does

	"github.com/tinynet/tinynet/internal/release/matrix"
	"github.com/tinynet/tinynet/internal/tinygo"
)

// This file finds a Go for a TinyGo: the user's own, if TinyGo takes it, or else
// the newest that it takes. It also says before the build what the pair means for
// the user's module and board.

// pairedTinyGo finds TinyGo, and a Go that it takes if none was chosen.
func (t *tool) pairedTinyGo(ctx context.Context, command string) (*tinyGo, error) {
	tg, err := t.findTinyGo(ctx, command)
	if err != nil || t.goRelease != "" || t.goRoot != "" {
		return tg, err
	}
	fit, oldest, newest := tinygo.FitOf(tg.Release, tg.root.Version)
	if fit == tinygo.Tested || fit == tinygo.Should {
		return tg, nil
	}
	var refused *tinygo.RefusedError
	if err := tg.Accepts(ctx, tg.env); err == nil {
		return tg, nil // a TinyGo that nobody here knows, or one with a higher ceiling
	} else if !errors.As(err, &refused) {
		return nil, err
	}
	if refused.Newest != "" {
		oldest, newest = refused.Oldest, refused.Newest
	}
	best := tinygo.Best(matrix.Releases, oldest, newest)
	if best == "" {
		return nil, refused
	}
	fmt.Fprintf(t.progress.writer(t.stderr), "tinynet: TinyGo %s takes no %s; using Go %s, the newest that both take (-go VERSION chooses another)\n", tg.Release, tg.root.Version, best)
	with := *t
	with.goRelease = best
	paired, err := with.findTinyGo(ctx, command)
	if err != nil {
		return nil, fmt.Errorf("find a Go for TinyGo %s, which %s:\n%w", tg.Release, refused.Said, err)
	}
	return paired, nil
}

// building are the commands of TinyGo that compile the user's program.
var building = []string{"build", "run", "flash", "test", "gdb", "lldb"}

// fitsModule tells of a module or workspace that wants a newer Go than the pair
// has. The go command would only say that it is too old.
func (t *tool) fitsModule(ctx context.Context, tg *tinyGo, dir string) error {
	cmd := exec.CommandContext(ctx, filepath.Join(tg.Goroot, "bin", "go"), "env", "GOWORK", "GOMOD")
	cmd.Dir, cmd.Env = dir, tg.env
	cmd.WaitDelay = 2 * time.Second
	out, err := cmd.Output()
	if err != nil {
		return ctx.Err() // the build will say it better
	}
	for _, name := range strings.Split(strings.ReplaceAll(string(out), "\r\n", "\n"), "\n") {
		if name == "" || name == os.DevNull || name == "off" || name == "NUL" {
			continue
		}
		text, err := os.ReadFile(name)
		if err != nil {
			continue
		}
		var line *gomod.Go
		if filepath.Base(name) == "go.mod" {
			if f, err := gomod.ParseLax(name, text, nil); err == nil {
				line = f.Go
			}
		} else if f, err := gomod.ParseWork(name, text, nil); err == nil {
			line = f.Go
		}
		if line == nil || version.Compare("go"+line.Version, strings.TrimPrefix(tg.root.Version, "devel ")) <= 0 {
			continue
		}
		hint := "Lower the go line"
		if by := tinygo.TakenBy(line.Version); by != "" {
			hint += ", or use " + by
		}
		if best := tinygo.Best(matrix.Releases, "", minorOf(line.Version)); t.goRelease != "" && best != "" && version.Compare("go"+best, "go"+line.Version) >= 0 {
			hint += ", or choose a newer Go with -go"
		}
		return fmt.Errorf("%s says go %s, and TinyGo %s builds with %s here\n%s", name, line.Version, tg.Release, tg.root.Version, hint)
	}
	return nil
}

// workspace has the examples find the package of a board's radio.
func (t *tool) workspace(ctx context.Context, tg *tinyGo, args []string, cache string) error {
	env, note, err := tg.Workspace(ctx, tg.env, args, tg.root.Version, cache)
	if err != nil {
		return err
	}
	if note != "" && slices.Contains(building, args[0]) {
		fmt.Fprintf(t.progress.writer(t.stderr), "tinynet: %s\n", note)
	}
	tg.env = env
	return nil
}

// minorOf are the first two numbers of a release.
func minorOf(release string) string {
	return strings.TrimPrefix(version.Lang("go"+release), "go")
}

// tellScheduler says, before a build for a board, that the board's goroutines are
// to run on several cores by a scheduler that is known to hang, or that it has none,
// and so one stack, of a size that no flag changes.
func (t *tool) tellScheduler(ctx context.Context, tg *tinyGo, dir string, args []string) {
	if len(args) == 0 || !slices.Contains(building, args[0]) {
		return
	}
	target, chosen := "", ""
	for i, arg := range args {
		name, value, given := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(arg, "-"), "-"), "=")
		if !strings.HasPrefix(arg, "-") {
			continue
		}
		switch name {
		case "scheduler":
			if chosen = value; !given && i+1 < len(args) {
				chosen = args[i+1]
			}
		case "target":
			if target = value; !given && i+1 < len(args) {
				target = args[i+1]
			}
		}
	}
	if target == "" {
		return
	}
	if chosen == "none" && !strings.HasPrefix(target, "wasm") && !strings.HasPrefix(target, "wasip") {
		fmt.Fprintf(t.progress.writer(t.stderr), "tinynet: with -scheduler=none all of the program has one stack, the _stack_size of the linker script of %s, often 2 kB; a dial takes up to 5 kB, and a stack that is too small is not noticed (docs/tinygo.md)\n", target)
	}
	if chosen != "" || !tinygo.Hangs(tg.Release) {
		return
	}
	cmd := exec.CommandContext(ctx, tg.Command, "info", "-json", "-target="+target)
	cmd.Dir, cmd.Env = dir, tg.env
	cmd.WaitDelay = 2 * time.Second
	out, err := cmd.Output()
	var info struct {
		Scheduler string
	}
	if err != nil || json.NewDecoder(bytes.NewReader(out)).Decode(&info) != nil || info.Scheduler != "cores" {
		return
	}
	fmt.Fprintf(t.progress.writer(t.stderr), "tinynet: TinyGo %s runs goroutines on both cores of %s, and hangs there now and then, network or not (docs/tinygo.md); -scheduler=tasks does not, at the cost of the second core\n", tg.Release, target)
}
