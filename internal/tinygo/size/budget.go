package size

import (
	"fmt"
	"path"
	"strings"

	"github.com/BurntSushi/toml"
)

// A Budget is the most that a program may take on a target, in bytes.
type Budget struct {
	Program string `toml:"program" json:"-"` // a package, as its path ends: examples/tcpecho
	Target  string `toml:"target" json:"-"`
	Tags    string `toml:"tags" json:"-"`
	Flash   int    `toml:"flash" json:"flash"`
	RAM     int    `toml:"ram" json:"ram"`
	Why     string `toml:"why" json:"why,omitempty"` // of a limit that is not what it was measured to be
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
