package board

import (
	"bytes"
	"testing"
)

func TestLineFilter(t *testing.T) {
	var out bytes.Buffer
	f := &lineFilter{to: &out, drop: []string{"has no peer"}}
	for _, part := range []string{"one\nwarning: nic x has ", "no peer\ntw", "o\nlast"} {
		if n, err := f.Write([]byte(part)); n != len(part) || err != nil {
			t.Errorf("Write(%q): got %d, %v", part, n, err)
		}
	}
	if err := f.flush(); err != nil {
		t.Error(err)
	}
	if got, want := out.String(), "one\ntwo\nlast"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
