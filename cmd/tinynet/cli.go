package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/peterbourgon/ff/v3/ffcli"

	"github.com/tinynet/tinynet/internal/assemble"
	"github.com/tinynet/tinynet/internal/guess"
	"github.com/tinynet/tinynet/internal/release/apicheck"
	"github.com/tinynet/tinynet/internal/release/record"
	"github.com/tinynet/tinynet/internal/toolchain"
)

// A tool is the command line and what it works with.
type tool struct {
	port           fs.FS
	stdin          io.Reader
	stdout, stderr io.Writer
	progress       *progress // nil where nobody watches
	goos           string    // the system that this is; empty for the one that it was built for

	// become goes on as another program. It returns only if that fails, or
	// where a process cannot do so: then with that program's exit status.
	become func(path string, args, env []string) (int, error)

	goRelease, goRoot string // -go and -goroot
	strict            bool   // -strict
}

// Exit states.
const (
	statusOK     = 0
	statusFailed = 1
	statusUsage  = 2
)

// An usageError is the user's: exit status 2 and a hint to the help.
type usageError string

func (e usageError) Error() string { return string(e) }

func usagef(format string, args ...any) error { return usageError(fmt.Sprintf(format, args...)) }

// An exitError is an exit status whose reason has been printed.
type exitError int

func (e exitError) Error() string { return fmt.Sprintf("exit status %d", int(e)) }

// run performs a command line, without the program's name, and returns the
// exit status.
func (t *tool) run(ctx context.Context, args []string) int {
	root := t.commands()
	if len(args) == 1 && (args[0] == "-version" || args[0] == "--version") {
		args = []string{"version"}
	}
	err := root.Parse(args)
	cmd := selected(root, args)
	if err == nil {
		err = root.Run(ctx)
	}
	t.progress.stop()
	var exit exitError
	switch {
	case err == nil:
		return statusOK
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprint(t.stdout, usage(cmd))
		return statusOK
	case errors.As(err, &exit):
		return int(exit)
	case ctx.Err() != nil:
		err = errors.New("interrupted")
	}
	name := "tinynet"
	if cmd != root {
		name += " " + cmd.Name
	}
	if msg, ok := isUsage(err); ok {
		if unknown, ok := strings.CutPrefix(msg, "flag provided but not defined: -"); ok {
			msg += guess.DidYouMean("-"+strings.TrimLeft(unknown, "-"), flags(cmd))
		}
		help := "tinynet help"
		if cmd != root && cmd.Name != "help" {
			help += " " + cmd.Name
		}
		fmt.Fprintf(t.stderr, "%s: %s\nRun '%s' for usage.\n", name, msg, help)
		return statusUsage
	}
	fmt.Fprintf(t.stderr, "%s: %v\n", name, err)
	return statusFailed
}

func isUsage(err error) (string, bool) {
	var mine usageError
	var selection *toolchain.UsageError
	var pkg *apicheck.UnknownPackageError
	switch {
	case errors.As(err, &mine):
		return mine.Error(), true
	case errors.As(err, &selection):
		return selection.Error(), true
	case errors.As(err, &pkg):
		return pkg.Error(), true
	}
	// What the flag package finds comes wrapped by ffcli.
	if msg, ok := strings.CutPrefix(err.Error(), "error parsing commandline arguments: "); ok {
		return msg, true
	}
	return "", false
}

// selected is the command that the arguments choose.
func selected(root *ffcli.Command, args []string) *ffcli.Command {
	fs := flag.NewFlagSet("", flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	root.FlagSet.VisitAll(func(f *flag.Flag) {
		if b, ok := f.Value.(interface{ IsBoolFlag() bool }); ok && b.IsBoolFlag() {
			fs.Bool(f.Name, false, "")
		} else {
			fs.String(f.Name, "", "")
		}
	})
	fs.Parse(args)
	if c := find(root, fs.Arg(0)); c != nil {
		return c
	}
	return root
}

func find(root *ffcli.Command, name string) *ffcli.Command {
	for _, c := range root.Subcommands {
		if strings.EqualFold(c.Name, name) { // as ffcli does
			return c
		}
	}
	return nil
}

// commands builds the command line. Help is printed by run, so that it goes to
// standard output when it was asked for.
func (t *tool) commands() *ffcli.Command {
	root := t.command("tinynet", "tinynet [-go VERSION | -goroot DIR] COMMAND [ARGS]",
		"put Go's own net, net/http and crypto/tls on microcontrollers", longHelp, nil)
	root.Subcommands = []*ffcli.Command{
		t.runCommand(),
		t.goCommand(),
		t.tinygoCommand(),
		t.installCommand(),
		t.uninstallCommand(),
		t.doctorCommand(),
		t.sizeCommand(),
		t.tetherCommand(),
		t.assembleCommand(),
		t.overlayCommand(),
		t.treeCommand(),
		t.apiCommand(),
		t.conformCommand(),
		t.compareCommand(),
		t.upgradeCommand(),
		t.command("version", "tinynet version", "print the version of this program", "", func(ctx context.Context, args []string) error {
			if len(args) > 0 {
				return usagef("unexpected argument %s", args[0])
			}
			_, err := fmt.Fprintln(t.stdout, versionLine())
			return err
		}),
	}
	root.Subcommands = append(root.Subcommands, t.command("help", "tinynet help [COMMAND]", "print help for a command", "",
		func(ctx context.Context, args []string) error {
			switch len(args) {
			case 0:
				_, err := fmt.Fprint(t.stdout, usage(root))
				return err
			case 1:
				c := find(root, args[0])
				if c == nil {
					return unknown(root, args[0])
				}
				_, err := fmt.Fprint(t.stdout, usage(c))
				return err
			}
			return usagef("one command at a time")
		}))
	root.Exec = func(ctx context.Context, args []string) error {
		if len(args) > 0 {
			return unknown(root, args[0])
		}
		fmt.Fprint(t.stderr, usage(root))
		return exitError(statusUsage)
	}
	return root
}

// unknown is the error for a command that there is not.
func unknown(root *ffcli.Command, name string) error {
	var names []string
	for _, c := range root.Subcommands {
		names = append(names, c.Name)
	}
	return usagef("unknown command %s; there are %s%s", name, strings.Join(names, ", "), guess.DidYouMean(name, names))
}

// flags are the names of a command's options, as they are written.
func flags(c *ffcli.Command) (names []string) {
	c.FlagSet.VisitAll(func(f *flag.Flag) { names = append(names, "-"+f.Name) })
	return names
}

// command makes a command that takes -go and -goroot. The long help is text
// with paragraphs and, indented, examples.
func (t *tool) command(name, short, does, long string, exec func(context.Context, []string) error) *ffcli.Command {
	fs := flag.NewFlagSet(name, flag.ContinueOnError)
	fs.SetOutput(io.Discard) // run prints what there is to say
	// Before or after the command: both set the same.
	if name != "version" && name != "help" {
		fs.StringVar(&t.goRelease, "go", "", "use the Go release `VERSION`, such as 1.25.11; it is fetched if it is not here")
		fs.StringVar(&t.goRoot, "goroot", "", "use the Go installed in `DIR`")
		fs.BoolVar(&t.strict, "strict", false, "fail if changes of the port rest on code of Go's that nobody looked at, instead of saying so")
	}
	return &ffcli.Command{Name: name, ShortUsage: short, ShortHelp: does, LongHelp: long, FlagSet: fs, Exec: exec}
}

const longHelp = `The port is assembled from the Go release that you have, so it is as new as
your Go. Every command takes another release with -go or -goroot, before or
after its name.

Examples:
  tinynet run ./examples/webserver
  tinynet tinygo flash -target=pico-w -scheduler=tasks ./examples/webserver
  tinynet go -go 1.25.11 test net/http

Assembled ports, links and programs are kept in the user's cache folder, in
tinynet, or in the folder that the environment variable TINYNET_CACHE names. All
of it can be deleted at any time.

Exit status: 0; 1 if something failed, a check among them; 2 for wrong usage.
run, go and tinygo end with the status of what they run.`

// usage is the help for a command.
func usage(c *ffcli.Command) string {
	var b strings.Builder
	fmt.Fprintf(&b, "Usage: %s\n\n%s.\n", c.ShortUsage, strings.ToUpper(c.ShortHelp[:1])+c.ShortHelp[1:])
	if len(c.Subcommands) > 0 {
		b.WriteString("\nCommands:\n")
		for _, s := range c.Subcommands {
			fmt.Fprintf(&b, "  %-9s %s\n", s.Name, s.ShortHelp)
		}
	}
	options := false
	c.FlagSet.VisitAll(func(f *flag.Flag) {
		if !options {
			b.WriteString("\nOptions:\n")
			options = true
		}
		arg, text := flag.UnquoteUsage(f)
		if arg != "" {
			arg = " " + arg
		}
		if f.DefValue != "" && f.DefValue != "false" {
			text += fmt.Sprintf(" (default %s)", f.DefValue)
		}
		fmt.Fprintf(&b, "  -%s%s\n        %s\n", f.Name, arg, text)
	})
	if c.LongHelp != "" {
		fmt.Fprintf(&b, "\n%s\n", strings.TrimSpace(c.LongHelp))
	}
	return b.String()
}

func versionLine() string {
	v := "(devel)"
	if info, ok := debug.ReadBuildInfo(); ok {
		if info.Main.Version != "" {
			v = info.Main.Version
		}
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" && len(s.Value) >= 12 && !strings.Contains(v, s.Value[:12]) {
				v += " " + s.Value[:12]
			}
		}
	}
	return fmt.Sprintf("tinynet %s %s %s/%s", v, runtime.Version(), runtime.GOOS, runtime.GOARCH)
}

// toolchain finds the Go to work with. dir is where the go command will run.
func (t *tool) toolchain(ctx context.Context, dir string) (*toolchain.Toolchain, assemble.Goroot, error) {
	done := t.progress.start("looking for Go")
	defer done()
	tc, err := toolchain.Find(ctx, toolchain.Query{
		Release: t.goRelease, Root: t.goRoot, Dir: dir,
		Downloading: func(what string) { t.progress.start("fetching " + what) },
	})
	if err != nil {
		return nil, assemble.Goroot{}, err
	}
	root, err := t.goroot(tc.Root)
	return tc, root, err
}

func (t *tool) goroot(dir string) (assemble.Goroot, error) {
	root, err := assemble.OpenGoroot(dir)
	if err != nil && t.goRelease == "" {
		err = fmt.Errorf("%w\n-go VERSION chooses another release, such as -go 1.25.11", err)
	}
	return root, err
}

// tree assembles the port.
func (t *tool) tree(root assemble.Goroot) (*assemble.Tree, error) {
	defer t.progress.start("assembling the port from " + root.String())()
	m, err := assemble.LoadManifest(t.port)
	if err != nil {
		return nil, assembling(root, err)
	}
	tree, err := assemble.Assemble(m, root)
	if err == nil {
		err = t.checkRecord(root, m)
	}
	return tree, assembling(root, err)
}

// checkRecord says which changes of the port rest on code of Go's that is not as
// it was when they were made; with -strict that is an error.
func (t *tool) checkRecord(root assemble.Goroot, m *assemble.Manifest) error {
	rec, err := record.Of(t.port)
	if rec == nil || err != nil {
		return err
	}
	if !t.strict {
		if known, err := rec.Known(root); known || err != nil {
			return err
		}
	}
	if m == nil {
		if m, err = assemble.LoadManifest(t.port); err != nil {
			return err
		}
	}
	s, err := assemble.Look(m, root)
	if err != nil {
		return err
	}
	f, err := rec.Check(root, s)
	if err != nil || f.Quiet() {
		return err
	}
	text := strings.TrimSuffix(f.Text(), "\n")
	if t.strict {
		return fmt.Errorf("assemble the port from %s in %s: -strict:\n%s", root.Version, root.Dir, text)
	}
	fmt.Fprintln(t.progress.writer(t.stderr), text)
	return nil
}

// overlay finds the port assembled in the cache, or puts it there.
func (t *tool) overlay(root assemble.Goroot) (o *assemble.Overlay, cache string, err error) {
	defer t.progress.start("assembling the port from " + root.String())()
	if cache, err = cacheDir(); err != nil {
		return nil, "", err
	}
	if o, err = assemble.Cached(t.port, root, cache); err == nil {
		err = t.checkRecord(root, nil)
	}
	return o, cache, assembling(root, err)
}

// assembling says what to do about a release that does not fit the port.
func assembling(root assemble.Goroot, err error) error {
	if errors.As(err, new(assemble.Problems)) {
		return fmt.Errorf("assemble the port from %s in %s:\n%w\n"+
			"The port does not fit this release of Go; -go VERSION chooses another", root, root.Dir, err)
	}
	return err
}

// cacheDir is the folder for everything that is kept between runs.
func cacheDir() (string, error) {
	if dir := os.Getenv("TINYNET_CACHE"); dir != "" {
		return filepath.Abs(dir)
	}
	return assemble.DefaultCacheDir()
}
