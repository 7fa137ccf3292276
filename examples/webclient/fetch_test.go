package main

import (
	"bytes"
	"io"
	"net"
	"strings"
	"testing"
	"time"
)

// answering is the address of a server that reads a request and writes this.
func answering(t *testing.T, answer string) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	go func() {
		conn, err := ln.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		var asked []byte
		for buf := make([]byte, 512); !bytes.HasSuffix(asked, []byte("\r\n\r\n")); {
			n, err := conn.Read(buf)
			if err != nil {
				return
			}
			asked = append(asked, buf[:n]...)
		}
		io.WriteString(conn, answer)
	}()
	return ln.Addr().String()
}

func TestFetch(t *testing.T) {
	for _, test := range []struct{ answer, body, fails string }{
		{"HTTP/1.0 200 OK\r\n\r\nhello", "hello", ""},
		{"HTTP/1.1 200\r\nContent-Length: 5\r\n\r\nhello", "hello", ""},
		{"HTTP/1.1 200 OK\ncontent-length:5\n\nhello", "hello", ""},
		{"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhello", "hello", "unexpected EOF"},
		{"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nhello", "", "no length"},
		{"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\nhello", "", "no length"},
		{"HTTP/1.1 404 Not Found\r\n\r\n", "", "404 Not Found"},
		{"HTTP/1.1 200 OK\r\nX: ", "", "header: unexpected EOF"},
		{"HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", 600), "", "header: bufio"},
		{"SSH-2.0-x\r\n", "", "no web server"},
		{"HTTP/1.1\r\n", "", "no web server"},
		{"", "", "status: unexpected EOF"},
	} {
		var body strings.Builder
		err := fetch(&body, answering(t, test.answer), "/x", time.Minute)
		if (err == nil) != (test.fails == "") || err != nil && !strings.Contains(err.Error(), test.fails) || body.String() != test.body {
			t.Errorf("%.80q: got %q, %v; want %q and an error with %q", test.answer, &body, err, test.body, test.fails)
		}
	}
	if err := fetch(io.Discard, "127.0.0.1:1", "/x HTTP/1.1\r\nEvil: 1", time.Minute); err == nil || !strings.Contains(err.Error(), "no path") {
		t.Errorf("a path with a line of its own: %v", err)
	}
}

// TestFetchTimeout: a server that says nothing holds nobody up.
func TestFetchTimeout(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	err = fetch(io.Discard, ln.Addr().String(), "/", 50*time.Millisecond)
	if err == nil || !strings.Contains(err.Error(), "timeout") {
		t.Errorf("got %v, want a timeout", err)
	}
}
