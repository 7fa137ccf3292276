package tether_test

import (
	"io"
	"net"
	"testing"
	"time"

	"github.com/tinynet/tinynet/netdev"
	"github.com/tinynet/tinynet/netdev/tether"
	"github.com/tinynet/tinynet/netdev/tether/host"
)

// BenchmarkBulk sends a stream over a line that takes as long as a real one, and
// tells how much of what the line carries is the stream's: at 115,200 baud (a
// byte is 10 bits there), and at the speeds of USB. A board's defaults are used
// on its end.
func BenchmarkBulk(b *testing.B) {
	for _, line := range []struct {
		name          string
		rate          int // bytes a second
		frame, window int // of the computer's end, as tinynet tether has them
	}{
		{"115200", 11_520, 512, 8},
		{"usb-full-speed", 1_000_000, 512, 8},
		{"unpaced", 0, 1024, 32},
	} {
		for _, up := range []bool{true, false} {
			name := line.name + "/from-board"
			if !up {
				name = line.name + "/to-board"
			}
			b.Run(name, func(b *testing.B) {
				w := newBench(b, host.Config{Loopback: true, Frame: line.frame, Window: line.window}, tether.Config{Buffer: 4 << 10, Frame: 512, Window: 8})
				num, peer := w.connect()
				peer.SetDeadline(time.Time{})
				var from io.Reader = stream{w.dev, num}
				var to io.Writer = peer
				if up {
					from, to = peer, stream{w.dev, num}
				}
				w.c.each(func(e *cableEnd) { e.rate = line.rate })
				const chunk = 4 << 10
				b.SetBytes(chunk)
				b.ResetTimer()
				go func() {
					p := random(chunk, 1)
					for range b.N {
						to.Write(p)
					}
				}()
				if _, err := io.CopyN(io.Discard, from, int64(b.N)*chunk); err != nil {
					b.Fatal(err)
				}
				rate := float64(b.N*chunk) / b.Elapsed().Seconds()
				if line.rate > 0 {
					b.ReportMetric(100*rate/float64(line.rate), "%-of-line")
				}
			})
		}
	}
}

// BenchmarkRequest is a question and an answer over a connection.
func BenchmarkRequest(b *testing.B) {
	w := newBench(b, host.Config{Loopback: true}, tether.Config{})
	num, peer := w.connect()
	peer.SetDeadline(time.Time{})
	go io.Copy(peer, peer)
	s := stream{w.dev, num}
	p := make([]byte, 64)
	b.ReportAllocs()
	b.ResetTimer()
	for range b.N {
		if _, err := s.Write(p); err != nil {
			b.Fatal(err)
		}
		if _, err := io.ReadFull(s, p); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkConnect opens and closes a connection.
func BenchmarkConnect(b *testing.B) {
	w := newBench(b, host.Config{Loopback: true}, tether.Config{})
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
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
	b.ResetTimer()
	for range b.N {
		num, err := w.dev.Socket(netdev.AF_INET, netdev.SOCK_STREAM, 0)
		if err != nil {
			b.Fatal(err)
		}
		if err := w.dev.Connect(num, "", ln.Addr().(*net.TCPAddr).AddrPort()); err != nil {
			b.Fatal(err)
		}
		if err := w.dev.Close(num); err != nil {
			b.Fatal(err)
		}
	}
}
