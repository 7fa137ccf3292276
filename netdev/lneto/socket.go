package lneto

import (
	"math"
	"net/netip"
	"time"

	"github.com/tinynet/tinynet/netdev"
)

type ip4 = [4]byte

// A peer is an address and a port.
type peer struct {
	ip   ip4
	port uint16
}

func (p peer) addrPort() netip.AddrPort {
	return netip.AddrPortFrom(netip.AddrFrom4(p.ip), p.port)
}

// A socket is one that the program has open.
type socket struct {
	waitlist
	num      int
	stype    int
	closed   bool
	port     uint16 // local; 0: none yet
	bound    ip4    // the address that Bind was given; zero: all
	group    bool   // bound to a group's address: the port is shared
	accepted bool   // from Accept: the port is the listener's
	rdead    time.Time
	wdead    time.Time
	linger   int // as SO_LINGER; -1: the default

	conn   *conn
	lst    *listener
	dgrams *datagramQueues
	remote peer  // of a connected datagram socket
	err    error // of an earlier datagram

	closeBy int64 // when what it still sends after Close is given up
}

// A waitlist has the calls that wait for something.
type waitlist struct{ waiters []*waiter }

// A waiter is one call.
type waiter struct {
	calls    int // netdev.Reads or Writes
	deadline time.Time
	woken    chan struct{} // has room for one
}

// wait waits until something has changed for those calls, or the deadline has
// passed, and reports false for the latter. It gives up d.mu meanwhile. It may
// return too early: callers look again.
func (d *Device) wait(l *waitlist, calls int, deadline time.Time) bool {
	var w *waiter
	if n := len(d.free); n > 0 {
		w, d.free = d.free[n-1], d.free[:n-1]
	} else {
		w = &waiter{woken: make(chan struct{}, 1)}
	}
	w.calls, w.deadline = calls, deadline
	l.waiters = append(l.waiters, w)
	if !deadline.IsZero() {
		d.kick() // run has to know when to wake it
	}
	d.mu.Unlock()
	<-w.woken
	d.mu.Lock()
	for i, o := range l.waiters {
		if o == w {
			last := len(l.waiters) - 1
			l.waiters[i], l.waiters[last] = l.waiters[last], nil
			l.waiters = l.waiters[:last]
			break
		}
	}
	select {
	case <-w.woken: // it was woken once more
	default:
	}
	d.free = append(d.free, w)
	return deadline.IsZero() || time.Now().Before(deadline)
}

func (l *waitlist) wake(calls int) {
	for _, w := range l.waiters {
		if w.calls&calls != 0 {
			select {
			case w.woken <- struct{}{}:
			default:
			}
		}
	}
}

func (l *waitlist) wakeAll() { l.wake(netdev.Reads | netdev.Writes) }

// expiry is the first deadline of the calls that wait; 0 if there is none.
func (d *Device) expiry(l *waitlist) (at int64) {
	for _, w := range l.waiters {
		if !w.deadline.IsZero() {
			// A deadline that stands for never is the largest number.
			if t := max(1, min(int64(w.deadline.Sub(d.start)), math.MaxInt64-1)+1); at == 0 || t < at {
				at = t
			}
		}
	}
	return at
}

// expire wakes the calls whose deadline has passed.
func (d *Device) expire(l *waitlist, now int64) {
	for _, w := range l.waiters {
		if !w.deadline.IsZero() && int64(w.deadline.Sub(d.start)) < now {
			w.deadline = time.Time{} // once is enough
			select {
			case w.woken <- struct{}{}:
			default:
			}
		}
	}
}

// earlier is the earlier of two deadlines, of which the zero time is none.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

// fromNow is a deadline by the clock that cannot be set, and not so far away that the
// time until then is no number.
func fromNow(t time.Time) time.Time {
	const far = 50 * 365 * 24 * time.Hour
	if t.IsZero() {
		return t
	}
	return time.Now().Add(max(-far, min(time.Until(t), far)))
}
