package apicheck

import (
	"errors"
	"fmt"
	"go/version"
	"io/fs"
	"path"
	"runtime"
	"slices"

	"github.com/tinynet/tinynet/assemble"
)

// Surface lists the exported API of a release's own packages, one line each as
// in GOROOT/api, by import path. Packages that the release does not have are
// left out.
func Surface(root assemble.Goroot, packages []string) (map[string][]string, error) {
	return newUniverse(root, nil).features(packages)
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
// done: this program does not understand code for a newer Go than its own.
func TypeCheck(tree *assemble.Tree, root assemble.Goroot, to Target) (errs []error, skipped string) {
	if built := runtime.Version(); version.Compare(version.Lang(root.Release()), version.Lang(built)) > 0 {
		skipped = fmt.Sprintf("this tinynet was built with %s, which may not understand newer code", built)
	}
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
	if len(errs) == 0 {
		skipped = "" // it understood all
	}
	return errs, skipped
}
