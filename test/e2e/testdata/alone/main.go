// Alone dials, listens and sends without goroutines, over a device that has the eleven
// methods of a netdev, and says what came of it. TinyGo builds it with -scheduler=none:
// see TestAlone.
package main

import (
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"syscall"
	"time"

	"github.com/tinynet/tinynet/netdev"
)

func main() {
	netdev.Use(&device{})
	for _, part := range []struct {
		name string
		run  func() error
	}{
		{"echo", echo}, {"deadline", deadline}, {"called off", calledOff}, {"refused", refused},
		{"serve", serve}, {"udp", udp}, {"names", names},
	} {
		if err := part.run(); err != nil {
			println(part.name+" FAIL:", err.Error())
		} else {
			println(part.name, "ok")
		}
	}
	println("end")
}

func echo() error {
	c, err := net.Dial("tcp", "peer.example:7")
	if err != nil {
		return err
	}
	defer c.Close()
	const text = "without goroutines"
	if n, err := io.WriteString(c, text); n != len(text) || err != nil {
		return errors.Join(errors.New("it did not write all"), err)
	}
	got := make([]byte, len(text))
	if _, err := io.ReadFull(c, got); err != nil {
		return err
	}
	if string(got) != text {
		return errors.New("got " + string(got))
	}
	return nil
}

func deadline() error {
	d := net.Dialer{Timeout: time.Minute}
	c, err := d.Dial("tcp", "10.0.0.2:9")
	if err != nil {
		return err
	}
	defer c.Close()
	begin := time.Now()
	c.SetReadDeadline(begin.Add(150 * time.Millisecond))
	for range 2 { // a deadline that has passed stays passed
		_, err = c.Read(make([]byte, 1))
		if e, ok := err.(net.Error); !ok || !e.Timeout() || !errors.Is(err, os.ErrDeadlineExceeded) {
			return errors.Join(errors.New("got no timeout"), err)
		}
	}
	if time.Since(begin) < 150*time.Millisecond {
		return errors.New("it came early")
	}
	c.SetDeadline(begin)
	if _, err := c.Write([]byte("x")); !errors.Is(err, os.ErrDeadlineExceeded) {
		return errors.Join(errors.New("a Write after its deadline"), err)
	}
	c.SetDeadline(time.Time{})
	_, err = c.Write([]byte("x"))
	return err
}

// over is a context that has ended, by no means of package context's, which would
// take goroutines.
type over struct{ context.Context }

func (over) Done() <-chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
}

func (over) Err() error { return context.Canceled }

func calledOff() error {
	var d net.Dialer
	if _, err := d.DialContext(over{context.Background()}, "tcp", "10.0.0.2:7"); err == nil || err.Error() != "dial tcp 10.0.0.2:7: operation was canceled" {
		return errors.Join(errors.New("after its context"), err)
	}
	d.Deadline = time.Now().Add(-time.Second)
	if _, err := d.Dial("tcp", "10.0.0.2:7"); err == nil || err.Error() != "dial tcp 10.0.0.2:7: i/o timeout" {
		return errors.Join(errors.New("after its deadline"), err)
	}
	return nil
}

func refused() error {
	_, err := net.Dial("tcp", "10.0.0.2:1")
	if !errors.Is(err, syscall.ECONNREFUSED) {
		return errors.Join(errors.New("got no refusal"), err)
	}
	return nil
}

func serve() error {
	ln, err := net.Listen("tcp", ":80")
	if err != nil {
		return err
	}
	for range 2 {
		c, err := ln.Accept()
		if err != nil {
			return err
		}
		said, err := io.ReadAll(c)
		if err != nil || string(said) != greeting {
			return errors.Join(errors.New("got "+string(said)), err)
		}
		if err := c.Close(); err != nil {
			return err
		}
	}
	return ln.Close()
}

func udp() error {
	c, err := net.Dial("udp", "10.0.0.2:7")
	if err != nil {
		return err
	}
	defer c.Close()
	if _, err := c.Write([]byte("a datagram")); err != nil {
		return err
	}
	b := make([]byte, 64)
	n, err := c.Read(b)
	if err != nil || string(b[:n]) != "a datagram" {
		return errors.Join(errors.New("got "+string(b[:n])), err)
	}
	return nil
}

func names() error {
	addrs, err := net.LookupHost("peer.example")
	if err != nil || len(addrs) != 1 || addrs[0] != "10.0.0.2" {
		return errors.Join(errors.New("got other addresses"), err)
	}
	var e *net.DNSError
	if _, err := net.LookupHost("nobody.example"); !errors.As(err, &e) || !e.IsNotFound {
		return errors.Join(errors.New("got a name that is not there"), err)
	}
	return nil
}

const greeting = "hello\n"

// A device has a peer that echoes at port 7 and says nothing at port 9, and whose
// clients send a greeting and end.
type device struct{ socks []socket }

type socket struct {
	used, datagram, ends bool
	come                 []byte
	slow                 bool // the next Recv has nothing yet
	port                 uint16
}

func (d *device) GetHostByName(name string) (netip.Addr, error) {
	if name == "peer.example" {
		return netip.AddrFrom4([4]byte{10, 0, 0, 2}), nil
	}
	return netip.Addr{}, netdev.ErrHostUnknown
}

func (d *device) Addr() (netip.Addr, error) { return netip.AddrFrom4([4]byte{10, 0, 0, 1}), nil }

func (d *device) Socket(domain, stype, protocol int) (int, error) {
	for i := range d.socks {
		if !d.socks[i].used {
			d.socks[i] = socket{used: true, datagram: stype == netdev.SOCK_DGRAM}
			return i, nil
		}
	}
	d.socks = append(d.socks, socket{used: true, datagram: stype == netdev.SOCK_DGRAM})
	return len(d.socks) - 1, nil
}

func (d *device) Bind(sockfd int, ip netip.AddrPort) error { return nil }

func (d *device) Connect(sockfd int, host string, ip netip.AddrPort) error {
	if ip.Port() == 1 {
		return syscall.ECONNREFUSED
	}
	d.socks[sockfd].port = ip.Port()
	return nil
}

func (d *device) Listen(sockfd, backlog int) error { return nil }

func (d *device) Accept(sockfd int) (int, netip.AddrPort, error) {
	newfd, err := d.Socket(netdev.AF_INET, netdev.SOCK_STREAM, netdev.IPPROTO_TCP)
	if err == nil {
		d.socks[newfd].come, d.socks[newfd].ends = []byte(greeting), true
	}
	return newfd, netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, 0, 3}), 50000), err
}

// Send takes five bytes of a stream at most.
func (d *device) Send(sockfd int, buf []byte, flags int, deadline time.Time) (int, error) {
	s := &d.socks[sockfd]
	if !s.datagram {
		buf = buf[:min(len(buf), 5)]
	}
	if s.port == 7 {
		s.come, s.slow = append(s.come, buf...), true
	}
	return len(buf), nil
}

func (d *device) Recv(sockfd int, buf []byte, flags int, deadline time.Time) (int, error) {
	s := &d.socks[sockfd]
	if len(s.come) == 0 && s.ends {
		return 0, io.EOF
	}
	if len(s.come) == 0 || s.slow {
		s.slow = false
		if wait := time.Until(deadline); wait > 0 {
			time.Sleep(wait)
		}
		return 0, netdev.ErrTimeout
	}
	n := copy(buf, s.come)
	s.come = s.come[n:]
	return n, nil
}

func (d *device) Close(sockfd int) error {
	d.socks[sockfd] = socket{}
	return nil
}

func (d *device) SetSockOpt(sockfd, level, opt int, value any) error { return nil }
