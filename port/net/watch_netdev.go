//go:build tinynetport && !port.alone

package net

// One worker that waits for all idle connections of a driver without deadlines.

import (
	"sync"
	"time"
)

// A watch asks a driver for connections that are idle, in turn, so that not each of
// them takes a goroutine: its stack is most of what a connection takes on a board.
// A call with nothing to bring may last as long as the driver's poll, whatever its
// deadline, so what comes on an idle connection is late by as many polls as there
// are idle connections. What is not idle has a worker of its own.
// See docs/RATIONALE.md, "One watch for idle connections".
type watch struct {
	p *patient

	// Guarded by p.mu.
	lanes []*lane
	turn  int
	asks  *lane     // the one for which the worker is in the driver, or about to be
	since time.Time // when that began
	on    bool      // there is a worker
	alarm *time.Timer
}

const (
	// watchLeast is the shortest wait in a call of the driver.
	watchLeast = 10 * time.Millisecond

	// watchStuck is how long a call may take until the other connections are no
	// longer left to the same worker. Another call of a driver may hold its lock
	// for seconds, as a lookup of a name does, and then workers would not help.
	watchStuck = 5 * time.Second
)

// add leaves a lane to the watch. Its worker, who calls this, keeps the watch if
// nobody does.
func (w *watch) add(l *lane) {
	p := w.p
	l.mu.Lock()
	l.empty()
	l.tidy = wipeBelow
	l.changed.Broadcast()
	l.mu.Unlock()
	p.mu.Lock()
	if !l.wanted() {
		p.mu.Unlock()
		l.done(false)
		return
	}
	l.watched = true
	w.lanes = append(w.lanes, l)
	on := w.on
	w.on = true
	if !on {
		w.wind()
	}
	p.mu.Unlock()
	if !on {
		w.keep()
	}
}

// wind has look called in time.
func (w *watch) wind() {
	if w.alarm == nil {
		w.alarm = time.AfterFunc(watchStuck, w.look)
	} else {
		w.alarm.Reset(watchStuck)
	}
}

// remove takes a lane out, unless the worker is in the driver for it just now. The
// caller holds p.mu.
func (w *watch) remove(l *lane) bool {
	if l == w.asks {
		return false
	}
	for i, other := range w.lanes {
		if other == l {
			w.lanes = append(w.lanes[:i], w.lanes[i+1:]...)
			if i < w.turn {
				w.turn--
			}
			l.watched = false
			return true
		}
	}
	return false
}

// keep asks the driver until there is no idle connection left.
func (w *watch) keep() {
	pause := time.Duration(0)
	calm := 0 // calls in which no connection had anything to do
	for {
		l, slice := w.next()
		if l == nil {
			return
		}
		l.mu.Lock()
		l.size(patientBuffer)
		l.mu.Unlock()
		until := time.Now().Add(slice)
		n, peer, err, nothing := l.ask(l.buf, until)
		stays, own := w.answered(l, nothing)
		if calm++; !stays || w.p.alone.Load() > 0 {
			calm = 0
		}
		switch {
		case !stays:
			l.bring(n, peer, err, !nothing)
		case own:
			l.receiving()
		default:
			l.mu.Lock()
			l.empty()
			l.mu.Unlock()
			if time.Until(until) > slice/2 {
				pause = patientRest(pause) // as in receiving
			}
			if calm >= patientAlone {
				// This worker is one of those that are kept. It does not end the
				// surplus at once: the next connection would take a new stack then,
				// while old words on other stacks may lead to the one that has ended.
				w.p.crew.keep(patientIdle - 1)
			}
		}
		if own {
			return
		}
	}
}

// next tells whose turn it is, and how long the driver may wait for it.
func (w *watch) next() (*lane, time.Duration) {
	w.p.mu.Lock()
	defer w.p.mu.Unlock()
	if len(w.lanes) == 0 {
		w.on, w.lanes = false, nil
		w.alarm.Stop()
		return nil, 0
	}
	if w.turn >= len(w.lanes) {
		w.turn = 0
	}
	l := w.lanes[w.turn]
	w.turn++
	w.asks, w.since = l, time.Now()
	return l, max(patientSlice/time.Duration(len(w.lanes)), watchLeast)
}

// answered notes that a call has come back. It reports whether the lane's call goes
// on, and whether that is left to who asks, who is no longer the watch's worker then.
func (w *watch) answered(l *lane, nothing bool) (stays, own bool) {
	w.p.mu.Lock()
	stays = nothing && l.wanted()
	if own = w.asks != l; !own {
		w.asks = nil
		if !stays {
			w.remove(l)
		}
	}
	w.p.mu.Unlock()
	return stays, own
}

// look sees whether the driver has been in one call for too long. The other
// connections then have workers of their own until they are idle once more.
func (w *watch) look() {
	p := w.p
	p.mu.Lock()
	var lanes []*lane
	switch {
	case !w.on:
	case w.asks == nil || time.Since(w.since) < watchStuck:
		w.wind()
	default:
		lanes = w.lanes
		for i, l := range lanes {
			l.watched = false
			if l == w.asks {
				lanes[i] = nil
			}
		}
		w.lanes, w.asks, w.on = nil, nil, false
	}
	p.mu.Unlock()
	for _, l := range lanes {
		if l != nil {
			l.mu.Lock()
			l.size(patientBuffer)
			l.mu.Unlock()
			p.crew.work(job{lane: l})
		}
	}
}

// spareBuffers are some buffers of patientBuffer bytes that nobody uses. Its lock is
// taken last.
type spareBuffers struct {
	mu   sync.Mutex
	free [][]byte
}

func (s *spareBuffers) get() (buf []byte) {
	s.mu.Lock()
	if last := len(s.free) - 1; last >= 0 {
		buf, s.free = s.free[last], s.free[:last]
	}
	s.mu.Unlock()
	if buf == nil {
		buf = make([]byte, patientBuffer)
	}
	return buf
}

func (s *spareBuffers) put(buf []byte) {
	s.mu.Lock()
	if len(s.free) < patientIdle {
		s.free = append(s.free, buf)
	}
	s.mu.Unlock()
}
