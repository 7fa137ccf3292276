package lneto_test

import (
	"net/netip"
	"runtime"
	"testing"
	"time"

	"github.com/tinynet/tinynet/netdev"
	"github.com/tinynet/tinynet/netdev/lneto"
	"github.com/tinynet/tinynet/netdev/lneto/cable"
)

// TestDatagramsSentAndClosed opens a socket for each of many datagrams, and closes it at
// once. On one core the device has its turn only when the program gives it one.
func TestDatagramsSentAndClosed(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	w := cable.New(cable.Faults{})
	a, b := plug(t, w, at(1, lneto.Config{})), plug(t, w, at(2, lneto.Config{}))
	r, err := b.Socket(netdev.AF_INET, netdev.SOCK_DGRAM, netdev.IPPROTO_UDP)
	if err != nil {
		t.Fatal(err)
	}
	to := netip.MustParseAddrPort("10.7.0.2:514")
	if err := b.Bind(r, netip.AddrPortFrom(netip.IPv4Unspecified(), to.Port())); err != nil {
		t.Fatal(err)
	}
	send := func(n byte) {
		s, err := a.Socket(netdev.AF_INET, netdev.SOCK_DGRAM, netdev.IPPROTO_UDP)
		if err != nil {
			t.Fatal(err)
		}
		if err := a.Connect(s, "", to); err != nil {
			t.Fatal(err)
		}
		if _, err := a.Send(s, []byte{n}, 0, time.Time{}); err != nil {
			t.Fatal(err)
		}
		if err := a.Close(s); err != nil {
			t.Fatal(err)
		}
	}
	got := map[byte]bool{}
	receive := func() {
		t.Helper()
		buf := make([]byte, 10)
		if n, err := b.Recv(r, buf, 0, time.Now().Add(10*time.Second)); n != 1 || err != nil {
			t.Fatalf("got %d bytes, %v, after %d datagrams: %d of them were given up", n, err, len(got), a.Statistics().Overflowed)
		}
		got[buf[0]] = true
	}
	send(0) // which has a look for the peer first
	receive()
	for n := range byte(12) {
		send(n + 1)
	}
	for len(got) < 13 {
		receive()
	}
}

// TestDatagramsToNobody: what goes to an address that nobody has does not keep others
// from being sent, and is counted when it is given up for them.
func TestDatagramsToNobody(t *testing.T) {
	w := cable.New(cable.Faults{})
	a := plug(t, w, at(1, lneto.Config{}))
	for n := range byte(10) {
		s, err := a.Socket(netdev.AF_INET, netdev.SOCK_DGRAM, netdev.IPPROTO_UDP)
		if err != nil {
			t.Fatal(err)
		}
		if err := a.Connect(s, "", netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 7, 0, 100 + n}), 514)); err != nil {
			t.Fatal(err)
		}
		if _, err := a.Send(s, []byte("anybody?"), 0, time.Time{}); err != nil {
			t.Fatal(err)
		}
		if err := a.Close(s); err != nil {
			t.Fatal(err)
		}
	}
	if n := a.Statistics().Overflowed; n != 6 {
		t.Errorf("of ten datagrams %d are counted as given up, want all but the 4 that wait", n)
	}
}
