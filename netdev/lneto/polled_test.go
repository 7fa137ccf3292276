package lneto_test

import (
	"sync"
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
