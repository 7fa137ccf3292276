//go:build tinynet_port

package behaviour_test

import (
	"io"
	"net"
	"net/netip"
	"sync"
	"testing"
	"time"
)

// past is a deadline that has expired.
var past = time.Unix(1, 0)

// A waiter is a call that waits, for something that may not come.
type waiter struct {
	op       string
	call     func() error
	deadline func(time.Time) error
	feed     func() error // what the call waits for
	close    func() error
}

// waiters makes one of each kind that the device has.
func waiters(t *testing.T, w *world, f func(t *testing.T, w *world, c *waiter)) {
	t.Run("Read", func(t *testing.T) {
		c, p := w.connect(t)
		f(t, w, &waiter{
			op:       "read",
			call:     func() error { _, err := io.ReadFull(c, make([]byte, 1)); return err },
			deadline: c.SetReadDeadline,
			feed:     func() error { _, err := p.Write([]byte("x")); return err },
			close:    c.Close,
		})
	})
	t.Run("Write", func(t *testing.T) {
		c, p := w.connect(t)
		full := false
		f(t, w, &waiter{
			op: "write",
			call: func() error {
				// As much as finds no room, until the peer reads it.
				for !full {
					c.SetWriteDeadline(time.Now().Add(30 * time.Millisecond))
					if _, err := c.Write(make([]byte, 1<<16)); err != nil {
						full = true
					}
					if err := c.SetWriteDeadline(time.Time{}); err != nil {
						return err
					}
				}
				_, err := c.Write(make([]byte, 8<<20))
				return err
			},
			deadline: c.SetWriteDeadline,
			feed: func() error {
				go io.Copy(io.Discard, p)
				return nil
			},
			close: c.Close,
		})
	})
	t.Run("Accept", func(t *testing.T) {
		l := w.listen(t)
		f(t, w, &waiter{
			op: "accept",
			call: func() error {
				c, err := l.Accept()
				if err == nil { // its client is still writing
					t.Cleanup(func() { c.Close() })
				}
				return err
			},
			deadline: l.SetDeadline,
			feed:     func() error { w.call(t, l); return nil },
			close:    l.Close,
		})
	})
	t.Run("ReadFrom", func(t *testing.T) {
		if w.greedy() {
			skip(t, "the peer's datagrams could not be asked for")
			return
		}
		c, err := net.ListenPacket("udp", netip.AddrPortFrom(w.ip, 0).String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		p, err := w.peer.ListenPacket()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { p.Close() })
		f(t, w, &waiter{
			op:       "read",
			call:     func() error { _, _, err := c.ReadFrom(make([]byte, 10)); return err },
			deadline: c.SetReadDeadline,
			feed:     func() error { _, err := p.WriteTo([]byte("x"), c.LocalAddr()); return err },
			close:    c.Close,
		})
	})
}

func eachWaiter(t *testing.T, f func(t *testing.T, w *world, c *waiter)) {
	each(t, func(t *testing.T, w *world) { waiters(t, w, f) })
}

func TestDeadlineBefore(t *testing.T) {
	eachWaiter(t, func(t *testing.T, w *world, c *waiter) {
		if c.op == "write" {
			skip(t, "its call sets deadlines")
			return
		}
		if err := c.feed(); err != nil { // what is there is no excuse
			t.Fatal(err)
		}
		if err := c.deadline(past); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			wantTimeout(t, "a call after its deadline", c.op, c.call())
		}
		if err := c.deadline(time.Time{}); err != nil {
			t.Fatal(err)
		}
		if err := soon(t, "a call after the deadline was cleared", inBackground(c.call)); err != nil {
			t.Errorf("after the deadline was cleared: %v", err)
		}
	})
}

func TestDeadlinePasses(t *testing.T) {
	eachWaiter(t, func(t *testing.T, w *world, c *waiter) {
		if c.op == "write" {
			skip(t, "its call sets deadlines")
			return
		}
		start := time.Now()
		if err := c.deadline(start.Add(15 * time.Millisecond)); err != nil {
			t.Fatal(err)
		}
		wantTimeout(t, "a call with a deadline", c.op, soon(t, "a call with a deadline", inBackground(c.call)))
		if took := time.Since(start); took < 15*time.Millisecond {
			t.Errorf("the deadline came after %v", took)
		}
	})
}

func TestDeadlineSetWhileBlocked(t *testing.T) {
	eachWaiter(t, func(t *testing.T, w *world, c *waiter) {
		done := inBackground(c.call)
		if c.op != "write" {
			w.blocked(1)
		}
		end := make(chan error, 1)
		for waiting := true; waiting; { // a Write sets deadlines itself at first
			if err := c.deadline(past); err != nil {
				t.Fatal(err)
			}
			select {
			case err := <-done:
				end <- err
				waiting = false
			case <-time.After(50 * time.Millisecond):
				waiting = c.op == "write"
				if !waiting {
					end <- soon(t, "a call whose deadline was set", done)
				}
			}
		}
		wantTimeout(t, "a call whose deadline was set", c.op, <-end)
	})
}

func TestDeadlineMoved(t *testing.T) {
	eachWaiter(t, func(t *testing.T, w *world, c *waiter) {
		if c.op == "write" {
			skip(t, "its call sets deadlines")
			return
		}
		soonAfter := time.Now().Add(20 * time.Millisecond)
		if err := c.deadline(soonAfter); err != nil {
			t.Fatal(err)
		}
		done := inBackground(c.call)
		if !w.blockedBefore(done) {
			skip(t, "the machine is too busy")
			return
		}
		if err := c.deadline(time.Now().Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
		if time.Now().Before(soonAfter) { // else the machine was too busy
			select {
			case err := <-done:
				t.Fatalf("a deadline that was moved to later ends a call: %v", err)
			case <-time.After(30 * time.Millisecond):
			}
		}
		if err := c.deadline(time.Now().Add(10 * time.Millisecond)); err != nil {
			t.Fatal(err)
		}
		wantTimeout(t, "a call whose deadline was moved", c.op, soon(t, "a call whose deadline was moved", done))
	})
}

func TestDeadlineCleared(t *testing.T) {
	eachWaiter(t, func(t *testing.T, w *world, c *waiter) {
		if c.op == "write" {
			skip(t, "its call sets deadlines")
			return
		}
		limit := time.Now().Add(40 * time.Millisecond)
		if err := c.deadline(limit); err != nil {
			t.Fatal(err)
		}
		done := inBackground(c.call)
		if !w.blockedBefore(done) {
			skip(t, "the machine is too busy")
			return
		}
		if err := c.deadline(time.Time{}); err != nil {
			t.Fatal(err)
		}
		if !time.Now().Before(limit) {
			skip(t, "the machine is too busy")
			return
		}
		select {
		case err := <-done:
			t.Fatalf("a deadline that was cleared ends a call: %v", err)
		case <-time.After(60 * time.Millisecond):
		}
		if err := c.feed(); err != nil {
			t.Fatal(err)
		}
		if err := soon(t, "a call that was fed", done); err != nil {
			t.Error(err)
		}
	})
}

func TestCloseWakes(t *testing.T) {
	eachWaiter(t, func(t *testing.T, w *world, c *waiter) {
		done := inBackground(c.call)
		w.blocked(1)
		if err := c.close(); err != nil {
			t.Errorf("Close: %v", err)
		}
		err := soon(t, "a call on a closed socket", done)
		if c.op == "write" && err != nil && !isClosed(err) {
			// It may be in SetWriteDeadline.
			t.Errorf("Write on a closed socket gives %v", err)
		} else if c.op != "write" {
			wantClosed(t, "a call on a socket that was closed meanwhile", c.op, err)
			wantClosed(t, "a call on a closed socket", c.op, c.call())
		}
		wantClosed(t, "a second Close", "close", c.close())
		if err := c.deadline(past); !isClosed(err) {
			t.Errorf("SetDeadline on a closed socket gives %v", err)
		}
	})
}

// TestReuse has a socket closed and opened anew while calls on the old one are
// under way: none of them may reach the new one.
func TestReuse(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		if w.greedy() {
			skip(t, "a Read that waits keeps Dial from the device until data comes")
			return
		}
		for range 5 {
			old, _ := w.connect(t)
			done := inBackground(func() error { _, err := old.Read(make([]byte, 1)); return err })
			w.blocked(1)
			old.Close()
			c, p := w.connect(t)
			wantClosed(t, "Read of the old connection", "read", soon(t, "Read of the old connection", done))
			wantClosed(t, "a second Close", "close", old.Close())
			wantClosed(t, "a deadline for the old connection", "set", old.SetDeadline(past))
			if _, err := old.Write([]byte("stray")); !isClosed(err) {
				t.Errorf("Write to the old connection: %v", err)
			}
			exchange(t, p, c, bytesOf(300))
			exchange(t, c, p, bytesOf(300))
			c.Close()
		}
	})
}

// TestDeadlineMovedNearby moves deadlines about the time when their timer fires, to an
// earlier time, and closes the socket then.
func TestDeadlineMovedNearby(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		if !w.datagrams() || w.sockets() < 3 {
			skip(t, "too few sockets of datagrams")
			return
		}
		times := 500
		if w.name == "loopback" {
			times = 20_000
		}
		var all sync.WaitGroup
		for range 3 {
			all.Add(1)
			go func() {
				defer all.Done()
				for i := range times {
					c, err := net.ListenPacket("udp", netip.AddrPortFrom(w.ip, 0).String())
					if err != nil {
						t.Error(err)
						return
					}
					now := time.Now()
					passes := time.Duration(1000+i%61*100) * time.Nanosecond
					c.SetReadDeadline(now.Add(passes + time.Duration(i%41*10)))
					for time.Since(now) < passes-300 {
					}
					c.SetReadDeadline(now.Add(passes))
					for range i % 30 {
						time.Now()
					}
					c.Close()
				}
			}()
		}
		all.Wait()
	})
}
