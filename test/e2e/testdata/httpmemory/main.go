// Httpmemory says what heap net/http takes, over the built-in loopback, and then
// answers requests for as long as it is told. It runs on boards: see
// docs/http.md for how, and for what it says. With the tag simulated all goes over
// a device in memory, whose allocations are then in the figures, too.
//
// The other end of each connection is in the same program, and uses package net
// only. What such a connection takes without HTTP, both its ends and what the
// loopback keeps, is said apart and taken off the other figures. So is what a
// goroutine takes: under TinyGo its stack is on the heap.
package main

import (
	"errors"
	"io"
	"net"
	"net/http"
	"runtime"
	"strconv"

	"github.com/tinynet/tinynet/internal/heap"
	"github.com/tinynet/tinynet/netdev"
)

// How many requests the soak makes on one connection, and how many on a new one
// each: 100,000 and 10,000, or what -ldflags "-X main.keepAlive=..." sets.
var keepAlive, fresh string

// What is written as it is: to make bytes of a string for each request would count.
var (
	request     = []byte("GET / HTTP/1.1\r\nHost: board\r\n\r\n")
	answer      = []byte("hello\n")
	endOfHeader = []byte("\r\n\r\n")
)

func main() {
	netdev.Use(device)
	for _, part := range []func() error{server, client, soak} {
		if err := part(); err != nil {
			println("FAIL:", err.Error())
			return
		}
	}
	println("end")
}

// least returns how often and how much a call allocates, on average of n. Go's runtime
// allocates now and then for itself: it is the least of some rounds.
func least(n uint64, call func() error) (times, size uint64, err error) {
	times, size = ^uint64(0), ^uint64(0)
	for range 3 {
		timesBefore, sizeBefore := heap.Allocated()
		for range n {
			if err := call(); err != nil {
				return 0, 0, err
			}
		}
		timesNow, sizeNow := heap.Allocated()
		times = min(times, (timesNow-timesBefore)/n)
		size = min(size, (sizeNow-sizeBefore)/n)
	}
	return times, size, nil
}

// less is a-b, or 0.
func less(a, b uint64) uint64 {
	if b > a {
		return 0
	}
	return a - b
}

// An end is the client's of a connection.
type end struct {
	net.Conn
	buf [512]byte
}

// ask makes a request and reads its answer.
func (e *end) ask() error {
	if _, err := e.Write(request); err != nil {
		return err
	}
	for n := 0; ; {
		m, err := e.Read(e.buf[n:])
		n += m
		if endsWith(e.buf[:n], answer) {
			return nil
		}
		if err != nil {
			return err
		}
		if n == len(e.buf) {
			return errors.New("an answer that goes on and on")
		}
	}
}

// endsWith is bytes.HasSuffix. Under TinyGo that allocates two strings, which are no
// part of what is measured.
func endsWith(b, suffix []byte) bool {
	if len(b) < len(suffix) {
		return false
	}
	for i, c := range suffix {
		if b[len(b)-len(suffix)+i] != c {
			return false
		}
	}
	return true
}

// conns is how many connections are open at once.
const conns = 6

// goroutine returns what one allocates that does nothing.
func goroutine() uint64 {
	done := make(chan bool)
	var size uint64
	for range 2 { // the first time warms up
		heap.InUse()
		_, before := heap.Allocated()
		for range conns {
			go func() { <-done }()
		}
		runtime.Gosched()
		_, now := heap.Allocated()
		size = (now - before) / conns
		for range conns {
			done <- true
		}
	}
	return size
}

// server measures a server.
func server() error {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	heap.Say("heap", m.HeapSys)
	stack := goroutine()
	heap.Say("goroutine, allocated", stack)
	var ends [conns]*end
	for i := range ends {
		ends[i] = new(end)
	}

	// Connections without HTTP, over which a byte goes there and back.
	l, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	var far [conns]net.Conn
	var bareIdle, bareNew uint64
	for range 2 { // the first time warms up
		before := heap.InUse()
		_, size := heap.Allocated()
		for i, e := range ends {
			if e.Conn, err = net.Dial("tcp", l.Addr().String()); err != nil {
				return err
			}
			if far[i], err = l.Accept(); err != nil {
				return err
			}
			for _, c := range [2][2]net.Conn{{e, far[i]}, {far[i], e}} {
				if _, err := c[0].Write(e.buf[:1]); err != nil {
					return err
				}
				if _, err := c[1].Read(e.buf[:1]); err != nil {
					return err
				}
			}
		}
		_, now := heap.Allocated()
		bareIdle, bareNew = less(heap.InUse(), before)/conns, (now-size)/conns
		for i, e := range ends {
			far[i].Close()
			e.Close()
			far[i], e.Conn = nil, nil
		}
	}
	heap.Say("bare connection, heap in use", bareIdle)
	heap.Say("bare connection, allocated", bareNew)
	l.Close()

	// A server.
	if l, err = net.Listen("tcp", address); err != nil {
		return err
	}
	addr := l.Addr().String()
	held, release, closed := make(chan bool), make(chan bool), make(chan bool, conns)
	srv := &http.Server{
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/hold" {
				held <- true
				<-release
			}
			w.Write(answer)
		}),
		ConnState: func(_ net.Conn, s http.ConnState) {
			if s == http.StateClosed {
				closed <- true
			}
		},
	}
	go srv.Serve(l)

	// What is made once is made by the first connection. It holds its buffers
	// while the second comes, which finds none that it could use again.
	first, second := ends[0], ends[1]
	if first.Conn, err = net.Dial("tcp", addr); err != nil {
		return err
	}
	if err := first.ask(); err != nil {
		return err
	}
	if _, err := first.Write([]byte("GET /hold HTTP/1.1\r\nHost: board\r\n\r\n")); err != nil {
		return err
	}
	<-held
	heap.InUse()
	_, size := heap.Allocated()
	if second.Conn, err = net.Dial("tcp", addr); err != nil {
		return err
	}
	if err := second.ask(); err != nil {
		return err
	}
	_, now := heap.Allocated()
	heap.Say("cold connection with a request, allocated", less(now-size, bareNew+stack))
	release <- true
	first.Close()
	second.Close()
	<-closed
	<-closed

	// Go's runtime allocates now and then for itself: the least of some rounds.
	warm := ^uint64(0)
	for range 4 {
		heap.InUse()
		_, size = heap.Allocated()
		for range conns {
			if first.Conn, err = net.Dial("tcp", addr); err != nil {
				return err
			}
			if err := first.ask(); err != nil {
				return err
			}
			first.Close()
			<-closed // and its buffers are back
			runtime.Gosched()
		}
		_, now = heap.Allocated()
		warm = min(warm, less((now-size)/conns, bareNew))
	}
	heap.Say("warm connection with a request, allocated", warm)

	before := heap.InUse()
	for _, e := range ends {
		if e.Conn, err = net.Dial("tcp", addr); err != nil {
			return err
		}
		if err := e.ask(); err != nil {
			return err
		}
	}
	heap.Say("idle connection, heap in use", less(less(heap.InUse(), before)/conns, bareIdle+stack))

	times, size, err := least(100, first.ask)
	if err != nil {
		return err
	}
	heap.Say("keep-alive request, allocations", times)
	heap.Say("keep-alive request, allocated", size)
	for _, e := range ends {
		e.Close()
		e.Conn = nil
	}
	return srv.Close()
}

// client measures a client against answers that take no memory.
func client() error {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	defer l.Close()
	go func() {
		c, err := l.Accept()
		if err != nil {
			return
		}
		buf := make([]byte, 512)
		canned := []byte("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhello\n")
		for n := 0; ; {
			m, err := c.Read(buf[n:])
			if n += m; err != nil {
				c.Close()
				return
			}
			if endsWith(buf[:n], endOfHeader) {
				c.Write(canned)
				n = 0
			}
		}
	}()
	url := "http://" + l.Addr().String() + "/"
	body := make([]byte, 64)
	get := func() error {
		res, err := http.Get(url)
		if err != nil {
			return err
		}
		defer res.Body.Close()
		n, err := io.ReadFull(res.Body, body[:len(answer)])
		if err != nil || !endsWith(body[:n], answer) {
			return errors.New("not the answer")
		}
		_, err = res.Body.Read(body)
		if err == io.EOF {
			err = nil
		}
		return err
	}
	for range 5 {
		if err := get(); err != nil {
			return err
		}
	}
	times, size, err := least(50, get)
	if err != nil {
		return err
	}
	heap.Say("client's GET, allocations", times)
	heap.Say("client's GET, allocated", size)
	http.DefaultClient.CloseIdleConnections()
	return nil
}

// soak makes requests until all are answered.
func soak() error {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	addr := l.Addr().String()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) { w.Write(answer) })
	srv := &http.Server{Handler: mux}
	go srv.Serve(l)
	defer srv.Close()

	heap.Say("heap in use before", heap.InUse())
	e := new(end)
	if e.Conn, err = net.Dial("tcp", addr); err != nil {
		return err
	}
	if err := repeat("keep-alive requests answered", keepAlive, 100_000, e.ask); err != nil {
		return err
	}
	e.Close()
	return repeat("new connections answered", fresh, 10_000, func() error {
		if e.Conn, err = net.Dial("tcp", addr); err != nil {
			return err
		}
		defer e.Close()
		return e.ask()
	})
}

// repeat does it often, or byDefault times, and says ten times how far it has
// come.
func repeat(what, often string, byDefault int, do func() error) error {
	n, err := strconv.Atoi(often)
	if err != nil {
		n = byDefault
	}
	for i := 1; i <= n; i++ {
		if err := do(); err != nil {
			return errors.New(what + ": " + strconv.Itoa(i) + ": " + err.Error())
		}
		if i%max(n/10, 1) == 0 {
			_, size := heap.Allocated()
			heap.Say(what, uint64(i))
			heap.Say("\tallocated in all", size)
			heap.Say("\theap in use", heap.InUse())
		}
	}
	return nil
}
