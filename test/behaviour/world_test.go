//go:build tinynet_port

package behaviour_test

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/tinynet/tinynet/netdev"
	"github.com/tinynet/tinynet/netdev/devtest"
	"github.com/tinynet/tinynet/netdev/simdev"
)

// patience is how long anything may take that comes in the end. Only failing
// tests, and tests on a machine that stands still, wait that long.
const patience = 20 * time.Second

var seed = flag.Uint64("seed", 1, "the seed of what is random in the tests")

// A world is a device under package net, and a peer that it can reach.
type world struct {
	name string
	dev  *simdev.Device // nil for the host and the loopback
	conf simdev.Config
	ip   netip.Addr // our address
	peer devtest.Peer

	every *everyDevice // of the table of promises
	six   netip.Addr   // the peer's IPv6 address, if it has one

	datagram int   // the longest datagram that the device sends; 0: none is too long
	memory   int64 // what the device and the peer have for a connection, which they keep
}

// listens reports whether the device has listeners; most tests need no more.
func (w *world) listens() bool {
	return !w.conf.Misbehaviour.NoListen && !w.conf.Misbehaviour.OneSocket
}

// sockets is how many sockets the device has.
func (w *world) sockets() int {
	if w.dev == nil {
		return 1000
	}
	return w.conf.MaxSockets
}

// greedy reports whether one call that waits keeps all others from the device.
func (w *world) greedy() bool { return w.conf.Misbehaviour.BlocksLocked }

// datagrams reports whether the device tells who sent a datagram.
func (w *world) datagrams() bool { return w.dev == nil || w.conf.Methods != simdev.Bare }

// each runs a test over the host, the loopback and all profiles, faster than
// they are.
func each(t *testing.T, f func(t *testing.T, w *world)) {
	t.Helper()
	eachOf(t, 10, f)
}

// eachOf runs a test with polls that are faster by a factor.
func eachOf(t *testing.T, faster int, f func(t *testing.T, w *world)) {
	t.Helper()
	home := netip.MustParseAddr("127.0.0.1")
	t.Run("host", func(t *testing.T) {
		if netdev.Host() == nil {
			skip(t, "this system has no sockets")
			return
		}
		run(t, &world{name: "host", ip: home, peer: devtest.Computer(home)}, netdev.Host(), f)
	})
	t.Run("loopback", func(t *testing.T) {
		run(t, &world{name: "loopback", ip: home, peer: devtest.Computer(home)}, netdev.Loopback(), f)
	})
	for _, conf := range simdev.Profiles {
		t.Run(conf.Name, func(t *testing.T) { over(t, conf.Faster(faster), f) })
	}
	for name, over := range otherModules {
		t.Run(name, func(t *testing.T) { over(t, f) })
	}
}

// otherModules are devices of modules that this one does not depend on, by name.
// A file under a build tag of its own adds one.
var otherModules = map[string]func(t *testing.T, f func(t *testing.T, w *world)){}

// over runs a test over one simulated device.
func over(t *testing.T, conf simdev.Config, f func(t *testing.T, w *world)) {
	t.Helper()
	wire := simdev.NewNetwork()
	conf.Names = map[string]netip.Addr{"peer.example": netip.MustParseAddr("10.0.0.2")}
	dev := wire.Join(conf)
	other := wire.Join(simdev.Profile("good").At("10.0.0.2"))
	peer, err := devtest.Device(other.Netdever())
	if err != nil {
		t.Fatal(err)
	}
	w := &world{name: conf.Name, dev: dev, conf: dev.Config(), ip: dev.Config().Addr, peer: peer}
	// After the test's own cleanups, which come later in the list.
	t.Cleanup(func() {
		if n := other.OpenSockets(); n > 0 && !t.Failed() {
			t.Errorf("the test has left %d sockets of the peer open", n)
		}
		other.Halt()
	})
	driver := dev.Netdever()
	if w.greedy() {
		driver = exclusive{driver} // as net knows of comboat on its boards
	}
	run(t, w, driver, f)
}

// An exclusive is a device that says that it does nothing else while it waits.
type exclusive struct{ netdev.Netdever }

func (exclusive) Exclusive() bool { return true }

func run(t *testing.T, w *world, dev netdev.Netdever, f func(t *testing.T, w *world)) {
	t.Helper()
	netdev.Use(dev)
	// These run after all cleanups that f registers.
	t.Cleanup(func() { checkGoroutines(t) })
	t.Cleanup(func() {
		netdev.Use(nil)
		if w.dev != nil {
			if !w.greedy() && !w.dev.AwaitSockets(0, patience) {
				t.Errorf("%d sockets of the device are still open", w.dev.OpenSockets())
			}
			w.dev.Halt()
		}
	})
	whole(func() { f(t, w) })
}

// checkGoroutines waits until all goroutines are gone that have to do with
// sockets, except for workers that wait for work.
func checkGoroutines(t *testing.T) {
	t.Helper()
	end := time.Now().Add(patience)
	for {
		left := sockGoroutines()
		if len(left) == 0 {
			return
		}
		if time.Now().After(end) {
			t.Errorf("%d goroutines are left:\n\n%s", len(left), strings.Join(left, "\n\n"))
			return
		}
		time.Sleep(time.Millisecond)
	}
}

func sockGoroutines() (left []string) {
	buf := make([]byte, 1<<20)
	for _, g := range strings.Split(string(buf[:runtime.Stack(buf, true)]), "\n\n") {
		idle := strings.Contains(g, "[chan receive") && (strings.Contains(g, "net.(*patient)") || strings.Contains(g, "net.(*crew)")) && !strings.Contains(g, "simdev.")
		first, rest, _ := strings.Cut(g, "\n")
		if idle || strings.Contains(first, "running") || strings.HasPrefix(rest, "testing.") {
			continue
		}
		if strings.Contains(rest, "net.") || strings.Contains(rest, "net/http.") || strings.Contains(rest, "behaviour_test.") {
			if !strings.Contains(rest, "testing.(*T).Run(") {
				left = append(left, g)
			}
		}
	}
	return left
}

// connect returns a connection that this side has dialled, and the other end.
func (w *world) connect(t *testing.T) (ours *net.TCPConn, theirs net.Conn) {
	t.Helper()
	l, err := w.peer.Listen()
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	came := make(chan net.Conn, 1)
	go func() {
		c, _ := l.Accept()
		came <- c
	}()
	c, err := net.DialTimeout("tcp", l.Addr().String(), patience)
	if err != nil {
		l.Close()
		<-came
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	if theirs = <-came; theirs == nil {
		t.Fatal("the peer has not accepted")
	}
	t.Cleanup(func() { theirs.Close() })
	return c.(*net.TCPConn), theirs
}

// listen returns a listener, or skips the test on a device without.
func (w *world) listen(t *testing.T) *net.TCPListener {
	t.Helper()
	if !w.listens() {
		skip(t, "the device has no listeners")
		leave()
	}
	l, err := net.Listen("tcp", netip.AddrPortFrom(w.ip, 0).String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l.(*net.TCPListener)
}

func addrPort(a net.Addr) netip.AddrPort {
	switch a := a.(type) {
	case *net.TCPAddr:
		return a.AddrPort()
	case *net.UDPAddr:
		return a.AddrPort()
	}
	return netip.AddrPort{}
}

// call dials from the peer to a listener of ours, and sends one byte, for some
// devices accept nobody who is silent.
func (w *world) call(t *testing.T, l net.Listener) net.Conn {
	t.Helper()
	c, err := w.peer.Dial(addrPort(l.Addr()))
	if err == nil {
		_, err = c.Write([]byte("!"))
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// accept returns both ends of a connection that this side has accepted.
func (w *world) accept(t *testing.T, l net.Listener) (ours *net.TCPConn, theirs net.Conn) {
	t.Helper()
	theirs = w.call(t, l)
	c, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	buf := make([]byte, 1)
	if _, err := io.ReadFull(c, buf); err != nil || buf[0] != '!' {
		t.Fatalf("the first byte is %q, %v", buf, err)
	}
	return c.(*net.TCPConn), theirs
}

// blocked gives a call in another goroutine the time to get where it waits. No
// test fails because that was too short; it tests less.
func (w *world) blocked(n int) {
	if w.dev != nil {
		w.dev.AwaitWaiting(n)
		return
	}
	for range 50 {
		runtime.Gosched()
	}
}

// blockedBefore waits as blocked(1) does, and reports whether the call was in the
// device before it ended, which at a deadline near it may not be on a busy machine.
func (w *world) blockedBefore(done <-chan error) bool {
	inside := make(chan struct{})
	go func() { // until the device is halted, if the call never comes
		w.blocked(1)
		close(inside)
	}()
	select {
	case <-inside:
		return true
	case <-done:
		return false
	}
}

// soon fails the test if done does not come. What is the call that hangs.
func soon[T any](t *testing.T, what string, done <-chan T) (v T) {
	t.Helper()
	limit := time.NewTimer(patience)
	defer limit.Stop()
	select {
	case v = <-done:
	case <-limit.C:
		buf := make([]byte, 1<<20)
		t.Fatalf("%s hangs\n%s", what, buf[:runtime.Stack(buf, true)])
	}
	return v
}

// inBackground calls f in another goroutine and returns where its result comes.
func inBackground(f func() error) <-chan error {
	done := make(chan error, 1)
	go func() { done <- f() }()
	return done
}

// netError finds a net.Error in an error. TinyGo's errors.As, as of 0.35, panics where
// it is asked for an interface.
func netError(err error) net.Error {
	for ; err != nil; err = errors.Unwrap(err) {
		if ne, ok := err.(net.Error); ok {
			return ne
		}
	}
	return nil
}

// wantTimeout checks that an error is Go's for a deadline that has passed.
func wantTimeout(t *testing.T, what, op string, err error) {
	t.Helper()
	ne := netError(err)
	switch {
	case !errors.Is(err, os.ErrDeadlineExceeded):
		t.Errorf("%s gives %v, want os.ErrDeadlineExceeded", what, err)
	case ne == nil || !ne.Timeout():
		t.Errorf("%s gives %v, which is no net.Error with Timeout", what, err)
	}
	wantOp(t, what, op, err)
}

func wantClosed(t *testing.T, what, op string, err error) {
	t.Helper()
	if !errors.Is(err, net.ErrClosed) {
		t.Errorf("%s gives %v, want net.ErrClosed", what, err)
	}
	wantOp(t, what, op, err)
}

func wantOp(t *testing.T, what, op string, err error) {
	t.Helper()
	if oe, ok := err.(*net.OpError); !ok || oe.Op != op {
		t.Errorf("%s gives %#v, want an *OpError of %s", what, err, op)
	} else if _, ok := err.(net.Error); !ok {
		t.Errorf("%s gives %#v, no net.Error", what, err)
	}
}

// errnoOf is the number by which the world's system says what errno says: Windows'
// sockets have numbers of their own, for which Go's errors.Is knows no other names.
func (w *world) errnoOf(errno syscall.Errno) syscall.Errno {
	if w.name != "host" || runtime.GOOS != "windows" {
		return errno
	}
	return map[syscall.Errno]syscall.Errno{syscall.EADDRINUSE: 10048, syscall.ECONNRESET: 10054, syscall.ECONNREFUSED: 10061, syscall.EMSGSIZE: 10040}[errno]
}

// onWindows says that the world is Windows' own.
func (w *world) onWindows() bool { return w.name == "host" && runtime.GOOS == "windows" }

// exchange sends p over from and expects it at to.
func exchange(t *testing.T, from io.Writer, to io.Reader, p []byte) {
	t.Helper()
	sent := inBackground(func() error {
		n, err := from.Write(p)
		if err == nil && n != len(p) {
			err = fmt.Errorf("wrote %d of %d bytes", n, len(p))
		}
		return err
	})
	got := make([]byte, len(p))
	read := inBackground(func() error {
		_, err := io.ReadFull(to, got)
		return err
	})
	if err := soon(t, "reading", read); err != nil {
		t.Fatalf("reading what was sent: %v", err)
	}
	if err := soon(t, "Write", sent); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, p) {
		t.Fatalf("%d bytes arrived changed", len(p))
	}
}

// bytesOf makes n bytes no two stretches of which are alike.
func bytesOf(n int) []byte {
	p := make([]byte, n)
	x := uint32(n)
	for i := range p {
		x = x*1664525 + 1013904223
		p[i] = byte(x >> 24)
	}
	return p
}

func isClosed(err error) bool { return errors.Is(err, net.ErrClosed) }
