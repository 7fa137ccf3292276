package main

import (
	"bytes"
	"strings"
	"testing"
	"time"
)

// screen is what a terminal line shows after some output.
func screen(out string) string {
	var line []byte
	col := 0
	for _, c := range []byte(out) {
		switch c {
		case '\r':
			col = 0
		case '\n':
			line, col = nil, 0
		default:
			if col < len(line) {
				line[col] = c
			} else {
				line = append(line, c)
			}
			col++
		}
	}
	return strings.TrimRight(string(line), " ")
}

func TestProgress(t *testing.T) {
	var out bytes.Buffer
	now := time.Unix(0, 0)
	p := startProgress(&out, nil, func() time.Time { return now }) // drawn by the test
	see := func(want string) {
		t.Helper()
		p.draw()
		if got := screen(out.String()); got != want {
			t.Errorf("the line is %q, want %q", got, want)
		}
	}
	done := p.start("thinking")
	see("")
	now = now.Add(progressDelay)
	see("tinynet: thinking ... 0s")
	now = now.Add(3 * time.Second)
	see("tinynet: thinking ... 3s")

	inner := p.start("fetching a very long name" + strings.Repeat(" indeed", 20))
	now = now.Add(time.Second)
	p.draw()
	if got := screen(out.String()); len(got) > 79 || !strings.HasSuffix(got, "...") {
		t.Errorf("the line is %q", got)
	}
	inner()
	see("tinynet: thinking ... 4s")
	p.start("forgotten")

	// Output of others stands on a clean line.
	before := out.Len()
	if _, err := p.writer(&out).Write([]byte("hello\n")); err != nil {
		t.Fatal(err)
	}
	if got := out.String()[before:]; screen(strings.TrimSuffix(got, "hello\n")) != "" || !strings.HasSuffix(got, "\rhello\n") {
		t.Errorf("wrote %q", got)
	}
	done()
	now = now.Add(time.Second)
	see("")
	p.start("more")
	now = now.Add(time.Second)
	see("tinynet: more ... 1s")
	p.stop()
	p.stop()
	if got := screen(out.String()); got != "" {
		t.Errorf("after stop the line is %q", got)
	}
}

func TestProgressTicks(t *testing.T) {
	tick := make(chan time.Time)
	drawn := make(chan string, 1)
	now := time.Unix(0, 0)
	p := startProgress(chanWriter(drawn), tick, func() time.Time {
		now = now.Add(time.Second)
		return now
	})
	p.start("ticking")
	tick <- time.Time{}
	if got := <-drawn; !strings.Contains(got, "tinynet: ticking ... 1s") {
		t.Errorf("drawn: %q", got)
	}
	p.stop()
}

type chanWriter chan string

func (c chanWriter) Write(b []byte) (int, error) {
	select {
	case c <- string(b):
	default: // what stop clears
	}
	return len(b), nil
}

// Without a terminal there is nothing to see, and nothing to check for.
func TestNoProgress(t *testing.T) {
	var p *progress
	p.start("x")()
	p.stop()
	var out bytes.Buffer
	if p.writer(&out) != &out {
		t.Error("output goes elsewhere")
	}
	newProgress(&out).stop()
	if out.Len() > 0 {
		t.Errorf("printed %q", out.String())
	}
}
