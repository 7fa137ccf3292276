// Package devtest tests network drivers: whether a device keeps the rules of
// package netdev. What it finds says which rule is broken, and what that means
// for programs.
//
// It talks to the driver itself, so it needs no port of net. It makes the calls
// that net makes, with the same kinds of arguments, and no others, but for calls
// with numbers of no socket; a test holds it to that. A driver's test is
//
//	func TestDriver(t *testing.T) {
//		devtest.Run(t, func(t *testing.T) devtest.Setup {
//			return devtest.Setup{Dev: newDevice(t), Peer: devtest.Computer(addr)}
//		})
//	}
//
// with the address at which the device reaches this computer. Without package
// testing, on a board under TinyGo say, [Check] does the same.
//
// Rules about time are judged by the best of several tries.
package devtest

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tinynet/tinynet/netdev"
)

// A Setup is a device that is ready to be used, and its surroundings.
type Setup struct {
	Dev   netdev.Netdever
	Peer  Peer   // what the device talks to
	Host  string // a name that the device can look up; empty: none
	Close func() // ends the device after a rule; may be nil
}

// A Rule is one thing that a driver has to do.
type Rule struct {
	Name        string
	Text        string // what the driver has to do
	Consequence string // what becomes of programs if it does not
	check       func(*check)
}

// A Failure is a rule that a driver breaks.
type Failure struct {
	Rule Rule
	What string // what was seen
}

func (f Failure) String() string {
	return "rule " + f.Rule.Name + ": " + f.Rule.Text + "\n" +
		"seen: " + f.What + "\n" +
		"for programs: " + f.Rule.Consequence
}

const (
	// hang is how long a call may take that should end.
	hang = 2 * time.Second
	// moment is how long it takes until a call surely waits in the driver.
	moment = 20 * time.Millisecond
	// backlog is what package net gives to Listen.
	backlog = 128
	// prompt is how late a driver may be that need not poll.
	prompt = 40 * time.Millisecond
)

// A check is one run of a rule.
type check struct {
	Setup
	ended   chan struct{}
	mu      sync.Mutex
	what    string // the failure
	skipped string
	insane  string
	socks   map[int]bool
	conns   []io.Closer
}

// A Verdict is what a rule says about a driver.
type Verdict struct {
	Rule      Rule
	Seen      string // what breaks the rule; empty if nothing does
	NotJudged string // why the rule says nothing about this driver; empty if it does
}

// Judge holds all rules against a driver. Each has a device of its own from
// newDevice.
func Judge(newDevice func() (Setup, error)) (verdicts []Verdict, err error) {
	for _, r := range Rules {
		s, err := newDevice()
		if err != nil {
			return verdicts, err
		}
		what, skipped := r.apply(s)
		verdicts = append(verdicts, Verdict{r, what, skipped})
	}
	return verdicts, nil
}

// Check is Judge for those who want to know which rules a driver breaks. That a
// rule is not among the failures does not say that it could be judged.
func Check(newDevice func() (Setup, error)) (failures []Failure, err error) {
	verdicts, err := Judge(newDevice)
	for _, v := range verdicts {
		if v.Seen != "" {
			failures = append(failures, Failure{v.Rule, v.Seen})
		}
	}
	return failures, err
}

// apply returns what is wrong, or why nothing can be said.
func (r Rule) apply(s Setup) (what, skipped string) {
	c := &check{ended: make(chan struct{}), socks: map[int]bool{}}
	c.Setup = s
	c.Dev = &watched{s.Dev, c}
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer func() {
			if p := recover(); p != nil {
				c.note(&c.what, fmt.Sprint("panic: ", p))
			}
		}()
		r.check(c)
	}()
	limit := time.NewTimer(10 * hang)
	defer limit.Stop()
	select {
	case <-done:
	case <-limit.C:
		c.note(&c.what, "the driver hangs")
	}
	close(c.ended)
	c.mu.Lock()
	what, skipped = c.what, c.skipped
	if r.Name == "counts" && what == "" && skipped == "" {
		what = c.insane
	}
	socks := c.socks
	c.socks = map[int]bool{}
	conns := c.conns
	c.mu.Unlock()
	for _, conn := range conns {
		conn.Close()
	}
	closed := make(chan struct{})
	go func() {
		defer close(closed)
		for num := range socks {
			s.Dev.Close(num)
		}
	}()
	limit.Reset(hang)
	select {
	case <-closed:
	case <-limit.C:
	}
	if s.Close != nil {
		s.Close()
	}
	return what, skipped
}

// note keeps the first of several messages.
func (c *check) note(where *string, text string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if *where == "" {
		*where = text
	}
}

// failf ends the rule: it is broken.
func (c *check) failf(format string, args ...any) {
	c.note(&c.what, fmt.Sprintf(format, args...))
	runtime.Goexit()
}

// skipf ends the rule: it says nothing about this driver, because of something
// for which there is another rule.
func (c *check) skipf(format string, args ...any) {
	c.note(&c.skipped, fmt.Sprintf(format, args...))
	runtime.Goexit()
}

// ends reports whether f ends. What it does after that is its own.
func ends(limit time.Duration, f func()) bool {
	done := make(chan struct{})
	go func() {
		defer close(done)
		f()
	}()
	t := time.NewTimer(limit)
	defer t.Stop()
	select {
	case <-done:
		return true
	case <-t.C:
		return false
	}
}

// A call is one that runs in the background.
type call struct {
	n    int
	peer netip.AddrPort
	err  error
	from time.Time // when it began; to read after began
	at   time.Time // when it ended
	done chan struct{}

	began chan struct{}
}

func background(f func(*call)) *call {
	c := &call{done: make(chan struct{}), began: make(chan struct{})}
	go func() {
		defer close(c.done)
		c.from = time.Now()
		close(c.began)
		f(c)
		c.at = time.Now()
	}()
	return c
}

// wait reports whether the call ends in time.
func (c *call) wait(limit time.Duration) bool {
	t := time.NewTimer(limit)
	defer t.Stop()
	select {
	case <-c.done:
		return true
	case <-t.C:
		return false
	}
}

func (c *check) recv(num int, p []byte, deadline time.Time) *call {
	return background(func(r *call) { r.n, r.err = c.Dev.Recv(num, p, 0, deadline) })
}

func (c *check) accept(num int) *call {
	return background(func(r *call) { r.n, r.peer, r.err = c.Dev.Accept(num) })
}

// sendOnce is one Send, without a deadline, as net makes it.
func (c *check) sendOnce(num int, p []byte) (n int, err error) {
	if !ends(3*hang, func() { n, err = c.Dev.Send(num, p, 0, time.Time{}) }) {
		c.failf("Send hangs")
	}
	return n, err
}

// until makes a limit for a call as net does: a state of the socket, where the
// device has those, and then none of the call's.
func (c *check) until(num, calls int, limit time.Time) time.Time {
	d, ok := c.device().(netdev.Deadliner)
	if !ok {
		return limit
	}
	if err := d.SetSockDeadline(num, calls, limit); err != nil {
		c.skipf("SetSockDeadline: %v", err)
	}
	return time.Time{}
}

func isTimeout(err error) bool {
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return true
	}
	t, ok := err.(interface{ Timeout() bool })
	return ok && t.Timeout()
}

// socket opens one, for a rule about something else.
func (c *check) socket(stype int) int {
	num, err := c.Dev.Socket(netdev.AF_INET, stype, protocolOf(stype))
	if err != nil {
		c.skipf("Socket: %v", err)
	}
	if stype == netdev.SOCK_DGRAM {
		c.Dev.SetSockOpt(num, netdev.SOL_SOCKET, netdev.SO_BROADCAST, true) // as net does
	}
	return num
}

// protocolOf is the protocol that package net names with a type of sockets.
func protocolOf(stype int) int {
	if stype == netdev.SOCK_DGRAM {
		return netdev.IPPROTO_UDP
	}
	return netdev.IPPROTO_TCP
}

// keep has a connection of the peer closed at the end.
func keep[T io.Closer](c *check, conn T, err error) T {
	if err != nil {
		c.skipf("the peer: %v", err)
	}
	c.mu.Lock()
	c.conns = append(c.conns, conn)
	c.mu.Unlock()
	return conn
}

// connect returns a socket and the peer's end of its connection.
func (c *check) connect() (num int, peer net.Conn) {
	l, err := c.Peer.Listen()
	keep(c, l, err)
	num = c.socket(netdev.SOCK_STREAM)
	return num, c.connectTo(num, l)
}

func (c *check) connectTo(num int, l net.Listener) net.Conn {
	var peer net.Conn
	var peerErr error
	accepted := background(func(*call) { peer, peerErr = l.Accept() })
	var err error
	if !ends(10*hang, func() { err = c.Dev.Connect(num, "", portOf(l.Addr())) }) {
		c.skipf("Connect hangs")
	}
	if err != nil {
		c.skipf("Connect: %v", err)
	}
	if !accepted.wait(hang) {
		c.skipf("the peer sees no connection")
	}
	keep(c, peer, peerErr)
	peer.SetReadDeadline(time.Now().Add(3 * hang))
	peer.SetWriteDeadline(time.Now().Add(3 * hang))
	return peer
}

func portOf(a net.Addr) netip.AddrPort {
	var p netip.AddrPort
	switch a := a.(type) {
	case *net.TCPAddr:
		p = a.AddrPort()
	case *net.UDPAddr:
		p = a.AddrPort()
	}
	return netip.AddrPortFrom(p.Addr().Unmap(), p.Port())
}

var nextPort atomic.Uint32

// listen returns a listener of the device and where it is.
func (c *check) listen() (num int, at netip.AddrPort) {
	ip, err := c.Dev.Addr()
	if err != nil {
		c.skipf("Addr: %v", err)
	}
	num = c.socket(netdev.SOCK_STREAM)
	at = netip.AddrPortFrom(ip, 0)
	names, named := c.device().(netdev.SockNamer)
	if !named {
		at = netip.AddrPortFrom(ip, uint16(20000+nextPort.Add(1)%10000))
	}
	c.Dev.SetSockOpt(num, netdev.SOL_SOCKET, netdev.SO_REUSEADDR, true) // as net does
	if err := c.Dev.Bind(num, at); err != nil {
		c.skipf("Bind: %v", err)
	}
	if err := c.Dev.Listen(num, backlog); err != nil {
		c.skipf("Listen: %v", err)
	}
	if named {
		if at, err = names.GetSockname(num); err != nil {
			c.skipf("GetSockname: %v", err)
		}
		at = netip.AddrPortFrom(at.Addr().Unmap(), at.Port())
	}
	return num, at
}

// device is the driver as it was given, with its optional methods.
func (c *check) device() netdev.Netdever { return c.Dev.(*watched).Netdever }

// A watched device notes counts that cannot be, and which sockets are open.
type watched struct {
	netdev.Netdever
	c *check
}

func (w *watched) note(num int, open bool) {
	w.c.mu.Lock()
	defer w.c.mu.Unlock()
	if open {
		w.c.socks[num] = true
	} else {
		delete(w.c.socks, num)
	}
}

func (w *watched) Socket(domain, stype, protocol int) (int, error) {
	num, err := w.Netdever.Socket(domain, stype, protocol)
	if err == nil {
		w.note(num, true)
	}
	return num, err
}

func (w *watched) Accept(sockfd int) (int, netip.AddrPort, error) {
	num, peer, err := w.Netdever.Accept(sockfd)
	if err == nil {
		w.note(num, true)
	}
	return num, peer, err
}

func (w *watched) Close(sockfd int) error {
	w.note(sockfd, false)
	return w.Netdever.Close(sockfd)
}

func (w *watched) Send(sockfd int, buf []byte, flags int, deadline time.Time) (int, error) {
	n, err := w.Netdever.Send(sockfd, buf, flags, deadline)
	w.count("Send", n, len(buf), err)
	return n, err
}

func (w *watched) Recv(sockfd int, buf []byte, flags int, deadline time.Time) (int, error) {
	n, err := w.Netdever.Recv(sockfd, buf, flags, deadline)
	w.count("Recv", n, len(buf), err)
	return n, err
}

func (w *watched) count(name string, n, size int, err error) {
	if n > size || n < 0 && err == nil || n < -1 || n == 0 && err == nil && size > 0 {
		w.c.note(&w.c.insane, fmt.Sprintf("%s of %d bytes returns %d, %v", name, size, n, err))
	}
}
