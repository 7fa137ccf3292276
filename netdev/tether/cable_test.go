package tether_test

import (
	"errors"
	"io"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"
)

// A cable is a serial line with an end for each side.
type cable struct {
	ends    [2]*cableEnd
	spoiled atomic.Int32 // bytes
}

// A cableEnd is where one side reads and writes.
type cableEnd struct {
	other *cableEnd

	mu      sync.Mutex
	changed sync.Cond
	buf     []byte // what has arrived here
	limit   int    // how much may wait
	cut     bool
	closed  bool
	spoil   func([]byte) []byte // what noise makes of what is written here

	// A paced line takes its time: bytes a second.
	rate int
	free time.Time // when it is free again
}

func newCable() *cable {
	c := &cable{}
	for i := range c.ends {
		e := &cableEnd{limit: 4096} // as a system's buffer for a serial line
		e.changed.L = &e.mu
		c.ends[i] = e
	}
	c.ends[0].other, c.ends[1].other = c.ends[1], c.ends[0]
	return c
}

var errUnplugged = errors.New("the cable is unplugged")

func (e *cableEnd) Read(p []byte) (int, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for len(e.buf) == 0 {
		if e.closed {
			return 0, io.EOF
		}
		e.changed.Wait()
	}
	n := copy(p, e.buf)
	e.buf = e.buf[:copy(e.buf, e.buf[n:])]
	e.changed.Broadcast()
	return n, nil
}

func (e *cableEnd) Write(p []byte) (int, error) {
	e.mu.Lock()
	closed, cut, rate, o := e.closed, e.cut, e.rate, e.other
	q := p
	if e.spoil != nil {
		q = e.spoil(p)
	}
	var wait time.Duration
	if rate > 0 {
		now := time.Now()
		// Who sleeps wakes late; the line would not have waited.
		if slack := now.Add(-5 * time.Millisecond); e.free.Before(slack) {
			e.free = slack
		}
		e.free = e.free.Add(time.Duration(len(p)) * time.Second / time.Duration(rate))
		wait = e.free.Sub(now)
	}
	e.mu.Unlock()
	if closed {
		return 0, errUnplugged
	}
	time.Sleep(wait)
	if cut {
		return len(p), nil
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	for len(q) > 0 && !o.closed {
		room := min(len(q), o.limit-len(o.buf))
		if room == 0 {
			o.changed.Wait()
			continue
		}
		o.buf = append(o.buf, q[:room]...)
		q = q[room:]
		o.changed.Broadcast()
	}
	return len(p), nil
}

// Close ends the reads and writes of this side.
func (e *cableEnd) Close() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.closed = true
	e.changed.Broadcast()
	return nil
}

// replug gives the cable a new end in the place of one that was closed.
func (c *cable) replug(i int) {
	e := &cableEnd{limit: c.ends[i].limit, other: c.ends[1-i]}
	e.changed.L = &e.mu
	o := c.ends[1-i]
	o.mu.Lock()
	defer o.mu.Unlock()
	o.other, c.ends[i] = e, e
}

func (c *cable) each(f func(*cableEnd)) {
	for _, e := range c.ends {
		e.mu.Lock()
		f(e)
		e.mu.Unlock()
	}
}

// cutOff cuts the cable, or mends it.
func (c *cable) cutOff(cut bool) { c.each(func(e *cableEnd) { e.cut = cut }) }

// noise spoils one in so many bytes.
func (c *cable) noise(in int, seed uint64) {
	for i, e := range c.ends {
		r := rand.New(rand.NewPCG(seed, uint64(i)))
		e.mu.Lock()
		e.spoil = func(p []byte) []byte {
			var q []byte
			for _, b := range p {
				what := r.IntN(in)
				if what < 3 {
					c.spoiled.Add(1)
				}
				switch what {
				case 0:
				case 1:
					q = append(q, b^1<<r.IntN(8))
				case 2:
					q = append(q, b, byte(r.Uint32()))
				default:
					q = append(q, b)
				}
			}
			return q
		}
		e.mu.Unlock()
	}
}
