package main

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
)

// A progress is a line at the bottom of a terminal that says what takes so
// long. Nothing is shown of what is quick. A nil progress shows nothing at all.
type progress struct {
	out  io.Writer
	tick <-chan time.Time // when to draw; the first one comes after a delay
	now  func() time.Time

	mu    sync.Mutex
	tasks []*task // the last one is shown
	width int     // of what is shown now
	quit  chan struct{}
	ended chan struct{}
}

type task struct {
	text  string
	since time.Time
}

// progressDelay is how long something may take before it is mentioned.
const progressDelay = 500 * time.Millisecond

func newProgress(out io.Writer) *progress {
	t := time.NewTicker(progressDelay)
	return startProgress(out, t.C, time.Now)
}

func startProgress(out io.Writer, tick <-chan time.Time, now func() time.Time) *progress {
	p := &progress{out: out, tick: tick, now: now, quit: make(chan struct{}), ended: make(chan struct{})}
	go func() {
		defer close(p.ended)
		for {
			select {
			case <-p.tick:
				p.draw()
			case <-p.quit:
				return
			}
		}
	}()
	return p
}

// start begins a task, which lasts until the function that it returns is called.
// Tasks may be nested.
func (p *progress) start(text string) (done func()) {
	if p == nil {
		return func() {}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	x := &task{text, p.now()}
	p.tasks = append(p.tasks, x)
	return func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		for i, y := range p.tasks {
			if x == y {
				p.tasks = p.tasks[:i] // with those begun in it
				p.clear()
				return
			}
		}
	}
}

func (p *progress) draw() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.tasks) == 0 {
		return
	}
	x := p.tasks[len(p.tasks)-1]
	took := p.now().Sub(x.since)
	if took < progressDelay {
		return
	}
	line := fmt.Sprintf("tinynet: %s ... %ds", x.text, int(took.Seconds()))
	if len(line) > 79 { // a longer one might wrap, and could not be cleared
		line = line[:76] + "..."
	}
	fmt.Fprintf(p.out, "\r%s%s", line, strings.Repeat(" ", max(0, p.width-len(line))))
	p.width = max(p.width, len(line))
}

// clear removes the line. It uses blanks, which work on every terminal.
func (p *progress) clear() {
	if p.width > 0 {
		fmt.Fprintf(p.out, "\r%s\r", strings.Repeat(" ", p.width))
		p.width = 0
	}
}

// stop ends all of it and leaves the terminal clean.
func (p *progress) stop() {
	if p == nil {
		return
	}
	p.mu.Lock()
	p.tasks = nil
	p.clear()
	select {
	case <-p.quit:
	default:
		close(p.quit)
	}
	p.mu.Unlock()
	<-p.ended
}

// writer is for output that appears while a task is on: it goes above the line.
func (p *progress) writer(to io.Writer) io.Writer {
	if p == nil {
		return to
	}
	return clearWriter{p, to}
}

type clearWriter struct {
	p  *progress
	to io.Writer
}

func (w clearWriter) Write(b []byte) (int, error) {
	w.p.mu.Lock()
	defer w.p.mu.Unlock()
	w.p.clear()
	return w.to.Write(b)
}
