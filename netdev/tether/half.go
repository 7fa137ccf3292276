package tether

import (
	"os"
	"sync"
	"time"
)

// A half is one direction of a socket, in which calls may wait.
type half struct {
	cond        *sync.Cond
	at          time.Time // the deadline, if it is to come
	timer       *time.Timer
	passed      bool
	interrupted bool
}

// late tells that calls in this half have no more time.
func (h *half) late(deadline time.Time) error {
	if h.passed || h.interrupted || !deadline.IsZero() && !time.Now().Before(deadline) {
		return os.ErrDeadlineExceeded
	}
	return nil
}

// until has the half's calls look again at a time. What it returns ends that. The lock
// is held.
func (h *half) until(deadline time.Time) (end func() bool) {
	var timer *time.Timer
	timer = time.AfterFunc(max(time.Until(deadline), 0), func() {
		h.cond.L.Lock()
		defer h.cond.L.Unlock()
		if wait := time.Until(deadline); wait > 0 {
			timer.Reset(wait) // a clock with coarse ticks: it was early
			return
		}
		h.cond.Broadcast()
	})
	return timer.Stop
}

func (h *half) set(t time.Time) {
	if h.timer != nil {
		h.timer.Stop()
	}
	h.at, h.passed = t, false
	if t.IsZero() {
		return
	}
	wait := time.Until(t)
	if wait <= 0 {
		h.at, h.passed = time.Time{}, true
		h.cond.Broadcast()
		return
	}
	if h.timer != nil {
		h.timer.Reset(wait)
		return
	}
	h.timer = time.AfterFunc(wait, func() {
		h.cond.L.Lock()
		defer h.cond.L.Unlock()
		if h.at.IsZero() {
			return // taken back while this was on its way
		}
		if wait := time.Until(h.at); wait > 0 {
			h.timer.Reset(wait) // or moved
			return
		}
		h.at, h.passed = time.Time{}, true
		h.cond.Broadcast()
	})
}

// SetSockDeadline is netdev.Deadliner's.
func (d *Device) SetSockDeadline(sockfd, calls int, t time.Time) error {
	d.pump.Lock()
	defer d.pump.Unlock()
	s, err := d.sock(sockfd)
	if err != nil {
		return err
	}
	if calls&reads != 0 {
		s.rd.set(t)
	}
	if calls&writes != 0 {
		s.wr.set(t)
	}
	return nil
}

// Interrupt is netdev.Interrupter's.
func (d *Device) Interrupt(sockfd, calls int, on bool) error {
	d.pump.Lock()
	defer d.pump.Unlock()
	s, err := d.sock(sockfd)
	if err != nil {
		return err
	}
	if calls&reads != 0 {
		s.rd.interrupted = on
	}
	if calls&writes != 0 {
		s.wr.interrupted = on
	}
	s.wake()
	return nil
}
