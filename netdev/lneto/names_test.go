package lneto_test

import (
	"encoding/binary"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/tinynet/tinynet/netdev"
	"github.com/tinynet/tinynet/netdev/lneto"
	"github.com/tinynet/tinynet/netdev/lneto/cable"
)

// serveNames is a DNS server on the wire, at 10.7.0.n.
func serveNames(t testing.TB, w *cable.Wire, n byte, names map[string]netip.Addr) netip.Addr {
	t.Helper()
	dev := plug(t, w, at(n, lneto.Config{}))
	num, err := dev.Socket(netdev.AF_INET, netdev.SOCK_DGRAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := dev.Bind(num, netip.AddrPortFrom(netip.IPv4Unspecified(), 53)); err != nil {
		t.Fatal(err)
	}
	go func() {
		buf := make([]byte, 600)
		for {
			n, from, err := dev.RecvFrom(num, buf, 0, time.Time{})
			if err != nil {
				return
			}
			if answer := answerFor(buf[:n], names); answer != nil {
				dev.SendTo(num, answer, 0, time.Time{}, from)
			}
		}
	}()
	addr, _ := dev.Addr()
	return addr
}

// answerFor is a DNS message for a question; nil if it is none.
func answerFor(q []byte, names map[string]netip.Addr) []byte {
	if len(q) < 17 {
		return nil
	}
	var labels []string
	at := 12
	for at < len(q) && q[at] != 0 {
		end := at + 1 + int(q[at])
		if end > len(q) {
			return nil
		}
		labels = append(labels, string(q[at+1:end]))
		at = end
	}
	end := at + 5
	if end > len(q) {
		return nil
	}
	a := append([]byte(nil), q[:end]...)
	a[2], a[3] = 0x81, 0x80
	binary.BigEndian.PutUint16(a[6:], 0)
	binary.BigEndian.PutUint16(a[10:], 0)
	ip, ok := names[strings.Join(labels, ".")]
	if !ok {
		a[3] |= 3
		return a
	}
	a[7] = 1
	a = append(a, 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4)
	return append(a, ip.AsSlice()...)
}
