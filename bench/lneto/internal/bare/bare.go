// Package bare is lneto's own stack over the cable, with an address, without net.
package bare

import (
	"crypto/rand"
	"encoding/binary"
	"time"

	"github.com/soypat/lneto/x/xnet"

	"github.com/tinynet/tinynet/bench/lneto/internal/wire"
)

// Pause is how long a program waits before it looks again.
const Pause = 3 * time.Millisecond

// Wait is Pause as lneto asks for it.
func Wait(uint) time.Duration { return Pause }

// Up starts the stack and asks for its address.
func Up() (*xnet.StackAsync, error) {
	cable := &wire.Cable{}
	var seed [8]byte
	if _, err := rand.Read(seed[:]); err != nil {
		return nil, err
	}
	stack := new(xnet.StackAsync)
	err := stack.Reset(xnet.StackConfig{
		HardwareAddress:   wire.MAC,
		RandSeed:          int64(binary.LittleEndian.Uint64(seed[:])),
		Hostname:          "tinynet",
		MaxActiveTCPPorts: 2,
		MaxActiveUDPPorts: 2,
		MTU:               1500,
	})
	if err != nil {
		return nil, err
	}
	go func() {
		frame := make([]byte, 1514)
		for {
			if in := cable.Receive(); in != nil {
				stack.IngressEthernet(in)
			}
			if n, err := stack.EgressEthernet(frame); err == nil && n > 0 {
				cable.Send(frame[:n])
				continue
			}
			time.Sleep(Pause)
		}
	}()
	results, err := stack.StackRetrying(Wait).DoDHCPv4([4]byte{}, wire.Patience, 3)
	if err != nil {
		return nil, err
	}
	return stack, stack.AssimilateDHCPResults(results)
}
