// Package size tells what takes a program's flash and RAM on a board: it reads
// the table that `tinygo build -size full` prints, holds it against a budget, and
// draws it.
package size

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"path"
	"slices"
	"strconv"
	"strings"
)

// A Package is what one package has in a program. Names in brackets and those
// that begin with "C " or "Go " are what TinyGo, its C library and its linker put
// there.
type Package struct {
	Name  string `json:"name"`
	Flash int    `json:"flash"` // bytes
	RAM   int    `json:"ram"`   // bytes, before the heap
}

// A Program is a program as it was built.
type Program struct {
	Name     string    `json:"program"`
	Target   string    `json:"target"`
	Tags     string    `json:"tags,omitempty"`
	Flash    int       `json:"flash"`
	RAM      int       `json:"ram"`
	Packages []Package `json:"packages"` // the largest in flash first
	Budget   *Budget   `json:"budget,omitempty"`
	Variants []Variant `json:"variants,omitempty"`
}

// A Variant is the same program, built in another way.
type Variant struct {
	How   string `json:"how"`            // such as: -tags=notls
	What  string `json:"what,omitempty"` // it stands for
	Flash int    `json:"flash"`
	RAM   int    `json:"ram"`
	Error string `json:"error,omitempty"` // why it could not be built
}

// Parse reads what tinygo build -size full prints. Lines before the table, such
// as warnings, are passed over.
func Parse(r io.Reader) (*Program, error) {
	sc := bufio.NewScanner(r)
	sc.Buffer(nil, 1<<20)
	var columns []string
	p := &Program{}
	total := false
	sums := map[string]*Package{}
	for sc.Scan() {
		line := sc.Text()
		fields := strings.Fields(strings.ReplaceAll(line, "|", " "))
		switch {
		case columns == nil:
			if strings.Contains(line, "|") && slices.Contains(fields, "flash") && slices.Contains(fields, "ram") && slices.Contains(fields, "package") {
				columns = fields
			}
			continue
		case strings.HasPrefix(line, "---"):
			continue
		case len(fields) < len(columns)-1:
			continue
		}
		flash, err1 := strconv.Atoi(fields[slices.Index(columns, "flash")])
		ram, err2 := strconv.Atoi(fields[slices.Index(columns, "ram")])
		if err1 != nil || err2 != nil || flash < 0 || ram < 0 {
			continue
		}
		name := line
		if i := strings.LastIndexByte(line, '|'); i >= 0 {
			name = line[i+1:]
		}
		name = clean(strings.TrimSpace(name))
		if name == "total" {
			p.Flash, p.RAM, total = flash, ram, true
			break
		}
		s := sums[name]
		if s == nil {
			s = &Package{Name: name}
			sums[name] = s
		}
		s.Flash += flash
		s.RAM += ram
	}
	if err := sc.Err(); err != nil {
		return nil, err
	}
	if !total {
		return nil, fmt.Errorf("there is no table of sizes in what TinyGo printed")
	}
	restFlash, restRAM := p.Flash, p.RAM
	for _, s := range sums {
		p.Packages = append(p.Packages, *s)
		restFlash -= s.Flash
		restRAM -= s.RAM
	}
	if restFlash != 0 || restRAM != 0 {
		return nil, fmt.Errorf("TinyGo's table does not add up: %d bytes of flash and %d of RAM are in no package", restFlash, restRAM)
	}
	slices.SortFunc(p.Packages, func(a, b Package) int {
		return cmp.Or(b.Flash-a.Flash, b.RAM-a.RAM, strings.Compare(a.Name, b.Name))
	})
	return p, nil
}

// clean makes a package of what the debug information has no better name for
// than a folder.
func clean(name string) string {
	if !strings.HasPrefix(name, "/") {
		return name
	}
	if i := strings.LastIndex(name, "/src/"); i >= 0 {
		return name[i+len("/src/"):]
	}
	return "C " + path.Base(name)
}

// Group is the larger whole that a package is part of: its first element or, of
// a package of another module, its module's host, owner and name.
func Group(name string) string {
	if strings.HasPrefix(name, "(") || strings.HasPrefix(name, "C ") || strings.HasPrefix(name, "Go ") {
		return "TinyGo"
	}
	first, _, _ := strings.Cut(name, "/")
	if strings.Contains(first, ".") {
		if parts := strings.SplitN(name, "/", 4); len(parts) > 3 {
			return strings.Join(parts[:3], "/")
		}
		return name
	}
	switch first {
	case "runtime", "machine", "device", "internal", "unsafe", "reflect", "sync":
		return "TinyGo"
	}
	return first
}

// Write prints a program as a table. Packages that take less than least bytes of
// flash and no RAM to speak of are summed up.
func (p *Program) Write(w io.Writer, least int) error {
	var b strings.Builder
	title := p.Name + ", " + p.Target
	if p.Tags != "" {
		title += ", -tags=" + p.Tags
	}
	fmt.Fprintf(&b, "%s\n%10s %9s  %s\n", title, "flash", "RAM", "package")
	fmt.Fprintf(&b, "%10s %9s  %s\n", digits(p.Flash), digits(p.RAM), "all")
	small := Package{}
	count := 0
	for _, k := range p.Packages {
		if k.Flash < least && k.RAM < least {
			small.Flash += k.Flash
			small.RAM += k.RAM
			count++
			continue
		}
		fmt.Fprintf(&b, "%10s %9s  %s\n", digits(k.Flash), digits(k.RAM), k.Name)
	}
	if count > 0 {
		fmt.Fprintf(&b, "%10s %9s  %d more, of less than %s bytes each\n", digits(small.Flash), digits(small.RAM), count, digits(least))
	}
	if p.Budget != nil {
		fmt.Fprintf(&b, "%10s %9s  budget: %s\n", digits(p.Budget.Flash), digits(p.Budget.RAM), p.Budget.Verdict(p))
	}
	for _, v := range p.Variants {
		flash, ram := digits(v.Flash), digits(v.RAM)
		if v.Error != "" {
			flash, ram = "-", "-"
		}
		fmt.Fprintf(&b, "%10s %9s  %s: %s\n", flash, ram, v.name(), v.saves(p))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// name says how a variant is built, and what that means.
func (v *Variant) name() string {
	if v.What == "" {
		return v.How
	}
	return v.How + " (" + v.What + ")"
}

func (v *Variant) saves(p *Program) string {
	if v.Error != "" {
		return "DOES NOT BUILD: " + v.Error
	}
	if v.Flash == p.Flash && v.RAM == p.RAM {
		return "no difference"
	}
	var all []string
	one := func(n int, of string) {
		switch {
		case n < 0:
			all = append(all, "costs "+digits(-n)+" of "+of)
		case n > 0:
			all = append(all, "saves "+digits(n)+" of "+of)
		}
	}
	one(p.Flash-v.Flash, "flash")
	one(p.RAM-v.RAM, "RAM")
	return strings.Join(all, ", ")
}

// digits is a number with commas.
func digits(n int) string {
	if n < 0 {
		return "-" + digits(-n)
	}
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
