package board

import (
	"bytes"
	"io"
)

// A lineFilter passes on whole lines, but for those that have one of some texts in
// them. QEMU warns of what was asked for, a network card with no network, at each
// start.
type lineFilter struct {
	to   io.Writer
	drop []string
	line []byte // the beginning of one
}

func (f *lineFilter) Write(p []byte) (int, error) {
	f.line = append(f.line, p...)
	for {
		i := bytes.IndexByte(f.line, '\n')
		if i < 0 {
			if len(f.line) > 64<<10 { // no line of a person's
				return len(p), f.flush()
			}
			return len(p), nil
		}
		line := f.line[:i+1]
		f.line = f.line[i+1:]
		if !f.dropped(line) {
			if _, err := f.to.Write(line); err != nil {
				return 0, err
			}
		}
	}
}

func (f *lineFilter) dropped(line []byte) bool {
	for _, text := range f.drop {
		if bytes.Contains(line, []byte(text)) {
			return true
		}
	}
	return false
}

// flush passes on what is no whole line.
func (f *lineFilter) flush() error {
	_, err := f.to.Write(f.line)
	f.line = nil
	return err
}
