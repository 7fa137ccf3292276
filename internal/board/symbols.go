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
	funcs   []function
	lines   []line
	inlined []inlined
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

// inlined is a piece of code that a call was replaced by, and where that call is.
type inlined struct {
	start, end uint32
	file       string
	line       int
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
	var files []*dwarf.LineFile // of the unit that is being read
	for r := d.Reader(); ; {
		entry, err := r.Next()
		if err != nil || entry == nil {
			break
		}
		switch entry.Tag {
		case dwarf.TagCompileUnit:
			files = s.readUnit(d, entry)
		case dwarf.TagInlinedSubroutine:
			s.readInlined(d, entry, files)
		case dwarf.TagStructType, dwarf.TagEnumerationType, dwarf.TagSubroutineType:
			r.SkipChildren() // no code in them
		}
	}
	slices.SortStableFunc(s.lines, func(a, b line) int { return cmp.Compare(a.start, b.start) })
	// What is inlined into another comes after it in DWARF, and before it here.
	slices.Reverse(s.inlined)
	slices.SortStableFunc(s.inlined, func(a, b inlined) int { return cmp.Compare(a.end-a.start, b.end-b.start) })
}

// readUnit reads the lines of a compilation unit, and returns its files.
func (s *Symbols) readUnit(d *dwarf.Data, unit *dwarf.Entry) []*dwarf.LineFile {
	lr, err := d.LineReader(unit)
	if err != nil || lr == nil {
		return nil
	}
	for {
		var e dwarf.LineEntry
		if lr.Next(&e) != nil {
			return lr.Files()
		}
		l := line{start: uint32(e.Address)}
		if !e.EndSequence && e.File != nil {
			l.file, l.line = e.File.Name, e.Line
		}
		s.lines = append(s.lines, l)
	}
}

func (s *Symbols) readInlined(d *dwarf.Data, entry *dwarf.Entry, files []*dwarf.LineFile) {
	file, _ := entry.Val(dwarf.AttrCallFile).(int64)
	number, _ := entry.Val(dwarf.AttrCallLine).(int64)
	if file < 0 || int(file) >= len(files) || files[file] == nil || number <= 0 {
		return
	}
	ranges, err := d.Ranges(entry)
	if err != nil {
		return
	}
	for _, r := range ranges {
		s.inlined = append(s.inlined, inlined{uint32(r[0]), uint32(r[1]), files[file].Name, int(number)})
	}
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

// Place describes an address for people: the function, the line, and, where the
// compiler put other functions into that one, the lines that call them, the innermost
// first.
func (s *Symbols) Place(at uint32) string {
	at &^= 1
	text := fmt.Sprintf("%#x", at)
	f := s.function(at)
	if f == nil {
		return text + ", which is in no function"
	}
	text += " in " + f.name
	if file, number := s.source(at); file != "" {
		text += fmt.Sprintf(" (%s:%d", filepath.Base(file), number)
		for _, call := range s.inlined {
			if call.start <= at && at < call.end {
				text += fmt.Sprintf(", called at %s:%d", filepath.Base(call.file), call.line)
			}
		}
		text += ")"
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
