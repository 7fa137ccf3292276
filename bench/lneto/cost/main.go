// Cost says what a small page costs a server of net/http and one of lneto's httphi, in
// one run and over the same connections: those of net over the built-in loopback.
//
// The client is in the same program and uses package net only. What a connection takes
// without HTTP, both its ends and the loopback's, is measured first and taken off.
package main

import (
	"errors"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/tinynet/tinynet/internal/heap"
	"github.com/tinynet/tinynet/netdev"

	"github.com/tinynet/tinynet/bench/lneto/internal/page"
)

// Each figure is the best of so many rounds of so many connections.
const (
	rounds = 5
	each   = 20
)

// slice is how long each server has its turn for requests per second, and turns how
// many it has.
const (
	slice = 200 * time.Millisecond
	turns = 10
)

func main() {
	if err := run(); err != nil {
		println("FAIL:", err.Error())
		return
	}
	println("end")
}

func run() error {
	netdev.Use(netdev.Loopback())
	bare, err := listen("a bare connection", func(l net.Listener) error {
		return accept(l, func(c net.Conn) {
			var b [128]byte
			c.Read(b[:])
			c.Write([]byte(page.Body))
			c.Close()
		})
	})
	if err != nil {
		return err
	}
	_, size, err := bare.least()
	if err != nil {
		return err
	}
	heap.Say(bare.name+", bytes", int(size))

	nethttp, err := listen("net/http", func(l net.Listener) error {
		return http.Serve(l, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, page.Body) }))
	})
	if err != nil {
		return err
	}
	httphi, err := listen("httphi", func(l net.Listener) error {
		router, err := page.Router()
		if err != nil {
			return err
		}
		return accept(l, func(c net.Conn) {
			if router.Handle(c) != nil {
				c.Close()
			}
		})
	})
	if err != nil {
		return err
	}
	both := [2]*server{nethttp, httphi}
	for _, s := range both {
		times, now, err := s.least()
		if err != nil {
			return err
		}
		heap.Say(s.name+", allocations of a connection with one request", int(times))
		heap.Say(s.name+", bytes of them without the connection", max(0, int(now)-int(size)))
	}
	var done [2]int
	for range turns {
		for i, s := range both {
			for start := time.Now(); time.Since(start) < slice; done[i]++ {
				if err := s.ask(); err != nil {
					return err
				}
			}
		}
	}
	for i, s := range both {
		heap.Say(s.name+", connections with one request a second", int(float64(done[i])/(turns*slice.Seconds())))
	}
	return nil
}

// A server serves at an address.
type server struct {
	name string
	addr string
	buf  [512]byte
}

// listen starts a server and says what heap it keeps once it has answered.
func listen(name string, serve func(net.Listener) error) (*server, error) {
	s := &server{name: name}
	before := heap.InUse()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s.addr = l.Addr().String()
	go func() {
		if err := serve(l); err != nil {
			println("FAIL:", name+":", err.Error())
		}
	}()
	for range 4 {
		if err := s.ask(); err != nil {
			return nil, err
		}
	}
	heap.Say(name+", heap in use when it has answered", int(heap.InUse())-int(before))
	return s, nil
}

func accept(l net.Listener, handle func(net.Conn)) error {
	for {
		c, err := l.Accept()
		if err != nil {
			return err
		}
		handle(c)
	}
}

// ask makes a connection with one request, after which the server ends it.
func (s *server) ask() error {
	c, err := net.Dial("tcp", s.addr)
	if err != nil {
		return err
	}
	defer c.Close()
	if _, err := c.Write([]byte("GET / HTTP/1.1\r\nHost: board\r\nConnection: close\r\n\r\n")); err != nil {
		return err
	}
	for n := 0; n < len(s.buf); {
		m, err := c.Read(s.buf[n:])
		n += m
		if err == io.EOF {
			if n < len(page.Body) || string(s.buf[n-len(page.Body):n]) != page.Body {
				return errors.New(s.name + " answered " + string(s.buf[:n]))
			}
			return nil
		}
		if err != nil {
			return err
		}
	}
	return errors.New("an answer that goes on and on")
}

// least returns how often and how much one connection allocates.
func (s *server) least() (times, size uint64, err error) {
	times, size = ^uint64(0), ^uint64(0)
	for range rounds {
		heap.InUse()
		timesBefore, sizeBefore := heap.Allocated()
		for range each {
			if err := s.ask(); err != nil {
				return 0, 0, err
			}
		}
		timesNow, sizeNow := heap.Allocated()
		times = min(times, (timesNow-timesBefore)/each)
		size = min(size, (sizeNow-sizeBefore)/each)
	}
	return times, size, nil
}
