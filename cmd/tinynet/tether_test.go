package main

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/netip"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tinynet/tinynet/netdev"
	"github.com/tinynet/tinynet/netdev/tether"
)

// A shown is what a command prints, to be waited for.
type shown struct {
	mu      sync.Mutex
	changed sync.Cond
	text    bytes.Buffer
	late    bool
}

func newShown() *shown {
	s := &shown{}
	s.changed.L = &s.mu
	return s
}

func (s *shown) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.changed.Broadcast()
	return s.text.Write(p)
}

// find waits for text that matches, and returns what its group matches.
func (s *shown) find(t *testing.T, pattern string) string {
	t.Helper()
	re := regexp.MustCompile(pattern)
	timer := time.AfterFunc(time.Minute, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.late = true
		s.changed.Broadcast()
	})
	defer timer.Stop()
	s.mu.Lock()
	defer s.mu.Unlock()
	for {
		if m := re.FindStringSubmatch(s.text.String()); m != nil {
			return m[len(m)-1]
		}
		if s.late {
			t.Fatalf("it does not print %s, but\n%s", pattern, &s.text)
		}
		s.changed.Wait()
	}
}

// tethered runs tinynet tether with these arguments, and at the other end of the
// line a board with a listener on port 80, to which it connects.
func tethered(t *testing.T, board io.ReadWriter, args ...string) {
	t.Helper()
	stdout, stderr := newShown(), newShown()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	status := make(chan int, 1)
	go func() {
		cmd := &tool{stdin: strings.NewReader(""), stdout: stdout, stderr: stderr}
		status <- cmd.run(ctx, append([]string{"tether", "-publish", "0:80"}, args...))
	}()
	dev := tether.New(board, tether.Config{})
	num, err := dev.Socket(netdev.AF_INET, netdev.SOCK_STREAM, 0)
	if err == nil {
		err = dev.Bind(num, netip.MustParseAddrPort("0.0.0.0:80"))
	}
	if err == nil {
		err = dev.Listen(num, 1)
	}
	if err != nil {
		t.Fatal(err)
	}
	at := stderr.find(t, `the board's tcp port 80 is at (127\.0\.0\.1:\d+)\n`)
	c, err := net.Dial("tcp", at)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	conn, _, err := dev.Accept(num)
	if err == nil {
		_, err = dev.Send(conn, []byte("hello"), 0, time.Time{})
	}
	if err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 5)
	if _, err := io.ReadFull(c, buf); err != nil || string(buf) != "hello" {
		t.Errorf("%q, %v", buf, err)
	}
	io.WriteString(board, "printed by the board\r\n")
	stdout.find(t, "printed by the board\r\n$")
	cancel()
	if s := <-status; s != 0 {
		t.Errorf("status %d after an interrupt\n%s", s, &stderr.text)
	}
}

func TestTetherSocket(t *testing.T) {
	for _, network := range []string{"unix", "tcp"} {
		t.Run(network, func(t *testing.T) {
			at := "127.0.0.1:0"
			if network == "unix" {
				at = filepath.Join(t.TempDir(), "line")
			}
			ln, err := net.Listen(network, at)
			if err != nil {
				t.Skip(err)
			}
			defer ln.Close()
			accepted := &lateLine{ready: make(chan struct{})}
			go func() {
				accepted.conn, accepted.err = ln.Accept()
				close(accepted.ready)
			}()
			tethered(t, accepted, network+":"+ln.Addr().String())
		})
	}
}

// A lateLine waits until there is one.
type lateLine struct {
	ready chan struct{}
	conn  net.Conn
	err   error
}

func (l *lateLine) Read(p []byte) (int, error) {
	if <-l.ready; l.err != nil {
		return 0, l.err
	}
	return l.conn.Read(p)
}

func (l *lateLine) Write(p []byte) (int, error) {
	if <-l.ready; l.err != nil {
		return 0, l.err
	}
	return l.conn.Write(p)
}

func TestTetherErrors(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "missing")
	for _, test := range []struct {
		args   []string
		status int
		text   string
	}{
		{nil, 2, "/dev/ttyACM0"},
		{[]string{"a", "b"}, 2, "/dev/ttyACM0"},
		{[]string{"-publish", "80", missing}, 2, "8080:80"},
		{[]string{"-allow", "a b", missing}, 2, "192.168.0.0/16:80"},
		{[]string{"-deny", "1.2.3.4:x", missing}, 2, "192.168.0.0/16:80"},
		{[]string{"-dns", "nobody", missing}, 2, "want an address"},
		{[]string{"-listen", "nobody", missing}, 2, "want an IP address"},
		{[]string{missing}, 1, "open the serial port " + missing},
		{[]string{"unix:" + missing}, 1, "Is the emulator running"},
	} {
		tinynet(testPort(), append([]string{"tether"}, test.args...)...).want(t, test.status, test.text)
	}
}
