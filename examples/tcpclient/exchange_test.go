package main

import (
	"io"
	"net"
	"strings"
	"testing"
)

// TestExchangeNotices: what an echo server does wrong is told.
func TestExchangeNotices(t *testing.T) {
	const total = 100_000
	for _, test := range []struct {
		name, fails string
		serve       func(conn net.Conn)
	}{
		{"all", "", func(conn net.Conn) { io.Copy(conn, struct{ io.Reader }{conn}) }},
		{"less", "ended the connection after 70000 bytes", func(conn net.Conn) {
			io.CopyN(conn, conn, 70_000)
			conn.(*net.TCPConn).CloseWrite()
			io.Copy(io.Discard, conn)
		}},
		{"one lost", "byte 50000 came back as another one", func(conn net.Conn) {
			io.CopyN(conn, conn, 50_000)
			io.CopyN(io.Discard, conn, 1)
			io.Copy(conn, struct{ io.Reader }{conn})
		}},
		{"none", "ended the connection after 0 bytes", func(conn net.Conn) {
			conn.(*net.TCPConn).CloseWrite()
			io.Copy(io.Discard, conn)
		}},
	} {
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		served := make(chan struct{})
		go func() {
			defer close(served)
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			defer conn.Close()
			test.serve(conn)
		}()
		_, err = exchange(ln.Addr().String(), total)
		if (err == nil) != (test.fails == "") || err != nil && !strings.Contains(err.Error(), test.fails) {
			t.Errorf("%s: %v, want %q", test.name, err, test.fails)
		}
		ln.Close()
		<-served
	}
}
