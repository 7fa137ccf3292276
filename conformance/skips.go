package conformance

import (
	"bytes"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"github.com/BurntSushi/toml"

	"github.com/tinynet/tinynet/assemble"
)

// A skip is an entry of a skip.toml: tests that are built but not run, or that
// are run apart.
type skip struct {
	pkg, file    string
	since, until string
	device       string // empty for every device
	tests        []string
	why          string
	long         bool // they are run, without -short
}

type tomlSkip struct {
	Tests  []string `toml:"tests"`
	Since  string   `toml:"since"`
	Until  string   `toml:"until"`
	Device string   `toml:"device"`
	Why    string   `toml:"why"`
}

func loadSkips(tests fs.FS) ([]skip, error) {
	var all []skip
	err := fs.WalkDir(tests, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || path.Base(name) != "skip.toml" {
			return err
		}
		data, err := fs.ReadFile(tests, name)
		if err != nil {
			return err
		}
		var t struct {
			Skip []tomlSkip `toml:"skip"`
			Long []tomlSkip `toml:"long"`
		}
		md, err := toml.NewDecoder(bytes.NewReader(data)).Decode(&t)
		if err != nil {
			return fmt.Errorf("%s%s: %w", dir, name, err)
		}
		if u := md.Undecoded(); len(u) > 0 {
			return fmt.Errorf("%s%s: unknown key %q", dir, name, u[0].String())
		}
		for i, e := range append(t.Skip, t.Long...) {
			s := skip{long: i >= len(t.Skip), pkg: path.Dir(name), file: dir + name, since: e.Since, until: e.Until, device: e.Device, tests: e.Tests,
				why: strings.Join(strings.Fields(e.Why), " ")}
			switch {
			case len(s.tests) == 0:
				err = fmt.Errorf("an entry names no tests")
			case s.why == "":
				err = fmt.Errorf("skip %s: it has no why", s.tests[0])
			case s.device != "" && s.device != Host && s.device != Loopback:
				err = fmt.Errorf("skip %s: device = %q; there are %s and %s", s.tests[0], s.device, Host, Loopback)
			default:
				_, err = assemble.Within("go1.23", s.since, s.until)
			}
			if err != nil {
				return fmt.Errorf("%s: %w", s.file, err)
			}
			all = append(all, s)
		}
		return nil
	})
	return all, err
}

func (s *skip) applies(pkg string, root assemble.Goroot, device string) bool {
	in, err := assemble.Within(root.Version, s.since, s.until)
	return err == nil && in && s.pkg == pkg && (s.device == "" || s.device == device)
}
