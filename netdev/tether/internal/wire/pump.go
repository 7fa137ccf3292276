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

// Read reads until that fails.
func (p *Pump) Read(r io.Reader, size int) error {
	buf := make([]byte, size)
	for nothing := 0; ; {
		n, err := r.Read(buf)
		if n > 0 {
			nothing = 0
			p.Lock()
			p.Line.Input(buf[:n], time.Now())
			text := p.text
			p.text = nil
			p.Unlock()
			p.Wake()
			if len(text) > 0 {
				p.Console.Write(text)
			}
		}
		if err != nil {
			return err
		}
		if n > 0 {
			continue
		}
		nothing++
		if rest := restFor(nothing); rest > 0 {
			time.Sleep(rest)
		} else {
			runtime.Gosched()
		}
	}
}

// errStopped ends Write.
var errStopped = errors.New("stopped")

// Write writes until that fails, or stop is closed. Frames are written whole,
// and several at once up to size.
func (p *Pump) Write(w io.Writer, size int, stop <-chan struct{}) error {
	var buf []byte
	for {
		p.Lock()
		buf = buf[:0]
		now := time.Now()
		for {
			n := len(buf)
			if buf = p.Line.Output(buf, now); len(buf) == n || len(buf) >= size {
				break
			}
		}
		next := p.Line.Timer()
		p.Unlock()
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

// alarm wakes the writer at a time.
func (p *Pump) alarm(at time.Time) {
	if at.IsZero() || at.Equal(p.at) && time.Now().Before(at) {
		return
	}
	p.at = at
	wait := max(time.Until(at), 0)
	if p.timer == nil {
		p.timer = time.AfterFunc(wait, p.Wake)
		return
	}
	p.timer.Reset(wait)
}
