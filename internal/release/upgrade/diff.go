package upgrade

import (
	"strings"

	"github.com/aymanbagabas/go-udiff/lcs"
)

// A Row is a line of a side-by-side diff.
type Row struct {
	Old, New string
	Kind     RowKind
}

// A RowKind says what a Row shows.
type RowKind string

// The kinds of rows. Of a gone line only Old means something, of a new one only
// New; a gap stands for lines that are the same and not shown.
const (
	Same    RowKind = "same"
	Gone    RowKind = "gone"
	New     RowKind = "new"
	Changed RowKind = "changed"
	Gap     RowKind = "gap"
)

// around is how many equal lines are shown before and after a change.
const around = 3

// splitLines cuts a text into lines, without their ends.
func splitLines(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(strings.TrimSuffix(s, "\n"), "\n")
}

// diffLines compares texts line by line: each line is a letter for lcs.
func diffLines(old, new []string) []lcs.Diff {
	letters := map[string]rune{}
	word := func(lines []string) []rune {
		w := make([]rune, len(lines))
		for i, l := range lines {
			if _, ok := letters[l]; !ok {
				letters[l] = rune(len(letters))
			}
			w[i] = letters[l]
		}
		return w
	}
	return lcs.DiffRunes(word(old), word(new))
}

// Rows diffs two texts for showing them side by side.
func Rows(before, after string) []Row {
	old, new := splitLines(before), splitLines(after)
	var rows []Row
	// same shows the equal lines old[from:to] as far as they are near a change:
	// one before them, one after them.
	same := func(from, to int, before, after bool) {
		head, tail := from, to
		if before {
			head = min(from+around, to)
		}
		if after {
			tail = max(to-around, head)
		}
		for _, l := range old[from:head] {
			rows = append(rows, Row{l, l, Same})
		}
		if head < tail {
			rows = append(rows, Row{Kind: Gap})
		}
		for _, l := range old[tail:to] {
			rows = append(rows, Row{l, l, Same})
		}
	}
	at := 0
	for i, d := range diffLines(old, new) {
		same(at, d.Start, i > 0, true)
		gone, fresh := old[d.Start:d.End], new[d.ReplStart:d.ReplEnd]
		for len(gone) > 0 && len(fresh) > 0 {
			rows = append(rows, Row{gone[0], fresh[0], Changed})
			gone, fresh = gone[1:], fresh[1:]
		}
		for _, l := range gone {
			rows = append(rows, Row{Old: l, Kind: Gone})
		}
		for _, l := range fresh {
			rows = append(rows, Row{New: l, Kind: New})
		}
		at = d.End
	}
	if len(rows) > 0 {
		same(at, len(old), true, false)
	}
	return rows
}

// unified is a diff as text, each line indented.
func unified(old, new, indent string) string {
	var b strings.Builder
	line := func(mark, text string) { b.WriteString(strings.TrimRight(indent+mark+text, " \t") + "\n") }
	rows := Rows(old, new)
	for i := 0; i < len(rows); i++ {
		switch rows[i].Kind {
		case Same:
			line(" ", rows[i].Old)
		case Gap:
			line("...", "")
		default:
			// What goes comes before what comes.
			j := i
			for ; j < len(rows) && rows[j].Kind != Same && rows[j].Kind != Gap; j++ {
				if rows[j].Kind != New {
					line("-", rows[j].Old)
				}
			}
			for ; i < j; i++ {
				if rows[i].Kind != Gone {
					line("+", rows[i].New)
				}
			}
			i--
		}
	}
	return b.String()
}

// countLines counts the lines that a change of a text adds and removes.
func countLines(old, new string) (added, removed int) {
	for _, d := range diffLines(splitLines(old), splitLines(new)) {
		removed += d.End - d.Start
		added += d.ReplEnd - d.ReplStart
	}
	return added, removed
}
