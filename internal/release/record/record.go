// Package record keeps which texts of Go's the manifests of the port were made
// for: port/upstream.lock has, for every declaration that is dropped, replaced or
// edited, every import that is swapped and every file that is omitted, a hash of
// Go's text in each release that somebody looked at. docs/upgrading.md says how
// it is used.
package record

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"go/version"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/tinynet/tinynet/internal/assemble"
)

// File is where the record is in this repository.
const File = "port/" + name

const name = "upstream.lock"

// Regenerate is the command that makes the record, and all else that follows
// from the manifests, anew.
const Regenerate = "make record-port"

// Of is the record of a port; nil if it has none.
func Of(port fs.FS) (*Record, error) {
	data, err := fs.ReadFile(port, name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the record: %w", err)
	}
	return Parse(File, data)
}

// A Record has the texts that were looked at.
type Record struct {
	entries map[key]map[string][]string // releases by hash
}

type key struct{ file, decl, op string }

// sources is the operation of entries that are about all of a package: they
// tell a release from one that was changed by somebody.
const sources = "sources"

const none = "-" // a declaration that there is not

func keyOf(t *assemble.Touch) key { return key{t.File, cmp.Or(t.Decl, none), t.Op} }

func (k key) String() string {
	if k.decl == none {
		return k.op + " " + k.file
	}
	return k.op + " " + k.file + " " + k.decl
}

func compareKeys(a, b key) int {
	return cmp.Or(cmp.Compare(path.Dir(a.file+"/"), path.Dir(b.file+"/")), cmp.Compare(a.file, b.file), cmp.Compare(a.decl, b.decl), cmp.Compare(a.op, b.op))
}

// Parse reads a record; name is for messages.
func Parse(name string, data []byte) (*Record, error) {
	r := &Record{entries: map[key]map[string][]string{}}
	for i, line := range strings.Split(string(data), "\n") {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		w := strings.Fields(line)
		if len(w) < 5 {
			return nil, fmt.Errorf("%s:%d: %q is no entry of a record; `%s` makes the file anew", name, i+1, line, Regenerate)
		}
		k, hash := key{op: w[0], file: w[1], decl: w[2]}, w[3]
		if len(hash) != hashLen || strings.Trim(hash, "0123456789abcdef") != "" {
			return nil, fmt.Errorf("%s:%d: %q is no hash; `%s` makes the file anew", name, i+1, hash, Regenerate)
		}
		for _, release := range w[4:] {
			if !version.IsValid(release) {
				return nil, fmt.Errorf("%s:%d: %q is no Go release; `%s` makes the file anew", name, i+1, release, Regenerate)
			}
			r.add(k, hash, release)
		}
	}
	return r, nil
}

func (r *Record) add(k key, hash, release string) {
	if r.entries[k] == nil {
		r.entries[k] = map[string][]string{}
	}
	if !slices.Contains(r.entries[k][hash], release) {
		r.entries[k][hash] = append(r.entries[k][hash], release)
	}
}

const head = `# Go's texts that the manifests under port/ were made for: what is done, the file,
# the declaration, a hash of Go's text, and the releases that have that text.
# Generated; do not edit. After a change of a manifest: ` + Regenerate + `
# After looking at a new Go release: tinynet upgrade -from A -to B -accept
# docs/upgrading.md says more.

`

// Bytes is the record as a file.
func (r *Record) Bytes() []byte {
	var b bytes.Buffer
	b.WriteString(head)
	keys := make([]key, 0, len(r.entries))
	for k := range r.entries {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, compareKeys)
	for _, k := range keys {
		var lines [][]string
		for hash, releases := range r.entries[k] {
			slices.SortFunc(releases, version.Compare)
			lines = append(lines, append([]string{hash}, releases...))
		}
		slices.SortFunc(lines, func(a, b []string) int { return version.Compare(a[1], b[1]) })
		for _, l := range lines {
			fmt.Fprintf(&b, "%s %s %s %s\n", k.op, k.file, k.decl, strings.Join(l, " "))
		}
	}
	return b.Bytes()
}

// Releases lists the releases of the record, the oldest first.
func (r *Record) Releases() []string {
	var all []string
	for _, hashes := range r.entries {
		for _, releases := range hashes {
			for _, v := range releases {
				if !slices.Contains(all, v) {
					all = append(all, v)
				}
			}
		}
	}
	slices.SortFunc(all, version.Compare)
	return all
}

const hashLen = 24

func hash(text []byte) string {
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])[:hashLen]
}

// Add notes that the texts of a release have been looked at, in the place of
// what the record had for it.
func (r *Record) Add(root assemble.Goroot, s *assemble.Survey) error {
	if !version.IsValid(root.Version) {
		return fmt.Errorf("record %s: a development version has no name that others could find it by; wait for its release", root.Version)
	}
	sums, err := sumPackages(root)
	if err != nil {
		return err
	}
	r.Forget(root.Version)
	for i := range s.Touches {
		t := &s.Touches[i]
		r.add(keyOf(t), hash([]byte(t.Text)), root.Version)
	}
	for pkg, sum := range sums {
		r.add(key{pkg, none, sources}, sum, root.Version)
	}
	return nil
}

// Forget takes a release out of the record.
func (r *Record) Forget(release string) {
	for k, hashes := range r.entries {
		for h, releases := range hashes {
			if hashes[h] = slices.DeleteFunc(releases, func(v string) bool { return v == release }); len(hashes[h]) == 0 {
				delete(hashes, h)
			}
		}
		if len(hashes) == 0 {
			delete(r.entries, k)
		}
	}
}

// sumPackages hashes Go's sources of each package that the port is about.
func sumPackages(root assemble.Goroot) (map[string]string, error) {
	names, err := assemble.Sources(root)
	if err != nil {
		return nil, err
	}
	texts := map[string]*bytes.Buffer{}
	for _, name := range names {
		data, err := root.Read(name)
		if err != nil {
			return nil, fmt.Errorf("read the Go root: %w", err)
		}
		b := texts[path.Dir(name)]
		if b == nil {
			b = &bytes.Buffer{}
			texts[path.Dir(name)] = b
		}
		fmt.Fprintf(b, "%s %s\n", name, hash(data))
	}
	sums := map[string]string{}
	for pkg, b := range texts {
		sums[pkg] = hash(b.Bytes())
	}
	return sums, nil
}

// Findings is what the record says of a release.
type Findings struct {
	Release    string
	Recorded   bool             // somebody looked at this release
	Nearest    string           // if not: the newest release before it that somebody looked at, or the oldest after it
	Changed    []assemble.Touch // Go's text is none that the record has
	Unrecorded []assemble.Touch // the record has nothing of this operation
	Modified   []string         // packages that are not as this release had them
}

// Quiet tells whether there is nothing to say.
func (f *Findings) Quiet() bool { return len(f.Changed)+len(f.Unrecorded)+len(f.Modified) == 0 }

// Check compares a release with the record.
func (r *Record) Check(root assemble.Goroot, s *assemble.Survey) (*Findings, error) {
	f := &Findings{Release: root.Version}
	for _, v := range r.Releases() {
		f.Recorded = f.Recorded || v == root.Version
		if f.Nearest == "" || version.Compare(v, root.Release()) < 0 {
			f.Nearest = v
		}
	}
	for _, t := range s.Touches {
		switch hashes := r.entries[keyOf(&t)]; {
		case hashes == nil:
			f.Unrecorded = append(f.Unrecorded, t)
		case hashes[hash([]byte(t.Text))] == nil:
			f.Changed = append(f.Changed, t)
		}
	}
	if f.Recorded {
		var err error
		f.Modified, err = r.modified(root)
		return f, err
	}
	return f, nil
}

// Known tells, quickly, whether the sources of the port's packages are those of
// a release that the record has. Then Check has nothing to say, unless the
// manifest was changed without the record.
func (r *Record) Known(root assemble.Goroot) (bool, error) {
	if !slices.Contains(r.Releases(), root.Version) {
		return false, nil
	}
	modified, err := r.modified(root)
	return err == nil && len(modified) == 0, err
}

// modified lists the packages that are not as the record has them for the
// release that the root claims to be.
func (r *Record) modified(root assemble.Goroot) (found []string, err error) {
	sums, err := sumPackages(root)
	if err != nil {
		return nil, err
	}
	for k, hashes := range r.entries {
		if k.op != sources {
			continue
		}
		for sum, releases := range hashes {
			if slices.Contains(releases, root.Version) && sums[k.file] != sum {
				found = append(found, k.file)
			}
		}
	}
	for pkg := range sums {
		if r.entries[key{pkg, none, sources}] == nil {
			found = append(found, pkg)
		}
	}
	slices.Sort(found)
	return found, nil
}

// maxShown is how many operations a message lists before it only counts.
const maxShown = 20

// Text says what was found, for people; empty where there is nothing to say.
func (f *Findings) Text() string {
	var b strings.Builder
	list := func(touches []assemble.Touch) {
		for i, t := range touches {
			if i == maxShown {
				fmt.Fprintf(&b, "\t... and %d more\n", len(touches)-i)
				break
			}
			fmt.Fprintf(&b, "\tsrc/%s", t.File)
			if t.Line > 0 {
				fmt.Fprintf(&b, ":%d", t.Line)
			}
			if t.Decl != "" {
				fmt.Fprintf(&b, " %s", t.Decl)
			}
			fmt.Fprintf(&b, ": %s (%s)", past[t.Op], t.Why)
			if t.Ours.File != "" {
				fmt.Fprintf(&b, ", ours is %s", t.Ours)
			}
			b.WriteByte('\n')
		}
	}
	if len(f.Modified) > 0 {
		fmt.Fprintf(&b, "This Go says that it is %s, but its sources are not those of that release: somebody changed %s.\n",
			f.Release, strings.Join(f.Modified, ", "))
	}
	if len(f.Changed) > 0 {
		fmt.Fprintf(&b, "Changes of the port rest on code that is not in %s as it was when they were made:\n", f.Release)
		list(f.Changed)
	}
	if len(f.Unrecorded) > 0 {
		if f.Recorded {
			fmt.Fprintf(&b, "%s has nothing of these operations of the manifest:\n", File)
		} else {
			fmt.Fprintf(&b, "These operations meet code that nobody looked at in any release:\n")
		}
		list(f.Unrecorded)
	}
	switch {
	case f.Recorded && len(f.Unrecorded) > 0:
		fmt.Fprintf(&b, "The manifest was changed without the record: run `%s`.\n", Regenerate)
	case len(f.Modified) == 0 && !f.Quiet():
		fmt.Fprintf(&b, "Nobody looked at %s yet. `tinynet upgrade -from %s -to %s` shows what changed.\n",
			f.Release, strings.TrimPrefix(f.Nearest, "go"), strings.TrimPrefix(f.Release, "go"))
	}
	return b.String()
}

var past = map[string]string{"drop": "dropped", "replace": "replaced", "edit": "edited", "swap": "swapped", "omit": "omitted"}

// Stale compares the record with what it would be if a release that it has were
// added anew. It returns what differs, as operations of the manifest; nil if
// nothing does.
func (r *Record) Stale(root assemble.Goroot, s *assemble.Survey) ([]string, error) {
	fresh, err := Parse(File, r.Bytes())
	if err != nil {
		return nil, err
	}
	if err := fresh.Add(root, s); err != nil {
		return nil, err
	}
	var diff []string
	for _, from := range []struct{ a, b *Record }{{r, fresh}, {fresh, r}} {
		for k, hashes := range from.a.entries {
			for h, releases := range hashes {
				if slices.Contains(releases, root.Version) && !slices.Contains(from.b.entries[k][h], root.Version) && !slices.Contains(diff, k.String()) {
					diff = append(diff, k.String())
				}
			}
		}
	}
	slices.Sort(diff)
	return diff, nil
}

// ReadFile reads a record from a file.
func ReadFile(name string) (*Record, error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	return Parse(name, data)
}

// WriteFile writes the record in one step: interrupted, it leaves the file as
// it was.
func (r *Record) WriteFile(name string) error {
	err := func() error {
		tmp, err := assemble.NewFile(filepath.Dir(name), "."+filepath.Base(name)+"-*")
		if err != nil {
			return err
		}
		defer os.Remove(tmp.Name())
		if fi, err := os.Stat(name); err == nil {
			tmp.Chmod(fi.Mode().Perm()) // it keeps the one that it has
		}
		_, err = tmp.Write(r.Bytes())
		if err := errors.Join(err, tmp.Sync(), tmp.Close()); err != nil {
			return err
		}
		return os.Rename(tmp.Name(), name)
	}()
	if err != nil {
		return fmt.Errorf("write the record: %w", err)
	}
	return nil
}
