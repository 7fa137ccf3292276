//go:build boards

package board_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/websocket"

	"github.com/tinynet/tinynet/internal/board"
)

// An example is measured while use has it do what it is for. Clients get the
// address of what answers them by the variable of package main.
type example struct {
	name string
	pkg  string // if it is not the example of this name
	tls  bool
	deep bool // it needs more than 8 kB of stack on RISC-V
	// For servers: their port, and what four at a time do to it, five times each.
	// What needs a server itself has prepare, which makes use, for one at a time.
	port    string
	use     func(at string) error
	prepare func(t *testing.T) func(at string) error
	// For clients: the variable, and a server, which calls done for each time that
	// the client has had its way.
	setting string
	serve   func(t *testing.T, done func()) (address string)
}

var examples = []example{
	{name: "tcpecho", port: "tcp 8080", use: useEcho},
	{name: "udpecho", port: "udp 7007", use: useUDP},
	{name: "webserver", port: "tcp 80", use: usePage("/")},
	{name: "webstatic", port: "tcp 80", use: usePage("/")},
	{name: "dashboard", port: "tcp 80", use: usePage("/")},
	{name: "websocket/handler", port: "tcp 80", use: useWebSocket},
	{name: "https-server", tls: true, port: "tcp 443", use: useHTTPS},
	{name: "tcpclient", setting: "server", serve: serveEcho},
	{name: "ntpclient", setting: "server", serve: serveTime},
	{name: "http-get", deep: true, setting: "address", serve: servePage},
	{name: "http-post", deep: true, setting: "address", serve: servePage},
	{name: "an https client", pkg: "./testdata/guest", tls: true, port: "tcp 80", prepare: prepareHTTPS},
}

// TestPeaks measures how much memory the examples have in use at once, with stacks
// of 8 kB (with TLS 16 kB, of clients of net/http on RISC-V 12 kB), and prints a row of the table in docs/boards.md for each.
func TestPeaks(t *testing.T) {
	for _, q := range board.QEMUs {
		for _, e := range examples {
			t.Run(q.Name+"/"+e.name, func(t *testing.T) {
				for _, tool := range []string{"tinygo", q.Emulator} {
					if _, err := exec.LookPath(tool); err != nil {
						t.Skipf("no %s on PATH", tool)
					}
				}
				measure(t, kind{q.Name, measured(q), 0}, e)
			})
		}
	}
}

// measured starts a machine that notes the peak of its program.
func measured(q board.QEMU) board.Starter {
	return func(ctx context.Context, p board.Program) (board.Machine, error) {
		p.Measure = true
		return q.Start(ctx, p)
	}
}

func measure(t *testing.T, k kind, e example) {
	stack := "8kb"
	switch {
	case e.tls:
		stack = "16kb"
	case e.deep && k.name == "qemu-riscv32":
		stack = "12kb"
	}
	// Collecting takes as long as there is memory, and the machines have many megabytes.
	flags := []string{"-stats", "-stack-size", stack, "-ram", "512kb"}
	var mu sync.Mutex
	times := 0
	enough := make(chan struct{})
	if e.serve != nil {
		address := e.serve(t, func() {
			mu.Lock()
			defer mu.Unlock()
			if times++; times == 2 {
				close(enough)
			}
		})
		flags = append(flags, "-ldflags=-X main."+e.setting+"="+address)
	}
	use, users, pkg := e.use, 4, e.pkg
	if e.prepare != nil {
		use, users = e.prepare(t), 1
	}
	if pkg == "" {
		pkg = "../../examples/" + e.name
	}
	r := run(t, k, build(t, k, pkg, flags...))
	if use != nil {
		at := r.at(e.port)
		var all sync.WaitGroup
		for range users {
			all.Add(1)
			go func() {
				defer all.Done()
				for range 5 {
					if err := use(at); err != nil {
						t.Error(err)
						return
					}
				}
			}()
		}
		all.Wait()
	} else {
		select {
		case <-enough:
		case <-time.After(2 * patience):
			t.Fatal("the client does not come")
		}
	}
	r.machine.Close()
	p, err := r.machine.(board.Measured).Peak()
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("\n| %s | %s | %d | %d | %d | %d in %d | %d | %d |", e.name, k.name, p.Static+p.Heap+p.System, p.Static, p.Heap-p.Stacks, p.Stacks, p.Goroutines, p.Deepest, p.Allocated)
}

func useEcho(at string) error {
	c, err := net.Dial("tcp", at)
	if err != nil {
		return err
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(patience))
	sent := make([]byte, 3000)
	go c.Write(sent)
	_, err = io.ReadFull(c, sent[:len(sent):len(sent)])
	return err
}

func useUDP(at string) error {
	c, err := net.Dial("udp", at)
	if err != nil {
		return err
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(patience))
	if _, err := c.Write(make([]byte, 500)); err != nil {
		return err
	}
	_, err = c.Read(make([]byte, 500))
	return err
}

func get(url string, tr *http.Transport) error {
	resp, err := (&http.Client{Transport: tr, Timeout: patience}).Get(url)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	_, err = io.Copy(io.Discard, resp.Body)
	if err == nil && resp.StatusCode != 200 {
		err = fmt.Errorf("%s: %s", url, resp.Status)
	}
	return err
}

func usePage(path string) func(string) error {
	return func(at string) error {
		return get("http://"+at+path, &http.Transport{DisableKeepAlives: true})
	}
}

func useHTTPS(at string) error {
	return get("https://"+at+"/", &http.Transport{DisableKeepAlives: true, TLSClientConfig: &tls.Config{InsecureSkipVerify: true}})
}

func useWebSocket(at string) error {
	c, err := websocket.Dial("ws://"+at+"/echo", "", "http://"+at)
	if err != nil {
		return err
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(patience))
	if err := websocket.Message.Send(c, "hello"); err != nil {
		return err
	}
	var answer string
	return websocket.Message.Receive(c, &answer)
}

func serveEcho(t *testing.T, done func()) string {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			go func() {
				defer done()
				defer c.Close()
				io.Copy(c, c)
			}()
		}
	}()
	return onBoard(ln.Addr())
}

// onBoard is how a board reaches an address of this computer.
func onBoard(a net.Addr) string {
	_, port, _ := net.SplitHostPort(a.String())
	return net.JoinHostPort(self, port)
}

// serveTime answers as a time server does.
func serveTime(t *testing.T, done func()) string {
	c, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	go func() {
		buf := make([]byte, 48)
		for {
			n, from, err := c.ReadFrom(buf)
			if err != nil {
				return
			}
			if n != len(buf) {
				continue
			}
			copy(buf[24:], buf[40:48])
			buf[0], buf[1] = 0x24, 1
			now := time.Now()
			for _, at := range []int{32, 40} {
				binary.BigEndian.PutUint32(buf[at:], uint32(now.Unix()+2208988800))
				binary.BigEndian.PutUint32(buf[at+4:], uint32(uint64(now.Nanosecond())<<32/1e9))
			}
			c.WriteTo(buf, from)
			done()
		}
	}()
	return onBoard(c.LocalAddr())
}

// servePage answers with a page of 2,000 bytes.
func servePage(t *testing.T, done func()) string {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		io.WriteString(w, strings.Repeat("tinynet ", 250))
		done()
	}))
	t.Cleanup(s.Close)
	return "http://" + onBoard(s.Listener.Addr()) + "/"
}

// prepareHTTPS has the guest of the tests fetch a page of OpenSSL's server, whose
// certificate it verifies.
func prepareHTTPS(t *testing.T) func(string) error {
	cert, key := certificate(t)
	page := url.Values{"url": {"https://" + net.JoinHostPort(self, openssl(t, cert, key)) + "/"}}
	return func(at string) error {
		client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: patience}
		resp, err := client.Post("http://"+at+"/get?"+page.Encode(), "text/plain", bytes.NewReader(cert))
		if err != nil {
			return err
		}
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		if err == nil && resp.StatusCode != 200 {
			err = fmt.Errorf("%s: %s", resp.Status, body)
		}
		return err
	}
}
