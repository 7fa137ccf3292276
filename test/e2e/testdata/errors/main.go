// Program errors meets what networks do to programs and prints the errors. Where
// the computer is the same, so are the lines, whoever's net it is built with.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"time"
)

// port is one that the system has chosen, which differs from run to run.
var port = regexp.MustCompile(`:([3-6][0-9]{4})\b`)

func show(what string, err error) {
	text := "no error"
	if err != nil {
		text = port.ReplaceAllString(err.Error(), ":PORT")
	}
	var op net.Error
	if errors.As(err, &op) {
		text += fmt.Sprintf(" | timeout %v", op.Timeout())
	}
	var dns *net.DNSError
	if errors.As(err, &dns) {
		text += fmt.Sprintf(" | not found %v, temporary %v", dns.IsNotFound, dns.IsTemporary)
	}
	var number syscall.Errno
	if errors.As(err, &number) {
		text += fmt.Sprintf(" | number %d", uintptr(number))
	}
	fmt.Printf("%s: %s\n", what, text)
}

func dial(network, address string) {
	c, err := net.DialTimeout(network, address, 10*time.Second)
	show("dial "+network+" "+port.ReplaceAllString(address, ":PORT"), err)
	if err == nil {
		c.Close()
	}
}

func listen(network, address string) {
	what := "listen " + network + " " + port.ReplaceAllString(address, ":PORT")
	var c io.Closer
	var err error
	if strings.HasPrefix(network, "udp") {
		c, err = net.ListenPacket(network, address)
	} else {
		c, err = net.Listen(network, address)
	}
	show(what, err)
	if err == nil {
		c.Close()
	}
}

func get(url string) {
	r, err := http.Get(url)
	show("get "+port.ReplaceAllString(url, ":PORT"), err)
	if err == nil {
		r.Body.Close()
	}
}

func main() {
	// A port in use.
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	used := ln.Addr().String()
	listen("tcp", used)
	listen("tcp4", used)
	show("serve "+port.ReplaceAllString(used, ":PORT"), http.ListenAndServe(used, nil))
	if pc, err := net.ListenPacket("udp", "127.0.0.1:0"); err == nil {
		listen("udp", pc.LocalAddr().String())
		pc.Close()
	}

	// A port that nobody listens on, any more.
	ln.Close()
	_, err = ln.Accept()
	show("accept", err)
	dial("tcp", used)
	get("http://" + used + "/")

	// Addresses that are not this computer's, or none.
	listen("tcp", "203.0.113.1:0")
	listen("udp", "203.0.113.1:0")
	listen("tcp", "127.0.0.1:99999")
	listen("tcp", "nonsense")
	listen("nonsense", "127.0.0.1:0")
	dial("tcp", "127.0.0.1:nonsense")
	dial("tcp", "[::1")

	// IPv6, which a computer may not have.
	listen("tcp6", "[::1]:0")
	listen("udp6", "[::1]:0")
	listen("tcp", "[::1]:0")
	dial("tcp6", "127.0.0.1:80")
	dial("tcp", "[2001:db8::1]:80")
	dial("udp", "[2001:db8::1]:80")

	// Names.
	for _, name := range []string{"does-not-exist.invalid", "listed.example", "twice.example", "localhost", "", strings.Repeat("x", 64) + ".example", "a..b", "-"} {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		addrs, err := net.DefaultResolver.LookupHost(ctx, name)
		cancel()
		show(fmt.Sprintf("look up %q %v", name, addrs), err)
	}
	// Go's own resolver reads the hosts file on Windows, too.
	for _, name := range []string{"listed.example", "twice.example", "localhost"} {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		addrs, err := (&net.Resolver{PreferGo: true}).LookupHost(ctx, name)
		cancel()
		show(fmt.Sprintf("look up with PreferGo %q %v", name, addrs), err)
	}
	dial("tcp", "does-not-exist.invalid:80")
	get("http://does-not-exist.invalid/")
	names, err := net.LookupAddr("192.0.2.77")
	show(fmt.Sprint("look up 192.0.2.77 ", names), err)

	broken()

	// Unix sockets.
	dir, err := os.MkdirTemp("", "errors")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	defer os.RemoveAll(dir)
	if err := os.Chdir(dir); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	if ln, err := net.Listen("unix", "taken"); err == nil {
		listen("unix", "taken")
		ln.Close()
	}
	dial("unix", "missing")
	listen("unix", filepath.Join("missing", "folder"))
	listen("unix", strings.Repeat("x", 200))

	// What the network outside refuses, on those computers whose routes say so.
	for _, address := range os.Args[1:] {
		dial("tcp", address)
		c, err := net.Dial("udp", address)
		show("dial udp "+address, err)
		if err == nil {
			_, err = c.Write([]byte("x"))
			show("write udp "+address, err)
			c.Close()
		}
		get("http://" + address + "/")
	}
}

// broken has connections that end in each way, and a datagram that is too long.
func broken() {
	pair := func() (c, peer *net.TCPConn) {
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			show("listen", err)
			os.Exit(1)
		}
		defer ln.Close()
		one, err := net.Dial("tcp", ln.Addr().String())
		if err != nil {
			show("dial", err)
			os.Exit(1)
		}
		other, err := ln.Accept()
		if err != nil {
			show("accept", err)
			os.Exit(1)
		}
		return one.(*net.TCPConn), other.(*net.TCPConn)
	}
	read := func(what string, c net.Conn) {
		n, err := c.Read(make([]byte, 10))
		show(fmt.Sprintf("%s: read %d bytes", what, n), err)
	}

	c, peer := pair()
	peer.Close()
	read("after the peer's Close", c)
	c.Close()
	read("after Close", c)
	_, err := c.Write([]byte("x"))
	show("after Close: write", err)
	show("after Close: Close", c.Close())
	show("after Close: SetDeadline", c.SetDeadline(time.Time{}))

	c, peer = pair()
	peer.SetLinger(0)
	peer.Close()
	read("after a reset by the peer", c)
	c.Close()

	c, peer = pair()
	show("CloseWrite", c.CloseWrite())
	_, err = c.Write([]byte("x"))
	show("after CloseWrite: write", err)
	read("after the peer's CloseWrite", peer)
	c.Close()
	peer.Close()

	c, peer = pair()
	show("CloseRead", c.CloseRead())
	read("after CloseRead", c)
	c.Close()
	peer.Close()

	c, peer = pair()
	c.SetReadDeadline(time.Now().Add(10 * time.Millisecond))
	read("at a deadline", c)
	c.SetDeadline(time.Unix(1, 0))
	_, err = c.Write([]byte("x"))
	show("after a deadline: write", err)
	c.Close()
	peer.Close()

	pc, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		show("listen udp", err)
		return
	}
	defer pc.Close()
	uc, err := net.Dial("udp", pc.LocalAddr().String())
	if err != nil {
		show("dial udp", err)
		return
	}
	defer uc.Close()
	for _, size := range []int{100, 70000} {
		n, err := uc.Write(make([]byte, size))
		show(fmt.Sprintf("a datagram of %d bytes: %d are sent", size, n), err)
	}
	pc.SetReadDeadline(time.Now().Add(5 * time.Second))
	n, _, err := pc.ReadFrom(make([]byte, 10))
	show(fmt.Sprintf("a long datagram gives %d bytes", n), err)
}
