// Loopback uses the built-in loopback the way programs use a network, and says
// what came of it. It runs on boards: see TestTinyGo.
package main

import (
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"syscall"
	"time"
)

func main() {
	for _, part := range []struct {
		name string
		run  func() error
	}{
		{"tcp", tcp}, {"deadline", deadline}, {"close", closing}, {"udp", udp}, {"errors", refused}, {"names", names},
	} {
		if err := part.run(); err != nil {
			println(part.name+" FAIL:", err.Error())
		} else {
			println(part.name, "ok")
		}
	}
	println("end")
}

// pair gives both ends of a connection.
func pair() (client, server net.Conn, err error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, nil, err
	}
	defer ln.Close()
	accepted := make(chan net.Conn, 1)
	go func() {
		c, _ := ln.Accept()
		accepted <- c
	}()
	if client, err = net.Dial("tcp", ln.Addr().String()); err != nil {
		return nil, nil, err
	}
	if server = <-accepted; server == nil {
		return nil, nil, errors.New("not accepted")
	}
	return client, server, nil
}

func tcp() error {
	client, server, err := pair()
	if err != nil {
		return err
	}
	defer client.Close()
	go func() {
		io.Copy(server, server)
		server.Close()
	}()
	const size = 10000
	go func() {
		piece := make([]byte, 100)
		for i := range piece {
			piece[i] = byte(i)
		}
		for i := 0; i < size/len(piece); i++ {
			client.Write(piece)
		}
		client.(*net.TCPConn).CloseWrite()
	}()
	got := 0
	buf := make([]byte, 128)
	for {
		n, err := client.Read(buf)
		for i := range buf[:n] {
			if buf[i] != byte((got+i)%100) {
				return errors.New("bytes out of order")
			}
		}
		got += n
		if err == io.EOF && got == size {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func deadline() error {
	client, server, err := pair()
	if err != nil {
		return err
	}
	defer client.Close()
	defer server.Close()
	start := time.Now()
	client.SetReadDeadline(start.Add(30 * time.Millisecond))
	_, err = client.Read(make([]byte, 1))
	if !errors.Is(err, os.ErrDeadlineExceeded) {
		return errors.New("a read past its deadline did not say so")
	}
	if time.Since(start) < 25*time.Millisecond {
		return errors.New("too early")
	}
	return nil
}

func closing() error {
	client, server, err := pair()
	if err != nil {
		return err
	}
	defer server.Close()
	ended := make(chan error, 1)
	go func() {
		_, err := client.Read(make([]byte, 1))
		ended <- err
	}()
	time.Sleep(time.Millisecond) // usually it waits in Read by now; either way the result is the same
	client.Close()
	if err := <-ended; !errors.Is(err, net.ErrClosed) {
		return errors.New("Close did not end Read with net.ErrClosed")
	}
	return nil
}

func udp() error {
	a, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.MustParseAddrPort("[::1]:0")))
	if err != nil {
		return err
	}
	defer a.Close()
	b, err := net.ListenPacket("udp", "localhost:0")
	if err != nil {
		return err
	}
	b.Close()
	to := a.LocalAddr().(*net.UDPAddr).AddrPort()
	if _, err := a.WriteToUDPAddrPort([]byte("self"), to); err != nil {
		return err
	}
	buf := make([]byte, 8)
	n, from, err := a.ReadFromUDPAddrPort(buf)
	if err != nil {
		return err
	}
	if string(buf[:n]) != "self" || from != to {
		return errors.New("got " + string(buf[:n]) + " from " + from.String())
	}
	return nil
}

func refused() error {
	_, err := net.Dial("tcp", "127.0.0.1:1")
	if !errors.Is(err, syscall.ECONNREFUSED) {
		return errors.New("nobody listens, and the error is not that")
	}
	if err.Error() != "dial tcp 127.0.0.1:1: connect: connection refused" {
		return err
	}
	return nil
}

func names() error {
	ips, err := net.LookupHost("localhost")
	if err != nil {
		return err
	}
	if len(ips) == 0 || ips[0] != "127.0.0.1" {
		return errors.New("localhost is not 127.0.0.1")
	}
	return nil
}
