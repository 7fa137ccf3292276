//go:build tinynet_port

package behaviour_test

import (
	"context"
	"errors"
	"net"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tinynet/tinynet/netdev"
)

// These are about goroutines that run at once, as they do on a computer and on
// boards with several cores.

// A slowOption is a device whose sockets take long to have their read buffer set,
// and that notices when one is closed meanwhile.
type slowOption struct {
	echoDeadliner
	inside, leave chan struct{}
	busy, broken  atomic.Bool
}

func (d *slowOption) SetSockOpt(_, _, opt int, _ any) error {
	if opt == netdev.SO_RCVBUF {
		d.busy.Store(true)
		d.inside <- struct{}{}
		<-d.leave
		d.busy.Store(false)
	}
	return nil
}

func (d *slowOption) Close(sockfd int) error {
	if d.busy.Load() {
		d.broken.Store(true)
	}
	return nil
}

// TestCloseAwaitsOptions: a device may give a number out again once its socket is
// closed, so no call with that number may be on its way then.
func TestCloseAwaitsOptions(t *testing.T) {
	d := &slowOption{echoDeadliner: echoDeadliner{echoDatagrammer{&echoDevice{}}}, inside: make(chan struct{}), leave: make(chan struct{})}
	netdev.Use(d)
	t.Cleanup(func() { netdev.Use(nil) })
	c, err := net.Dial("udp", "10.0.0.2:7")
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	all.Add(2)
	go func() {
		defer all.Done()
		if err := c.(*net.UDPConn).SetReadBuffer(1 << 10); err != nil {
			t.Errorf("an option that was set before Close: %v, want no error", err)
		}
	}()
	<-d.inside
	go func() {
		defer all.Done()
		if err := c.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	}()
	for { // until Close has begun
		if _, err := c.Write([]byte{1}); errors.Is(err, net.ErrClosed) {
			break
		}
		runtime.Gosched()
	}
	if err := c.(*net.UDPConn).SetReadBuffer(1 << 10); !errors.Is(err, net.ErrClosed) {
		t.Errorf("an option that is set after Close: %v, want %v", err, net.ErrClosed)
	}
	for range 10_000 { // so that a Close that does not wait gets there
		runtime.Gosched()
	}
	close(d.leave)
	all.Wait()
	if d.broken.Load() {
		t.Error("the device's socket was closed while one of its options was being set")
	}
}

// TestCancelledDialWithTimeout calls a dial off that waits and has a time-out of its
// own: on a board that makes a context of net's, which derives from one of package
// context, and has to end with it.
func TestCancelledDialWithTimeout(t *testing.T) {
	before := runtime.NumGoroutine()
	netdev.Use(netdev.Loopback())
	t.Cleanup(func() { netdev.Use(nil) })
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	full := make(chan struct{}, 1) // the first dial may be done before it is waited for
	done := inBackground(func() error {
		for { // until the listener has no more room
			c, err := (&net.Dialer{Timeout: time.Hour}).DialContext(ctx, "tcp", l.Addr().String())
			if err != nil {
				return err
			}
			defer c.Close()
			select {
			case full <- struct{}{}:
			default:
			}
		}
	})
	<-full
	for range 10_000 {
		runtime.Gosched()
	}
	cancel()
	if err := soon(t, "a dial that was called off", done); !strings.Contains(err.Error(), "operation was canceled") {
		t.Errorf("a dial that was called off: %v", err)
	}
	for limit := time.Now().Add(patience); runtime.NumGoroutine() > before; runtime.Gosched() {
		if time.Now().After(limit) {
			t.Fatalf("%d goroutines are left, want %d", runtime.NumGoroutine(), before)
		}
	}
}

// TestCancelledDials has dials end at the moment when they are called off, at a
// listener that has room, and at one that has none, where they wait.
func TestCancelledDials(t *testing.T) {
	netdev.Use(netdev.Loopback())
	t.Cleanup(func() { netdev.Use(nil) })
	for _, name := range []string{"room", "no room"} {
		t.Run(name, func(t *testing.T) {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			accepted := make(chan struct{})
			if name == "room" {
				go func() {
					defer close(accepted)
					for {
						c, err := l.Accept()
						if err != nil {
							return
						}
						c.Close()
					}
				}()
				defer func() { <-accepted }()
				defer l.Close()
			}
			for range 3000 {
				ctx, cancel := context.WithCancel(context.Background())
				go cancel()
				c, err := new(net.Dialer).DialContext(ctx, "tcp", l.Addr().String())
				switch {
				case err == nil && name == "room":
					c.Close()
				case err == nil:
					defer c.Close() // and so it fills the listener
				case !strings.Contains(err.Error(), "operation was canceled"):
					t.Errorf("a dial that was called off: %v", err)
				}
				cancel()
			}
		})
	}
}
