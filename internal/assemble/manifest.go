package assemble

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// portDir is where the port's sources are in this repository; messages and
// headers name them from there.
const portDir = "port/"

const manifestName = "manifest.toml"

// portTag is the build tag that keeps the port's sources out of ordinary
// builds.
const portTag = "tinynetport"

// A Manifest says how the port is made from a Go release: what LoadManifest
// read, checked as far as that is possible without one.
type Manifest struct {
	pkgs  []*pkg // sorted by path
	tests bool   // it is about Go's tests
}

// Packages lists the import paths that have a manifest.
func (m *Manifest) Packages() []string {
	paths := make([]string, len(m.pkgs))
	for i, p := range m.pkgs {
		paths[i] = p.path
	}
	return paths
}

// A pkg is the manifest of one package, and its sources in the port.
type pkg struct {
	path     string // import path
	dir      string // where its folder is in this repository: port/
	file     string // the manifest's name in messages
	named    conditions
	tests    bool // it is about the package's tests
	beside   bool // Go's own package, of which the port changes a few files
	span     span
	takes    []listEntry
	omits    []listEntry
	adds     []listEntry
	drops    []declEntry
	replaces []declEntry
	edits    []editEntry
	swaps    []swapEntry
	parts    []partEntry
	ports    map[string]*portFile
}

type listEntry struct {
	span
	at    section
	files []string
	why   string
	from  string // of an add: the folder of the port that has the files, if another
}

type declEntry struct {
	span
	line            int
	file, decl, why string
	from            string // base name of the port file of a replace
}

type editEntry struct {
	span
	file string
	editOp
}

type swapEntry struct {
	span
	files []string
	swapOp
}

// GosOwn tells whether a file of an assembled port, named below src, is of a
// package of which the port has only what it changes: the rest is Go's own.
func GosOwn(file string) bool { return !isRoot(path.Dir(file)) }

// changed are the packages of Go's own, besides those below crypto, in which the port
// may change files, or which it may add.
var changed = []string{"bytes", "context", "encoding/asn1", "internal/brief", "internal/godebug", "log/slog", "math/big", "mime", "mime/multipart", "mime/quotedprintable", "net/netip", "net/textproto", "net/url", "strconv", "time", "unicode", "vendor/golang.org/x/crypto/cryptobyte", "vendor/golang.org/x/net/dns/dnsmessage"}

// isRoot tells whether packages at the path are part of the port.
func isRoot(p string) bool {
	return p == "net" || p == "net/http" || p == "crypto/tls" ||
		strings.HasPrefix(p, "net/http/") || strings.HasPrefix(p, "crypto/tls/")
}

// LoadManifest reads the manifests and sources of a port: a file system with
// net, net/http, ... laid out as in GOROOT/src. What it finds wrong comes back
// together, as Problems.
func LoadManifest(port fs.FS) (*Manifest, error) {
	return loadManifest(port, portDir, false)
}

// LoadTests reads manifests that say how Go's own tests become tests of the
// port. They differ from a port's in this: the files are the packages'
// _test.go files, of any package, and those that no entry mentions are taken,
// so there is nothing to take. dir is where the folder is in this repository,
// for messages.
func LoadTests(tests fs.FS, dir string) (*Manifest, error) {
	return loadManifest(tests, dir, true)
}

// pathOf is the import path of the package that a folder of the port is for. Those in
// GOROOT/src/vendor are in vendored: Go's tools pass folders named vendor by.
func pathOf(folder string) string {
	if rest, ok := strings.CutPrefix(folder, "vendored/"); ok {
		return "vendor/" + rest
	}
	return folder
}

func loadManifest(port fs.FS, dir string, tests bool) (*Manifest, error) {
	byPath := map[string]*pkg{}
	var probs Problems
	var manifests []string
	sources := map[string][]string{} // Go files by folder
	err := fs.WalkDir(port, ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() || path.Dir(name) == ".":
		case path.Base(name) == manifestName:
			manifests = append(manifests, name)
		case !tests && strings.HasSuffix(name, "_test.go"):
			// A test of one of our sources, beside it.
		case strings.HasSuffix(name, ".go"):
			sources[path.Dir(name)] = append(sources[path.Dir(name)], name)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read the port: %w", err)
	}
	named, problems := loadConditions(port, dir)
	probs = append(probs, problems...)
	m := &Manifest{tests: tests}
	for _, name := range manifests {
		data, err := fs.ReadFile(port, name)
		if err != nil {
			return nil, fmt.Errorf("read the port: %w", err)
		}
		p := &pkg{path: pathOf(path.Dir(name)), named: named, dir: dir, file: dir + name, tests: tests, ports: map[string]*portFile{}}
		m.pkgs = append(m.pkgs, p)
		byPath[p.path] = p
		probs = append(probs, p.load(data)...)
	}
	for folder, names := range sources {
		p := byPath[pathOf(folder)]
		if p == nil {
			probs = append(probs, &Problem{Manifest: dir + folder + "/" + manifestName,
				Text: fmt.Sprintf("there is none, but the folder has Go files (%s)", path.Base(names[0]))})
			continue
		}
		for _, name := range names {
			data, err := fs.ReadFile(port, name)
			if err != nil {
				return nil, fmt.Errorf("read the port: %w", err)
			}
			f, err := newPortFile(dir+name, data, named)
			if err != nil {
				probs = append(probs, &Problem{Manifest: p.file, File: name, Text: err.Error()})
			}
			p.ports[path.Base(name)] = f
		}
	}
	for _, p := range m.pkgs {
		probs = append(probs, p.borrow(byPath)...)
	}
	for _, p := range m.pkgs {
		probs = append(probs, p.check()...)
	}
	if err := probs.err(); err != nil {
		return nil, err
	}
	slices.SortFunc(m.pkgs, func(a, b *pkg) int { return strings.Compare(a.path, b.path) })
	return m, nil
}

// borrow gives p the files that it adds from other folders of the port.
func (p *pkg) borrow(byPath map[string]*pkg) (probs Problems) {
	for _, e := range p.adds {
		if e.from == "" {
			continue
		}
		for _, f := range e.files {
			of := byPath[e.from]
			switch {
			case of == nil || of == p || of.ports[f] == nil:
				probs = append(probs, &Problem{Manifest: p.file, Line: e.at.lineOf(f), Op: "add", File: p.name(f), Text: fmt.Sprintf("there is no %s%s/%s to take it from", p.dir, e.from, f)})
			case p.ports[f] != nil && p.ports[f] != of.ports[f]:
				probs = append(probs, &Problem{Manifest: p.file, Line: e.at.lineOf(f), Op: "add", File: p.name(f), Text: "the folder has a file of this name itself"})
			default:
				p.ports[f] = of.ports[f]
			}
		}
	}
	return probs
}
