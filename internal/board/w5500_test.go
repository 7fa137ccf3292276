package board

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"os/exec"
	"strings"
	"syscall"
	"testing"
)

// TestCable: without leave the board reaches nobody here but whom it answers, and a
// port that is taken is put elsewhere.
func TestCable(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	at := taken.Addr().(*net.TCPAddr).AddrPort()
	var faults []error
	c := Cable{Listen: netip.MustParseAddr("127.0.0.1"), Fault: func(err error) { faults = append(faults, err) }}
	closed := cableEnd{c}
	if _, err := closed.Dial(context.Background(), at); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("dialling without leave: got %v, want that it is refused", err)
	}
	c.Loopback = true
	if conn, err := (cableEnd{c}).Dial(context.Background(), at); err != nil {
		t.Errorf("dialling with leave: got %v", err)
	} else {
		conn.Close()
	}
	l, err := closed.Listen(at)
	if err != nil {
		t.Fatalf("listening at a port that is taken: got %v, want a free one", err)
	}
	defer l.Close()
	elsewhere := c
	elsewhere.Listen = netip.MustParseAddr("192.0.2.9")
	if _, err := (cableEnd{elsewhere}).Listen(netip.AddrPort{}); err == nil || len(faults) != 1 {
		t.Errorf("listening at an address of nobody: got %v, and told %v, want an error that is told", err, faults)
	}

	pc, err := closed.ListenPacket(netip.AddrPort{})
	if err != nil {
		t.Fatal(err)
	}
	defer pc.Close()
	peer, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer peer.Close()
	if _, err := pc.WriteTo([]byte("x"), peer.LocalAddr()); !errors.Is(err, syscall.EHOSTUNREACH) {
		t.Errorf("a datagram without leave: got %v, want that there is no way", err)
	}
	buf := make([]byte, 10)
	if _, err := peer.WriteTo([]byte("question"), pc.LocalAddr()); err != nil {
		t.Fatal(err)
	}
	_, from, err := pc.ReadFrom(buf)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := pc.WriteTo([]byte("answer"), from); err != nil {
		t.Errorf("an answer: got %v", err)
	}
	if n, _, err := peer.ReadFrom(buf); err != nil || string(buf[:n]) != "answer" {
		t.Errorf("got %q, %v, want the answer", buf[:n], err)
	}
}

// TestPicoEthernet: edges and bytes of the SPI bus become frames for the W5500.
func TestPicoEthernet(t *testing.T) {
	t.Parallel()
	node, _, err := FindNode(context.Background())
	if err != nil {
		t.Skip("no node on PATH")
	}
	out, err := exec.Command(node, "testdata/ethernet.mjs").CombinedOutput()
	if err != nil || !strings.Contains(string(out), "frames are as they should be") {
		t.Errorf("%v\n%s", err, out)
	}
}
