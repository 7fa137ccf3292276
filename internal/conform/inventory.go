package conform

import (
	"fmt"
	"go/ast"
	"go/build"
	"go/doc"
	"go/parser"
	"go/token"
	"os"
	slash "path"
	"path/filepath"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/tinynet/tinynet/internal/assemble"
)

// A function is a test function of Go's: a test, an example whose output is
// checked, or a fuzz test, which is run with its seeds.
type function struct {
	name string
	gone string // why it is not among the tests that are built; empty if it is
	ours bool
}

// inventory lists the functions that go test would run for a package of Go's
// own, and says which of them are taken away here.
func (r *runner) inventory(path string) ([]function, error) {
	folder := filepath.Join(r.root.Dir, "src", filepath.FromSlash(path))
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, err
	}
	ctx := r.buildContext()
	ours := map[string]*assemble.File{}
	for i, f := range r.tree.Files {
		ours[f.Path] = &r.tree.Files[i]
	}
	omitted := map[string]string{}
	for _, o := range r.tree.Omitted {
		omitted[o.Path] = o.Why
	}
	var all []function
	for _, e := range entries {
		if e.IsDir() || !strings.HasSuffix(e.Name(), "_test.go") {
			continue
		}
		if ok, err := ctx.MatchFile(folder, e.Name()); err != nil {
			return nil, err
		} else if !ok {
			continue
		}
		names, err := functionsIn(filepath.Join(folder, e.Name()))
		if err != nil {
			return nil, err
		}
		gone := func(string) string { return "" }
		if f := ours[path+"/"+e.Name()]; f != nil && f.Mark == assemble.Modified {
			if gone, err = r.changed(&ctx, e.Name(), f); err != nil {
				return nil, err
			}
		}
		for _, n := range names {
			why := gone(n)
			if w := omitted[path+"/"+e.Name()]; w != "" {
				why = w
			}
			all = append(all, function{n, why, false})
		}
	}
	if len(all) == 0 {
		return nil, nil
	}
	for _, f := range r.tree.Files {
		if f.Mark != assemble.Added || slash.Dir(f.Path) != path {
			continue
		}
		name := filepath.Join(r.tmp, "src", filepath.FromSlash(f.Path))
		ok, err := ctx.MatchFile(filepath.Dir(name), filepath.Base(name))
		if err != nil {
			return nil, err
		}
		names, err := functionsIn(name)
		if err != nil {
			return nil, err
		}
		for _, n := range names {
			if ok {
				all = append(all, function{n, "", true})
			}
		}
	}
	slices.SortFunc(all, func(a, b function) int { return strings.Compare(a.name, b.name) })
	return all, nil
}

// changed tells why functions of a changed file are not built.
func (r *runner) changed(ctx *build.Context, name string, f *assemble.File) (func(string) string, error) {
	dropped := map[string]string{}
	constraint := ""
	for _, c := range f.Changes {
		switch {
		case c.Op == "drop":
			dropped[c.Decl] = c.Why
		case c.Decl == "go:build":
			constraint = c.Why
		case c.Op == "replace" && isTest(c.Decl):
			return nil, fmt.Errorf("%s: %s is replaced: a test of ours is not Go's", f.Path, c.Decl)
		}
	}
	ok, err := ctx.MatchFile(filepath.Join(r.tmp, "src", filepath.FromSlash(slash.Dir(f.Path))), name)
	if err != nil {
		return nil, err
	}
	return func(fn string) string {
		if !ok {
			return constraint
		}
		return dropped[fn]
	}, nil
}

func (r *runner) buildContext() build.Context {
	ctx := build.Default
	ctx.GOROOT = r.root.Dir
	ctx.GOOS, ctx.GOARCH = r.goos.GOOS, r.goos.GOARCH
	ctx.CgoEnabled = r.goos.CGO_ENABLED == "1"
	ctx.BuildTags = r.tags()
	if r.Race {
		ctx.BuildTags = append(ctx.BuildTags, "race")
	}
	ctx.ReleaseTags = nil
	minor := 0
	fmt.Sscanf(strings.TrimPrefix(r.root.Version, "devel "), "go1.%d", &minor)
	for i := 1; i <= minor; i++ {
		ctx.ReleaseTags = append(ctx.ReleaseTags, fmt.Sprintf("go1.%d", i))
	}
	return ctx
}

// isTest tells whether go test takes a function of this name for a test.
func isTest(name string) bool {
	for _, kind := range []string{"Test", "Fuzz", "Example"} {
		if rest, ok := strings.CutPrefix(name, kind); ok {
			c, _ := utf8.DecodeRuneInString(rest)
			return name != "TestMain" && (rest == "" || !unicode.IsLower(c))
		}
	}
	return false
}

func functionsIn(file string) ([]string, error) {
	f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ParseComments)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, d := range f.Decls {
		if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv == nil && isTest(fn.Name.Name) && !strings.HasPrefix(fn.Name.Name, "Example") {
			names = append(names, fn.Name.Name)
		}
	}
	for _, x := range doc.Examples(f) {
		if x.Output != "" || x.EmptyOutput {
			names = append(names, "Example"+x.Name)
		}
	}
	return names, nil
}
