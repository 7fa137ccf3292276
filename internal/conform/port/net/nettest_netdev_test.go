//go:build tinynetport

package net_test

import (
	"bytes"
	"errors"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/net/nettest"
)

// These are ours: x/net's tests of any Conn, over the port's.

func TestNettestConn(t *testing.T) {
	for _, network := range []string{"tcp4", "tcp6", "unix"} {
		t.Run(network, func(t *testing.T) {
			if !nettest.TestableNetwork(network) {
				t.Skip("no " + network + " on this computer")
			}
			nettest.TestConn(t, func() (c1, c2 net.Conn, stop func(), err error) {
				return connPair(network, t.TempDir())
			})
		})
	}
}

func connPair(network, dir string) (c1, c2 net.Conn, stop func(), err error) {
	address := map[string]string{"tcp4": "127.0.0.1:0", "tcp6": "[::1]:0", "unix": filepath.Join(dir, "s")}[network]
	ln, err := net.Listen(network, address)
	if err != nil {
		return nil, nil, nil, err
	}
	defer ln.Close()
	failed := make(chan error, 1)
	go func() {
		var err error
		c2, err = ln.Accept()
		failed <- err
	}()
	if c1, err = net.Dial(network, ln.Addr().String()); err != nil {
		return nil, nil, nil, err
	}
	if err := <-failed; err != nil {
		c1.Close()
		return nil, nil, nil, err
	}
	return c1, c2, func() { c1.Close(); c2.Close() }, nil
}

func TestNettestPacketConn(t *testing.T) {
	for _, network := range []string{"udp4", "udp6", "unixgram"} {
		t.Run(network, func(t *testing.T) {
			if !nettest.TestableNetwork(network) {
				t.Skip("no " + network + " on this computer")
			}
			packetConns(t, network)
		})
	}
}

func packetConns(t *testing.T, network string) {
	listen := func() net.PacketConn {
		address := map[string]string{"udp4": "127.0.0.1:0", "udp6": "[::1]:0", "unixgram": filepath.Join(t.TempDir(), "s")}[network]
		c, err := net.ListenPacket(network, address)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		return c
	}
	a, b := listen(), listen()
	if a.LocalAddr().Network() != network[:len(network)-1] && network != "unixgram" {
		t.Errorf("the network of %v is %s", a.LocalAddr(), a.LocalAddr().Network())
	}
	buf := make([]byte, 64)
	for _, sent := range []string{"one", "", "three"} {
		if n, err := a.WriteTo([]byte(sent), b.LocalAddr()); n != len(sent) || err != nil {
			t.Fatalf("WriteTo: %d, %v", n, err)
		}
		b.SetReadDeadline(time.Now().Add(5 * time.Second))
		n, from, err := b.ReadFrom(buf)
		if err != nil || !bytes.Equal(buf[:n], []byte(sent)) || from.String() != a.LocalAddr().String() {
			t.Fatalf("ReadFrom: %q from %v, %v; want %q from %v", buf[:n], from, err, sent, a.LocalAddr())
		}
	}
	// What does not fit is cut off, and the next datagram is whole.
	a.WriteTo([]byte("too long"), b.LocalAddr())
	a.WriteTo([]byte("next"), b.LocalAddr())
	if n, _, err := b.ReadFrom(buf[:3]); n != 3 || err != nil {
		t.Errorf("a short buffer got %d bytes, %v", n, err)
	}
	if n, _, err := b.ReadFrom(buf); string(buf[:n]) != "next" || err != nil {
		t.Errorf("after a short buffer came %q, %v", buf[:n], err)
	}
	b.SetReadDeadline(time.Now().Add(10 * time.Millisecond))
	var timeout net.Error
	if _, _, err := b.ReadFrom(buf); !errors.Is(err, os.ErrDeadlineExceeded) || !errors.As(err, &timeout) || !timeout.Timeout() {
		t.Errorf("after the deadline: %v", err)
	}
	b.SetReadDeadline(time.Time{})
	ended := make(chan error)
	go func() {
		_, _, err := b.ReadFrom(buf)
		ended <- err
	}()
	time.Sleep(10 * time.Millisecond)
	b.Close()
	if err := <-ended; !errors.Is(err, net.ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
	if err := b.Close(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("a second Close: %v", err)
	}
}
