package simdev_test

import (
	"errors"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/tinynet/tinynet/netdev"
	"github.com/tinynet/tinynet/netdev/simdev"
)

// TestMethods looks for the optional interfaces, which net finds by asserting.
func TestMethods(t *testing.T) {
	for methods, want := range map[simdev.Methods][]string{
		simdev.Bare:       nil,
		simdev.Datagrams:  {"Datagrammer", "Shutdowner", "SockNamer"},
		simdev.Interrupts: {"Datagrammer", "Interrupter", "Shutdowner", "SockNamer"},
		simdev.All:        {"AddressFamilies", "DNSConfigurer", "Datagrammer", "Deadliner", "Interfacer", "NetIPLookuper", "Shutdowner", "SockNamer"},
	} {
		dev := simdev.New(simdev.Config{Methods: methods}).Netdever()
		var got []string
		has := func(name string, ok bool) {
			if ok {
				got = append(got, name)
			}
		}
		_, ok := dev.(netdev.AddressFamilies)
		has("AddressFamilies", ok)
		_, ok = dev.(netdev.DNSConfigurer)
		has("DNSConfigurer", ok)
		_, ok = dev.(netdev.Datagrammer)
		has("Datagrammer", ok)
		_, ok = dev.(netdev.Deadliner)
		has("Deadliner", ok)
		_, ok = dev.(netdev.Interfacer)
		has("Interfacer", ok)
		_, ok = dev.(netdev.Interrupter)
		has("Interrupter", ok)
		_, ok = dev.(netdev.Multicaster)
		has("Multicaster", ok)
		_, ok = dev.(netdev.NetIPLookuper)
		has("NetIPLookuper", ok)
		_, ok = dev.(netdev.Shutdowner)
		has("Shutdowner", ok)
		_, ok = dev.(netdev.SockNamer)
		has("SockNamer", ok)
		_, ok = dev.(netdev.UnixNamer)
		has("UnixNamer", ok)
		if !slices.Equal(got, want) {
			t.Errorf("methods %d: the device has %v, want %v", methods, got, want)
		}
	}
}

// pair returns two devices and the two ends of a connection between them.
func pair(t *testing.T, conf simdev.Config) (a, b *simdev.Device, from, to int) {
	t.Helper()
	wire := simdev.NewNetwork()
	a, b = wire.Join(conf), wire.Join(simdev.Config{}.At("10.0.0.2"))
	t.Cleanup(a.Halt)
	t.Cleanup(b.Halt)
	at := netip.MustParseAddrPort("10.0.0.2:80")
	l, _ := b.Socket(netdev.AF_INET, netdev.SOCK_STREAM, netdev.IPPROTO_TCP)
	from, err := a.Socket(netdev.AF_INET, netdev.SOCK_STREAM, netdev.IPPROTO_TCP)
	if err == nil {
		err = b.Bind(l, at)
	}
	if err == nil {
		err = b.Listen(l, 1)
	}
	if err == nil {
		err = a.Connect(from, "", at)
	}
	if err == nil {
		to, _, err = b.Accept(l)
	}
	if err != nil {
		t.Fatal(err)
	}
	return a, b, from, to
}

func TestLink(t *testing.T) {
	a, b, from, to := pair(t, simdev.Config{})
	a.SetLink(false)
	if n, err := a.Send(from, []byte("held"), 0, time.Time{}); n != 4 || err != nil {
		t.Fatalf("Send without a link gives %d, %v", n, err)
	}
	buf := make([]byte, 10)
	if n, err := b.Recv(to, buf, 0, time.Now().Add(5*time.Millisecond)); !errors.Is(err, netdev.ErrTimeout) {
		t.Errorf("without a link, Recv gives %d, %v", n, err)
	}
	done := make(chan int)
	go func() {
		n, _ := b.Recv(to, buf, 0, time.Time{})
		done <- n
	}()
	b.AwaitWaiting(1)
	a.SetLink(true)
	if n := <-done; string(buf[:max(n, 0)]) != "held" {
		t.Errorf("with the link back, Recv gives %q", buf[:n])
	}
}

// TestHalt ends calls that nothing else would.
func TestHalt(t *testing.T) {
	for _, bad := range []simdev.Misbehaviour{
		{RecvIgnoresDeadline: true, BlocksLocked: true},
		{RecvIgnoresClose: true},
		{RecvRetriesErrors: true},
		{},
	} {
		a, _, from, _ := pair(t, simdev.Config{Misbehaviour: bad})
		done := make(chan error)
		go func() {
			_, err := a.Recv(from, make([]byte, 1), 0, time.Time{})
			done <- err
		}()
		a.AwaitWaiting(1)
		a.Halt()
		if err := <-done; !errors.Is(err, simdev.ErrHalted) {
			t.Errorf("%+v: Recv ends with %v", bad, err)
		}
		if n := a.OpenSockets(); n != 0 {
			t.Errorf("%+v: %d sockets are open", bad, n)
		}
		if _, err := a.Socket(netdev.AF_INET, netdev.SOCK_STREAM, netdev.IPPROTO_TCP); !errors.Is(err, simdev.ErrHalted) {
			t.Errorf("%+v: Socket gives %v", bad, err)
		}
	}
}

// TestSeed has the same faults twice.
func TestSeed(t *testing.T) {
	faults := func(seed uint64) (got []int) {
		a, b, from, to := pair(t, simdev.Config{Seed: seed, Faults: simdev.Faults{ShortWrites: 2, Transient: 3}})
		buf := make([]byte, 100)
		for range 30 {
			n, err := a.Send(from, buf[:50], 0, time.Time{})
			if got = append(got, n); err != nil && !errors.Is(err, simdev.ErrTransient) {
				t.Fatal(err)
			}
			if n > 0 {
				b.Recv(to, buf, 0, time.Time{})
			}
		}
		return got
	}
	one, again, other := faults(1), faults(1), faults(2)
	if !slices.Equal(one, again) {
		t.Errorf("with one seed Send gives %v and then %v", one, again)
	}
	if slices.Equal(one, other) {
		t.Error("another seed makes no difference")
	}
}
