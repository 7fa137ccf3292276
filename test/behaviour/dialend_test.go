//go:build tinynet_port

package behaviour_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"net/netip"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
	_ "unsafe" // for go:linkname

	"github.com/tinynet/tinynet/netdev"
)

// How dials end with their contexts.

// busyUntil computes, as a board does while its timers wait.
func busyUntil(t time.Time) {
	for !time.Now().After(t) {
	}
}

// TestDialEndExpired: a context whose deadline has passed says so, also when it
// is asked only after its dial has cancelled it.
func TestDialEndExpired(t *testing.T) {
	netdev.Use(echoDeadliner{echoDatagrammer{&echoDevice{}}})
	t.Cleanup(func() { netdev.Use(nil) })
	var kept context.Context
	d := net.Dialer{ControlContext: func(ctx context.Context, _, _ string, _ syscall.RawConn) error {
		kept = ctx
		deadline, _ := ctx.Deadline()
		if busyUntil(deadline); !boardLimits {
			<-ctx.Done() // package context's ends when its timer has run
		}
		return errors.New("no")
	}}
	for d.Timeout = time.Millisecond; kept == nil; d.Timeout *= 2 { // until it is not over before the function is called
		if _, err := d.Dial("tcp", "10.0.0.2:7"); err == nil {
			t.Fatal("the control function refused, and the dial went well")
		}
	}
	if err := kept.Err(); err != context.DeadlineExceeded {
		t.Errorf("it ends with %v, want %v", err, context.DeadlineExceeded)
	}
}

// A connectCounter counts what it is to connect.
type connectCounter struct {
	netdev.Netdever
	connects int
}

func (d *connectCounter) Connect(int, string, netip.AddrPort) error { d.connects++; return nil }

// TestDialEndLateTimer: a deadline that has passed is one, also before the timer of its context has
// run, which on a board waits for whoever computes.
func TestDialEndLateTimer(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	d := &connectCounter{Netdever: &echoDevice{}}
	netdev.Use(d)
	t.Cleanup(func() { netdev.Use(nil) })
	for range 20 {
		ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
		deadline, _ := ctx.Deadline()
		busyUntil(deadline)
		c, err := new(net.Dialer).DialContext(ctx, "tcp", "10.0.0.2:7")
		if err == nil {
			c.Close()
			t.Error("it dials")
		} else if e, ok := err.(net.Error); !ok || !e.Timeout() {
			t.Errorf("%v, want a timeout", err)
		}
		cancel()
	}
	if d.connects > 0 {
		t.Errorf("the device was to connect %d times", d.connects)
	}
}

// TestDialEndHandshake: no goroutine waits, during a handshake, for the context of the
// dial, as one of package context does for a context that it does not know.
func TestDialEndHandshake(t *testing.T) {
	netdev.Use(netdev.Loopback())
	t.Cleanup(func() { netdev.Use(nil) })
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	client := &http.Client{Transport: &http.Transport{}}
	ended := make(chan error)
	go func() {
		_, err := client.Get("https://" + l.Addr().String())
		ended <- err
	}()
	c, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Read(make([]byte, 1)); err != nil { // the handshake has begun
		t.Fatal(err)
	}
	stacks := make([]byte, 1<<20)
	stacks = stacks[:runtime.Stack(stacks, true)]
	for _, stack := range strings.Split(string(stacks), "\n\n") {
		if strings.Contains(stack, "context.") && strings.Contains(stack, "propagateCancel") {
			t.Errorf("a goroutine waits for a context:\n%s", stack)
		}
	}
	c.Close()
	if err := <-ended; err == nil {
		t.Error("a server that says nothing was believed")
	}
}

// A numbersDevice has no deadlines, gives out the lowest number that is free, and tells
// what is done to a number that is not that dial's.
type numbersDevice struct {
	netdev.Netdever
	mu     sync.Mutex
	closed sync.Cond
	open   []bool // by number
	peer   []netip.AddrPort
	faults []string
}

func newNumbersDevice() *numbersDevice {
	d := &numbersDevice{Netdever: &echoDevice{}, open: make([]bool, 64), peer: make([]netip.AddrPort, 64)}
	d.closed.L = &d.mu
	return d
}

func (d *numbersDevice) Socket(_, _, _ int) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for n, used := range d.open {
		if !used {
			d.open[n], d.peer[n] = true, netip.AddrPort{}
			return n, nil
		}
	}
	return -1, netdev.ErrNoMoreSockets
}

func (d *numbersDevice) Connect(n int, _ string, to netip.AddrPort) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.open[n] {
		d.faults = append(d.faults, fmt.Sprint("Connect of a closed socket to ", to))
	} else if d.peer[n].IsValid() {
		d.faults = append(d.faults, fmt.Sprint("Connect to ", to, " of a socket connected to ", d.peer[n]))
	}
	d.peer[n] = to
	return nil
}

func (d *numbersDevice) Close(n int) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.open[n] {
		d.faults = append(d.faults, "Close of a closed socket")
	}
	d.open[n] = false
	d.closed.Broadcast()
	return nil
}

// TestDialEndAnywhere calls dials off at any moment, many at a time, over a device that
// gives numbers out again: none is connected that is not its dial's, and none stays.
func TestDialEndAnywhere(t *testing.T) {
	d := newNumbersDevice()
	netdev.Use(d)
	t.Cleanup(func() { netdev.Use(nil) })
	var all sync.WaitGroup
	for dialer := range 8 {
		all.Add(1)
		go func() {
			defer all.Done()
			for dial := range 1500 {
				ctx, cancel := context.WithCancel(context.Background())
				nd := net.Dialer{Timeout: time.Minute}
				if dial%2 == 0 {
					nd.Control = func(string, string, syscall.RawConn) error { go cancel(); return nil }
				} else {
					time.AfterFunc(rand.N(100*time.Microsecond), cancel)
				}
				c, err := nd.DialContext(ctx, "tcp", fmt.Sprintf("10.0.%d.%d:7", dialer+1, dial%250+1))
				if err == nil {
					c.Close()
				} else if !errors.Is(err, context.Canceled) {
					t.Error(err)
				}
				cancel()
			}
		}()
	}
	all.Wait()
	d.mu.Lock()
	defer d.mu.Unlock()
	for n := range d.open {
		for d.open[n] {
			d.closed.Wait()
		}
	}
	if len(d.faults) > 0 {
		t.Errorf("%d faults, first: %s", len(d.faults), d.faults[0])
	}
}

// A deadlineOnly is a context that has a deadline and cannot end, of a program's own.
type deadlineOnly struct {
	context.Context
	deadline time.Time
}

func (c deadlineOnly) Deadline() (time.Time, bool) { return c.deadline, true }

//go:linkname dialTLSContext net.dialTLS
func dialTLSContext(ctx context.Context, d *net.Dialer, network, addr string) (*net.TLSConn, error)

// A stuckDevice does not come back from Connect.
type stuckDevice struct {
	netdev.Netdever
	leave chan struct{}
}

func (d stuckDevice) Connect(int, string, netip.AddrPort) error { <-d.leave; return nil }

// TestDialEndOwnDeadline: a context's deadline ends a dial, also where nothing else would
// end the context.
func TestDialEndOwnDeadline(t *testing.T) {
	d := stuckDevice{&echoDevice{}, make(chan struct{})}
	netdev.UseTLS(d)
	t.Cleanup(func() {
		close(d.leave)
		netdev.Use(nil)
	})
	_, err := dialTLSContext(deadlineOnly{context.Background(), time.Now().Add(20 * time.Millisecond)}, new(net.Dialer), "tcp", "10.0.0.2:443")
	if e, ok := err.(net.Error); !ok || !e.Timeout() {
		t.Errorf("%v, want a timeout", err)
	}
}
