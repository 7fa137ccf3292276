// Package compare shows an assembled port against the Go release that it is
// made from, declaration by declaration. It looks at the texts themselves: what
// differs without an operation of a manifest that explains it is an error.
package compare

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/tinynet/tinynet/internal/assemble"
)

// A Report compares all packages of the port with those of one release.
type Report struct {
	Release  string
	Packages []*Package // sorted by path

	tree *assemble.Tree
}

// A Package compares one package.
type Package struct {
	Path  string
	Files []*File // sorted by path
	Count
}

// A File is a file of Go's, or one that the port adds.
type File struct {
	Path    string
	Fate    assemble.Fate
	Why     string            // of an omitted one
	From    string            // of an added one
	Changes []assemble.Change // of a taken one
	Count

	// What differs from Go's, or is gone or new, without an operation that
	// says so.
	Unexplained []string
}

// A Count is of declarations: of names, so `var a, b int` counts twice.
type Count struct {
	Identical int // taken from Go as they are, but for comments and layout
	Edited    int
	Replaced  int
	Dropped   int
	Omitted   int // in files that are left out
	Added     int // ours
}

func (c *Count) add(d Count) {
	c.Identical += d.Identical
	c.Edited += d.Edited
	c.Replaced += d.Replaced
	c.Dropped += d.Dropped
	c.Omitted += d.Omitted
	c.Added += d.Added
}

// Taken counts Go's declarations in the files that are taken.
func (c *Count) Taken() int { return c.Identical + c.Edited + c.Replaced + c.Dropped }

// Share is how many of the declarations in taken files are Go's own, in percent,
// rounded down to tenths; 100 where there are none.
func (c *Count) Share() float64 { return percent(c.Identical, c.Taken()) }

// ShareOfAll counts the declarations in omitted files, too.
func (c *Count) ShareOfAll() float64 { return percent(c.Identical, c.Taken()+c.Omitted) }

func percent(n, of int) float64 {
	if of == 0 {
		return 100
	}
	return float64(n*1000/of) / 10
}

// Unexplained lists what differs without a reason, in all files.
func (r *Report) Unexplained() []string {
	var all []string
	for _, p := range r.Packages {
		for _, f := range p.Files {
			all = append(all, f.Unexplained...)
		}
	}
	return all
}

// Compare compares an assembled port with the release in root. The survey is
// that of the same release.
func Compare(tree *assemble.Tree, s *assemble.Survey, root assemble.Goroot) (*Report, error) {
	assembled := map[string]*assemble.File{}
	for i := range tree.Files {
		assembled[tree.Files[i].Path] = &tree.Files[i]
	}
	r := &Report{Release: tree.Release, tree: tree}
	pkgs := map[string]*Package{}
	seen := map[string]bool{}
	for _, sf := range s.Files {
		f := &File{Path: sf.Path, Fate: sf.Fate, Why: sf.Why, From: sf.From}
		seen[f.Path] = true
		if err := f.compare(assembled[f.Path], root); err != nil {
			return nil, err
		}
		dir := path.Dir(f.Path)
		if pkgs[dir] == nil {
			pkgs[dir] = &Package{Path: dir}
			r.Packages = append(r.Packages, pkgs[dir])
		}
		pkgs[dir].Files = append(pkgs[dir].Files, f)
		pkgs[dir].add(f.Count)
	}
	for _, x := range s.Parts {
		f := &File{Path: x.Path, Fate: assemble.FateTaken}
		seen[f.Path] = true
		if err := f.comparePart(assembled[f.Path], x.Of, root); err != nil {
			return nil, err
		}
		if p := pkgs[path.Dir(f.Path)]; p != nil {
			p.Files = append(p.Files, f)
		}
	}
	for _, f := range tree.Files {
		if !seen[f.Path] {
			return nil, fmt.Errorf("compare the port with %s: %s is in the port, but neither Go's nor added", root.Version, f.Path)
		}
	}
	slices.SortFunc(r.Packages, func(a, b *Package) int { return strings.Compare(a.Path, b.Path) })
	return r, nil
}

func (f *File) compare(port *assemble.File, root assemble.Goroot) error {
	fail := func(format string, args ...any) {
		f.Unexplained = append(f.Unexplained, f.Path+": "+fmt.Sprintf(format, args...))
	}
	read := func(what string, data []byte) (*assemble.GoFile, error) {
		g, err := assemble.ParseFile(f.Path, data)
		if err != nil {
			return nil, fmt.Errorf("compare %s of %s: %w", f.Path, what, err)
		}
		return g, nil
	}
	if f.Fate == assemble.FateAdded {
		if port == nil {
			fail("the manifest adds it, but the port does not have it")
			return nil
		}
		ours, err := read("the port", port.Data)
		if err == nil {
			f.Added = len(ours.Declarations)
		}
		return err
	}
	data, err := root.Read(f.Path)
	if err != nil {
		return fmt.Errorf("compare the port with %s: %w", root.Version, err)
	}
	up, err := read(root.Version, data)
	if err != nil {
		return err
	}
	if f.Fate != assemble.FateTaken {
		f.Omitted = len(up.Declarations)
		if port != nil {
			fail("it is left out, but the port has it")
		}
		return nil
	}
	if port == nil {
		fail("the port does not have it")
		return nil
	}
	f.Changes = port.Changes
	if string(port.Data) == string(data) {
		f.Identical = len(up.Declarations)
		return nil
	}
	ours, err := read("the port", port.Data)
	if err != nil {
		return err
	}
	op := map[string]string{} // by declaration
	for _, c := range port.Changes {
		if c.Op != "swap" {
			op[c.Decl] = c.Op
		}
	}
	have := map[string]string{}
	for _, d := range ours.Declarations {
		have[d.Name] = d.Code
	}
	known := map[string]bool{}
	renamed := 0 // by edits
	for _, d := range up.Declarations {
		known[d.Name] = true
		now, there := have[d.Name]
		switch op := op[d.Name]; {
		case op == "drop":
			f.Dropped++
			if there {
				fail("%s is dropped, but the port has it", d.Name)
			}
		case op == "replace":
			f.Replaced++
		case op == "edit":
			f.Edited++
			if !there {
				renamed++
			}
		case !there:
			fail("%s is not in the port", d.Name)
		case now != d.Code:
			fail("%s is not as Go has it", d.Name)
		default:
			f.Identical++
		}
	}
	if up.Constraint != ours.Constraint && op["go:build"] == "" {
		fail("its build constraint is not Go's")
	}
	for _, d := range ours.Declarations {
		switch {
		case known[d.Name], replaces(port.Changes):
		case renamed > 0:
			renamed--
		default:
			fail("%s is not Go's", d.Name)
		}
	}
	return nil
}

// comparePart compares a part with the file of Go's that it is a part of. Its
// declarations are counted there.
func (f *File) comparePart(port *assemble.File, of string, root assemble.Goroot) error {
	if port == nil {
		f.Unexplained = append(f.Unexplained, f.Path+": the port does not have it")
		return nil
	}
	data, err := root.Read(of)
	if err != nil {
		return fmt.Errorf("compare the port with %s: %w", root.Version, err)
	}
	up, err := assemble.ParseFile(of, data)
	if err != nil {
		return fmt.Errorf("compare %s of %s: %w", of, root.Version, err)
	}
	ours, err := assemble.ParseFile(f.Path, port.Data)
	if err != nil {
		return fmt.Errorf("compare %s of the port: %w", f.Path, err)
	}
	gos := map[string]string{}
	for _, d := range up.Declarations {
		gos[d.Name] = d.Code
	}
	for _, d := range ours.Declarations {
		if gos[d.Name] != d.Code {
			f.Unexplained = append(f.Unexplained, f.Path+": "+d.Name+" is not as Go has it in "+of)
		}
	}
	f.Changes = port.Changes
	return nil
}

// replaces tells whether there is a replacement, which may bring others that
// belong to it.
func replaces(changes []assemble.Change) bool {
	return slices.ContainsFunc(changes, func(c assemble.Change) bool { return c.Op == "replace" })
}
