package assemble

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strings"
)

// ListingOptions say what a listing shows besides the port's files.
type ListingOptions struct {
	Omitted bool // Go's files that the port leaves out, marked -
	Changes bool // what changes in each file, and why
}

// Listing prints the port as a tree of folders, each file with its mark: none
// for Go's own, * for changed and + for ours.
func (t *Tree) Listing(w io.Writer, opt ListingOptions) error {
	root := &listed{}
	for _, f := range t.Files {
		x := root.at(f.Path)
		x.mark = f.Mark
		if opt.Changes {
			for _, c := range f.Changes {
				x.notes = append(x.notes, fmt.Sprintf("%s %s: %s", c.Op, c.Decl, c.Why))
			}
		}
	}
	if opt.Omitted {
		for _, o := range t.Omitted {
			x := root.at(o.Path)
			x.mark = '-'
			if opt.Changes {
				x.notes = append(x.notes, "omit: "+o.Why)
			}
		}
	}
	root.sort()
	b := bufio.NewWriter(w)
	fmt.Fprintln(b, "src")
	root.print(b, "", root.width(0))
	return b.Flush()
}

// A listed is a file or folder of a listing.
type listed struct {
	name  string
	mark  Mark
	notes []string
	subs  []*listed // of a folder
}

func (l *listed) at(path string) *listed {
	name, rest, deeper := strings.Cut(path, "/")
	var sub *listed
	for _, s := range l.subs {
		if s.name == name && (s.mark == 0) == deeper {
			sub = s
		}
	}
	if sub == nil {
		sub = &listed{name: name}
		l.subs = append(l.subs, sub)
	}
	if deeper {
		return sub.at(rest)
	}
	return sub
}

func (l *listed) sort() {
	slices.SortFunc(l.subs, func(a, b *listed) int { return strings.Compare(a.name, b.name) })
	for _, s := range l.subs {
		s.sort()
	}
}

// width is how far the names go that have a mark.
func (l *listed) width(depth int) int {
	w := 0
	if l.mark > Taken {
		w = 4*depth + len(l.name)
	}
	for _, s := range l.subs {
		w = max(w, s.width(depth+1))
	}
	return w
}

func (l *listed) print(w io.Writer, indent string, width int) {
	for i, s := range l.subs {
		branch, below := "├── ", "│   "
		if i == len(l.subs)-1 {
			branch, below = "└── ", "    "
		}
		line := indent + branch + s.name
		if s.mark > Taken {
			used := len([]rune(line))
			line += strings.Repeat(" ", max(1, width+2-used)) + string(rune(s.mark))
		}
		fmt.Fprintln(w, line)
		for _, n := range s.notes {
			fmt.Fprintln(w, indent+below+"    "+n)
		}
		s.print(w, indent+below, width)
	}
}
