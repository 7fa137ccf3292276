package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"github.com/peterbourgon/ff/v3/ffcli"

	"github.com/tinynet/tinynet/internal/assemble"
	"github.com/tinynet/tinynet/internal/release/apicheck"
)

func noArgs(args []string) error {
	if len(args) > 0 {
		return usagef("unexpected argument %s", args[0])
	}
	return nil
}

const forTinygoFlag = "make the port for the tinygo command `FILE`, or the one on PATH of that name"

// rootFor is the Go root to assemble from: for a TinyGo, if one is named.
func (t *tool) rootFor(ctx context.Context, tinygo string) (assemble.Goroot, error) {
	if tinygo == "" {
		_, root, err := t.toolchain(ctx, "")
		return root, err
	}
	tg, err := t.pairedTinyGo(ctx, tinygo)
	if err != nil {
		return assemble.Goroot{}, err
	}
	return tg.root, nil
}

func (t *tool) assembleCommand() *ffcli.Command {
	var dir, tinygo string
	var force, adopt bool
	c := t.command("assemble", "tinynet assemble -o DIR [-adopt] [-force] [-tinygo FILE] [-go VERSION | -goroot DIR]", "write the port as files", `
The files go to DIR/src, where they lie as in GOROOT/src. All of src is replaced
in one step; if something fails, what was there stays. A folder that is not
empty and was not made by this command is left alone unless -force is given.

The port is for Go's own compiler; with -tinygo it is for that TinyGo and for the
Go that it uses. With -adopt it is what can replace the folders src/net and
src/crypto/tls of a TinyGo root: plain source, with a listing in src/net/README.md
and the tests that TinyGo's own checks run.

Examples:
  tinynet assemble -o port-1.26
  tinynet assemble -adopt -tinygo tinygo -o for-tinygo
  tinynet assemble -go 1.25.11 -o port-1.25`,
		func(ctx context.Context, args []string) error {
			if err := noArgs(args); err != nil {
				return err
			}
			if dir == "" {
				return usagef("name the folder to write to with -o DIR")
			}
			root, err := t.rootFor(ctx, tinygo)
			if err != nil {
				return err
			}
			root.Adopted = adopt
			tree, err := t.tree(root)
			if err != nil {
				return err
			}
			if adopt {
				if tree, err = tree.Adopted(); err != nil {
					return err
				}
			}
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := tree.Write(dir, force); err != nil {
				return err
			}
			count := map[assemble.Mark]int{}
			for _, f := range tree.Files {
				count[f.Mark]++
			}
			_, err = fmt.Fprintf(t.stdout, "%s: the port of %s, %d files: %d of Go's own, %d changed, %d added\n",
				dir, root, len(tree.Files), count[assemble.Taken], count[assemble.Modified], count[assemble.Added])
			return err
		})
	c.FlagSet.StringVar(&dir, "o", "", "write to the folder `DIR`")
	c.FlagSet.BoolVar(&adopt, "adopt", false, "only the folders that TinyGo has of its own, with a listing and TinyGo's choice of tests")
	tinygoVar(c.FlagSet, &tinygo, forTinygoFlag)
	c.FlagSet.BoolVar(&force, "force", false, "write also to a folder that was not made by this command")
	return c
}

func (t *tool) overlayCommand() *ffcli.Command {
	var file string
	c := t.command("overlay", "tinynet overlay -o FILE [-go VERSION | -goroot DIR]", "write the JSON file for go build -overlay", `
The files that it names are in the cache. FILE may be - for standard output.

The overlay fits one Go only, the one whose release is printed: a go command of
another one ignores it. A Go that was fetched has to be called as is printed,
because the go command refuses an overlay for what is in its module cache.

Examples:
  tinynet overlay -o overlay.json && go build -overlay overlay.json ./...
  tinynet overlay -o - | jq .Replace`,
		func(ctx context.Context, args []string) error {
			if err := noArgs(args); err != nil {
				return err
			}
			if file == "" {
				return usagef("name the file to write with -o FILE")
			}
			tc, root, err := t.toolchain(ctx, "")
			if err != nil {
				return err
			}
			p, err := t.placed(tc, root, "", "")
			if err != nil {
				return err
			}
			data, err := os.ReadFile(p.overlay)
			if err != nil {
				return err
			}
			if file == "-" {
				_, err := t.stdout.Write(data)
				return err
			}
			if err := writeFile(file, data); err != nil {
				return fmt.Errorf("write the overlay: %w", err)
			}
			how := "go"
			if gocmd, err := p.tc.Command(); err == nil && p.fetched {
				how = fmt.Sprintf("GOROOT=%s %s", p.tc.Root, gocmd)
			}
			_, err = fmt.Fprintf(t.stdout, "%s: the port of %s, for: %s build -overlay %[1]s\n", file, root.Version, how)
			return err
		})
	c.FlagSet.StringVar(&file, "o", "", "write the file `FILE`")
	return c
}

func (t *tool) treeCommand() *ffcli.Command {
	var opt assemble.ListingOptions
	var tinygo string
	c := t.command("tree", "tinynet tree [-omitted] [-why] [-tinygo FILE] [-go VERSION | -goroot DIR]", "list the files of the port", `
Files without a mark are Go's own, byte for byte; * marks those that are changed
and + those that Go does not have. It is the port for Go's own compiler; with
-tinygo it is the one for that TinyGo and for the Go that it uses.

Examples:
  tinynet tree
  tinynet tree -omitted -why
  tinynet tree -go 1.27.4`,
		func(ctx context.Context, args []string) error {
			if err := noArgs(args); err != nil {
				return err
			}
			root, err := t.rootFor(ctx, tinygo)
			if err != nil {
				return err
			}
			tree, err := t.tree(root)
			if err != nil {
				return err
			}
			return tree.Listing(t.stdout, opt)
		})
	tinygoVar(c.FlagSet, &tinygo, forTinygoFlag)
	c.FlagSet.BoolVar(&opt.Omitted, "omitted", false, "list also the files of Go that are left out, marked -")
	c.FlagSet.BoolVar(&opt.Changes, "why", false, "say below each file what changes in it and why, or why it is left out")
	return c
}

func (t *tool) apiCommand() *ffcli.Command {
	var asJSON bool
	var tags string
	c := t.command("api", "tinynet api [-json] [-tags TAGS] [-go VERSION | -goroot DIR] [PKG...]", "compare the exported names of the port with Go's", `
Each line of GOROOT/api for a package, such as

  pkg net, func Dial(string, string) (Conn, error)

has to be true of the port for linux/amd64. What is missing or differs is
printed, and makes the exit status 1 unless internal/release/apicheck/excuses.toml says why it is
so. Go releases that come without GOROOT/api, as those do that -go fetches, are
judged by the exported names in their sources instead.

PKG is an import path, or ends in /... for all packages below; by default it is
all of the port.

With -tags, the port is the one that a program with these build tags has, and Go's
is what it is without; -tags tinygo,baremetal is a board's.

Examples:
  tinynet api
  tinynet api -tags tinygo,baremetal,tlsoffload
  tinynet api -go 1.25.11 net
  tinynet api -json net/http/...`,
		func(ctx context.Context, args []string) error {
			excuses, err := apicheck.Excuses()
			if err != nil {
				return err
			}
			_, root, err := t.toolchain(ctx, "")
			if err != nil {
				return err
			}
			tree, err := t.tree(root)
			if err != nil {
				return err
			}
			done := t.progress.start("comparing")
			r, err := apicheck.Check(tree, root, args, strings.FieldsFunc(tags, func(r rune) bool { return r == ',' || r == ' ' }), excuses)
			done()
			if err != nil {
				return fmt.Errorf("compare the port's API with Go's: %w", err)
			}
			if asJSON {
				enc := json.NewEncoder(t.stdout)
				enc.SetEscapeHTML(false)
				enc.SetIndent("", "\t")
				err = enc.Encode(r)
			} else {
				err = r.WriteText(t.stdout)
			}
			if err == nil && !r.OK() {
				err = exitError(statusFailed)
			}
			return err
		})
	c.FlagSet.BoolVar(&asJSON, "json", false, "print JSON")
	c.FlagSet.StringVar(&tags, "tags", "", "compare what a program has that is built with the comma-separated build `TAGS`")
	return c
}
