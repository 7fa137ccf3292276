//go:build linux

package e2e

import (
	"net"
	"os"
	"strconv"
	"strings"
	"testing"
)

// TestIdleConnections has the echo example hold 1,000 connections, a goroutine
// blocked in Read for each: the runtime's poller must wait for them, not
// threads.
func TestIdleConnections(t *testing.T) {
	t.Parallel()
	const conns, most = 1000, 50
	p, addr := serve(t, build(t, "tcpecho"), "-addr", "127.0.0.1:0")
	var all []net.Conn
	defer func() {
		for _, c := range all {
			c.Close()
		}
	}()
	for range conns {
		c := dial(t, addr)
		all = append(all, c)
		// Once it has echoed, the goroutine is there, and about to block again.
		var b [1]byte
		if _, err := c.Write(b[:]); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Read(b[:]); err != nil {
			t.Fatal(err)
		}
	}
	threads := 0
	for pid := range p.members() {
		n, err := threadsOf(pid)
		if err != nil {
			t.Fatal(err)
		}
		threads = max(threads, n)
	}
	if threads == 0 || threads >= most {
		t.Errorf("%d threads for %d idle connections, want fewer than %d", threads, conns, most)
	}
	t.Logf("%d threads for %d idle connections", threads, conns)
}

func threadsOf(pid string) (int, error) {
	status, err := os.ReadFile("/proc/" + pid + "/status")
	if err != nil {
		return 0, err
	}
	_, rest, _ := strings.Cut(string(status), "\nThreads:")
	line, _, _ := strings.Cut(rest, "\n")
	return strconv.Atoi(strings.TrimSpace(line))
}
