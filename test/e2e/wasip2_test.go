//go:build unix

package e2e

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// wasip2Host is a command that runs a WebAssembly component with this computer's
// network: Wasmtime, or jco of npm.
func wasip2Host(t *testing.T) []string {
	t.Helper()
	for _, host := range [][]string{{"wasmtime", "run", "-Sinherit-network", "-Sallow-ip-name-lookup"}, {"jco", "run"}} {
		if path, err := exec.LookPath(host[0]); err == nil {
			return append([]string{path}, host[1:]...)
		}
	}
	t.Skip("no wasmtime or jco on PATH, which run WebAssembly components")
	return nil
}

// TestWasip2 runs programs that TinyGo has compiled for wasip2: on sockets of the
// host's, among themselves, and with peers outside.
func TestWasip2(t *testing.T) {
	needs(t, "tinygo", "wasm-tools")
	host := wasip2Host(t)
	t.Parallel()
	compiled := func(pkg string) string {
		program := filepath.Join(t.TempDir(), filepath.Base(pkg)+".wasm")
		underTinyGo(t, "build", "-target=wasip2", "-o", program, pkg)
		return program
	}
	var env []string
	if filepath.Base(host[0]) == "jco" {
		// Its own shutdown of one half closes both, see docs/computers.md.
		env = append(env, "NODE_OPTIONS=--require="+filepath.Join(root, "test", "e2e", "testdata", "wasip2", "shutdown.cjs"))
	}
	runs := func(args ...string) (said string, status int) {
		p := launchWith(t, nil, env, host[0], append(host[1:], args...)...)
		status = p.wait(t, startLimit)
		return p.said(), status
	}
	said, status := runs(compiled("./test/e2e/testdata/loopback"))
	for _, part := range loopbackParts {
		if !strings.Contains(said, part+" ok\n") {
			t.Errorf("status %d, want 0, and %q in:\n%s", status, part+" ok", said)
		}
	}
	peer := halfClosing(t)
	said, status = runs(compiled("./test/e2e/testdata/halfclose"), peer.addr)
	if want := "own half ok\npeer's half ok\n"; status != 0 || !strings.HasSuffix(said, want) {
		t.Errorf("status %d, want 0, and %q at the end of:\n%s", status, want, said)
	}
	peer.check(t)
	_, url := serve(t, host[0], append(host[1:], compiled("./examples/webserver"), "-addr", "127.0.0.1:0")...)
	for range 2 {
		r, err := http.Get(url)
		if err != nil {
			t.Fatal(err)
		}
		page, err := io.ReadAll(r.Body)
		r.Body.Close()
		if err != nil || !strings.Contains(string(page), "<h1>tinynet</h1>") {
			t.Errorf("this is not the page (%v):\n%s", err, page)
		}
	}
}

// A halfCloser is the peer of testdata/halfclose, over Go's own net.
type halfCloser struct {
	addr string
	done chan error
}

func halfClosing(t *testing.T) halfCloser {
	t.Helper()
	// With little room the other side has to wait while this one reads.
	small := net.ListenConfig{Control: func(_, _ string, c syscall.RawConn) (err error) {
		if e := c.Control(func(fd uintptr) { err = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF, 32<<10) }); e != nil {
			return e
		}
		return err
	}}
	ln, err := small.Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	p := halfCloser{ln.Addr().String(), make(chan error, 1)}
	go func() {
		for _, part := range []func(*net.TCPConn) error{afterIts, beforeIts} {
			c, err := ln.Accept()
			if err == nil {
				err = part(c.(*net.TCPConn))
				c.Close()
			}
			if err != nil {
				p.done <- err
				return
			}
		}
		p.done <- nil
	}()
	return p
}

// check waits until the peer has had both connections.
func (p halfCloser) check(t *testing.T) {
	t.Helper()
	select {
	case err := <-p.done:
		if err != nil {
			t.Errorf("the peer: %v", err)
		}
	case <-time.After(startLimit):
		t.Error("the peer had no two connections")
	}
}

// afterIts answers once the program has closed its half.
func afterIts(c *net.TCPConn) error {
	n, err := io.Copy(io.Discard, c)
	if err == nil {
		_, err = fmt.Fprint(c, n, " bytes came")
	}
	return err
}

// beforeIts closes this half, and wants an answer.
func beforeIts(c *net.TCPConn) error {
	const question = "a question"
	if _, err := io.WriteString(c, question); err != nil {
		return err
	}
	if err := c.CloseWrite(); err != nil {
		return err
	}
	got, err := io.ReadAll(c)
	if want := "answer to " + question; err == nil && string(got) != want {
		return fmt.Errorf("got %q after closing this half, want %q", got, want)
	}
	return err
}
