package lneto_test

import (
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tinynet/tinynet/netdev"
	"github.com/tinynet/tinynet/netdev/lneto"
	"github.com/tinynet/tinynet/netdev/lneto/cable"
)

func peerAddr(n byte) netip.AddrPort {
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 7, 0, n}), 9)
}

func isARP(frame []byte) bool { return len(frame) > 13 && frame[12] == 8 && frame[13] == 6 }

// TestAddressDispute has two devices that insist on the same address: they do not
// fill the network with it.
func TestAddressDispute(t *testing.T) {
	w := cable.New(cable.Faults{})
	one := at(1, lneto.Config{})
	two := one
	two.MAC[5] = 2
	plug(t, w, one)
	plug(t, w, two)
	<-time.After(500 * time.Millisecond)
	if n := w.Counts().Sent; n > 10 {
		t.Errorf("two devices with one address send %d frames in half a second, want 10 at most", n)
	}
}

// TestManyNeighbours has more connections and datagrams at once, each to another
// peer of the network, than any small table has room for.
func TestManyNeighbours(t *testing.T) {
	w := cable.New(cable.Faults{})
	conf := lneto.Large()
	dev := plug(t, w, at(1, conf))
	type end struct {
		other *lneto.Device
		x, y  int
	}
	var ends []end
	for i := range conf.Conns {
		other := plug(t, w, at(byte(10+i), lneto.Config{}))
		x, y := connected(t, dev, other)
		ends = append(ends, end{other, x, y})
	}
	before := w.Counts().Sent
	var wg sync.WaitGroup
	for i, e := range ends {
		wg.Add(2)
		go func() {
			defer wg.Done()
			if err := sendAll(dev, e.x, newStream(uint64(i)), 20_000); err != nil {
				t.Error(err)
			}
		}()
		go func() {
			defer wg.Done()
			if err := receiveAll(e.other, e.y, newStream(uint64(i)), 20_000); err != nil {
				t.Error(err)
			}
		}()
	}
	wg.Wait()
	// 14 segments and as many acknowledgements each would do.
	if n, most := w.Counts().Sent-before, 100*len(ends); n > most {
		t.Errorf("%d connections send %d frames for 20 kB each, want %d at most", len(ends), n, most)
	}
}

// TestGatewayMoves replaces the gateway by one with another hardware address, as
// a standby does, while a connection beyond it is open.
func TestGatewayMoves(t *testing.T) {
	w := cable.New(cable.Faults{})
	conf := at(1, lneto.Config{Gateway: netip.MustParseAddr("10.7.0.254")})
	dev := plug(t, w, conf)
	// Who is beyond the gateway has, on this wire, the gateway's hardware address,
	// and answers for it.
	far := netip.MustParsePrefix("172.16.0.9/32")
	beyond := func(mac byte) (*lneto.Device, *cable.Port) {
		p := w.Join()
		d, err := lneto.New(p, lneto.Config{MAC: [6]byte{2, 0, 0, 0, 9, mac}, Addr: far, Gateway: netip.MustParseAddr("10.7.0.1"), ProbeTime: -1, Seed: 5})
		if err != nil {
			t.Fatal(err)
		}
		p.Receive(d.Receive)
		t.Cleanup(func() { d.Halt(); p.Close() })
		return d, p
	}
	gateway := func(mac byte) *cable.Port {
		p := w.Join()
		p.Receive(func(f []byte) {
			if isARP(f) && f[21] == 1 && [4]byte(f[38:42]) == [4]byte{10, 7, 0, 254} {
				reply := append([]byte(nil), f[6:12]...)
				reply = append(reply, 2, 0, 0, 0, 9, mac, 8, 6, 0, 1, 8, 0, 6, 4, 0, 2, 2, 0, 0, 0, 9, mac, 10, 7, 0, 254)
				p.Send(append(append(reply, f[22:28]...), f[28:32]...))
			}
		})
		t.Cleanup(p.Close)
		return p
	}
	old := gateway(1)
	first, port := beyond(1)
	x, y := connected(t, dev, first)
	dev.Send(x, []byte("old"), 0, time.Time{})
	if n, err := first.Recv(y, make([]byte, 10), 0, time.Now().Add(10*time.Second)); n != 3 {
		t.Fatal("before the move: ", n, err)
	}
	// The old gateway dies. Datagrams for the far end come through the new one as
	// soon as the device has noticed, by the connection that gets no answer.
	port.Unplug(true)
	old.Unplug(true)
	gateway(2)
	second, _ := beyond(2)
	num := must(second.Socket(netdev.AF_INET, netdev.SOCK_DGRAM, 0))(t)
	second.Bind(num, netip.MustParseAddrPort("0.0.0.0:9"))
	mine := must(dev.Socket(netdev.AF_INET, netdev.SOCK_DGRAM, 0))(t)
	dev.Send(x, []byte("lost"), 0, time.Time{})
	for end := time.Now().Add(20 * time.Second); ; {
		dev.SendTo(mine, []byte("new"), 0, time.Time{}, netip.AddrPortFrom(far.Addr(), 9))
		if n, err := second.Recv(num, make([]byte, 10), 0, time.Now().Add(200*time.Millisecond)); n == 3 {
			return
		} else if time.Now().After(end) {
			t.Fatal("the new gateway gets nothing within 20 s: ", err)
		}
	}
}

// TestARPStorm asks for the device's address as fast as it goes, from everywhere:
// it goes on to serve.
func TestARPStorm(t *testing.T) {
	w := cable.New(cable.Faults{})
	dev, other := plug(t, w, at(1, lneto.Config{})), plug(t, w, at(2, lneto.Config{}))
	x, y := connected(t, dev, other)
	storm := w.Join()
	stop, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		f := []byte{255, 255, 255, 255, 255, 255, 2, 0, 0, 0, 1, 0, 8, 6, 0, 1, 8, 0, 6, 4, 0, 1, 2, 0, 0, 0, 1, 0, 10, 7, 1, 0, 0, 0, 0, 0, 0, 0, 10, 7, 0, 1}
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			case <-time.After(100 * time.Microsecond):
			}
			f[11], f[27], f[31] = byte(i), byte(i), byte(i)
			storm.Send(f)
		}
	}()
	if err := transfer(t, dev, other, x, y, 200_000); err != nil {
		t.Error(err)
	}
	close(stop)
	<-ended
}

// TestARPRenewal has what is known of a neighbour grow old: it is asked again, while
// all goes on. One who has another hardware address by then is found there.
func TestARPRenewal(t *testing.T) {
	w := cable.New(cable.Faults{})
	dev, other := plug(t, w, at(1, lneto.Config{})), plug(t, w, at(2, lneto.Config{}))
	x, y := connected(t, dev, other)
	var asked atomic.Int32
	w.Watch(func(f []byte) {
		if isARP(f) && f[21] == 1 && f[11] == 1 && f[41] == 2 {
			asked.Add(1)
		}
	})
	for round := range 3 {
		dev.AgeNeighbours()
		if err := sendAll(dev, x, newStream(uint64(round)), 5000); err != nil {
			t.Fatal(err)
		}
		if err := receiveAll(other, y, newStream(uint64(round)), 5000); err != nil {
			t.Fatal(err)
		}
		for end := time.Now().Add(10 * time.Second); asked.Load() <= int32(round); <-time.After(time.Millisecond) {
			if time.Now().After(end) {
				t.Fatalf("in round %d the neighbour is not asked again", round)
			}
		}
	}
	// A datagram socket, too, which has no acknowledgements to miss.
	num := must(dev.Socket(netdev.AF_INET, netdev.SOCK_DGRAM, 0))(t)
	other.Halt()
	conf := at(2, lneto.Config{})
	conf.MAC[5] = 77
	moved := plug(t, w, conf)
	in := must(moved.Socket(netdev.AF_INET, netdev.SOCK_DGRAM, 0))(t)
	moved.Bind(in, netip.MustParseAddrPort("0.0.0.0:9"))
	dev.AgeNeighbours()
	for end := time.Now().Add(10 * time.Second); ; {
		dev.SendTo(num, []byte("moved"), 0, time.Time{}, peerAddr(2))
		n, err := moved.Recv(in, make([]byte, 10), 0, time.Now().Add(100*time.Millisecond))
		if n == 5 {
			break
		}
		if time.Now().After(end) {
			t.Fatal("the neighbour is not found at its new hardware address: ", err)
		}
	}
}
