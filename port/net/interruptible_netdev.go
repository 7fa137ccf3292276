//go:build tinynetport

package net

// Deadlines for a driver whose calls can be woken.

import (
	"net/netip"
	"os"
	"sync"
	"time"
)

// interruptible gives deadlines to a driver that has Interrupt: a timer for
// each that is set, and nothing in the way of calls.
type interruptible struct {
	driver    netdever
	datagrams datagrammer
	intr      interrupter

	mu    sync.Mutex
	socks bySocket[interruptSock]
}

func newInterruptible(dev netdever, datagrams datagrammer, intr interrupter) *interruptible {
	return &interruptible{driver: dev, datagrams: datagrams, intr: intr}
}

// An interruptSock has the deadlines of a socket that has any.
type interruptSock [2]interruptTimer

type interruptTimer struct {
	at    time.Time
	on    bool // Interrupt is
	timer *time.Timer
}

func (d *interruptible) SetSockDeadline(num, calls int, t time.Time) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	s := d.socks.get(num)
	if s == nil {
		if t.IsZero() {
			return nil
		}
		s = new(interruptSock)
		d.socks.set(num, s)
	}
	for i, what := range [...]int{ndReads, ndWrites} {
		if calls&what != 0 {
			d.set(s, i, num, t)
		}
	}
	return nil
}

// set moves one deadline. The caller holds d.mu.
func (d *interruptible) set(s *interruptSock, i, num int, t time.Time) {
	m := &s[i]
	m.at = t
	if m.timer != nil {
		m.timer.Stop()
	}
	wait := time.Until(t)
	expired := !t.IsZero() && wait <= 0
	if m.on != expired {
		m.on = expired
		d.intr.Interrupt(num, ndReads<<i, expired)
	}
	if t.IsZero() || expired {
		return
	}
	if m.timer != nil {
		m.timer.Reset(wait)
		return
	}
	d.arm(s, i, num, wait)
}

// arm makes the timer of one deadline. It is apart because TinyGo allocates what
// the function below refers to wherever that begins.
func (d *interruptible) arm(s *interruptSock, i, num int, wait time.Duration) {
	m := &s[i]
	m.timer = time.AfterFunc(wait, func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		if d.socks.get(num) == s && !m.at.IsZero() && !m.on {
			d.set(s, i, num, m.at)
		}
	})
}

func (d *interruptible) Close(num int) error {
	d.mu.Lock()
	if s := d.socks.get(num); s != nil {
		for i := range s {
			if s[i].timer != nil {
				s[i].timer.Stop()
			}
		}
		d.socks.set(num, nil)
	}
	d.mu.Unlock()
	return d.driver.Close(num)
}

// expired reports whether a call's own direction is past its deadline, which
// a driver need not check when it has data at hand.
func (d *interruptible) expired(num, what int) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	s := d.socks.get(num)
	return s != nil && s[what-1].on
}

func (d *interruptible) Recv(num int, buf []byte) (int, error) {
	if d.expired(num, ndReads) {
		return 0, os.ErrDeadlineExceeded
	}
	n, err := d.driver.Recv(num, buf, 0, time.Time{})
	return n, d.verdict(num, ndReads, err)
}

func (d *interruptible) Send(num int, buf []byte) (int, error) {
	if d.expired(num, ndWrites) {
		return 0, os.ErrDeadlineExceeded
	}
	n, err := d.driver.Send(num, buf, 0, time.Time{})
	return n, d.verdict(num, ndWrites, err)
}

func (d *interruptible) RecvFrom(num int, buf []byte) (int, netip.AddrPort, error) {
	if d.expired(num, ndReads) {
		return 0, netip.AddrPort{}, os.ErrDeadlineExceeded
	}
	n, from, err := d.datagrams.RecvFrom(num, buf, 0, time.Time{})
	return n, from, d.verdict(num, ndReads, err)
}

func (d *interruptible) SendTo(num int, buf []byte, to netip.AddrPort) (int, error) {
	if d.expired(num, ndWrites) {
		return 0, os.ErrDeadlineExceeded
	}
	n, err := d.datagrams.SendTo(num, buf, 0, time.Time{}, to)
	return n, d.verdict(num, ndWrites, err)
}

func (d *interruptible) Connect(num int, host string, ip netip.AddrPort) error {
	return d.verdict(num, ndWrites, d.driver.Connect(num, host, ip))
}

func (d *interruptible) Accept(num int) (int, netip.AddrPort, error) {
	if d.expired(num, ndReads) {
		return -1, netip.AddrPort{}, os.ErrDeadlineExceeded
	}
	newfd, peer, err := d.driver.Accept(num)
	return newfd, peer, d.verdict(num, ndReads, err)
}

// verdict gives an interrupted call Go's error.
func (d *interruptible) verdict(num, what int, err error) error {
	if err != nil && driverTimeout(err) && d.expired(num, what) {
		return os.ErrDeadlineExceeded
	}
	return err
}
