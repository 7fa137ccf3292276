package main

import (
	"io"
	"net"
	"net/netip"
	"runtime"
	"time"

	"github.com/tinynet/tinynet/bench/internal/worker"
)

func netMeasurements() []worker.Measurement {
	const chunk = 64 << 10
	return []worker.Measurement{
		{Name: "tcp-throughput", Unit: "MB/s", Size: chunk / 1e6, Open: func() (*worker.Session, error) {
			client, server, err := pair()
			if err != nil {
				return nil, err
			}
			return &worker.Session{
				Run:   func(n int) error { return stream(client, server, n, chunk) },
				Close: func() { client.Close(); server.Close() },
			}, nil
		}},
		{Name: "tcp-roundtrip", Unit: "1/s", Size: 1, Open: tcpRoundTrips},
		{Name: "udp-roundtrip", Unit: "1/s", Size: 1, Open: udpRoundTrips},
		{Name: "tcp-connect", Unit: "1/s", Size: 1, Open: tcpConnects},
	}
}

// listen serves each connection in a goroutine of its own, until stop.
func listen(serve func(net.Conn)) (addr string, stop func(), err error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			go serve(c)
		}
	}()
	return ln.Addr().String(), func() { ln.Close() }, nil
}

// pair gives the two ends of a TCP connection.
func pair() (client, server net.Conn, err error) {
	accepted := make(chan net.Conn, 1)
	addr, stop, err := listen(func(c net.Conn) { accepted <- c })
	if err != nil {
		return nil, nil, err
	}
	defer stop()
	if client, err = net.Dial("tcp", addr); err != nil {
		return nil, nil, err
	}
	return client, <-accepted, nil
}

// stream sends n chunks from one end to the other.
func stream(from io.Writer, to io.Reader, n, chunk int) error {
	sent := make(chan error, 1)
	go func() {
		buf := make([]byte, chunk)
		for i := 0; i < n; i++ {
			if _, err := from.Write(buf); err != nil {
				sent <- err
				return
			}
		}
		sent <- nil
	}()
	buf := make([]byte, chunk)
	for left := n * chunk; left > 0; {
		got, err := to.Read(buf[:min(left, chunk)])
		if err != nil {
			return err
		}
		left -= got
	}
	return <-sent
}

func tcpRoundTrips() (*worker.Session, error) {
	client, server, err := pair()
	if err != nil {
		return nil, err
	}
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
	run := func(n int) error {
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
	return &worker.Session{Run: run, Close: func() { client.Close() }}, nil
}

func udpRoundTrips() (*worker.Session, error) {
	any := &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)}
	server, err := net.ListenUDP("udp", any)
	if err != nil {
		return nil, err
	}
	client, err := net.ListenUDP("udp", any)
	if err != nil {
		server.Close()
		return nil, err
	}
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
	run := func(n int) error {
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
	return &worker.Session{Run: run, Close: func() { client.Close(); server.Close() }}, nil
}

func tcpConnects() (*worker.Session, error) {
	addr, stop, err := listen(func(c net.Conn) { c.Close() })
	if err != nil {
		return nil, err
	}
	var b [1]byte
	run := func(n int) error {
		for i := 0; i < n; i++ {
			c, err := net.Dial("tcp", addr)
			if err != nil {
				return err
			}
			c.Read(b[:]) // the server closes first, so that no port waits here
			c.Close()
		}
		return nil
	}
	return &worker.Session{Run: run, Close: stop}, nil
}

// openConnections tells the heap that an open connection takes, both ends and
// addresses, after one byte has gone each way and nothing is being read.
func openConnections(n int) (bytes float64, err error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
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
			return 0, err
		}
		s, err := ln.Accept()
		if err != nil {
			return 0, err
		}
		ends = append(ends, c, s)
		for _, way := range [][2]net.Conn{{c, s}, {s, c}} {
			if _, err := way[0].Write(b[:]); err != nil {
				return 0, err
			}
			if _, err := way[1].Read(b[:]); err != nil {
				return 0, err
			}
		}
	}
	return (heap() - before) / float64(n), nil
}
