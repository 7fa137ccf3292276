package conform

import (
	"bytes"
	"cmp"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"

	"github.com/tinynet/tinynet/internal/assemble"
)

// An entry of a skip.toml is about tests that are built like all others, and
// not run with them.
type entry struct {
	kind         string // skip, apart or again, or package, which is about all
	pkg, file    string
	since, until string
	device       string // empty for every device
	leftOut      string // what boards leave out, as docs/size.md names it: the entry is for runs without it
	with         string // a build tag: the entry is for runs with it
	why          string

	tests []string       // of skip and apart
	when  *regexp.Regexp // of again: what a test says as it skips itself
	way   way            // of apart and again: how they are run
}

// A way is how some tests of a package are run apart from the others.
type way struct {
	tags  string
	long  bool // without -short
	alone bool // with GOMAXPROCS=1
	tries int  // as often as that, until they do not skip themselves; 0 means once
}

func (w way) String() string {
	var words []string
	if w.tags != "" {
		words = append(words, "with -tags "+w.tags)
	}
	if w.long {
		words = append(words, "without -short")
	}
	if w.alone {
		words = append(words, "with GOMAXPROCS=1")
	}
	if w.tries > 0 {
		words = append(words, fmt.Sprintf("in up to %d more processes", w.tries))
	}
	return strings.Join(words, ", ")
}

type tomlEntry struct {
	Tests   []string `toml:"tests"`
	When    string   `toml:"when"`
	Tags    string   `toml:"tags"`
	Long    bool     `toml:"long"`
	Alone   bool     `toml:"alone"`
	Tries   int      `toml:"tries"`
	Since   string   `toml:"since"`
	Until   string   `toml:"until"`
	Device  string   `toml:"device"`
	LeftOut string   `toml:"left-out"`
	With    string   `toml:"with"`
	Why     string   `toml:"why"`
}

func (t *tomlEntry) entry(kind, name string) (*entry, error) {
	e := &entry{kind: kind, pkg: path.Dir(name), file: dir + name, since: t.Since, until: t.Until, device: t.Device, leftOut: t.LeftOut, with: t.With,
		why: strings.Join(strings.Fields(t.Why), " "), tests: t.Tests, way: way{t.Tags, t.Long, t.Alone, t.Tries}}
	about := kind
	if len(t.Tests) > 0 {
		about += " " + t.Tests[0]
	}
	fail := func(format string, args ...any) (*entry, error) {
		return nil, fmt.Errorf("%s: %s: %w", e.file, about, fmt.Errorf(format, args...))
	}
	switch {
	case kind == "again" && (t.When == "" || len(t.Tests) > 0):
		return fail("it names what the tests say, in when, and not tests")
	case kind == "package" && (t.When != "" || len(t.Tests) > 0 || t.Long || t.Alone || t.Tries != 0 || t.Tags == ""):
		return fail("it has tags, since, until, device and why only")
	case (kind == "skip" || kind == "apart") && (t.When != "" || len(t.Tests) == 0):
		return fail("it names tests, and has no when")
	case (kind == "skip") != (e.way == way{}):
		return fail("tags, long and alone say how tests are run apart or again, and only these")
	case t.Tries != 0 && (kind != "again" || t.Tries < 0):
		return fail("tries says how often tests are run again")
	case kind != "skip" && e.leftOut != "":
		return fail("left-out is a reason to skip tests, and not to run them another way")
	case kind != "skip" && e.with != "":
		return fail("with is a reason to skip tests, and not to run them another way")
	case e.why == "":
		return fail("it has no why")
	case e.device != "" && e.device != Host && e.device != Loopback:
		return fail("device = %q; there are %s and %s", e.device, Host, Loopback)
	}
	if t.When != "" {
		var err error
		if e.when, err = regexp.Compile(t.When); err != nil {
			return fail("%w", err)
		}
	}
	if _, err := assemble.Within(assemble.MinRelease, e.since, e.until); err != nil {
		return fail("%w", err)
	}
	return e, nil
}

func loadEntries(tests fs.FS) ([]*entry, error) {
	var all []*entry
	err := fs.WalkDir(tests, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || path.Base(name) != "skip.toml" {
			return err
		}
		data, err := fs.ReadFile(tests, name)
		if err != nil {
			return err
		}
		var t struct {
			Skip  []tomlEntry `toml:"skip"`
			Apart []tomlEntry `toml:"apart"`
			Again []tomlEntry `toml:"again"`

			Package *tomlEntry `toml:"package"`
		}
		md, err := toml.NewDecoder(bytes.NewReader(data)).Decode(&t)
		if err != nil {
			return fmt.Errorf("%s%s: %w", dir, name, err)
		}
		if u := md.Undecoded(); len(u) > 0 {
			return fmt.Errorf("%s%s: unknown key %q", dir, name, u[0].String())
		}
		var whole []tomlEntry
		if t.Package != nil {
			whole = append(whole, *t.Package)
		}
		for kind, list := range map[string][]tomlEntry{"skip": t.Skip, "apart": t.Apart, "again": t.Again, "package": whole} {
			for i := range list {
				e, err := list[i].entry(kind, name)
				if err != nil {
					return err
				}
				all = append(all, e)
			}
		}
		return nil
	})
	slices.SortStableFunc(all, func(a, b *entry) int {
		return cmp.Or(strings.Compare(a.pkg, b.pkg), strings.Compare(a.kind, b.kind))
	})
	return all, err
}

func (e *entry) applies(pkg string, root assemble.Goroot, device string, tags []string) bool {
	in, err := assemble.Within(root.Version, e.since, e.until)
	return err == nil && in && e.pkg == pkg && (e.device == "" || e.device == device) && (e.leftOut == "" || leavesOut(tags)) &&
		(e.with == "" || slices.Contains(tags, e.with))
}

// leavesOut tells whether a computer's program with these build tags has of TLS
// what a board's has.
func leavesOut(tags []string) bool {
	return slices.Contains(tags, "tlssmall") && !slices.Contains(tags, "tlsfull")
}
