// Idlememory says what heap a server takes for eight idle keep-alive connections over
// a device with the eleven methods and no more, which behaves like wifinina: its
// calls poll, and cannot be ended. It runs on boards: see docs/http.md.
//
// The clients are on another device of the same simulated network, without package
// net. What the two devices take for the same connections without a server is
// said apart and taken off.
package main

import (
	"bytes"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/tinynet/tinynet/internal/heap"
	"github.com/tinynet/tinynet/netdev"
	"github.com/tinynet/tinynet/netdev/simdev"
)

const (
	conns = 8
	port  = 80

	// settled is how long it may take until net asks for all connections in turn.
	settled = 30 * time.Second
)

var (
	request = []byte("GET / HTTP/1.1\r\nHost: board\r\n\r\n")
	answer  = []byte("hello\n")
	board   = netip.AddrFrom4([4]byte{10, 0, 0, 1})
)

func main() {
	if err := measure(); err != nil {
		println("FAIL:", err.Error())
		return
	}
	println("end")
}

// A driver counts the calls of Recv that bring nothing, one after the other.
type driver struct {
	netdev.Netdever
	receiving atomic.Int32
	nothing   atomic.Int32 // since one brought something, or came while another waited
}

func (d *driver) Recv(sockfd int, buf []byte, flags int, deadline time.Time) (int, error) {
	others := d.receiving.Add(1) - 1
	n, err := d.Netdever.Recv(sockfd, buf, flags, deadline)
	d.receiving.Add(-1)
	if d.nothing.Add(1); n > 0 || others > 0 {
		d.nothing.Store(0)
	}
	return n, err
}

// settle waits until net has asked for all connections in turn for some time, with one
// call and no other beside it.
func (d *driver) settle(calls int32) error {
	d.nothing.Store(0)
	for end := time.Now().Add(settled); d.nothing.Load() < calls; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			return errors.New("more than one call waits in the driver")
		}
	}
	return nil
}

// devices are the board's, and the one of the clients.
func devices() (own, peer *simdev.Device) {
	n := simdev.NewNetwork()
	return n.Join(simdev.Profile("wifinina").At(board.String())), n.Join(simdev.Config{Name: "peer", MaxSockets: conns + 1, LowestNumber: true}.At("10.0.0.2"))
}

// A client has one connection.
type client struct {
	dev  *simdev.Device
	sock int
	buf  [512]byte
}

func (c *client) dial() (err error) {
	if c.sock, err = c.dev.Socket(netdev.AF_INET, netdev.SOCK_STREAM, netdev.IPPROTO_TCP); err != nil {
		return err
	}
	return c.dev.Connect(c.sock, "", netip.AddrPortFrom(board, port))
}

func (c *client) send(b []byte) error {
	_, err := c.dev.Send(c.sock, b, 0, time.Time{})
	return err
}

// ask makes a request, and returns after which time its answer is there.
func (c *client) ask() (time.Duration, error) {
	start := time.Now()
	if err := c.send(request); err != nil {
		return 0, err
	}
	for n := 0; !bytes.HasSuffix(c.buf[:n], answer); {
		m, err := c.dev.Recv(c.sock, c.buf[n:], 0, time.Now().Add(30*time.Second))
		if err != nil {
			return 0, err
		}
		if n += m; n == len(c.buf) {
			return 0, errors.New("an answer that goes on and on")
		}
	}
	return time.Since(start), nil
}

// bare returns what the devices take for the connections, beyond what they take when
// these are closed.
func bare() (int, error) {
	own, peer := devices()
	l, err := own.Socket(netdev.AF_INET, netdev.SOCK_STREAM, netdev.IPPROTO_TCP)
	if err == nil {
		err = own.Bind(l, netip.AddrPortFrom(board, port))
	}
	if err == nil {
		err = own.Listen(l, conns)
	}
	if err != nil {
		return 0, err
	}
	clients := new([conns]client)
	var accepted [conns]int
	fill := func() error {
		for i := range clients {
			c := &clients[i]
			c.dev = peer
			if err := c.dial(); err != nil {
				return err
			}
			if err := c.send(request); err != nil {
				return err
			}
			s, _, err := own.Accept(l)
			if err != nil {
				return err
			}
			if _, err := own.Recv(s, c.buf[:], 0, time.Time{}); err != nil {
				return err
			}
			if _, err := own.Send(s, c.buf[:130], 0, time.Time{}); err != nil {
				return err
			}
			if _, err := peer.Recv(c.sock, c.buf[:], 0, time.Time{}); err != nil {
				return err
			}
			accepted[i] = s
		}
		return nil
	}
	if err := fill(); err != nil {
		return 0, err
	}
	for i := range clients {
		peer.Close(clients[i].sock)
		own.Close(accepted[i])
	}
	none := int(heap.InUse())
	if err := fill(); err != nil {
		return 0, err
	}
	size := int(heap.InUse()) - none
	runtime.KeepAlive(own)
	runtime.KeepAlive(clients)
	return size, nil
}

// goroutine returns what one takes that waits.
func goroutine() int {
	done := make(chan bool)
	before := int(heap.InUse())
	for range conns {
		go func() { <-done }()
	}
	runtime.Gosched()
	size := int(heap.InUse()) - before
	for range conns {
		done <- true
	}
	return size / conns
}

func measure() error {
	devs, err := bare()
	if err != nil {
		return err
	}
	stack := goroutine()
	own, peer := devices()
	drv := &driver{Netdever: own.Netdever()}
	netdev.Use(drv)
	l, err := net.Listen("tcp", netip.AddrPortFrom(board, port).String())
	if err != nil {
		return err
	}
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { w.Write(answer) })
	srv := &http.Server{IdleTimeout: time.Minute}
	go srv.Serve(l)

	clients := new([conns]client)
	for i := range clients {
		clients[i].dev = peer
	}
	fill := func() error {
		for i := range clients {
			if err := clients[i].dial(); err != nil {
				return err
			}
			if _, err := clients[i].ask(); err != nil {
				return err
			}
			if err := drv.settle(3); err != nil {
				return err
			}
		}
		return drv.settle(3 * conns)
	}
	// What the server takes without a connection is what it takes when it has had some.
	if err := fill(); err != nil {
		return err
	}
	for i := range clients {
		peer.Close(clients[i].sock)
	}
	if !own.AwaitSockets(1, settled) {
		return errors.New("the server does not close the connections")
	}
	none := int(heap.InUse())
	heap.Say("no connection, heap in use", none)
	if err := fill(); err != nil {
		return err
	}
	all := int(heap.InUse()) - none
	heap.Say("all idle connections, heap in use", all)
	heap.Say("of that, the simulated devices", devs)
	// It keeps one when it has no connection.
	heap.Say("of that, the server's goroutines", (conns-1)*stack)
	heap.Say("the rest of all idle connections", all-devs-(conns-1)*stack)

	// They are all still there. In this order each has just been asked for.
	var longest time.Duration
	for i := range clients {
		took, err := clients[conns-1-i].ask()
		if err != nil {
			return err
		}
		longest = max(longest, took)
	}
	heap.Say("milliseconds until an answer", int(longest/time.Millisecond))
	return srv.Close()
}
