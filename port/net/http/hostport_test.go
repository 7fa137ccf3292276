//go:build tinynetport

package http

import (
	"net"
	"testing"
)

func TestHostPort(t *testing.T) {
	for _, c := range []struct{ host, port, whole string }{
		{"10.0.0.1", "8080", "10.0.0.1:8080"},
		{"example.org", "80", "example.org"},
		{"example.org", "80", "EXAMPLE.org:80"},
		{"example.org", "80", "example.org:"},
		{"example.org", "80", "example.org:8"},
		{"example.org", "80", "example.org:800"},
		{"example.org", "", "example.org:"},
		{"", "80", ":80"},
		{"", "", ""},
		{"::1", "80", "[::1]:80"},
		{"::1", "80", "::1:80"},
		{"fe80::1%eth0", "80", "[fe80::1%25eth0]:80"},
	} {
		if got, want := hostPort(c.host, c.port, c.whole), net.JoinHostPort(c.host, c.port); got != want {
			t.Errorf("hostPort(%q, %q, %q) = %q, want %q", c.host, c.port, c.whole, got, want)
		}
	}
	whole := "10.0.0.1:8080"
	if n := testing.AllocsPerRun(10, func() { hostPort("10.0.0.1", "8080", whole) }); n != 0 {
		t.Errorf("hostPort of what is joined makes %v allocations, want 0", n)
	}
}
