package main

import (
	"encoding/binary"
	"errors"
	"net"
	"os"
	"strings"
	"testing"
	"time"
)

func TestTime(t *testing.T) {
	for _, test := range []struct {
		seconds, fraction uint32
		want              time.Time
	}{
		{to1970, 0, time.Unix(0, 0)},
		{to1970 + 1, 1 << 31, time.Unix(1, 5e8)},
		{0xffffffff, 0, time.Date(2036, 2, 7, 6, 28, 15, 0, time.UTC)},
		{0, 0, time.Date(2036, 2, 7, 6, 28, 16, 0, time.UTC)},
		{to1970 - 1, 0, time.Date(2106, 2, 7, 6, 28, 15, 0, time.UTC)},
	} {
		var b [8]byte
		binary.BigEndian.PutUint32(b[:], test.seconds)
		binary.BigEndian.PutUint32(b[4:], test.fraction)
		if got := ntpTime(b[:]); !got.Equal(test.want) {
			t.Errorf("%d and %d: %v, want %v", test.seconds, test.fraction, got, test.want)
		}
	}
	if got := stamp(time.Date(2026, 11, 3, 4, 5, 6, 7, time.UTC)); got != "2026-11-03T04:05:06Z" {
		t.Error(got)
	}
}

func put(b []byte, t time.Time) {
	binary.BigEndian.PutUint32(b, uint32(t.Unix()+to1970))
	binary.BigEndian.PutUint32(b[4:], uint32(int64(t.Nanosecond())<<32/int64(time.Second)))
}

// answering is the address of a server that answers each request by what answer makes of it; nil is silence.
func answering(t *testing.T, answer func(request []byte) [][]byte) string {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	go func() {
		buf := make([]byte, 100)
		for {
			n, from, err := conn.ReadFrom(buf)
			if err != nil {
				return
			}
			for _, a := range answer(buf[:n]) {
				conn.WriteTo(a, from)
			}
		}
	}()
	return conn.LocalAddr().String()
}

// good is the answer of a server whose clock is ahead by this.
func good(request []byte, ahead time.Duration) []byte {
	a := make([]byte, 48)
	a[0], a[1] = 4<<3|4, 2
	copy(a[24:], request[40:48])
	put(a[32:], time.Now().Add(ahead))
	put(a[40:], time.Now().Add(ahead))
	return a
}

func TestAsk(t *testing.T) {
	const ahead = 40 * 365 * 24 * time.Hour // what a board is behind, and more
	lost := 2
	addr := answering(t, func(request []byte) [][]byte {
		if lost--; lost >= 0 {
			return nil
		}
		forged := good(request, time.Hour)
		forged[24]++
		return [][]byte{forged, request[:10], good(request, ahead)}
	})
	offset, delay, err := ask(addr, 10, 200*time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	if diff := (offset - ahead).Abs(); diff > delay/2+time.Millisecond {
		t.Errorf("offset %v, off by %v; the delay is %v", offset, diff, delay)
	}
}

func TestAskErrors(t *testing.T) {
	for want, change := range map[string]func(a []byte) []byte{
		"refuses: RATE":    func(a []byte) []byte { a[1] = 0; copy(a[12:], "RATE"); return a },
		"not know":         func(a []byte) []byte { a[0] |= 0xc0; return a },
		"itself yet":       func(a []byte) []byte { a[1] = 16; return a },
		"no time server's": func(a []byte) []byte { a[0] = 4<<3 | 5; return a },
		"no answer in 2":   func(a []byte) []byte { return a[:47] },
	} {
		addr := answering(t, func(request []byte) [][]byte { return [][]byte{change(good(request, 0))} })
		patience := 10 * time.Second
		if strings.HasPrefix(want, "no answer") {
			patience = 20 * time.Millisecond
		}
		if _, _, err := ask(addr, 2, patience); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want an error with %q", err, want)
		} else if errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("%v: tells of one try's deadline", err)
		}
	}
}
