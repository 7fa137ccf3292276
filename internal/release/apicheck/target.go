package apicheck

import (
	"errors"
	"fmt"
	"go/version"
	"io/fs"
	"path"
	"runtime"
	"slices"

	"github.com/tinynet/tinynet/internal/assemble"
)

// Surface lists the exported API of a release's own packages, one line each as
// in GOROOT/api, by import path. Packages that the release does not have are
// left out.
func Surface(root assemble.Goroot, packages []string) (map[string][]string, error) {
	return newUniverse(root, nil).Features(packages)
}

// A Target is a system to build for.
type Target struct {
	OS, Arch string
	Tags     []string
}

// TypeCheck type-checks the port's packages, function bodies included, for a
// system, and returns what is wrong with them. It needs no go command, which
// makes it much quicker than a build; it does not notice what only a compiler
// does, such as a variable that is too large. skipped says why it could not be
// done: this program does not understand the release's own code.
func TypeCheck(tree *assemble.Tree, root assemble.Goroot, to Target) (errs []error, skipped string) {
	errs = typeCheck(tree, root, to)
	built := runtime.Version()
	if len(errs) == 0 || version.Compare(version.Lang(root.Release()), version.Lang(built)) <= 0 {
		return errs, ""
	}
	// Are the errors the port's, or this program's?
	own := &assemble.Tree{Release: root.Version}
	names, err := assemble.Sources(root)
	if err != nil {
		return []error{err}, ""
	}
	for _, name := range names {
		data, err := root.Read(name)
		if err != nil {
			return []error{err}, ""
		}
		own.Files = append(own.Files, assemble.File{Path: name, Data: data})
	}
	if len(typeCheck(own, root, to)) > 0 {
		return nil, fmt.Sprintf("this tinynet was built with %s, which does not understand %s; build it with that", built, root.Version)
	}
	return errs, ""
}

func typeCheck(tree *assemble.Tree, root assemble.Goroot, to Target) (errs []error) {
	u := newUniverse(root, tree)
	u.whole = true
	u.build.GOOS, u.build.GOARCH, u.build.BuildTags = to.OS, to.Arch, to.Tags
	var pkgs []string
	for _, f := range tree.Files {
		if dir := path.Dir(f.Path); !slices.Contains(pkgs, dir) {
			pkgs = append(pkgs, dir)
		}
	}
	for _, p := range pkgs {
		u.prefetch(p)
		if _, err := u.check(p); err != nil && !errors.Is(err, errNoFiles) && !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, err)
		}
		errs = append(errs, u.errs[p]...)
	}
	return errs
}
