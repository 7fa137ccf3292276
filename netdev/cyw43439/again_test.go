package cyw43439_test

import (
	"errors"
	"fmt"
	"net/netip"
	"sync/atomic"
	"testing"
	"time"

	radio "github.com/tinynet/tinynet/netdev/cyw43439"
	"github.com/tinynet/tinynet/netdev/cyw43439/cyw43439sim"
	"github.com/tinynet/tinynet/netdev/lneto/cable"
)

// TestJoinAgain fails to join, for each reason and also before the driver has ended
// its try, and then joins with the same driver.
func TestJoinAgain(t *testing.T) {
	t.Parallel()
	_, dev := board(t, cable.New(cable.Faults{}))
	for _, wrong := range []func(*radio.Config){
		func(c *radio.Config) { c.SSID = "elsewhere" },
		func(c *radio.Config) { c.Timeout = 50 * time.Millisecond }, // during Init
		func(c *radio.Config) { c.Device.MTU = 5 },                  // at once
	} {
		conf := config(home)
		wrong(&conf)
		if r, err := radio.JoinWith(dev, conf); err == nil {
			r.Halt()
			t.Fatal("Join succeeds")
		}
	}
	r, err := radio.JoinWith(dev, config(home))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Halt()
	if !r.Up() {
		t.Error("the radio is not up")
	}
}

// TestCommandsInTraffic joins and leaves groups, and switches the light, while
// frames come as fast as the wire goes: a command finds frames before its answer,
// and the device takes them.
func TestCommandsInTraffic(t *testing.T) {
	t.Parallel()
	w := cable.New(cable.Faults{})
	chip, dev := board(t, w)
	r, err := radio.JoinWith(dev, config(home))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Halt()
	from := other(t, w)
	in, err := r.Socket(2, 2, 17)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Bind(in, netip.MustParseAddrPort("0.0.0.0:9")); err != nil {
		t.Fatal(err)
	}
	out, err := from.Socket(2, 2, 17)
	if err != nil {
		t.Fatal(err)
	}
	stop, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for {
			select {
			case <-stop:
				return
			case <-time.After(200 * time.Microsecond):
			}
			from.SendTo(out, []byte("traffic"), 0, time.Time{}, netip.MustParseAddrPort("10.8.0.2:9"))
		}
	}()
	defer func() { close(stop); <-ended }()
	var received atomic.Int64
	go func() {
		for {
			if _, err := r.Recv(in, make([]byte, 10), 0, time.Time{}); err != nil {
				return
			}
			received.Add(1)
		}
	}()
	for end := time.Now().Add(20 * time.Second); received.Load() < 10; <-time.After(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("no traffic arrives within 20 s")
		}
	}
	before := received.Load()
	done := make(chan error, 1)
	go func() {
		for i := 0; i < 20 || received.Load() < before+50; i++ {
			num, err := r.Socket(2, 2, 17)
			if err == nil {
				err = r.JoinGroup(num, netip.AddrFrom4([4]byte{239, 1, 1, byte(i)}), 0)
			}
			if err == nil {
				err = r.Close(num)
			}
			if err == nil {
				err = r.LED(i%2 == 0)
			}
			if err == nil && chip.LED() != (i%2 == 0) {
				err = errors.New("the light is not as it was switched")
			}
			if err != nil {
				done <- fmt.Errorf("round %d: %w", i, err)
				return
			}
		}
		done <- nil
	}()
	select {
	case err := <-done:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(60 * time.Second):
		t.Fatal("commands in traffic do not end within 60 s")
	}
	r.Close(in)
}

// TestGroups joins more groups than the chip's filter has room for: those are
// refused; the others are heard, also after the access point was lost.
func TestGroups(t *testing.T) {
	t.Parallel()
	w := cable.New(cable.Faults{})
	chip, dev := board(t, w)
	conf := config(home)
	news := make(chan bool, 10)
	conf.Changed = func(up bool) { news <- up }
	r, err := radio.JoinWith(dev, conf)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Halt()
	num, err := r.Socket(2, 2, 17)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Bind(num, netip.MustParseAddrPort("0.0.0.0:9")); err != nil {
		t.Fatal(err)
	}
	group := func(i int) netip.Addr { return netip.AddrFrom4([4]byte{239, 1, 1, byte(i)}) }
	joined := 0
	for i := range 12 {
		if err = r.JoinGroup(num, group(i), 0); err != nil {
			break
		}
		joined++
	}
	if joined != 10 || err == nil {
		t.Errorf("%d groups are joined, then %v; want 10 and an error", joined, err)
	}
	from := other(t, w)
	out, err := from.Socket(2, 2, 17)
	if err != nil {
		t.Fatal(err)
	}
	hear := func(when string) {
		t.Helper()
		for _, i := range []int{0, 9} {
			buf := make([]byte, 10)
			for try := 0; ; try++ {
				from.SendTo(out, []byte{byte(i)}, 0, time.Time{}, netip.AddrPortFrom(group(i), 9))
				n, err := r.Recv(num, buf, 0, time.Now().Add(time.Second))
				if n == 1 && int(buf[0]) == i {
					break
				}
				if try > 10 {
					t.Fatalf("%s group %d is not heard: %v", when, i, err)
				}
			}
		}
	}
	hear("at first")
	chip.Lose("home")
	if <-news {
		t.Fatal("the access point is there")
	}
	if err := r.Close(must(r.Socket(2, 2, 17))(t)); err != nil {
		t.Error(err)
	}
	chip.Find(home)
	if !<-news {
		t.Fatal("the access point is not there")
	}
	hear("after the access point was lost")
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

// TestSilentChip has a chip that does not answer commands: Join says so in its time,
// and joins once it does.
func TestSilentChip(t *testing.T) {
	t.Parallel()
	chip, dev := board(t, cable.New(cable.Faults{}))
	chip.SetFaults(cyw43439sim.Faults{Silent: true})
	conf := config(home)
	conf.Timeout = 20 * time.Second
	start := time.Now()
	if r, err := radio.JoinWith(dev, conf); err == nil {
		r.Halt()
		t.Fatal("Join succeeds")
	}
	if took := time.Since(start); took > conf.Timeout+2*time.Second {
		t.Errorf("Join fails after %v, with a timeout of %v", took, conf.Timeout)
	}
	chip.SetFaults(cyw43439sim.Faults{})
	r, err := radio.JoinWith(dev, conf)
	if err != nil {
		t.Fatal("when the chip answers again: ", err)
	}
	r.Halt()
}
