//go:build unix

package e2e

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"regexp"
	"strings"
	"syscall"
	"testing"
)

// TestTCPEcho is the example as a reader runs it.
func TestTCPEcho(t *testing.T) {
	t.Parallel()
	p, addr := serve(t, tinynet(t), "run", "./examples/tcpecho", "--", "-addr", "127.0.0.1:0")
	if want := regexp.MustCompile(`^127\.0\.0\.1:[1-9][0-9]*$`); !want.MatchString(addr) {
		t.Fatalf("it listens on %q, want %v", addr, want)
	}
	p.onPort(t, "main.echo")
	if err := echo(t, addr, 10); err != nil {
		t.Error(err)
	}
	p.stop(t, syscall.SIGTERM)
}

// TestTCPEchoLoad is what is hard for a TCP server.
func TestTCPEchoLoad(t *testing.T) {
	t.Parallel()
	p, addr := serve(t, build(t, "tcpecho"), "-addr", "127.0.0.1:0")

	t.Run("large", func(t *testing.T) {
		if err := echo(t, addr, 32<<20); err != nil {
			t.Error(err)
		}
	})
	t.Run("nothing", func(t *testing.T) {
		if err := echo(t, addr, 0); err != nil {
			t.Error(err)
		}
	})
	t.Run("ping-pong", func(t *testing.T) {
		conn := dial(t, addr)
		buf := make([]byte, 1)
		for i := range 1000 {
			if _, err := conn.Write([]byte{byte(i)}); err != nil {
				t.Fatal(err)
			}
			if _, err := io.ReadFull(conn, buf); err != nil || buf[0] != byte(i) {
				t.Fatalf("round %d: got %d, %v", i, buf[0], err)
			}
		}
	})
	t.Run("reset", func(t *testing.T) {
		conn := dial(t, addr)
		conn.Write([]byte("gone"))
		conn.SetLinger(0)
		conn.Close()
		if err := echo(t, addr, 100); err != nil {
			t.Errorf("after another client was gone: %v", err)
		}
	})
	t.Run("100 at once", func(t *testing.T) {
		const n = 100
		failed := make(chan error, n)
		open := make(chan struct{})
		for range n {
			conn := dial(t, addr)
			go func() {
				<-open // all of them
				failed <- echoOver(conn, 64<<10)
			}()
		}
		close(open)
		for range n {
			if err := <-failed; err != nil {
				t.Error(err)
			}
		}
	})
	p.stop(t, syscall.SIGTERM)
	if out := p.said(); strings.Contains(out, "DATA RACE") || strings.Contains(out, "panic") {
		t.Errorf("the server said:\n%s", out)
	}
}

// echo sends size bytes over a new connection, then that it sends no more; it
// must get the same bytes, and an end.
func echo(t *testing.T, addr string, size int) error {
	t.Helper()
	return echoOver(dial(t, addr), size)
}

func echoOver(conn interface {
	io.ReadWriter
	CloseWrite() error
}, size int) error {
	sent := make([]byte, size)
	rand.NewChaCha8([32]byte{byte(size)}).Read(sent)
	wrote := make(chan error, 1)
	go func() {
		_, err := conn.Write(sent)
		wrote <- errors.Join(err, conn.CloseWrite())
	}()
	got, err := io.ReadAll(conn)
	if err := errors.Join(<-wrote, err); err != nil {
		return err
	}
	if !bytes.Equal(got, sent) {
		return fmt.Errorf("sent %d bytes, got %d bytes that are not the same", len(sent), len(got))
	}
	return nil
}
