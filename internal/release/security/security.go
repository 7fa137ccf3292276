// Package security tells which of the published security fixes to Go's net,
// net/http, crypto/tls, net/textproto and net/url a tree of sources has: a Go
// release, an assembled port, or another port of these packages. It looks at
// the text of the declarations, whatever release the tree says it is of.
package security

import (
	"bytes"
	_ "embed" // for fixes.toml
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"

	"github.com/tinynet/tinynet/internal/assemble"
)

//go:embed fixes.toml
var fixesFile []byte

// A Fix is a published security fix.
type Fix struct {
	CVE    string   `toml:"cve"`
	Title  string   `toml:"title"`
	Fixed  []string `toml:"fixed"`  // releases that brought it
	Before []string `toml:"before"` // releases that lack it
	Texts  []Text   `toml:"text"`
}

// A Text is how to recognise a fix.
type Text struct {
	Package string `toml:"package"`
	File    string `toml:"file"` // base name, where a declaration has several
	Decl    string `toml:"decl"`
	Where   string `toml:"where"` // tokens of the versions that are vulnerable at all
	Has     string `toml:"has"`
	Lacks   string `toml:"lacks"`
}

// Fixes are all that are known, by number.
func Fixes() ([]Fix, error) { return parse("internal/release/security/fixes.toml", fixesFile) }

// cveNumber is also the name of a fix for which no number is known: the first release
// that has it, and a word.
var cveNumber = regexp.MustCompile(`^(CVE-20\d\d-\d{4,}|go1\.\d+\.\d+/[a-z0-9-]+)$`)

func parse(name string, data []byte) ([]Fix, error) {
	var t struct {
		Fix []Fix `toml:"fix"`
	}
	md, err := toml.NewDecoder(bytes.NewReader(data)).Decode(&t)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if un := md.Undecoded(); len(un) > 0 {
		return nil, fmt.Errorf("%s: unknown key %s", name, un[0])
	}
	seen := map[string]bool{}
	for _, f := range t.Fix {
		fail := func(what string) error { return fmt.Errorf("%s: %s: %s", name, f.CVE, what) }
		switch {
		case !cveNumber.MatchString(f.CVE):
			return nil, fail("it is no number of a CVE, nor a release and a word such as go1.26.9/ranges")
		case seen[f.CVE]:
			return nil, fail("it is listed twice")
		case f.Title == "" || len(f.Fixed) == 0 || len(f.Texts) == 0:
			return nil, fail("it needs title, fixed and text")
		case len(f.Before) != len(f.Fixed):
			return nil, fail("it needs a release before each that fixed it")
		}
		seen[f.CVE] = true
		for _, x := range f.Texts {
			if x.Package == "" || x.Decl == "" || (x.Has == "") == (x.Lacks == "") {
				return nil, fail("a text needs package and decl, and either has or lacks")
			}
		}
	}
	return t.Fix, nil
}

// A State says whether a tree has a fix.
type State string

// The states. A tree is Absent of a fix if it has none of the code that was
// fixed: it never had it, or has something of its own in its place.
const (
	Fixed  State = "fixed"
	Open   State = "OPEN"
	Absent State = "not there"
)

// A Result is what was seen of a fix in a tree.
type Result struct {
	Fix
	State State
	Seen  []Seen
}

// A Seen is a declaration that was looked at.
type Seen struct {
	assemble.Place
	Decl  string
	State State
}

// A Tree has packages of Go source.
type Tree interface {
	// Sources returns the Go files of a package, without tests, and where
	// they are: by base name. A package that the tree does not have has none.
	Sources(importPath string) (files map[string][]byte, where string, err error)
}

// Look looks for a fix.
func Look(f Fix, t Tree) Result {
	r := Result{Fix: f, State: Absent}
	for _, x := range f.Texts {
		files, where, err := t.Sources(x.Package)
		if err != nil {
			continue
		}
		for _, name := range sorted(files) {
			if x.File != "" && x.File != name {
				continue
			}
			g, err := assemble.ParseFile(name, files[name])
			if err != nil {
				continue
			}
			for _, d := range g.Declarations {
				if d.Name != x.Decl || !contains(d.Code, x.Where) {
					continue
				}
				s := Seen{Place: assemble.Place{File: path.Join(where, name), Line: d.Line}, Decl: d.Name, State: Open}
				if x.Has != "" && contains(d.Code, x.Has) || x.Lacks != "" && !contains(d.Code, x.Lacks) {
					s.State = Fixed
				}
				r.Seen = append(r.Seen, s)
				if s.State == Open || r.State == Absent {
					r.State = s.State
				}
			}
		}
	}
	return r
}

// contains tells whether tokens occur in code.
func contains(code, tokens string) bool {
	return strings.Contains(code+" ", assemble.Code(tokens)+" ")
}

func sorted[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// LookAll looks for all fixes.
func LookAll(fixes []Fix, t Tree) []Result {
	t = &cache{Tree: t, pkgs: map[string]*cached{}}
	var all []Result
	for _, f := range fixes {
		all = append(all, Look(f, t))
	}
	return all
}

// A cache remembers packages.
type cache struct {
	Tree
	pkgs map[string]*cached
}

type cached struct {
	files map[string][]byte
	where string
	err   error
}

func (c *cache) Sources(importPath string) (map[string][]byte, string, error) {
	p := c.pkgs[importPath]
	if p == nil {
		p = &cached{}
		p.files, p.where, p.err = c.Tree.Sources(importPath)
		c.pkgs[importPath] = p
	}
	return p.files, p.where, p.err
}

// readDir reads the Go files of a folder. One that is not there has none.
func readDir(dir string) (map[string][]byte, error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	files := map[string][]byte{}
	for _, e := range entries {
		name := e.Name()
		if e.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			continue
		}
		if files[name], err = os.ReadFile(filepath.Join(dir, name)); err != nil {
			return nil, err
		}
	}
	return files, nil
}

// Goroot is the tree of a Go release.
func Goroot(root assemble.Goroot) Tree { return goroot{root} }

type goroot struct{ root assemble.Goroot }

func (g goroot) Sources(importPath string) (map[string][]byte, string, error) {
	in := importPath
	if strings.Contains(strings.Split(importPath, "/")[0], ".") {
		in = "vendor/" + importPath
	}
	files, err := readDir(filepath.Join(g.root.Dir, "src", filepath.FromSlash(in)))
	return files, g.root.Version + "/src/" + in, err
}

// Port is the tree of an assembled port: what it does not have itself it uses
// of the Go release in root.
func Port(t *assemble.Tree, root assemble.Goroot) Tree {
	p := ported{files: map[string]map[string][]byte{}, rest: goroot{root}}
	for _, f := range t.Files {
		dir := path.Dir(f.Path)
		if p.files[dir] == nil {
			p.files[dir] = map[string][]byte{}
		}
		p.files[dir][path.Base(f.Path)] = f.Data
	}
	return p
}

type ported struct {
	files map[string]map[string][]byte
	rest  Tree
}

func (p ported) Sources(importPath string) (map[string][]byte, string, error) {
	if files := p.files[importPath]; files != nil {
		if !assemble.GosOwn(importPath + "/") {
			return files, "port/src/" + importPath, nil
		}
		// Go's own package, of which the port changes some files.
		merged, where, err := p.rest.Sources(importPath)
		if merged == nil {
			merged = map[string][]byte{}
		}
		for name, data := range files {
			merged[name] = data
		}
		return merged, where, err
	}
	if ours(importPath) {
		return nil, "", nil
	}
	return p.rest.Sources(importPath)
}

// ours tells whether the port has the package, if there is one: then Go's is
// not used.
func ours(p string) bool {
	return p == "net" || p == "net/http" || p == "crypto/tls" || strings.HasPrefix(p, "net/http/") || strings.HasPrefix(p, "crypto/tls/")
}

// Dir is the tree in a folder: an assembled port, a Go root, or a port of net
// that is laid out as the folder net is. Packages that it does not have are
// those of the Go release in root, as they are when it is built, except that a
// port of net alone does not use Go's crypto/tls.
func Dir(dir string, root assemble.Goroot) (Tree, error) {
	for _, below := range []string{"src", "."} {
		at := filepath.Join(dir, below)
		if isPackage(filepath.Join(at, "net"), "net") {
			return folder{at: at, rest: goroot{root}}, nil
		}
	}
	if isPackage(dir, "net") {
		return folder{at: dir, net: true, rest: goroot{root}}, nil
	}
	if _, err := os.Stat(dir); err != nil {
		return nil, fmt.Errorf("look for security fixes: %w", err)
	}
	return nil, fmt.Errorf("look for security fixes in %s: there is no package net in src/net, in net, or in the folder itself", dir)
}

func isPackage(dir, name string) bool {
	files, err := readDir(dir)
	if err != nil {
		return false
	}
	for _, n := range sorted(files) {
		if g, err := assemble.ParseFile(n, files[n]); err == nil && g.Package == name {
			return true
		}
	}
	return false
}

type folder struct {
	at   string
	net  bool // at is the package net
	rest Tree
}

func (f folder) Sources(importPath string) (map[string][]byte, string, error) {
	in := importPath
	if f.net {
		rest, is := strings.CutPrefix(importPath, "net")
		if !is || rest != "" && rest[0] != '/' {
			if ours(importPath) { // TinyGo's crypto/tls, say, which is elsewhere
				return nil, "", nil
			}
			return f.rest.Sources(importPath)
		}
		in = "." + rest
	}
	dir := filepath.Join(f.at, filepath.FromSlash(in))
	files, err := readDir(dir)
	if err != nil || len(files) > 0 {
		return files, filepath.ToSlash(dir), err
	}
	if importPath == "net" || importPath == "net/http" || strings.HasPrefix(importPath, "net/http/") ||
		isPackage(filepath.Join(f.at, "crypto", "tls"), "tls") && ours(importPath) {
		return nil, "", nil // a port has these itself, or does without
	}
	return f.rest.Sources(importPath)
}
