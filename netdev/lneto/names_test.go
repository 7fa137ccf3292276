package lneto_test

import (
	"encoding/binary"
	"errors"
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
	return serveDNS(t, w, n, func(q []byte) []byte { return answerFor(q, names) })
}

// serveDNS is a server that answers questions as it is told to.
func serveDNS(t testing.TB, w *cable.Wire, n byte, answer func(q []byte) []byte) netip.Addr {
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
			if a := answer(buf[:n]); a != nil {
				dev.SendTo(num, a, 0, time.Time{}, from)
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

// record is one of an answer. The owner and what is said of it are as on the wire.
func record(owner string, kind byte, data string) string {
	return owner + string([]byte{0, kind, 0, 1, 0, 0, 0, 60, 0, byte(len(data))}) + data
}

// TestAnswers has a server that answers in all ways, right and wrong.
func TestAnswers(t *testing.T) {
	const (
		asked  = "\xc0\x0c" // where the question has its name
		alias  = "\x01b\x00"
		second = "\x01c\x00"
		addr   = "\x0a\x07\x00\x2a"
		a      = 1
		cname  = 5
	)
	right := netip.MustParseAddr("10.7.0.42")
	fails := errors.New("an error that is neither")
	timeout := errors.New("a timeout")
	for name, test := range map[string]struct {
		flags   [2]byte
		records []string
		want    error // nil: the address
	}{
		"address":                  {records: []string{record(asked, a, addr)}},
		"alias":                    {records: []string{record(asked, cname, alias), record(alias, a, addr)}},
		"aliases in another order": {records: []string{record(second, a, addr), record(alias, cname, second), record(asked, cname, alias)}},
		"of another name":          {records: []string{record(alias, a, addr)}, want: netdev.ErrHostUnknown},
		"an alias alone":           {records: []string{record(asked, cname, alias)}, want: netdev.ErrHostUnknown},
		"aliases in a circle":      {records: []string{record(asked, cname, alias), record(alias, cname, asked)}, want: netdev.ErrHostUnknown},
		"nothing":                  {want: netdev.ErrHostUnknown},
		"no such name":             {flags: [2]byte{0, 3}, want: netdev.ErrHostUnknown},
		"refused":                  {flags: [2]byte{0, 5}, want: fails},
		"cut off":                  {flags: [2]byte{2, 0}, want: fails},
		"cut off behind it":        {flags: [2]byte{2, 0}, records: []string{record(asked, a, addr)}},
		"a pointer to itself":      {records: []string{record("\xc0\x1b", a, addr)}, want: fails},
		"less than it says":        {records: []string{record(asked, a, addr)[:13]}, want: fails},
		"an address of 5 bytes":    {records: []string{record(asked, a, addr+"x")}, want: netdev.ErrHostUnknown},
		"a question":               {flags: [2]byte{0x80, 0}, records: []string{record(asked, a, addr)}, want: timeout},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := cable.New(cable.Faults{})
			server := serveDNS(t, w, 53, func(q []byte) []byte {
				m := answerFor(q, nil)
				m[2] = 0x81 ^ test.flags[0]
				m[3] = 0x80 | test.flags[1]
				m[7] = byte(len(test.records))
				return append(m, strings.Join(test.records, "")...)
			})
			d := plug(t, w, at(1, lneto.Config{DNS: []netip.Addr{server}, LookupTimeout: time.Second}))
			start := time.Now()
			got, err := d.GetHostByName("x.example")
			var timed interface{ Timeout() bool }
			switch {
			case test.want == nil && (got != right || err != nil),
				test.want == netdev.ErrHostUnknown && err != netdev.ErrHostUnknown,
				test.want == fails && (err == nil || err == netdev.ErrHostUnknown),
				test.want == timeout && !(errors.As(err, &timed) && timed.Timeout()):
				t.Errorf("x.example is at %v, %v; want %v", got, err, test.want)
			}
			if took := time.Since(start); took > 10*time.Second {
				t.Errorf("that takes %v with a LookupTimeout of 1 s", took)
			}
		})
	}
}

// TestSecondServer has a first DNS server that fails, and one that is silent: the
// second one is asked.
func TestSecondServer(t *testing.T) {
	right := netip.MustParseAddr("10.7.0.42")
	for name, first := range map[string]func(q []byte) []byte{
		"fails":  func(q []byte) []byte { m := answerFor(q, nil); m[3] = 0x82; return m },
		"silent": func([]byte) []byte { return nil },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := cable.New(cable.Faults{})
			one := serveDNS(t, w, 53, first)
			two := serveNames(t, w, 54, map[string]netip.Addr{"x.example": right})
			d := plug(t, w, at(1, lneto.Config{DNS: []netip.Addr{one, two}}))
			if got, err := d.GetHostByName("x.example"); got != right || err != nil {
				t.Errorf("x.example is at %v, %v; want %v", got, err, right)
			}
		})
	}
}
