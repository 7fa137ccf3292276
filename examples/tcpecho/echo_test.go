package main

import (
	"io"
	"net"
	"testing"
)

// TestEcho sends, ends its half, and must get all of it and an end; serve must
// return once the listener is closed.
func TestEcho(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error)
	go func() { served <- serve(ln) }()

	conn, err := net.Dial("tcp", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, "hello"); err != nil {
		t.Fatal(err)
	}
	if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(conn); string(got) != "hello" || err != nil {
		t.Errorf("got %q, %v, want %q", got, err, "hello")
	}

	ln.Close()
	if err := <-served; err != nil {
		t.Errorf("serve after Close: %v", err)
	}
}
