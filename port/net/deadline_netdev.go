//go:build tinynetport

package net

// The deadlines of calls that wait at a condition: those of the built-in
// loopback, and of the lanes of drivers that have none themselves.

import (
	"sync"
	"sync/atomic"
	"time"
)

// A loopDeadline is guarded by the lock of what it belongs to.
type loopDeadline struct {
	expired bool
	alarm   *loopAlarm // of a socket that has ever had a deadline to come
}

type loopAlarm struct {
	d     *loopDeadline
	c     *sync.Cond
	at    time.Time // zero: no deadline
	rings time.Time // zero: the timer does not run
	timer *time.Timer
}

// set moves the deadline. The lock of c is held; c is woken when it passes.
func (d *loopDeadline) set(t time.Time, c *sync.Cond) {
	a := d.alarm
	d.expired = false
	if a != nil {
		a.at = time.Time{}
	}
	if t.IsZero() {
		return
	}
	wait := time.Until(t)
	switch {
	case wait <= 0:
		d.expired = true
		c.Broadcast()
	case alone: // who waits is woken by nobody
	case a == nil:
		if a = spareAlarm.Swap(nil); a == nil {
			a = new(loopAlarm)
		}
		a.d, a.c, a.at, a.rings, d.alarm = d, c, t, t, a
		if a.timer == nil {
			a.timer = time.AfterFunc(wait, a.ring)
		} else {
			a.timer.Reset(wait)
		}
	default:
		a.at = t
		a.wind(wait)
	}
}

// wind has the timer run until a.at at the latest. One that runs and is not late
// stays as it is: deadlines are moved far more often than they pass. One that has just
// fired does, too: its ring waits for the lock, and then winds it again. With a timer
// that runs beside a ring to come, stop could not tell whether one is.
func (a *loopAlarm) wind(wait time.Duration) {
	if a.rings.IsZero() || a.at.Before(a.rings) && a.timer.Stop() {
		a.rings = a.at
		a.timer.Reset(wait)
	}
}

func (a *loopAlarm) ring() {
	a.c.L.Lock()
	a.rings = time.Time{}
	if !a.at.IsZero() && !a.d.expired {
		if wait := time.Until(a.at); wait > 0 {
			a.wind(wait) // it was moved
		} else {
			a.d.expired = true
			a.c.Broadcast()
		}
	}
	a.c.L.Unlock()
}

// moveTo hands the deadline over to another, whose waiters wait at c. The locks of
// both are held.
func (d *loopDeadline) moveTo(other *loopDeadline, c *sync.Cond) {
	at := time.Time{}
	if d.alarm != nil {
		at = d.alarm.at
	}
	other.set(at, c)
	other.expired = other.expired || d.expired
	d.stop()
}

// stop ends the timer, too. The alarm serves another deadline later, unless it is about
// to ring and waits for the lock.
func (d *loopDeadline) stop() {
	a := d.alarm
	if a == nil {
		return
	}
	d.alarm = nil
	a.at = time.Time{}
	if a.timer.Stop() || a.rings.IsZero() {
		a.d, a.c = nil, nil
		spareAlarm.Store(a)
	}
}

// spareAlarm is of a socket that is closed: with its timer it is 128 bytes of a board's
// heap, in four pieces.
var spareAlarm atomic.Pointer[loopAlarm]
