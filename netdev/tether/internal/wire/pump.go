package wire

import (
	"errors"
	"io"
	"runtime"
	"sync"
	"time"
)

// A Pump moves bytes between a Line and an io.ReadWriter. Its lock is that of
// the Line, and of whatever its functions work with.
type Pump struct {
	sync.Mutex
	Line *Line

	// Console gets the text between frames, outside of the lock. It may be nil.
	Console io.Writer

	text  []byte
	wake  chan struct{} // to the writer: there may be something to do
	timer *time.Timer
	at    time.Time // when timer ends, if it runs
}

// NewPump makes a pump and its line. Of the configuration, Text is the pump's.
func NewPump(c Config, console io.Writer) *Pump {
	p := &Pump{Console: console, wake: make(chan struct{}, 1)}
	c.Text = func(b []byte) {
		if p.Console != nil {
			p.text = append(p.text, b...)
		}
	}
	p.Line = NewLine(c)
	return p
}

// Wake has the writer look at the line: to be called after Write, and after
// Bye.
func (p *Pump) Wake() {
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

// restFor is how long to rest after n reads in a row that gave nothing, from a
// device that does not wait for bytes.
func restFor(n int) time.Duration {
	if n < 3 {
		return 0
	}
	return time.Millisecond
}

// Read reads until that fails, or stop is closed and a Read has returned.
func (p *Pump) Read(r io.Reader, size int, stop <-chan struct{}) error {
	buf := make([]byte, size)
	for nothing := 0; ; {
		n, err := r.Read(buf)
		if n > 0 {
			nothing = 0
			text := p.input(buf[:n])
			p.Wake()
			if len(text) > 0 {
				p.Console.Write(text)
			}
		}
		select {
		case <-stop:
			return errStopped
		default:
		}
		if err != nil {
			return err
		}
		if n > 0 {
			continue
		}
		nothing = min(nothing+1, 3) // an int of 32 bits lasts 25 days
		if rest := restFor(nothing); rest > 0 {
			time.Sleep(rest)
		} else {
			runtime.Gosched()
		}
	}
}

// input gives bytes to the line, and returns the text among them.
func (p *Pump) input(b []byte) []byte {
	p.Lock()
	defer p.Unlock()
	p.Line.Input(b, time.Now())
	text := p.text
	p.text = nil
	return text
}

// errStopped ends Read and Write.
var errStopped = errors.New("stopped")

// Write writes until that fails, or stop is closed. Frames are written whole,
// and several at once up to size.
func (p *Pump) Write(w io.Writer, size int, stop <-chan struct{}) error {
	var buf []byte
	for {
		var next time.Time
		buf, next = p.output(buf[:0], size)
		if len(buf) > 0 {
			if _, err := w.Write(buf); err != nil {
				return err
			}
			select {
			case <-stop:
				return errStopped
			default:
			}
			continue
		}
		p.alarm(next)
		select {
		case <-p.wake:
		case <-stop:
			return errStopped
		}
	}
}

// output takes frames from the line, and when it will have others.
func (p *Pump) output(buf []byte, size int) ([]byte, time.Time) {
	p.Lock()
	defer p.Unlock()
	now := time.Now()
	for {
		n := len(buf)
		if buf = p.Line.Output(buf, now); len(buf) == n || len(buf) >= size {
			return buf, p.Line.Timer()
		}
	}
}

// alarm wakes the writer at a time.
func (p *Pump) alarm(at time.Time) {
	p.Lock()
	defer p.Unlock()
	if at.IsZero() || at.Equal(p.at) {
		return
	}
	p.at = at
	wait := max(time.Until(at), 0)
	if p.timer == nil {
		p.timer = time.AfterFunc(wait, p.ring)
		return
	}
	p.timer.Reset(wait)
}

// ring is the timer's. Where a clock has coarse ticks it comes a little early, and the
// writer, which finds nothing to do yet, asks for the same time again.
func (p *Pump) ring() {
	p.Lock()
	p.at = time.Time{}
	p.Unlock()
	p.Wake()
}
