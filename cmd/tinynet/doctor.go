package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/peterbourgon/ff/v3/ffcli"

	"github.com/tinynet/tinynet/internal/assemble"
	"github.com/tinynet/tinynet/internal/tinygo"
	"github.com/tinynet/tinynet/internal/toolchain"
)

// A finding is one thing that doctor looked at.
type finding struct {
	What  string `json:"what"`
	State string `json:"state"` // ok, missing (and not needed by everybody), or wrong
	Found string `json:"found"`
	Do    string `json:"do,omitempty"` // what to do, if it is not ok
}

func (t *tool) doctorCommand() *ffcli.Command {
	var command string
	var asJSON, build bool
	c := t.command("doctor", "tinynet doctor [-build] [-json] [-tinygo FILE] [-go VERSION | -goroot DIR]", "show what was found, what is missing, and what to do", `
Each line says what was looked at, what was found, and if that is not as it
should be, what to do about it. What is missing is needed only by those who want
it. The exit status is 1 if something is wrong.

Examples:
  tinynet doctor
  tinynet doctor -build
  tinynet doctor -tinygo /opt/tinygo/bin/tinygo`,
		func(ctx context.Context, args []string) error {
			if err := noArgs(args); err != nil {
				return err
			}
			all := t.examine(ctx, command, build)
			if err := ctx.Err(); err != nil {
				return err
			}
			if asJSON {
				enc := json.NewEncoder(t.stdout)
				enc.SetEscapeHTML(false)
				enc.SetIndent("", "\t")
				if err := enc.Encode(all); err != nil {
					return err
				}
			}
			wrong := false
			for _, f := range all {
				wrong = wrong || f.State == "wrong"
				if asJSON {
					continue
				}
				fmt.Fprintf(t.stdout, "%-8s %-20s %s\n", f.State, f.What, strings.ReplaceAll(f.Found, "\n", "\n"+indent))
				if f.Do != "" {
					fmt.Fprintf(t.stdout, "%s%s\n", indent, strings.ReplaceAll(f.Do, "\n", "\n"+indent))
				}
			}
			if wrong {
				return exitError(statusFailed)
			}
			return nil
		})
	tinygoVar(c.FlagSet, &command, tinygoFlag)
	c.FlagSet.BoolVar(&asJSON, "json", false, "print JSON")
	c.FlagSet.BoolVar(&build, "build", false, "build a small program for a Pico with TinyGo, to see that it can be done")
	return c
}

const indent = "                              " // where what was found begins

// wrong divides an error into what was found and what to do, which errors here
// have on lines of their own.
func wrong(what string, err error) finding {
	found, do, _ := strings.Cut(err.Error(), "\n")
	return finding{what, "wrong", found, do}
}

func (t *tool) examine(ctx context.Context, command string, build bool) []finding {
	all := []finding{{"tinynet", "ok", versionLine(), ""}}
	add := func(f finding) { all = append(all, f) }

	tc, root, err := t.toolchain(ctx, "")
	if err != nil {
		add(wrong("go", err))
	} else {
		add(finding{"go", "ok", root.Version + " in " + tc.Root, ""})
		add(t.portFinding(root))
	}
	if cache, err := cacheDir(); err != nil {
		add(wrong("cache", err))
	} else {
		add(finding{"cache", "ok", fmt.Sprintf("%s, %d MB", cache, (diskUse(cache)+500_000)/1_000_000), ""})
	}

	for _, f := range t.tinygoFindings(ctx, command, build) {
		add(f)
	}
	for _, emulator := range []string{"qemu-system-riscv32", "qemu-system-arm"} {
		if path, err := exec.LookPath(emulator); err == nil {
			add(finding{emulator, "ok", path, ""})
		} else {
			add(finding{emulator, "missing", "not on PATH",
				"For programs on emulated boards: install QEMU (Debian: qemu-system-misc, qemu-system-arm)"})
		}
	}
	for _, f := range picoFindings(ctx) {
		add(f)
	}
	return all
}

func (t *tool) portFinding(root assemble.Goroot) finding {
	tree, err := t.tree(root)
	if err != nil {
		return wrong("port", err)
	}
	return finding{"port", "ok", fmt.Sprintf("%d files, assembled from %s", len(tree.Files), root), ""}
}

// buildFinding builds a small program for a board with TinyGo, on the port.
func (t *tool) buildFinding(ctx context.Context, command string) finding {
	fail := func(err error) finding { return wrong("build", err) }
	tmp, err := os.MkdirTemp("", "tinynet-doctor-")
	if err != nil {
		return fail(err)
	}
	defer os.RemoveAll(tmp)
	for name, text := range map[string]string{
		"go.mod":  "module doctor\n\ngo 1.23\n",
		"main.go": "package main\n\nimport \"net\"\n\nfunc main() {\n\tc, err := net.Dial(\"tcp\", \"localhost:80\")\n\tif err != nil {\n\t\tprintln(err.Error())\n\t\treturn\n\t}\n\tc.Close()\n}\n",
	} {
		if err := os.WriteFile(filepath.Join(tmp, name), []byte(text), 0o666); err != nil {
			return fail(err)
		}
	}
	quiet := *t
	quiet.stderr = io.Discard
	tg, _, err := quiet.onPort(ctx, command)
	if err != nil {
		return fail(err)
	}
	const target = "pico"
	done := t.progress.start("building a program for " + target)
	cmd := exec.CommandContext(ctx, tg.Command, "build", "-target="+target, "-scheduler=tasks", "-size=short", "-o", filepath.Join(tmp, "program.elf"), ".")
	cmd.Dir, cmd.Env = tmp, tg.env
	cmd.WaitDelay = 5 * time.Second
	out, err := cmd.CombinedOutput()
	done()
	if err != nil {
		first, _, _ := strings.Cut(strings.TrimSpace(string(out)), "\n")
		return finding{"build", "wrong", "a program that calls net.Dial cannot be built for " + target + ": " + first,
			"If this TinyGo builds other programs, report it with what `tinynet doctor` says"}
	}
	fields := strings.Fields(string(out))
	found := "a program that calls net.Dial, for " + target
	if n := len(fields); n >= 2 {
		found += fmt.Sprintf(": %s bytes of flash, %s of static RAM", fields[n-2], fields[n-1])
	}
	return finding{"build", "ok", found, ""}
}

func (t *tool) tinygoFindings(ctx context.Context, command string, build bool) (all []finding) {
	add := func(f finding) { all = append(all, f) }
	env, chosen, err := t.tinygoEnv(ctx)
	if err != nil {
		return nil // said for go already
	}
	tg, err := tinygo.Find(ctx, command, env)
	if err != nil {
		f := wrong("tinygo", err)
		if command == "" && strings.Contains(f.Found, "no tinygo command on PATH") {
			f.State, f.Found = "missing", "not on PATH"
			f.Do = "For programs on boards: " + strings.ToLower(f.Do[:1]) + f.Do[1:]
		}
		return append(all, f)
	}
	if !chosen {
		env = toolchain.At(tg.Goroot).EnvironFor()
	}
	version, err := tg.Version(ctx, env)
	if err != nil || version == "" {
		version = "of a version that it does not tell"
	}
	add(finding{"tinygo", "ok", tg.Command + "\n" + version + "\nroot " + tg.Root, ""})

	// In the place of a Go that TinyGo refuses, tinynet takes another.
	var refused string
	root, err := t.goroot(tg.Goroot)
	root.TinyGo = tg.Release
	if err == nil {
		err = tg.Accepts(ctx, env)
	}
	if errors.As(err, new(*tinygo.RefusedError)) && !chosen {
		quiet := *t
		quiet.stderr = io.Discard
		if paired, pairErr := quiet.pairedTinyGo(ctx, command); pairErr == nil {
			refused = fmt.Sprintf("\nTinyGo %s takes no %s", tg.Release, root.Version)
			root, env = paired.root, paired.env
			err = paired.Accepts(ctx, env)
		}
	}
	if err != nil {
		add(wrong("tinygo's go", err))
	} else {
		fit, oldest, newest := tinygo.FitOf(tg.Release, root.Version)
		f := finding{"tinygo's go", "ok", root.Version + " in " + root.Dir + refused, ""}
		switch fit {
		case tinygo.Tested:
			f.Found += "\nthe pair is tested"
		case tinygo.Should:
			f.Found += "\nthe pair should work; it has not been tested"
		case tinygo.Cannot:
			f.Found += fmt.Sprintf("\nTinyGo %s is known to take Go %s to %s; this one says that it takes more", tg.Release, oldest, newest)
		default:
			f.Found += fmt.Sprintf("\nnobody here knows TinyGo %s: whether the pair works, -build tells", tg.Release)
		}
		add(f)
		add(t.portFinding(root))
		if build {
			add(t.buildFinding(ctx, command))
		}
	}

	var port *assemble.Overlay
	if root.Dir != "" {
		if port, _, err = t.overlay(root); err != nil {
			port = nil // said for the port already
		}
	}
	in, err := tg.Installation(port)
	if err != nil {
		add(wrong("in place", err))
		return all
	}
	f := finding{"in place", "ok", "TinyGo's own net; with `tinynet tinygo` in front it is the port", ""}
	switch in.State {
	case tinygo.NotInstalled:
	case tinygo.Installed:
		f.Found = "the port of " + in.Release
		if !in.Current && port != nil {
			f.State, f.Found = "wrong", f.Found+", which is not the newest for "+port.Release
			f.Do = "tinynet install replaces it"
		}
	case tinygo.Interrupted:
		f.State, f.Found, f.Do = "wrong", "an install or uninstall was interrupted", "tinynet install finishes it, tinynet uninstall puts TinyGo's own net back"
	case tinygo.Reinstalled:
		f.Found = "TinyGo's own net, installed over the port; tinynet uninstall removes what is kept of the older TinyGo"
	default:
		state := &tinygo.StateError{Root: tg.Root, State: in.State, Files: in.Changed}
		f = wrong("in place", state)
	}
	add(f)
	return all
}

// diskUse is how many bytes the files in a folder have.
func diskUse(dir string) (size int64) {
	filepath.WalkDir(dir, func(_ string, e fs.DirEntry, err error) error {
		if err != nil {
			if errors.Is(err, os.ErrNotExist) {
				return nil
			}
			return fs.SkipDir
		}
		if fi, err := e.Info(); err == nil && fi.Mode().IsRegular() {
			size += fi.Size()
		}
		return nil
	})
	return size
}
