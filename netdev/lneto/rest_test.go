package lneto_test

import (
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/tinynet/tinynet/netdev"
	"github.com/tinynet/tinynet/netdev/lneto"
	"github.com/tinynet/tinynet/netdev/lneto/cable"
)

// A counted is a link that is asked for frames: it counts how often, and has
// none, as they come through the wire's own goroutine.
type counted struct {
	*cable.Port
	polls atomic.Int64
}

func (c *counted) Poll() (bool, error) {
	c.polls.Add(1)
	return false, nil
}

// plugCounted is plug with a counted link.
func plugCounted(t testing.TB, w *cable.Wire, conf lneto.Config) (*lneto.Device, *counted) {
	t.Helper()
	conf.PollEvery = 5 * time.Millisecond
	link := &counted{Port: w.Join()}
	dev, err := lneto.New(link, conf)
	if err != nil {
		t.Fatal(err)
	}
	link.Port.Receive(dev.Receive)
	t.Cleanup(func() { dev.Halt(); link.Close() })
	return dev, link
}

// resting fails the test if the device goes round without a rest: on a board that
// is the processor's whole time, and the battery.
func resting(t *testing.T, when string, link *counted) {
	t.Helper()
	const (
		span = 400 * time.Millisecond
		most = 200 // 80 times it is asked for frames; some more for what is due
	)
	before := link.polls.Load()
	<-time.After(span)
	if n := link.polls.Load() - before; n > most {
		t.Errorf("%s the device goes round %d times in %v, want %d at most", when, n, span, most)
	}
}

// TestRest has the device in each state in which nothing is to be done, or nothing
// can be: it waits.
func TestRest(t *testing.T) {
	t.Parallel()
	setup := func(conf lneto.Config) (*lneto.Device, *counted, *lneto.Device, *cable.Wire) {
		w := cable.New(cable.Faults{})
		dev, link := plugCounted(t, w, at(1, conf))
		return dev, link, plug(t, w, at(2, lneto.Config{})), w
	}
	send := func(dev *lneto.Device, num int) { dev.Send(num, []byte("data"), 0, time.Time{}) }

	for name, test := range map[string]func(t *testing.T) *counted{
		"with nothing to do,": func(t *testing.T) *counted {
			_, link, _, _ := setup(lneto.Config{})
			return link
		},
		"without a link, with data on the way,": func(t *testing.T) *counted {
			dev, link, other, w := setup(lneto.Config{})
			x, _ := connected(t, dev, other)
			w.Set(cable.Faults{Loss: 1})
			send(dev, x)
			dev.SetLinkUp(false)
			return link
		},
		"without a link, asking for an address,": func(t *testing.T) *counted {
			w := cable.New(cable.Faults{})
			dev, link := plugCounted(t, w, lneto.Config{MAC: [6]byte{2, 0, 0, 0, 0, 1}})
			dev.SetLinkUp(false)
			<-time.After(1200 * time.Millisecond) // until the question is due again
			return link
		},
		"after a reset with data on the way,": func(t *testing.T) *counted {
			dev, link, other, w := setup(lneto.Config{})
			x, y := connected(t, dev, other)
			// Of what the device sends, nothing arrives; the peer's reset does.
			w.Set(cable.Faults{Loss: 1, Only: func(f []byte) bool { return f[11] == 1 }})
			send(dev, x)
			other.SetSockOpt(y, netdev.SOL_SOCKET, netdev.SO_LINGER, 0)
			other.Close(y)
			if _, err := dev.Recv(x, make([]byte, 1), 0, time.Now().Add(10*time.Second)); err != syscall.ECONNRESET {
				t.Fatalf("Recv after the peer's reset: %v", err)
			}
			<-time.After(1200 * time.Millisecond) // until what was sent would be sent again
			return link
		},
		"after a time-out,": func(t *testing.T) *counted {
			dev, link, other, w := setup(lneto.Config{RetryTimeout: 300 * time.Millisecond})
			x, _ := connected(t, dev, other)
			w.Set(cable.Faults{Loss: 1})
			send(dev, x)
			if _, err := dev.Recv(x, make([]byte, 1), 0, time.Now().Add(20*time.Second)); err != syscall.ETIMEDOUT {
				t.Fatalf("Recv from a peer that is gone: %v", err)
			}
			return link
		},
		"having to reset a connection to nobody,": func(t *testing.T) *counted {
			dev, link, other, w := setup(lneto.Config{RetryTimeout: 300 * time.Millisecond})
			x, _ := connected(t, dev, other)
			w.Set(cable.Faults{Loss: 1})
			dev.SetLinkUp(false) // the neighbours are forgotten
			dev.SetLinkUp(true)
			dev.SetSockOpt(x, netdev.SOL_SOCKET, netdev.SO_LINGER, 0)
			dev.Close(x)
			return link
		},
		"with a datagram for nobody,": func(t *testing.T) *counted {
			dev, link, _, w := setup(lneto.Config{})
			w.Set(cable.Faults{Loss: 1})
			num := must(dev.Socket(netdev.AF_INET, netdev.SOCK_DGRAM, 0))(t)
			dev.SendTo(num, []byte("x"), 0, time.Time{}, peerAddr(99))
			return link
		},
	} {
		t.Run(name, func(t *testing.T) { resting(t, name, test(t)) })
	}
}
