package board

import (
	"cmp"
	"debug/dwarf"
	"debug/elf"
	"fmt"
	"path/filepath"
	"slices"
)

// Symbols tell which function an address is in.
type Symbols struct {
	funcs []function
	lines []line
}

type function struct {
	start, size uint32
	name        string
}

type line struct {
	start uint32
	file  string // "" is the end of a sequence
	line  int
}

// symbols reads those of an ELF file, and the numbers of lines if it has them.
func symbols(file string) (*Symbols, error) {
	f, err := elf.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	all, err := f.Symbols()
	if err != nil {
		return nil, err
	}
	s := new(Symbols)
	for _, sym := range all {
		if elf.ST_TYPE(sym.Info) == elf.STT_FUNC && sym.Name != "" {
			s.funcs = append(s.funcs, function{uint32(sym.Value) &^ 1, uint32(sym.Size), sym.Name})
		}
	}
	slices.SortStableFunc(s.funcs, func(a, b function) int { return cmp.Compare(a.start, b.start) })
	if d, err := f.DWARF(); err == nil {
		s.readLines(d)
	}
	return s, nil
}

func (s *Symbols) readLines(d *dwarf.Data) {
	for r := d.Reader(); ; r.SkipChildren() {
		entry, err := r.Next()
		if err != nil || entry == nil {
			break
		}
		lr, err := d.LineReader(entry)
		if err != nil || lr == nil {
			continue
		}
		for {
			var e dwarf.LineEntry
			if lr.Next(&e) != nil {
				break
			}
			l := line{start: uint32(e.Address)}
			if !e.EndSequence && e.File != nil {
				l.file, l.line = e.File.Name, e.Line
			}
			s.lines = append(s.lines, l)
		}
	}
	slices.SortStableFunc(s.lines, func(a, b line) int { return cmp.Compare(a.start, b.start) })
}

// function returns the function that an address is in, or nil.
func (s *Symbols) function(at uint32) *function {
	if s == nil {
		return nil
	}
	i, found := slices.BinarySearchFunc(s.funcs, at, func(f function, at uint32) int { return cmp.Compare(f.start, at) })
	if !found {
		i--
	}
	if i < 0 || s.funcs[i].size != 0 && at >= s.funcs[i].start+s.funcs[i].size {
		return nil
	}
	return &s.funcs[i]
}

// source is the file and line that an address was made from; "" if that is not
// known.
func (s *Symbols) source(at uint32) (file string, number int) {
	if s == nil {
		return "", 0
	}
	i, _ := slices.BinarySearchFunc(s.lines, at+1, func(l line, at uint32) int { return cmp.Compare(l.start, at) })
	if i == 0 {
		return "", 0
	}
	return s.lines[i-1].file, s.lines[i-1].line
}

// Place describes an address for people.
func (s *Symbols) Place(at uint32) string {
	at &^= 1
	text := fmt.Sprintf("%#x", at)
	f := s.function(at)
	if f == nil {
		return text + ", which is in no function"
	}
	text += " in " + f.name
	if file, number := s.source(at); file != "" {
		text += fmt.Sprintf(" (%s:%d)", filepath.Base(file), number)
	}
	return text
}

// named are the functions with one of these names, in their order.
func (s *Symbols) named(names ...string) (at []uint32) {
	if s == nil {
		return nil
	}
	for _, name := range names {
		for _, f := range s.funcs {
			if f.name == name {
				at = append(at, f.start)
			}
		}
	}
	return at
}
