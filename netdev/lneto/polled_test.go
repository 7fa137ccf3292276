package lneto_test

import (
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/tinynet/tinynet/netdev/devtest"
	"github.com/tinynet/tinynet/netdev/lneto"
	"github.com/tinynet/tinynet/netdev/lneto/cable"
)

// An espradio is a NetDev on the wire.
type espradio struct {
	port    *cable.Port
	mu      sync.Mutex
	frames  [][]byte
	handler func([]byte) error
}

func (e *espradio) HardwareAddr6() ([6]byte, error)            { return [6]byte{2, 0, 0, 0, 0, 1}, nil }
func (e *espradio) SendEthFrame(frame []byte) error            { return e.port.Send(frame) }
func (e *espradio) SetEthRecvHandler(f func(pkt []byte) error) { e.handler = f }

func (e *espradio) EthPoll(buf []byte) (bool, error) {
	e.mu.Lock()
	if len(e.frames) == 0 {
		e.mu.Unlock()
		return false, nil
	}
	n := copy(buf, e.frames[0])
	e.frames = e.frames[1:]
	e.mu.Unlock()
	return true, e.handler(buf[:n])
}

// TestPolledRules holds a device over a NetDev, which has to be asked for frames,
// against the rules of all drivers.
func TestPolledRules(t *testing.T) {
	devtest.Run(t, func(t *testing.T) devtest.Setup {
		w := cable.New(cable.Faults{})
		radio := &espradio{port: w.Join()}
		radio.port.Receive(func(frame []byte) {
			radio.mu.Lock()
			defer radio.mu.Unlock()
			radio.frames = append(radio.frames, append([]byte(nil), frame...))
		})
		dev, err := lneto.NewPolled(radio, at(1, lneto.Config{}))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { dev.Halt(); radio.port.Close() })
		peer, err := devtest.Device(plug(t, w, at(2, lneto.Config{})))
		if err != nil {
			t.Fatal(err)
		}
		return devtest.Setup{Dev: dev, Peer: peer}
	})
}

// A flood is a NetDev that always has one more frame, until somebody else has run.
type flood struct {
	handler func([]byte) error
	over    atomic.Bool
	frames  atomic.Int64
}

func (f *flood) HardwareAddr6() ([6]byte, error)            { return [6]byte{2, 0, 0, 0, 0, 1}, nil }
func (f *flood) SendEthFrame([]byte) error                  { return nil }
func (f *flood) SetEthRecvHandler(h func(pkt []byte) error) { f.handler = h }

func (f *flood) EthPoll(buf []byte) (bool, error) {
	if f.over.Load() {
		return false, nil
	}
	f.frames.Add(1)
	frame := buf[:60]
	clear(frame)
	copy(frame, []byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0, 9, 8, 0})
	return true, f.handler(frame)
}

// TestPolledFlood: while frames come as fast as they are taken, the other goroutines
// run, too. TinyGo's take turns only where they wait or give the processor up.
func TestPolledFlood(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	f := new(flood)
	dev, err := lneto.NewPolled(f, at(1, lneto.Config{}))
	if err != nil {
		t.Fatal(err)
	}
	defer dev.Halt()
	defer f.over.Store(true)
	for f.frames.Load() == 0 {
		runtime.Gosched()
	}
	before := f.frames.Load()
	const turns = 100
	for range turns {
		runtime.Gosched()
	}
	// Go takes the processor away after 10 ms, which are tens of thousands of frames.
	if n := f.frames.Load() - before; n > 100*turns {
		t.Errorf("%d frames were taken while another goroutine had %d turns", n, turns)
	}
}
