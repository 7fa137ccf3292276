// Httpmemory says what heap net/http takes, over the built-in loopback, and then
// answers requests for as long as it is told. It runs on boards: see
// docs/http.md for how, and for what it says.
//
// The other end of each connection is in the same program, and uses package net
// only. What such a connection takes is said apart, as "bare".
package main

import (
	"bytes"
	"errors"
	"io"
	"net"
	"net/http"
	"runtime"
	"strconv"
	"time"
)

// How many requests the soak makes on one connection, and how many on a new one
// each. Set with -ldflags "-X main.keepAlive=...".
var (
	keepAlive = "100000"
	fresh     = "10000"
)

const request = "GET / HTTP/1.1\r\nHost: board\r\n\r\n"

var answer = []byte("hello\n")

func main() {
	if err := measure(); err != nil {
		println("FAIL:", err.Error())
		return
	}
	if err := soak(); err != nil {
		println("FAIL:", err.Error())
		return
	}
	println("end")
}

// used returns the heap in use, in bytes.
func used() uint64 {
	for range 3 {
		time.Sleep(time.Millisecond) // what has come to its end goes
		runtime.GC()
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// allocated returns how often and how much was ever allocated, in bytes.
func allocated() (times, size uint64) {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.Mallocs, m.TotalAlloc
}

// say prints one figure.
func say(name string, value uint64) { println(name+":", strconv.FormatUint(value, 10)) }

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
	if _, err := e.Write([]byte(request)); err != nil {
		return err
	}
	for n := 0; ; {
		m, err := e.Read(e.buf[n:])
		n += m
		if bytes.HasSuffix(e.buf[:n], answer) {
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

const conns = 6

func measure() error {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	say("heap", m.HeapSys)
	var ends [conns]*end
	for i := range ends {
		ends[i] = new(end)
	}

	// Connections with a goroutine that waits at the far end, and no HTTP.
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				var b [1]byte
				for {
					if _, err := c.Read(b[:]); err != nil {
						c.Close()
						return
					}
				}
			}()
		}
	}()
	open := func(addr string) error {
		for _, e := range ends {
			if e.Conn, err = net.Dial("tcp", addr); err != nil {
				return err
			}
		}
		return nil
	}
	shut := func() {
		for _, e := range ends {
			e.Close()
			e.Conn = nil
		}
	}
	var bareIdle, bareNew uint64
	for range 2 { // the first time warms up
		before := used()
		_, size := allocated()
		if err := open(l.Addr().String()); err != nil {
			return err
		}
		_, now := allocated()
		bareIdle, bareNew = less(used(), before)/conns, (now-size)/conns
		shut()
	}
	say("bare connection, heap in use", bareIdle)
	l.Close()

	// A server.
	if l, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		return err
	}
	addr := l.Addr().String()
	held, release := make(chan bool), make(chan bool)
	srv := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/hold" {
			held <- true
			<-release
		}
		w.Write(answer)
	})}
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
	used()
	_, size := allocated()
	if second.Conn, err = net.Dial("tcp", addr); err != nil {
		return err
	}
	if err := second.ask(); err != nil {
		return err
	}
	_, now := allocated()
	say("cold connection with a request, allocated", less(now-size, bareNew))
	release <- true
	first.Close()
	second.Close()

	for i := range 10 {
		if i == 5 {
			used()
			_, size = allocated()
		}
		if first.Conn, err = net.Dial("tcp", addr); err != nil {
			return err
		}
		if err := first.ask(); err != nil {
			return err
		}
		first.Close()
		for range 20 {
			runtime.Gosched() // the server sees the end, and gives its buffers back
		}
		time.Sleep(time.Millisecond)
	}
	_, now = allocated()
	say("warm connection with a request, allocated", less((now-size)/5, bareNew))

	before := used()
	if err := open(addr); err != nil {
		return err
	}
	for _, e := range ends {
		if err := e.ask(); err != nil {
			return err
		}
	}
	say("idle connection, heap in use", less(less(used(), before)/conns, bareIdle))

	times, size := allocated()
	for range 100 {
		if err := first.ask(); err != nil {
			return err
		}
	}
	timesNow, now := allocated()
	say("keep-alive request, allocations", (timesNow-times)/100)
	say("keep-alive request, allocated", (now-size)/100)
	shut()
	srv.Close()

	return client()
}

// client measures a client against answers that take no memory.
func client() error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
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
			if bytes.HasSuffix(buf[:n], []byte("\r\n\r\n")) {
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
		if err != nil || !bytes.Equal(body[:n], answer) {
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
	times, size := allocated()
	for range 50 {
		if err := get(); err != nil {
			return err
		}
	}
	timesNow, now := allocated()
	say("client's GET, allocations", (timesNow-times)/50)
	say("client's GET, allocated", (now-size)/50)
	http.DefaultClient.CloseIdleConnections()
	return nil
}

// soak makes requests until all are answered.
func soak() error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	addr := l.Addr().String()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) { w.Write(answer) })
	srv := &http.Server{Handler: mux}
	go srv.Serve(l)
	defer srv.Close()

	kept, _ := strconv.Atoi(keepAlive)
	e := new(end)
	if e.Conn, err = net.Dial("tcp", addr); err != nil {
		return err
	}
	for i := range kept {
		if err := e.ask(); err != nil {
			return errors.New("request " + strconv.Itoa(i) + ": " + err.Error())
		}
	}
	e.Close()
	say("keep-alive requests answered", uint64(kept))
	news, _ := strconv.Atoi(fresh)
	for i := range news {
		if e.Conn, err = net.Dial("tcp", addr); err != nil {
			return errors.New("connection " + strconv.Itoa(i) + ": " + err.Error())
		}
		if err := e.ask(); err != nil {
			return errors.New("request of connection " + strconv.Itoa(i) + ": " + err.Error())
		}
		e.Close()
	}
	say("new connections answered", uint64(news))
	say("heap in use after it", used())
	return nil
}
