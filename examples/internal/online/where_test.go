package online

import (
	"net"
	"testing"
)

func TestWhere(t *testing.T) {
	for addr, want := range map[string]string{
		"127.0.0.1:8080":   "127.0.0.1:8080",
		"[::1]:9000":       "[::1]:9000",
		"[::]:8080":        "board:8080",
		"0.0.0.0:80":       "board:80",
		"192.168.1.2:8080": "192.168.1.2:8080",
	} {
		tcp, err := net.ResolveTCPAddr("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range []net.Addr{tcp, &net.UDPAddr{IP: tcp.IP, Port: tcp.Port}} {
			if got := Where(a, "board"); got != want {
				t.Errorf("%s %s: %s, want %s", a.Network(), addr, got, want)
			}
		}
	}
	if got := Where(&net.UnixAddr{Name: "/s", Net: "unix"}, "board"); got != "/s" {
		t.Errorf("a unix socket: %s", got)
	}
}
