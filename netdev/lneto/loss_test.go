package lneto_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/netip"
	"os"
	"testing"
	"time"

	"github.com/tinynet/tinynet/netdev"
	"github.com/tinynet/tinynet/netdev/lneto"
	"github.com/tinynet/tinynet/netdev/lneto/cable"
)

// A stream makes the bytes of a transfer: each at its place is known, so that
// one that is wrong shows where it is.
type stream struct{ rng *rand.PCG }

func newStream(seed uint64) *stream { return &stream{rand.NewPCG(seed, 77)} }

func (s *stream) next(b []byte) {
	for i := range b {
		b[i] = byte(s.rng.Uint64())
	}
}

// connected is a connection between two devices.
func connected(t testing.TB, a, b *lneto.Device) (x, y int) {
	t.Helper()
	l, to := listening(t, b)
	x = must(a.Socket(netdev.AF_INET, netdev.SOCK_STREAM, netdev.IPPROTO_TCP))(t)
	if err := a.Connect(x, "", to); err != nil {
		t.Fatal("Connect: ", err)
	}
	y, _, err := b.Accept(l)
	if err != nil {
		t.Fatal("Accept: ", err)
	}
	return x, y
}

// listening is a listener, and where it is.
func listening(t testing.TB, d *lneto.Device) (num int, to netip.AddrPort) {
	t.Helper()
	l := must(d.Socket(netdev.AF_INET, netdev.SOCK_STREAM, netdev.IPPROTO_TCP))(t)
	ip := must(d.Addr())(t)
	if err := d.Bind(l, netip.AddrPortFrom(ip, 0)); err != nil {
		t.Fatal("Bind: ", err)
	}
	if err := d.Listen(l, 16); err != nil {
		t.Fatal("Listen: ", err)
	}
	return l, must(d.GetSockname(l))(t)
}

func must[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// sendAll sends the stream's next n bytes.
func sendAll(d *lneto.Device, num int, s *stream, n int) error {
	buf := make([]byte, 4096)
	for n > 0 {
		part := buf[:min(n, len(buf))]
		s.next(part)
		n -= len(part)
		for len(part) > 0 {
			m, err := d.Send(num, part, 0, time.Time{})
			if err != nil {
				return fmt.Errorf("Send, with %d bytes left: %w", n+len(part), err)
			}
			part = part[m:]
		}
	}
	return nil
}

// errWrong is for bytes that are not those that were sent: there is no excuse
// for them.
var errWrong = errors.New("wrong bytes")

// receiveAll receives the stream's next n bytes.
func receiveAll(d *lneto.Device, num int, s *stream, n int) error {
	buf, want := make([]byte, 3000), make([]byte, 3000)
	for done := 0; done < n; {
		m, err := d.Recv(num, buf[:min(len(buf), n-done)], 0, time.Time{})
		if err != nil {
			return fmt.Errorf("Recv, after %d bytes: %w", done, err)
		}
		s.next(want[:m])
		if !bytes.Equal(buf[:m], want[:m]) {
			return fmt.Errorf("%w between %d and %d", errWrong, done, done+m)
		}
		done += m
	}
	return nil
}

// transfer sends n bytes each way at once and ends the connection on both sides.
func transfer(t testing.TB, a, b *lneto.Device, x, y, n int) error {
	t.Helper()
	errs := make(chan error, 4)
	go func() {
		err := sendAll(a, x, newStream(1), n)
		if err == nil {
			err = a.Shutdown(x, netdev.SHUT_WR)
		}
		errs <- err
	}()
	go func() {
		err := sendAll(b, y, newStream(2), n)
		if err == nil {
			err = b.Shutdown(y, netdev.SHUT_WR)
		}
		errs <- err
	}()
	end := func(d *lneto.Device, num int) error {
		if n, err := d.Recv(num, make([]byte, 1), 0, time.Time{}); n > 0 || err != io.EOF {
			return fmt.Errorf("after the last byte Recv gives %d, %v; want EOF", n, err)
		}
		return nil
	}
	go func() {
		err := receiveAll(a, x, newStream(2), n)
		if err == nil {
			err = end(a, x)
		}
		errs <- err
	}()
	go func() {
		err := receiveAll(b, y, newStream(1), n)
		if err == nil {
			err = end(b, y)
		}
		errs <- err
	}()
	var first error
	for range 4 {
		if err := <-errs; err != nil && (first == nil || errors.Is(err, errWrong)) {
			first = err
		}
	}
	return first
}

// size is how much the loss tests transfer each way: TINYNET_TRANSFER=10000000
// makes it the 10 MB for which docs/lneto.md has the figures.
func size(t testing.TB) int {
	n := 1_000_000
	if testing.Short() {
		n = 100_000
	}
	if s := os.Getenv("TINYNET_TRANSFER"); s != "" {
		if _, err := fmt.Sscan(s, &n); err != nil {
			t.Fatal(err)
		}
	}
	return n
}

// faulty are the wires of the loss tests.
var faulty = []struct {
	name   string
	faults cable.Faults
}{
	{"none", cable.Faults{}},
	{"loss of 1 in 100", cable.Faults{Seed: 1, Loss: 100}},
	{"loss of 1 in 15", cable.Faults{Seed: 2, Loss: 15}},
	{"loss of 1 in 7", cable.Faults{Seed: 3, Loss: 7}},
	{"every third twice", cable.Faults{Seed: 4, Double: 3}},
	{"1 in 5 out of order", cable.Faults{Seed: 5, Reorder: 5}},
	{"1 in 20 corrupted", cable.Faults{Seed: 6, Corrupt: 20}},
	{"late by 1 to 4 ms", cable.Faults{Seed: 7, Latency: time.Millisecond, Jitter: 3 * time.Millisecond}},
	{"all", cable.Faults{Seed: 8, Loss: 50, Double: 20, Reorder: 20, Corrupt: 50, Jitter: time.Millisecond}},
}

// TestTransfer sends the stream over bad wires: it arrives byte for byte, both
// ways at once.
func TestTransfer(t *testing.T) {
	for _, test := range faulty {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			n := size(t)
			if test.faults.Loss > 0 && test.faults.Loss < 20 && os.Getenv("TINYNET_TRANSFER") == "" {
				n /= 10 // most of the time is the peers' patience
			}
			w := cable.New(test.faults)
			a, b := plug(t, w, at(1, lneto.Config{})), plug(t, w, at(2, lneto.Large()))
			x, y := connected(t, a, b)
			start := time.Now()
			if err := transfer(t, a, b, x, y, n); err != nil {
				t.Error(err)
			}
			t.Logf("%d bytes each way in %v; wire %+v; first device %+v", n, time.Since(start).Round(time.Millisecond), w.Counts(), a.Statistics())
		})
	}
}
