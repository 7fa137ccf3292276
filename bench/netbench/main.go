// Netbench measures package net and net/http of the build that it is part of,
// and prints one line of JSON for each measurement. The command bench builds
// it twice, on the port and on Go's own packages, and compares.
package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"sync"
	"time"
)

// A Result is one measurement. Allocations are those of the whole process,
// both ends of the connection together.
type Result struct {
	Name        string  `json:"name"`
	PerSecond   float64 `json:"per_second"`
	Unit        string  `json:"unit"`
	AllocsPerOp float64 `json:"allocs_per_op"`
	BytesPerOp  float64 `json:"bytes_per_op"`
	CPUPerOp    float64 `json:"cpu_ns_per_op"` // user and system, both ends
}

// A measurement does n operations; each counts for size units.
type measurement struct {
	name, unit string
	size       float64
	run        func(n int) error
}

func main() {
	log.SetFlags(0)
	log.SetPrefix("netbench: ")
	match := flag.String("match", "*", "do the measurements whose name matches this `pattern`")
	open := flag.Int("open", 0, "only hold this many connections open, and tell what each takes of the heap")
	least := flag.Duration("time", 500*time.Millisecond, "how long each takes at least")
	profile := flag.String("cpuprofile", "", "write a CPU profile to this `file`")
	flag.Parse()
	if *profile != "" {
		f, err := os.Create(*profile)
		if err != nil {
			log.Fatal(err)
		}
		defer f.Close()
		if err := pprof.StartCPUProfile(f); err != nil {
			log.Fatal(err)
		}
		defer pprof.StopCPUProfile()
	}
	out := json.NewEncoder(os.Stdout)
	if *open > 0 {
		r, err := openConnections(*open)
		if err != nil {
			log.Fatal(err)
		}
		if err := out.Encode(r); err != nil {
			log.Fatal(err)
		}
		return
	}
	for _, m := range measurements() {
		if ok, err := filepath.Match(*match, m.name); err != nil {
			log.Fatal(err)
		} else if !ok {
			continue
		}
		r, err := m.measure(*least)
		if err != nil {
			log.Fatalf("%s: %v", m.name, err)
		}
		if err := out.Encode(r); err != nil {
			log.Fatal(err)
		}
	}
}

// measure runs ever more operations until they take long enough.
func (m measurement) measure(least time.Duration) (Result, error) {
	for n := 1; ; {
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		cpu := cpuTime()
		start := time.Now()
		if err := m.run(n); err != nil {
			return Result{}, err
		}
		took := time.Since(start)
		cpu = cpuTime() - cpu
		runtime.ReadMemStats(&after)
		if took >= least {
			return Result{
				Name: m.name, Unit: m.unit,
				PerSecond:   float64(n) * m.size / took.Seconds(),
				AllocsPerOp: float64(after.Mallocs-before.Mallocs) / float64(n),
				BytesPerOp:  float64(after.TotalAlloc-before.TotalAlloc) / float64(n),
				CPUPerOp:    float64(cpu) / float64(n),
			}, nil
		}
		grow := 100.0
		if took > 0 {
			grow = min(grow, 1.3*float64(least)/float64(took))
		}
		n = int(float64(n)*grow) + 1
	}
}

func measurements() []measurement {
	const chunk = 64 << 10
	return []measurement{
		{"tcp-throughput", "MB/s", chunk / 1e6, func(n int) error { return tcpThroughput(n, chunk) }},
		{"tcp-roundtrip", "1/s", 1, tcpRoundTrips},
		{"udp-roundtrip", "1/s", 1, udpRoundTrips},
		{"tcp-connect", "1/s", 1, tcpConnects},
		{"http-1-client", "1/s", 1, func(n int) error { return httpRequests(n, 1) }},
		{"http-64-clients", "1/s", 1, func(n int) error { return httpRequests(n, 64) }},
	}
}

// pair gives the two ends of a TCP connection.
func pair() (client, server net.Conn, err error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, nil, err
	}
	defer ln.Close()
	type accepted struct {
		c   net.Conn
		err error
	}
	ch := make(chan accepted, 1)
	go func() {
		c, err := ln.Accept()
		ch <- accepted{c, err}
	}()
	if client, err = net.Dial("tcp", ln.Addr().String()); err != nil {
		return nil, nil, err
	}
	a := <-ch
	return client, a.c, a.err
}

// openConnections tells the heap that an open connection takes, both ends and
// addresses, after one byte has gone each way and nothing is being read.
func openConnections(n int) (Result, error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return Result{}, err
	}
	defer ln.Close()
	heap := func() float64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.GC()
		runtime.ReadMemStats(&m)
		return float64(m.HeapAlloc)
	}
	ends := make([]net.Conn, 0, 2*n)
	defer func() {
		for _, c := range ends {
			c.Close()
		}
	}()
	before := heap()
	var b [1]byte
	for i := 0; i < n; i++ {
		c, err := net.Dial("tcp", ln.Addr().String())
		if err != nil {
			return Result{}, err
		}
		s, err := ln.Accept()
		if err != nil {
			return Result{}, err
		}
		ends = append(ends, c, s)
		for _, way := range [][2]net.Conn{{c, s}, {s, c}} {
			if _, err := way[0].Write(b[:]); err != nil {
				return Result{}, err
			}
			if _, err := way[1].Read(b[:]); err != nil {
				return Result{}, err
			}
		}
	}
	return Result{Name: "open-connection", Unit: "B", BytesPerOp: (heap() - before) / float64(n)}, nil
}

func tcpThroughput(n, chunk int) error {
	client, server, err := pair()
	if err != nil {
		return err
	}
	defer client.Close()
	defer server.Close()
	done := make(chan error, 1)
	go func() {
		buf := make([]byte, chunk)
		for i := 0; i < n; i++ {
			if _, err := client.Write(buf); err != nil {
				done <- err
				return
			}
		}
		done <- nil
	}()
	buf := make([]byte, chunk)
	for left := n * chunk; left > 0; {
		got, err := server.Read(buf)
		if err != nil {
			return err
		}
		left -= got
	}
	return <-done
}

func tcpRoundTrips(n int) error {
	client, server, err := pair()
	if err != nil {
		return err
	}
	defer client.Close()
	go func() {
		defer server.Close()
		var b [1]byte
		for {
			if _, err := server.Read(b[:]); err != nil {
				return
			}
			if _, err := server.Write(b[:]); err != nil {
				return
			}
		}
	}()
	var b [1]byte
	for i := 0; i < n; i++ {
		if _, err := client.Write(b[:]); err != nil {
			return err
		}
		if _, err := client.Read(b[:]); err != nil {
			return err
		}
	}
	return nil
}

func udpRoundTrips(n int) error {
	any := &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)}
	server, err := net.ListenUDP("udp", any)
	if err != nil {
		return err
	}
	defer server.Close()
	client, err := net.ListenUDP("udp", any)
	if err != nil {
		return err
	}
	defer client.Close()
	go func() {
		var b [64]byte
		for {
			n, from, err := server.ReadFromUDPAddrPort(b[:])
			if err != nil {
				return
			}
			server.WriteToUDPAddrPort(b[:n], from)
		}
	}()
	to := netip.MustParseAddrPort(server.LocalAddr().String())
	var b [64]byte
	for i := 0; i < n; i++ {
		if _, err := client.WriteToUDPAddrPort(b[:1], to); err != nil {
			return err
		}
		client.SetReadDeadline(time.Now().Add(5 * time.Second))
		if _, _, err := client.ReadFromUDPAddrPort(b[:]); err != nil {
			return err
		}
	}
	return nil
}

func tcpConnects(n int) error {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	defer ln.Close()
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			c.Close()
		}
	}()
	var b [1]byte
	for i := 0; i < n; i++ {
		c, err := net.Dial("tcp", ln.Addr().String())
		if err != nil {
			return err
		}
		c.Read(b[:]) // the server closes first, so that no port waits here
		c.Close()
	}
	return nil
}

// httpRequests makes n requests over keep-alive connections with a client of
// its own, small and the same everywhere, so that the server is measured.
func httpRequests(n, clients int) error {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	srv := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, "hello, world\n")
	})}
	go srv.Serve(ln)
	defer srv.Close()
	var wg sync.WaitGroup
	errs := make(chan error, clients)
	for i := 0; i < clients; i++ {
		share := n / clients
		if i < n%clients {
			share++
		}
		wg.Add(1)
		go func() {
			defer wg.Done()
			if err := keepAlive(ln.Addr().String(), share); err != nil {
				errs <- err
			}
		}()
	}
	wg.Wait()
	select {
	case err := <-errs:
		return err
	default:
		return nil
	}
}

func keepAlive(addr string, n int) error {
	c, err := net.Dial("tcp", addr)
	if err != nil {
		return err
	}
	defer c.Close()
	r := bufio.NewReader(c)
	request := []byte("GET / HTTP/1.1\r\nHost: bench\r\n\r\n")
	const tail = "hello, world\n"
	for i := 0; i < n; i++ {
		if _, err := c.Write(request); err != nil {
			return err
		}
		for { // the header, to the empty line
			line, err := r.ReadSlice('\n')
			if err != nil {
				return err
			}
			if len(line) <= 2 {
				break
			}
		}
		var body [len(tail)]byte
		if _, err := io.ReadFull(r, body[:]); err != nil {
			return err
		}
		if string(body[:]) != tail {
			return fmt.Errorf("answer %q", body[:])
		}
	}
	return nil
}
