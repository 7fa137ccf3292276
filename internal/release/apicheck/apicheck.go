// Package apicheck compares the exported API of an assembled port with the one
// that its Go release promises in GOROOT/api, line by line.
//
// The toolchains that the go command fetches come without GOROOT/api. For them
// the API of the release's own packages, read from GOROOT/src in the same way
// as the port's, is what the port is held against.
package apicheck

import (
	"bufio"
	"cmp"
	_ "embed" // for excuses.toml
	"errors"
	"fmt"
	"go/types"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/BurntSushi/toml"

	"github.com/tinynet/tinynet/internal/assemble"
)

// A Report is what Check found.
type Report struct {
	Release   string    `json:"release"`
	Reference string    `json:"reference"` // the folder whose word was taken: GOROOT/api or GOROOT/src
	Packages  []Package `json:"packages"`
}

// A Package is the comparison for one package.
type Package struct {
	Path    string    `json:"path"`
	Have    int       `json:"have"` // lines that the port has
	Want    int       `json:"want"` // lines that the release has
	Missing []Missing `json:"missing,omitempty"`
	// Extra are lines of ours that the release does not have. They are no
	// fault: a board needs a few names of its own.
	Extra []string `json:"extra,omitempty"`
	Stale []Excuse `json:"stale,omitempty"` // excuses for what is not missing
}

// A Missing line is one of the release's that the port does not have.
type Missing struct {
	Line   string `json:"line"`
	Got    string `json:"got,omitempty"`    // what the port has by that name
	Excuse string `json:"excuse,omitempty"` // why it is missing, if that is known
}

// OK tells whether nothing is missing without excuse and no excuse is stale.
func (r *Report) OK() bool {
	return !slices.ContainsFunc(r.Packages, func(p Package) bool {
		return len(p.Stale) > 0 || slices.ContainsFunc(p.Missing, func(m Missing) bool { return m.Excuse == "" })
	})
}

// An Excuse says why a line is missing.
type Excuse struct {
	Line string `toml:"line" json:"line"`
	Why  string `toml:"why" json:"why"`
}

//go:embed excuses.toml
var excusesFile []byte

// Excuses are those of the port.
func Excuses() ([]Excuse, error) {
	return parseExcuses("internal/release/apicheck/excuses.toml", excusesFile)
}

func parseExcuses(name string, data []byte) ([]Excuse, error) {
	var file struct {
		Excuse []Excuse `toml:"excuse"`
	}
	meta, err := toml.Decode(string(data), &file)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	var errs []error
	for _, key := range meta.Undecoded() {
		errs = append(errs, fmt.Errorf("%s: unknown key %s", name, key))
	}
	seen := map[string]bool{}
	for i, e := range file.Excuse {
		switch l, ok := parseLine(e.Line); {
		case !ok || l.String() != e.Line:
			errs = append(errs, fmt.Errorf("%s: excuse %d: line = %q is not a line as `tinynet api` prints it", name, i+1, e.Line))
		case strings.TrimSpace(e.Why) == "":
			errs = append(errs, fmt.Errorf("%s: excuse for %s: no why", name, e.Line))
		case seen[e.Line]:
			errs = append(errs, fmt.Errorf("%s: excuse for %s: there twice", name, e.Line))
		}
		seen[e.Line] = true
	}
	return file.Excuse, errors.Join(errs...)
}

// An UnknownPackageError says that a pattern names no package of the port.
type UnknownPackageError struct {
	Pattern string
	Known   []string
}

func (e *UnknownPackageError) Error() string {
	return fmt.Sprintf("no package of the port matches %s; there are %s", e.Pattern, strings.Join(e.Known, ", "))
}

// Check compares packages of a tree with those of the release it was made from.
// The patterns are import paths, or end in /... for all packages below; none
// means all. The port is looked at with the build tags, and the release without.
func Check(tree *assemble.Tree, root assemble.Goroot, patterns, tags []string, excuses []Excuse) (*Report, error) {
	port := newUniverse(root, tree)
	port.build.BuildTags = tags
	ref, err := openReference(root)
	if err != nil {
		return nil, err
	}
	all, err := ref.packages(port)
	if err != nil {
		return nil, err
	}
	paths, err := match(all, patterns)
	if err != nil {
		return nil, err
	}

	// What the release has may come from a type-check of its own: do both at once.
	var want map[string][]string
	var errWant error
	var wg sync.WaitGroup
	wg.Add(1)
	go func() {
		defer wg.Done()
		want, errWant = ref.Features(port, paths)
	}()
	ours := slices.DeleteFunc(slices.Clone(paths), func(p string) bool { return port.port[p] == nil })
	have, errHave := port.Features(ours)
	wg.Wait()
	if err := errors.Join(errHave, errWant); err != nil {
		return nil, err
	}
	aliases := port.aliases()
	r := &Report{Release: root.Version, Reference: ref.dir}
	for _, p := range paths {
		if len(have[p]) > 0 || len(want[p]) > 0 {
			r.Packages = append(r.Packages, compare(p, have[p], canonical(want[p], aliases), excuses))
		}
	}
	return r, nil
}

func compare(importPath string, have, want []string, excuses []Excuse) Package {
	p := Package{Path: importPath, Want: len(want)}
	why := map[string]string{}
	for _, e := range excuses {
		why[e.Line] = e.Why
	}
	inHave, byKey, inWant := map[string]bool{}, map[string]string{}, map[string]bool{}
	for _, l := range want {
		inWant[l] = true
	}
	for _, l := range have {
		inHave[l] = true
		if !inWant[l] {
			byKey[key(l)] = l
			p.Extra = append(p.Extra, l)
		}
	}
	for _, l := range want {
		if inHave[l] {
			p.Have++
			continue
		}
		p.Missing = append(p.Missing, Missing{Line: l, Got: byKey[key(l)], Excuse: why[l]})
	}
	for _, e := range excuses {
		if inHave[e.Line] {
			p.Stale = append(p.Stale, e)
		}
	}
	return p
}

// key is what two lines about the same name have in common.
func key(line string) string {
	prefix, rest, _ := strings.Cut(line, ", ")
	words := strings.FieldsFunc(rest, func(r rune) bool { return strings.ContainsRune(" ([", r) })
	switch {
	case len(words) < 2:
		return line
	case words[0] == "method":
		_, name, _ := strings.Cut(rest, ") ")
		if i := strings.IndexAny(name, "(["); i >= 0 {
			name = name[:i]
		}
		return prefix + ", method " + strings.Trim(words[1], "*)") + "." + name
	case words[0] == "const" && strings.Contains(rest, " = "):
		return prefix + ", value " + words[1]
	case words[0] == "type":
		if _, member, ok := strings.Cut(rest, ", "); ok && (len(words) > 3) && !strings.HasPrefix(words[2], "{") && strings.HasSuffix(words[2], ",") {
			name, _, _ := strings.Cut(member, "(")
			name, _, _ = strings.Cut(name, " ")
			return prefix + ", type " + words[1] + ", " + name
		}
	}
	return prefix + ", " + words[0] + " " + words[1]
}

func match(all, patterns []string) ([]string, error) {
	if len(patterns) == 0 {
		return all, nil
	}
	chosen := map[string]bool{}
	for _, pattern := range patterns {
		found := false
		for _, p := range all {
			dir, below := strings.CutSuffix(pattern, "/...")
			if p == pattern || below && (p == dir || strings.HasPrefix(p, dir+"/")) {
				chosen[p], found = true, true
			}
		}
		if !found {
			return nil, &UnknownPackageError{pattern, all}
		}
	}
	return slices.DeleteFunc(slices.Clone(all), func(p string) bool { return !chosen[p] }), nil
}

// inPort tells whether a path is one that the port replaces.
func inPort(importPath string) bool {
	for _, root := range []string{"net/http", "crypto/tls"} {
		if importPath == root || strings.HasPrefix(importPath, root+"/") {
			return true
		}
	}
	return importPath == "net"
}

func internal(importPath string) bool {
	return slices.Contains(strings.Split(importPath, "/"), "internal")
}

// A reference knows the API of a release.
type reference struct {
	root  assemble.Goroot
	dir   string
	lines map[string][]string // of the port's packages; nil if they come from source
}

func openReference(root assemble.Goroot) (*reference, error) {
	api := filepath.Join(root.Dir, "api")
	n := minor(root.Version)
	if _, err := os.Stat(filepath.Join(api, fileFor(n))); errors.Is(err, fs.ErrNotExist) {
		return &reference{root: root, dir: filepath.Join(root.Dir, "src")}, nil
	}
	r := &reference{root: root, dir: api, lines: map[string][]string{}}
	except := map[apiLine]bool{}
	err := readLines(filepath.Join(api, "except.txt"), func(l apiLine) { except[l] = true })
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("read the API of %s: %w", root.Version, err)
	}
	for i := 0; i <= n; i++ {
		err := readLines(filepath.Join(api, fileFor(i)), func(l apiLine) {
			if l.context != "" && l.context != goos+"-"+goarch || except[l] || !inPort(l.pkg) {
				return
			}
			l.context = ""
			r.lines[l.pkg] = append(r.lines[l.pkg], l.String())
		})
		if err != nil {
			return nil, fmt.Errorf("read the API of %s: %w", root.Version, err)
		}
	}
	return r, nil
}

// fileFor is the file with what Go 1.n added.
func fileFor(n int) string {
	if n == 0 {
		return "go1.txt"
	}
	return fmt.Sprintf("go1.%d.txt", n)
}

// packages are the public packages of the port or of the release, sorted.
func (r *reference) packages(port *universe) ([]string, error) {
	found := map[string]bool{}
	for p := range port.port {
		found[p] = true
	}
	for p := range r.lines {
		found[p] = true
	}
	if r.lines == nil {
		src := filepath.Join(r.root.Dir, "src")
		for _, top := range []string{"net", "net/http", "crypto/tls"} {
			err := fs.WalkDir(os.DirFS(src), top, func(name string, e fs.DirEntry, err error) error {
				switch {
				case err != nil:
					return err
				case e.IsDir() && (e.Name() == "testdata" || !inPort(name)):
					return fs.SkipDir
				case !e.IsDir() && strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, "_test.go"):
					found[path.Dir(name)] = true
				}
				return nil
			})
			if err != nil {
				return nil, fmt.Errorf("read the API of %s: %w", r.root.Version, err)
			}
		}
	}
	var all []string
	for p := range found {
		if !internal(p) {
			all = append(all, p)
		}
	}
	slices.Sort(all)
	return all, nil
}

func (r *reference) Features(port *universe, paths []string) (map[string][]string, error) {
	if r.lines != nil {
		return r.lines, nil
	}
	return port.upstream().Features(paths)
}

// An apiLine is a line of a file in GOROOT/api.
type apiLine struct {
	pkg, context string
	feature      string // func Dial(string, string) (Conn, error)
}

func (l apiLine) String() string {
	if l.context != "" {
		return fmt.Sprintf("pkg %s (%s), %s", l.pkg, l.context, l.feature)
	}
	return fmt.Sprintf("pkg %s, %s", l.pkg, l.feature)
}

var (
	lineForm = regexp.MustCompile(`^pkg ([^ ,]+)(?: \(([^)]*)\))?, (.*)$`)
	issueRef = regexp.MustCompile(`\s+#\d+$`)
	comment  = regexp.MustCompile(` +// .*$`)
)

// parseLine returns false for lines that name no feature: empty ones, and those
// that only say that something is deprecated.
func parseLine(line string) (apiLine, bool) {
	line = issueRef.ReplaceAllString(strings.TrimSpace(line), "")
	if strings.HasSuffix(line, "//deprecated") {
		return apiLine{}, false
	}
	m := lineForm.FindStringSubmatch(comment.ReplaceAllString(line, ""))
	if m == nil {
		return apiLine{}, false
	}
	return apiLine{pkg: m[1], context: m[2], feature: m[3]}, true
}

func readLines(name string, f func(apiLine)) error {
	file, err := os.Open(name)
	if err != nil {
		return err
	}
	defer file.Close()
	scan := bufio.NewScanner(file)
	scan.Buffer(nil, 1<<20)
	for scan.Scan() {
		if l, ok := parseLine(scan.Text()); ok {
			f(l)
		}
	}
	if err := scan.Err(); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

var (
	qualified = regexp.MustCompile(`\b[a-z]\w*\.[A-Z]\w*`)
	anyWord   = regexp.MustCompile(`\bany\b`)
)

// canonical writes lines as features does: types that became aliases since the
// line was written by their present names. Sorted, without repetitions.
func canonical(lines []string, aliases map[string]string) []string {
	out := make([]string, len(lines))
	for i, l := range lines {
		pkg, feature, _ := strings.Cut(l, ", ")
		if !strings.Contains(feature, `"`) { // constant strings are not types
			feature = qualified.ReplaceAllStringFunc(feature, func(name string) string { return cmp.Or(aliases[name], name) })
			feature = anyWord.ReplaceAllString(feature, "interface{}")
		}
		out[i] = pkg + ", " + feature
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// aliases are the exported aliases in the packages that were loaded, such as
// os.FileInfo, which stands for fs.FileInfo.
func (u *universe) aliases() map[string]string {
	found := map[string]string{}
	for _, pkg := range u.done {
		if pkg == nil {
			continue
		}
		scope := pkg.Scope()
		for _, name := range scope.Names() {
			obj, ok := scope.Lookup(name).(*types.TypeName)
			if !ok || !obj.Exported() || !obj.IsAlias() {
				continue
			}
			if named, ok := types.Unalias(obj.Type()).(*types.Named); ok && named.TypeArgs().Len() == 0 && named.Obj().Pkg() != nil {
				found[pkg.Name()+"."+name] = named.Obj().Pkg().Name() + "." + named.Obj().Name()
			}
		}
	}
	return found
}
