package lneto_test

import (
	"errors"
	"fmt"
	"io"
	"net/netip"
	"syscall"
	"testing"
	"time"

	"github.com/tinynet/tinynet/netdev"
	"github.com/tinynet/tinynet/netdev/lneto"
	"github.com/tinynet/tinynet/netdev/lneto/cable"
)

// TestGonePeersMakeRoom has peers of the own network vanish with all connections
// that the device can have, as a telephone does that leaves the house. Its program
// closes them; soon there is room for others.
func TestGonePeersMakeRoom(t *testing.T) {
	t.Parallel()
	for name, linger := range map[string]int{"Close": -1, "reset": 0} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			const conns = 3
			w := cable.New(cable.Faults{})
			dev := plug(t, w, at(1, lneto.Config{Conns: conns, CloseTimeout: time.Second}))
			p := w.Join()
			gone, err := lneto.New(p, at(2, lneto.Config{}))
			if err != nil {
				t.Fatal(err)
			}
			p.Receive(gone.Receive)
			t.Cleanup(func() { gone.Halt(); p.Close() })
			for range conns {
				x, _ := connected(t, dev, gone)
				defer func() {
					dev.Send(x, []byte("to nobody"), 0, time.Time{})
					dev.SetSockOpt(x, netdev.SOL_SOCKET, netdev.SO_LINGER, linger)
					dev.Close(x)
				}()
			}
			p.Unplug(true)
			dev.SetLinkUp(false) // where it is, has to be asked again
			dev.SetLinkUp(true)
			t.Cleanup(func() {
				other := plug(t, w, at(3, lneto.Config{}))
				_, to := listening(t, other)
				for end := time.Now().Add(20 * time.Second); ; <-time.After(100 * time.Millisecond) {
					num := must(dev.Socket(netdev.AF_INET, netdev.SOCK_STREAM, 0))(t)
					err := dev.Connect(num, "", to)
					if err == nil {
						return
					}
					dev.Close(num)
					if time.Now().After(end) {
						t.Fatalf("20 s after connections to a peer that is gone were closed: %v", err)
					}
				}
			})
		})
	}
}

// TestNoLink takes the link away for good: what waits fails in the time that
// Config sets, though there is nobody who could be heard.
func TestNoLink(t *testing.T) {
	t.Parallel()
	const patience = time.Second
	w := cable.New(cable.Faults{})
	dev := plug(t, w, at(1, lneto.Config{RetryTimeout: patience, ConnectTimeout: patience, CloseTimeout: patience, LookupTimeout: patience, Conns: 3}))
	other := plug(t, w, at(2, lneto.Config{}))
	writer, _ := connected(t, dev, other)
	reader, _ := connected(t, dev, other)
	for opt, value := range map[[2]int]any{
		{netdev.SOL_SOCKET, netdev.SO_KEEPALIVE}: true,
		{netdev.SOL_TCP, netdev.TCP_KEEPIDLE}:    1,
		{netdev.SOL_TCP, netdev.TCP_KEEPINTVL}:   1,
		{netdev.SOL_TCP, netdev.TCP_KEEPCNT}:     1,
	} {
		if err := dev.SetSockOpt(reader, opt[0], opt[1], value); err != nil {
			t.Fatal(err)
		}
	}
	dev.SetLinkUp(false)
	dial := must(dev.Socket(netdev.AF_INET, netdev.SOCK_STREAM, 0))(t)
	waits := map[string]func() error{
		"Send": func() error {
			for {
				if _, err := dev.Send(writer, make([]byte, 1000), 0, time.Time{}); err != nil {
					return err
				}
			}
		},
		"Recv with keep-alive": func() error {
			_, err := dev.Recv(reader, make([]byte, 1), 0, time.Time{})
			return err
		},
		"Connect": func() error { return dev.Connect(dial, "", peerAddr(2)) },
	}
	type result struct {
		what string
		err  error
	}
	results := make(chan result, len(waits))
	for what, call := range waits {
		go func() { results <- result{what, call()} }()
	}
	late := time.After(20 * patience)
	for range waits {
		select {
		case r := <-results:
			if r.err != syscall.ETIMEDOUT {
				t.Errorf("%s without a link: %v, want %v", r.what, r.err, syscall.ETIMEDOUT)
			}
		case <-late:
			t.Fatalf("20 times the time that Config gives is over, and calls still wait")
		}
	}
	// What is closed meanwhile makes room, too.
	for _, num := range []int{writer, reader, dial} {
		dev.Close(num)
	}
	for end := time.Now().Add(20 * patience); ; <-time.After(50 * time.Millisecond) {
		var errs error
		var nums []int
		for range 3 {
			num := must(dev.Socket(netdev.AF_INET, netdev.SOCK_STREAM, 0))(t)
			nums = append(nums, num)
			dev.SetSockDeadline(num, netdev.Writes, time.Now().Add(20*time.Millisecond))
			errs = errors.Join(errs, dev.Connect(num, "", peerAddr(2)))
		}
		for _, num := range nums {
			dev.Close(num)
		}
		if !errors.Is(errs, netdev.ErrNoMoreSockets) {
			break
		}
		if time.Now().After(end) {
			t.Fatal("there is no room for connections: ", errs)
		}
	}
	// The link is back.
	dev.SetLinkUp(true)
	x, y := connected(t, dev, other)
	if err := transfer(t, dev, other, x, y, 10_000); err != nil {
		t.Error("when the link is back: ", err)
	}
}

// TestLinkBack takes the link away for a moment while data is on the way: it goes
// on when the link is back, and not only when a timer that has grown runs out.
func TestLinkBack(t *testing.T) {
	t.Parallel()
	w := cable.New(cable.Faults{})
	dev, other := plug(t, w, at(1, lneto.Config{})), plug(t, w, at(2, lneto.Config{}))
	x, y := connected(t, dev, other)
	dev.SetLinkUp(false)
	if _, err := dev.Send(x, []byte("during the gap"), 0, time.Time{}); err != nil {
		t.Fatal(err)
	}
	<-time.After(3500 * time.Millisecond)
	start := time.Now()
	dev.SetLinkUp(true)
	buf := make([]byte, 100)
	n, err := other.Recv(y, buf, 0, time.Now().Add(20*time.Second))
	if string(buf[:n]) != "during the gap" || time.Since(start) > 3*time.Second {
		t.Errorf("after the gap the peer reads %q, %v, after %v", buf[:max(n, 0)], err, time.Since(start))
	}
}

// TestSilentReader has a peer that does not read for longer than RetryTimeout, but
// answers: the connection waits, and nothing is lost.
func TestSilentReader(t *testing.T) {
	t.Parallel()
	w := cable.New(cable.Faults{})
	dev := plug(t, w, at(1, lneto.Config{RetryTimeout: time.Second, CloseTimeout: 20 * time.Second}))
	other := plug(t, w, at(2, lneto.Config{}))
	x, y := connected(t, dev, other)
	const size = 20_000
	sent := make(chan error, 1)
	go func() { sent <- sendAll(dev, x, newStream(3), size) }()
	select {
	case err := <-sent:
		t.Fatalf("%d bytes are sent to a peer that does not read; %v", size, err)
	case <-time.After(5 * time.Second):
	}
	if err := receiveAll(other, y, newStream(3), size); err != nil {
		t.Error(err)
	}
	if err := <-sent; err != nil {
		t.Error(err)
	}
	// And one that closes its window behind what it has not read, while ours closes.
	if err := sendAll(other, y, newStream(4), 2000); err != nil {
		t.Fatal(err)
	}
	if err := receiveAll(dev, x, newStream(4), 2000); err != nil {
		t.Error(err)
	}
	dev.Close(x)
	if n, err := other.Recv(y, make([]byte, 1), 0, time.Now().Add(20*time.Second)); n > 0 || err != io.EOF {
		t.Error(fmt.Errorf("after Close the peer reads %d, %v; want EOF", n, err))
	}
}

// TestPeerStartsAnew has a peer that was switched off and on, and knows nothing of
// its connections: ours learn of it, and one that it makes from the same port takes
// the place of the old one.
func TestPeerStartsAnew(t *testing.T) {
	t.Parallel()
	w := cable.New(cable.Faults{})
	dev := plug(t, w, at(1, lneto.Config{}))
	l, to := listening(t, dev)
	first := plug(t, w, at(2, lneto.Config{}))
	dial := func(d *lneto.Device, port uint16) int {
		num := must(d.Socket(netdev.AF_INET, netdev.SOCK_STREAM, 0))(t)
		if err := d.Bind(num, netip.AddrPortFrom(netip.IPv4Unspecified(), port)); err != nil {
			t.Fatal(err)
		}
		if err := d.Connect(num, "", to); err != nil {
			t.Fatal(err)
		}
		return num
	}
	accept := func() int {
		num, _, err := dev.Accept(l)
		if err != nil {
			t.Fatal(err)
		}
		return num
	}
	dial(first, 4001)
	writes := accept()
	dial(first, 4002)
	waits := accept()
	first.Halt()

	second := plug(t, w, at(2, lneto.Config{}))
	if _, err := dev.Send(writes, []byte("are you there?"), 0, time.Time{}); err != nil {
		t.Fatal(err)
	}
	if _, err := dev.Recv(writes, make([]byte, 1), 0, time.Now().Add(20*time.Second)); err != syscall.ECONNRESET {
		t.Errorf("Recv from a peer that has started anew: %v, want %v", err, syscall.ECONNRESET)
	}
	y := dial(second, 4002)
	x := accept()
	if _, err := dev.Recv(waits, make([]byte, 1), 0, time.Now().Add(20*time.Second)); err != syscall.ECONNRESET {
		t.Errorf("Recv on the connection whose place was taken: %v, want %v", err, syscall.ECONNRESET)
	}
	if err := transfer(t, dev, second, x, y, 1000); err != nil {
		t.Error(err)
	}
}

// TestDatagramsPass sends datagrams from one socket to a peer that is not there, and
// to one that is: the former do not keep the latter, and sending does not wait for
// them; nor does it without a link.
func TestDatagramsPass(t *testing.T) {
	t.Parallel()
	w := cable.New(cable.Faults{})
	dev, other := plug(t, w, at(1, lneto.Config{})), plug(t, w, at(2, lneto.Config{}))
	warm(t, dev, other)
	in := must(other.Socket(netdev.AF_INET, netdev.SOCK_DGRAM, 0))(t)
	other.Bind(in, netip.MustParseAddrPort("0.0.0.0:10"))
	out := must(dev.Socket(netdev.AF_INET, netdev.SOCK_DGRAM, 0))(t)
	send := func(b []byte, to netip.AddrPort) {
		t.Helper()
		if _, err := dev.SendTo(out, b, 0, time.Now().Add(20*time.Second), to); err != nil {
			t.Fatal(err)
		}
	}
	start := time.Now()
	big := make([]byte, 1000)
	for i := range 10 {
		for _, n := range []byte{98, 99} { // nobody
			send(big, netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 7, 0, n}), 10))
		}
		send([]byte{byte(i)}, netip.MustParseAddrPort("10.7.0.2:10"))
		buf := make([]byte, 10)
		if n, err := other.Recv(in, buf, 0, time.Now().Add(20*time.Second)); n != 1 || buf[0] != byte(i) {
			t.Fatalf("datagram %d: %x, %v", i, buf[:max(n, 0)], err)
		}
	}
	if took := time.Since(start); took > 2500*time.Millisecond {
		t.Errorf("10 datagrams take %v beside others for nobody", took)
	}
	dev.SetLinkUp(false)
	start = time.Now()
	for range 10 {
		send(big, netip.MustParseAddrPort("10.7.0.2:10"))
	}
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("10 datagrams take %v without a link", took)
	}
	if n := dev.Statistics().Overflowed; n < 20 {
		t.Errorf("%d datagrams are counted as lost, want 20 at least", n)
	}
}
