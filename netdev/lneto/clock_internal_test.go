package lneto

import (
	"net/netip"
	"runtime"
	"testing"
	"time"
	"unsafe"

	"github.com/tinynet/tinynet/netdev"
)

type nowhere struct{}

func (nowhere) Send([]byte) error { return nil }

// receiver is a device with a socket of datagrams.
func receiver(t *testing.T) (d *Device, num int) {
	t.Helper()
	d, err := New(nowhere{}, Config{MAC: [6]byte{2}, Addr: netip.MustParsePrefix("10.7.0.1/24"), ProbeTime: -1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Halt() })
	if num, err = d.Socket(netdev.AF_INET, netdev.SOCK_DGRAM, netdev.IPPROTO_UDP); err != nil {
		t.Fatal(err)
	}
	if err := d.Bind(num, netip.MustParseAddrPort("0.0.0.0:514")); err != nil {
		t.Fatal(err)
	}
	return d, num
}

// TestClockSet: a program sets the board's clock, which said 1970 when the device was
// made, and then a deadline that only the wall clock tells.
func TestClockSet(t *testing.T) {
	d, num := receiver(t)
	if d.start == d.start.Round(0) {
		t.Skip("time.Now has no reading of the clock that cannot be set")
	}
	d.mu.Lock()
	*(*uint64)(unsafe.Pointer(&d.start)) -= 86400 << 30 // a day less, by the wall clock alone
	d.mu.Unlock()
	soon := func() time.Time { return time.Now().Add(20 * time.Millisecond) }
	for name, deadline := range map[string]func() time.Time{
		"time.Now":    soon,
		"time.Unix":   func() time.Time { return time.Unix(0, soon().UnixNano()) },
		"long passed": func() time.Time { return time.Unix(1, 0) },
	} {
		for _, how := range []string{"the socket's", "the call's"} {
			limit, at := time.Time{}, deadline()
			if how == "the call's" {
				limit = at
			} else if err := d.SetSockDeadline(num, netdev.Reads, at); err != nil {
				t.Fatal(err)
			}
			done := make(chan error, 1)
			go func() {
				_, err := d.Recv(num, make([]byte, 10), 0, limit)
				done <- err
			}()
			select {
			case err := <-done:
				if !isTimeout(err) {
					t.Errorf("%s deadline by %s: %v, want a timeout", how, name, err)
				}
			case <-time.After(10 * time.Second):
				t.Fatalf("%s deadline by %s: the call outlives it", how, name)
			}
			if err := d.SetSockDeadline(num, netdev.Reads, time.Time{}); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// TestFarDeadline: a deadline that stands for never does not have the device look again
// and again.
func TestFarDeadline(t *testing.T) {
	d, num := receiver(t)
	if err := d.SetSockDeadline(num, netdev.Reads, time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() {
		_, err := d.Recv(num, make([]byte, 10), 0, time.Time{})
		done <- err
	}()
	d.mu.Lock()
	for {
		s, err := d.sock(num)
		if err != nil {
			t.Error(err)
			break
		}
		if at := d.expiry(&s.waitlist); at != 0 {
			if wait := time.Duration(at - d.now()); wait < 365*24*time.Hour {
				t.Errorf("the device looks again in %v", wait)
			}
			break
		}
		d.mu.Unlock()
		runtime.Gosched() // until the call waits
		d.mu.Lock()
	}
	d.mu.Unlock()
	d.Close(num)
	if err := <-done; err == nil {
		t.Error("Recv on a socket that was closed has no error")
	}
}
