//go:build tinynet_port

package behaviour_test

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/tinynet/tinynet/netdev"
	"github.com/tinynet/tinynet/netdev/simdev"
)

// A watchedDriver knows how many calls wait in Recv, and can let those for one socket
// hang.
type watchedDriver struct {
	netdev.Netdever

	mu      sync.Mutex
	inside  map[int]int // calls in Recv, by socket
	changed chan struct{}
	hang    int  // the socket, or -1
	next    bool // it is the one of the next call
	release chan struct{}
}

func newWatchedDriver(dev netdev.Netdever) *watchedDriver {
	return &watchedDriver{
		Netdever: dev, inside: map[int]int{}, changed: make(chan struct{}),
		hang: -1, release: make(chan struct{}),
	}
}

func (d *watchedDriver) count(sockfd, n int) (hangs bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.inside[sockfd] += n; d.inside[sockfd] == 0 {
		delete(d.inside, sockfd)
	}
	close(d.changed)
	d.changed = make(chan struct{})
	if n > 0 && d.next {
		d.hang, d.next = sockfd, false
	}
	return d.hang == sockfd && n > 0
}

func (d *watchedDriver) Recv(sockfd int, buf []byte, flags int, deadline time.Time) (int, error) {
	if d.count(sockfd, 1) {
		<-d.release
	}
	defer d.count(sockfd, -1)
	return d.Netdever.Recv(sockfd, buf, flags, deadline)
}

// await returns when a condition of the calls in Recv is true.
func (d *watchedDriver) await(t *testing.T, what string, f func(inside map[int]int) bool) {
	t.Helper()
	limit := time.NewTimer(patience)
	defer limit.Stop()
	for {
		d.mu.Lock()
		ok, changed := f(d.inside), d.changed
		d.mu.Unlock()
		if ok {
			return
		}
		select {
		case <-changed:
		case <-limit.C:
			t.Fatalf("never %s", what)
		}
	}
}

// hangAnywhere lets the next call of Recv hang, and all others for its socket.
func (d *watchedDriver) hangAnywhere(t *testing.T) {
	t.Helper()
	d.mu.Lock()
	d.next = true
	d.mu.Unlock()
	d.await(t, "a call that hangs", func(map[int]int) bool { return !d.next })
}

// An idleConn is a connection on which a Read waits.
type idleConn struct {
	*net.TCPConn
	theirs net.Conn
	buf    [8]byte
	n      int
	ended  chan time.Time
	err    error
}

func (c *idleConn) read() {
	c.ended = make(chan time.Time, 1)
	go func() {
		c.n, c.err = c.Read(c.buf[:])
		c.ended <- time.Now()
	}()
}

// idle returns connections that net asks the driver for in turn, on a board.
func (w *world) idle(t *testing.T, d *watchedDriver, n int) (conns []*idleConn) {
	t.Helper()
	netdev.Use(d)
	w.listen(t) // only a program that does has many connections
	for range n {
		ours, theirs := w.connect(t)
		c := &idleConn{TCPConn: ours, theirs: theirs}
		c.read()
		conns = append(conns, c)
	}
	if !boardLimits {
		return conns
	}
	seen := map[int]bool{}
	d.await(t, "one call for all connections", func(inside map[int]int) bool {
		if len(inside) > 1 {
			clear(seen)
			return false
		}
		for num, calls := range inside {
			if seen[num] = true; calls > 1 {
				t.Errorf("%d calls for one socket at once", calls)
			}
		}
		return len(seen) == n
	})
	return conns
}

// eachIdle is over each device that net asks with deadlines for each call, and that
// keeps these.
func eachIdle(t *testing.T, faster, n int, f func(t *testing.T, w *world, d *watchedDriver, conns []*idleConn)) {
	for _, conf := range simdev.Profiles {
		switch {
		case conf.Methods == simdev.Interrupts, conf.Methods == simdev.All, conf.Misbehaviour.RecvIgnoresDeadline, conf.Misbehaviour.OneSocket:
			continue
		}
		t.Run(conf.Name, func(t *testing.T) {
			over(t, conf.Faster(faster), func(t *testing.T, w *world) {
				d := newWatchedDriver(w.dev.Netdever())
				f(t, w, d, w.idle(t, d, n))
			})
		})
	}
}

// TestIdle has the calls that wait on idle connections, for which net asks a driver in
// turn, end in all the ways in which they end otherwise.
func TestIdle(t *testing.T) {
	eachIdle(t, 1, 6, func(t *testing.T, w *world, d *watchedDriver, conns []*idleConn) {
		const limit = 20 * time.Millisecond // a fifth of a poll
		best := time.Hour
		at := time.Now()
		conns[0].SetReadDeadline(past)
		best = min(best, soon(t, "a Read with a deadline that has passed", conns[0].ended).Sub(at))
		if !errors.Is(conns[0].err, os.ErrDeadlineExceeded) {
			t.Errorf("a Read with a deadline that has passed gives %v", conns[0].err)
		}
		for _, c := range conns[1:3] {
			at = time.Now()
			c.Close()
			best = min(best, soon(t, "a Read on a closed connection", c.ended).Sub(at))
			if !errors.Is(c.err, net.ErrClosed) {
				t.Errorf("a Read on a closed connection gives %v", c.err)
			}
		}
		at = time.Now().Add(50 * time.Millisecond)
		conns[3].SetReadDeadline(at)
		best = min(best, soon(t, "a Read with a deadline", conns[3].ended).Sub(at))
		if !errors.Is(conns[3].err, os.ErrDeadlineExceeded) {
			t.Errorf("a Read with a deadline gives %v", conns[3].err)
		}
		if best > limit {
			t.Errorf("the quickest of these took effect after %v, want at most %v", best, limit)
		}

		// The connections whose deadlines have passed are as good as before.
		for i, c := range []*idleConn{conns[0], conns[3], conns[4]} {
			c.SetReadDeadline(time.Time{})
			if i < 2 {
				c.read()
			}
			for range 3 {
				if _, err := c.theirs.Write([]byte("hello")); err != nil {
					t.Fatal(err)
				}
				soon(t, "a Read of what has come", c.ended)
				if string(c.buf[:c.n]) != "hello" || c.err != nil {
					t.Errorf("a Read gives %q, %v, want hello", c.buf[:c.n], c.err)
				}
				c.read()
			}
		}
		conns[5].theirs.Close()
		soon(t, "a Read at the end of a stream", conns[5].ended)
		if conns[5].n != 0 || conns[5].err != io.EOF {
			t.Errorf("a Read at the end of a stream gives %d, %v, want 0, EOF", conns[5].n, conns[5].err)
		}
	})
}

// TestIdleTraffic sends on connections that are idle now and then, from both ends, and
// closes them at any moment.
func TestIdleTraffic(t *testing.T) {
	eachIdle(t, 10, 6, func(t *testing.T, w *world, d *watchedDriver, conns []*idleConn) {
		want := bytes.Repeat([]byte("0123456789"), 500)
		var all sync.WaitGroup
		for i, c := range conns {
			all.Add(2)
			go func() {
				defer all.Done()
				pace := time.NewTicker(time.Duration(5+10*i) * time.Millisecond)
				defer pace.Stop()
				for at := 0; at < len(want); at += 500 {
					if _, err := c.theirs.Write(want[at : at+500]); err != nil {
						t.Error(err)
						return
					}
					<-pace.C
				}
				c.theirs.Close()
			}()
			go func() {
				defer all.Done()
				<-c.ended
				got := append([]byte(nil), c.buf[:c.n]...)
				rest, err := io.ReadAll(c.TCPConn)
				if got = append(got, rest...); err != nil || !bytes.Equal(got, want) {
					t.Errorf("%d bytes came, %v, want %d and no error, in order", len(got), err, len(want))
				}
				c.Close()
			}()
		}
		all.Wait()
	})
}

// TestIdleHang has the driver stay in the call for one idle connection for ever, as
// none does that is known. The others are not given up for it.
func TestIdleHang(t *testing.T) {
	over(t, simdev.Profile("datagrams"), func(t *testing.T, w *world) {
		d := newWatchedDriver(w.dev.Netdever())
		conns := w.idle(t, d, 4)
		release := sync.OnceFunc(func() { close(d.release) })
		t.Cleanup(release)
		d.hangAnywhere(t)
		for _, c := range conns {
			if _, err := c.theirs.Write([]byte("hello")); err != nil {
				t.Fatal(err)
			}
		}
		// Which of them hangs is not known here: all but one come.
		came := make(chan *idleConn)
		for _, c := range conns {
			go func() {
				<-c.ended
				came <- c
			}()
		}
		for range len(conns) - 1 {
			if c := soon(t, "a Read beside one that hangs in the driver", came); c.err != nil || string(c.buf[:c.n]) != "hello" {
				t.Errorf("a Read gives %q, %v", c.buf[:c.n], c.err)
			}
		}
		release()
		soon(t, "a Read that has hung in the driver", came)
	})
}
