package size

import (
	"fmt"
	"go/version"
	"path"
	"strings"

	"github.com/BurntSushi/toml"
)

// A Budget is the most that a program may take on a target, in bytes.
type Budget struct {
	Program string `toml:"program" json:"-"` // a package, as its path ends: examples/tcpecho
	Target  string `toml:"target" json:"-"`
	Tags    string `toml:"tags" json:"-"`
	// LDFlags is what the program is built with unless the user says otherwise. What
	// -X leaves empty may make TinyGo leave out all that would use it.
	LDFlags string `toml:"ldflags" json:"-"`
	Flash   int    `toml:"flash" json:"flash"`
	RAM     int    `toml:"ram" json:"ram"`
	Why     string `toml:"why" json:"why,omitempty"` // of a limit that is not what it was measured to be
}

// FileFor is the budget's file in a folder for programs built with a TinyGo and a Go:
// there is one for each minor release of both, such as tinygo-0.40-go-1.25.toml.
func FileFor(dir, tinygo, goRelease string) string {
	return path.Join(dir, fmt.Sprintf("tinygo-%s-go-%s.toml", minor(tinygo), minor(strings.TrimPrefix(goRelease, "go"))))
}

// minor is the minor release of a release, such as 0.40 of 0.40.1 and 1.27 of 1.27rc1.
func minor(release string) string {
	release, _, _ = strings.Cut(release, " ")
	return strings.TrimPrefix(version.Lang("go"+release), "go")
}

// Budgets reads a file of them.
func Budgets(file string) ([]Budget, error) {
	var f struct {
		Budget []Budget `toml:"budget"`
	}
	meta, err := toml.DecodeFile(file, &f)
	if err != nil {
		return nil, fmt.Errorf("read the budget: %w", err)
	}
	if unknown := meta.Undecoded(); len(unknown) > 0 {
		return nil, fmt.Errorf("read the budget: %s: unknown key %s", file, unknown[0])
	}
	seen := map[[3]string]bool{}
	for _, b := range f.Budget {
		key := [3]string{b.Program, b.Target, b.Tags}
		switch {
		case b.Program == "" || b.Target == "" || b.Flash <= 0 || b.RAM <= 0:
			return nil, fmt.Errorf("read the budget: %s: an entry needs program, target, flash and ram: %+v", file, b)
		case seen[key]:
			return nil, fmt.Errorf("read the budget: %s: two entries for %s on %s", file, b.Program, b.Target)
		}
		seen[key] = true
	}
	return f.Budget, nil
}

// Find is the budget of a program, or nil.
func Find(all []Budget, p *Program) *Budget {
	name := path.Clean(strings.ReplaceAll(p.Name, `\`, "/"))
	for i, b := range all {
		if (name == b.Program || strings.HasSuffix(name, "/"+b.Program)) && b.Target == p.Target && b.Tags == p.Tags {
			return &all[i]
		}
	}
	return nil
}

// Over tells whether a program takes more than it may.
func (b *Budget) Over(p *Program) bool { return p.Flash > b.Flash || p.RAM > b.RAM }

// Verdict says in words how a program does.
func (b *Budget) Verdict(p *Program) string {
	if !b.Over(p) {
		return "kept"
	}
	var over []string
	if n := p.Flash - b.Flash; n > 0 {
		over = append(over, digits(n)+" of flash")
	}
	if n := p.RAM - b.RAM; n > 0 {
		over = append(over, digits(n)+" of RAM")
	}
	return "EXCEEDED by " + strings.Join(over, " and ")
}
