package apicheck

import (
	"bytes"
	"errors"
	"fmt"
	"go/ast"
	"go/build"
	"go/parser"
	"go/token"
	"go/types"
	"go/version"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"

	"github.com/tinynet/tinynet/internal/assemble"
)

// The platform whose API is compared. Go's own list has a line per platform
// only where platforms differ, which they do not in the packages of the port.
const (
	goos   = "linux"
	goarch = "amd64"
)

// errNoFiles says that all files of a package are for other platforms or need
// build tags.
var errNoFiles = errors.New("no Go files for " + goos + "/" + goarch)

// A universe type-checks packages of the standard library from source, without
// function bodies: those of the port from the assembled tree, all others from
// GOROOT. Going by source needs no go command, and no compiled packages of a
// release that may be newer than this program.
type universe struct {
	root    assemble.Goroot
	port    map[string]map[string][]byte // import path -> file name -> contents
	omitted map[string]bool              // files of Go's that the port leaves out
	build   build.Context
	whole   bool // check the function bodies of the port's packages, too
	done    map[string]*types.Package
	errs    map[string][]error // of each package, by import path

	ours  *syntax // parsed packages of the port
	other *syntax // and of GOROOT, which universes may share
}

type syntax struct {
	fset *token.FileSet
	mu   sync.Mutex
	pkgs map[string]*parsed
}

func (s *syntax) pkg(importPath string) *parsed {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.pkgs[importPath]
	if p == nil {
		p = &parsed{}
		s.pkgs[importPath] = p
	}
	return p
}

type parsed struct {
	once    sync.Once
	name    string
	files   []*ast.File
	imports []string // resolved
	err     error    // no such package, or it cannot be read
	errs    []error  // syntax errors
}

func newUniverse(root assemble.Goroot, tree *assemble.Tree) *universe {
	fset := token.NewFileSet()
	u := &universe{
		root:    root,
		port:    map[string]map[string][]byte{},
		omitted: map[string]bool{},
		done:    map[string]*types.Package{"unsafe": types.Unsafe},
		errs:    map[string][]error{},
		ours:    &syntax{fset: fset, pkgs: map[string]*parsed{}},
		other:   &syntax{fset: fset, pkgs: map[string]*parsed{}},
		build:   build.Context{GOOS: goos, GOARCH: goarch, Compiler: "gc", ReleaseTags: releaseTags(root.Version)},
	}
	if tree != nil {
		for _, o := range tree.Omitted {
			u.omitted[o.Path] = true
		}
		for _, f := range tree.Files {
			if strings.HasSuffix(f.Path, ".go") && !strings.HasSuffix(f.Path, "_test.go") {
				dir := path.Dir(f.Path)
				if u.port[dir] == nil {
					u.port[dir] = map[string][]byte{}
				}
				u.port[dir][path.Base(f.Path)] = f.Data
			}
		}
	}
	return u
}

// minor is N of a release go1.N.x, also of a development version.
func minor(release string) int {
	v, _, _ := strings.Cut(strings.TrimPrefix(release, "devel "), " ")
	_, n, _ := strings.Cut(version.Lang(v), ".")
	m, err := strconv.Atoi(n)
	if err != nil {
		return 0
	}
	return m
}

func releaseTags(release string) []string {
	var tags []string
	for i := 1; i <= minor(release); i++ {
		tags = append(tags, fmt.Sprintf("go1.%d", i))
	}
	return tags
}

// upstream is a universe with the release's own packages in the place of the port's.
func (u *universe) upstream() *universe {
	up := newUniverse(u.root, nil)
	up.ours, up.other = u.other, u.other
	return up
}

// pkg returns a type-checked package.
func (u *universe) pkg(importPath string) (*types.Package, error) {
	u.prefetch(importPath)
	p, err := u.check(importPath)
	if err != nil {
		return nil, err
	}
	if errs := u.errs[importPath]; len(errs) > 0 {
		err := fmt.Errorf("type-check %s of %s: %w", importPath, u.root.Version, errors.Join(first(errs, 10)...))
		if built := runtime.Version(); version.Compare(version.Lang(u.root.Version), version.Lang(built)) > 0 {
			err = fmt.Errorf("%w\nThis program was built with %s, which may not understand newer code: build it with %s", err, built, u.root.Version)
		}
		return nil, err
	}
	return p, nil
}

// Features are the lines of several packages. Those that have nothing for this
// platform, or are not there, have none.
func (u *universe) Features(paths []string) (map[string][]string, error) {
	lines := map[string][]string{}
	for _, p := range paths {
		pkg, err := u.pkg(p)
		if errors.Is(err, fs.ErrNotExist) || errors.Is(err, errNoFiles) {
			continue
		}
		if err != nil {
			return nil, err
		}
		lines[p] = Features(pkg)
	}
	return lines, nil
}

func first[T any](list []T, n int) []T { return list[:min(n, len(list))] }

// prefetch parses a package and all that it imports, several at once: parsing
// takes most of the time, and type-checking goes one by one.
func (u *universe) prefetch(importPath string) {
	var wg sync.WaitGroup
	slots := make(chan struct{}, runtime.GOMAXPROCS(0))
	seen := map[string]bool{}
	var mu sync.Mutex
	var visit func(string)
	visit = func(importPath string) {
		mu.Lock()
		defer mu.Unlock()
		if seen[importPath] || importPath == "unsafe" {
			return
		}
		seen[importPath] = true
		wg.Add(1)
		go func() {
			defer wg.Done()
			slots <- struct{}{}
			p := u.parse(importPath)
			<-slots
			for _, i := range p.imports {
				visit(i)
			}
		}()
	}
	visit(importPath)
	wg.Wait()
}

func (u *universe) parse(importPath string) *parsed {
	from := u.other
	if u.port[importPath] != nil {
		from = u.ours
	}
	p := from.pkg(importPath)
	p.once.Do(func() { u.parseNow(importPath, p) })
	return p
}

func (u *universe) parseNow(importPath string, p *parsed) {
	dir := filepath.Join(u.root.Dir, "src", filepath.FromSlash(importPath))
	files, ours := u.port[importPath]
	var names []string
	for name := range files {
		names = append(names, name)
	}
	if !ours || assemble.GosOwn(importPath+"/") { // all files are Go's, or all others
		entries, err := os.ReadDir(dir)
		if err != nil && !ours {
			p.err = err
			return
		}
		for _, e := range entries {
			name := e.Name()
			if strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, "_test.go") && files[name] == nil && !u.omitted[importPath+"/"+name] {
				names = append(names, name)
			}
		}
	}
	ctxt := u.build
	read := func(name string) ([]byte, error) {
		if data := files[filepath.Base(name)]; data != nil {
			return data, nil
		}
		return os.ReadFile(name)
	}
	ctxt.OpenFile = func(name string) (io.ReadCloser, error) {
		data, err := read(name)
		return io.NopCloser(bytes.NewReader(data)), err
	}
	imports := map[string]bool{}
	for _, name := range names {
		match, err := ctxt.MatchFile(dir, name)
		if err == nil && !match {
			continue
		}
		var data []byte
		if err == nil {
			data, err = read(filepath.Join(dir, name))
		}
		if err != nil {
			p.errs = append(p.errs, err)
			continue
		}
		file, err := parser.ParseFile(u.other.fset, path.Join("src", importPath, name), data, parser.SkipObjectResolution)
		if err != nil {
			p.errs = append(p.errs, err)
		}
		if file == nil || file.Name == nil {
			continue
		}
		if p.name == "" {
			p.name = file.Name.Name
		}
		p.files = append(p.files, file)
		for _, spec := range file.Imports {
			if i, err := strconv.Unquote(spec.Path.Value); err == nil && i != "C" {
				imports[resolve(i)] = true
			}
		}
	}
	switch {
	case len(p.files) > 0:
	case len(p.errs) > 0:
		p.err = errors.Join(p.errs...)
	default:
		p.err = fmt.Errorf("%s: %w", importPath, errNoFiles)
	}
	for i := range imports {
		p.imports = append(p.imports, i)
	}
}

// resolve is the path below GOROOT/src of an import in the standard library.
func resolve(importPath string) string {
	if elem, _, _ := strings.Cut(importPath, "/"); strings.Contains(elem, ".") {
		return "vendor/" + importPath
	}
	return importPath
}

// check type-checks a package after those that it imports. Errors in packages
// outside the port are of no interest as long as those of the port come out
// whole.
func (u *universe) check(importPath string) (*types.Package, error) {
	if p, ok := u.done[importPath]; ok {
		if p == nil {
			return nil, fmt.Errorf("import cycle through %s", importPath)
		}
		return p, nil
	}
	p := u.parse(importPath)
	if p.err != nil {
		return nil, p.err
	}
	u.done[importPath] = nil
	errs := p.errs
	conf := types.Config{
		Importer:                 importer(u.check),
		IgnoreFuncBodies:         !u.whole || u.port[importPath] == nil,
		FakeImportC:              true,
		DisableUnusedImportCheck: !u.whole,
		Sizes:                    types.SizesFor("gc", u.build.GOARCH),
		Error:                    func(err error) { errs = append(errs, err) },
	}
	pkg, _ := conf.Check(importPath, u.other.fset, p.files, nil) // errors went to conf.Error
	u.done[importPath], u.errs[importPath] = pkg, errs
	return pkg, nil
}

type importer func(string) (*types.Package, error)

func (f importer) Import(importPath string) (*types.Package, error) { return f(resolve(importPath)) }
