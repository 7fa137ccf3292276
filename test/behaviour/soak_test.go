//go:build tinynet_port

package behaviour_test

import (
	"context"
	"errors"
	"flag"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tinynet/tinynet/netdev/simdev"
)

var ops = flag.Int64("ops", 2000, "how many operations TestSoak does on each device")

// TestSoak does at random what programs do, on devices on which everything
// goes wrong at random, and then looks for what is left over. A long run is
//
//	tinynet go test -tags tinynet_port -run TestSoak -timeout 2h ./test/behaviour -args -ops 200000 -seed 7
func TestSoak(t *testing.T) {
	bad := func(c *simdev.Config) {
		c.Delay = 100 * time.Microsecond
		c.Faults = simdev.Faults{ShortReads: 3, ShortWrites: 3, Transient: 50, Nonsense: 50}
	}
	eachDevice(t, bad, func(t *testing.T, w *world) {
		if w.greedy() {
			skip(t, "a call that waits keeps all others from the device")
			return
		}
		l, err := w.peer.Listen()
		if err != nil {
			t.Fatal(err)
		}
		var echoes sync.WaitGroup
		served := inBackground(func() error {
			for {
				c, err := l.Accept()
				if err != nil {
					return nil
				}
				echoes.Add(1)
				go func() {
					defer echoes.Done()
					defer c.Close()
					c.(interface{ SetDeadline(time.Time) error }).SetDeadline(time.Now().Add(patience))
					io.Copy(c, c)
				}()
			}
		})
		count := *ops
		if w.sockets() == 1 {
			count /= 5 // each new connection waits for the end of the last one
		}
		var left atomic.Int64
		soak := func(n int64) {
			left.Store(n)
			var users sync.WaitGroup
			for i := range uint64(min(w.sockets(), 6)) {
				users.Add(1)
				go func() {
					defer users.Done()
					u := &user{t: t, addr: l.Addr().String(), r: rand.New(rand.NewPCG(*seed, i))}
					for left.Add(-1) >= 0 && !t.Failed() {
						u.step()
					}
					u.close()
				}()
			}
			users.Wait()
			if !w.dev.AwaitSockets(0, patience) {
				t.Errorf("%d sockets are left", w.dev.OpenSockets())
			}
		}
		soak(count / 2)
		before := heap()
		soak(count / 2)
		if more := int64(heap()) - int64(before); more > 512<<10 && !stacksOnHeap {
			t.Errorf("the heap has grown by %d bytes", more)
		}
		l.Close()
		soon(t, "the peer's Accept", served)
		echoes.Wait()
	})
}

func heap() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// A user has a connection to an echo server.
type user struct {
	t    *testing.T
	addr string
	r    *rand.Rand
	conn *net.TCPConn
	sent int // bytes written; each is known by its place
	got  int
}

func (u *user) close() {
	if u.conn != nil {
		u.conn.Close()
		if err := u.conn.Close(); !isClosed(err) {
			u.t.Errorf("a second Close gives %v", err)
		}
	}
	u.conn, u.sent, u.got = nil, 0, 0
}

// soonish is a time that may have passed before a call is done.
func (u *user) soonish() time.Time {
	return time.Now().Add(time.Duration(u.r.IntN(3000)) * time.Microsecond)
}

func (u *user) step() {
	if u.conn == nil {
		addr := u.addr
		ctx, cancel := context.WithDeadline(context.Background(), u.soonish().Add(20*time.Millisecond))
		defer cancel()
		switch u.r.IntN(10) {
		case 0:
			addr = nowhere
		case 1:
			cancel()
		}
		c, err := new(net.Dialer).DialContext(ctx, "tcp", addr)
		if err != nil {
			if _, ok := err.(*net.OpError); !ok {
				u.t.Errorf("Dial gives %#v", err)
			}
			return
		}
		u.conn = c.(*net.TCPConn)
	}
	switch u.r.IntN(20) {
	case 0:
		u.close()
	case 1: // Close while a Read waits
		done := make(chan struct{})
		go func(c net.Conn) {
			defer close(done)
			c.SetReadDeadline(time.Time{})
			for buf := make([]byte, 100); ; {
				if _, err := c.Read(buf); isClosed(err) {
					return
				}
			}
		}(u.conn)
		u.close()
		<-done
	case 2:
		u.conn.SetDeadline(past)
		u.conn.SetDeadline(time.Time{})
	case 3:
		u.conn.Read(nil)
		u.conn.Write(nil)
	case 4:
		u.conn.SetNoDelay(true)
		u.conn.LocalAddr()
	case 5, 6, 7, 8, 9, 10:
		p := make([]byte, 1+u.r.IntN(3000))
		for i := range p {
			p[i] = byte((u.sent + i) * 7)
		}
		u.conn.SetWriteDeadline(u.soonish())
		n, err := u.conn.Write(p)
		if n < 0 || n > len(p) || n < len(p) && err == nil {
			u.t.Errorf("Write of %d bytes gives %d, %v", len(p), n, err)
		}
		u.sent += n
		if err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
			u.close() // what was counted may not have been sent
		}
	default:
		p := make([]byte, 1+u.r.IntN(3000))
		u.conn.SetReadDeadline(u.soonish())
		n, err := u.conn.Read(p)
		if n < 0 || n > len(p) || n == 0 && err == nil {
			u.t.Errorf("Read of %d bytes gives %d, %v", len(p), n, err)
			return
		}
		for i, b := range p[:n] {
			if b != byte((u.got+i)*7) || u.got+i >= u.sent {
				u.t.Errorf("byte %d of %d is wrong", u.got+i, u.sent)
				return
			}
		}
		u.got += n
		var oe *net.OpError
		if err != nil && err != io.EOF && !errors.As(err, &oe) {
			u.t.Errorf("Read gives %#v", err)
		}
	}
}
