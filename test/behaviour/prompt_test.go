//go:build tinynet_port

package behaviour_test

import (
	"net"
	"net/netip"
	"slices"
	"testing"
	"time"
)

// effects are the ways to end a call that waits. Each returns how much later
// than it should the call has ended, with the true polls of the devices.
var effects = []struct {
	name string
	late func(tb testing.TB, w *world) time.Duration
}{
	{"deadline", func(tb testing.TB, w *world) time.Duration {
		c := w.silent(tb)
		at := time.Now().Add(10 * time.Millisecond)
		c.SetReadDeadline(at)
		c.Read(make([]byte, 1))
		late := time.Since(at)
		c.Close()
		return late
	}},
	{"set", func(tb testing.TB, w *world) time.Duration {
		c := w.silent(tb)
		defer c.Close()
		return w.ends(c, func() { c.SetReadDeadline(past) })
	}},
	{"close", func(tb testing.TB, w *world) time.Duration {
		c := w.silent(tb)
		return w.ends(c, func() { c.Close() })
	}},
	{"dial", func(tb testing.TB, w *world) time.Duration {
		if w.dev == nil {
			return 0
		}
		at := time.Now().Add(10 * time.Millisecond)
		d := net.Dialer{Deadline: at}
		if c, err := d.Dial("tcp", nowhere); err == nil {
			c.Close()
		}
		return time.Since(at)
	}},
	{"accept", func(tb testing.TB, w *world) time.Duration {
		if !w.listens() {
			return 0
		}
		l, err := net.Listen("tcp", netip.AddrPortFrom(w.ip, 0).String())
		if err != nil {
			tb.Fatal(err)
		}
		ended := make(chan time.Time)
		go func() {
			l.Accept()
			ended <- time.Now()
		}()
		w.blocked(1)
		at := time.Now()
		l.Close()
		return (<-ended).Sub(at)
	}},
}

// silent is a connection over which nothing comes.
func (w *world) silent(tb testing.TB) net.Conn {
	c, err := net.DialTimeout("udp", netip.AddrPortFrom(w.peer.Addr(), 9).String(), patience)
	if err != nil {
		tb.Fatal(err)
	}
	return c
}

// ends returns how long after end begins a Read ends.
func (w *world) ends(c net.Conn, end func()) time.Duration {
	ended := make(chan time.Time)
	go func() {
		c.Read(make([]byte, 1))
		ended <- time.Now()
	}()
	w.blocked(1)
	at := time.Now()
	go end()
	return (<-ended).Sub(at)
}

// TestPrompt looks at the best of some tries, because other programs of a busy
// machine make no device slow. The benchmark has the precise times.
func TestPrompt(t *testing.T) {
	eachOf(t, 1, func(t *testing.T, w *world) {
		if w.greedy() || w.sockets() < 2 {
			skip(t, "the device can do only one thing at a time")
			return
		}
		for _, e := range effects {
			const limit = 20 * time.Millisecond // a fifth of a poll
			var all []time.Duration
			for range 5 {
				late := e.late(t, w)
				if all = append(all, late); late < limit {
					break
				}
			}
			if best := slices.Min(all); best > limit {
				t.Errorf("%s takes effect only after %v", e.name, all)
			}
		}
	})
}
