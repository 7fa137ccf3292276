package lneto_test

import (
	"runtime"
	"testing"
	"time"

	"github.com/tinynet/tinynet/netdev/lneto"
	"github.com/tinynet/tinynet/netdev/lneto/cable"
)

// TestMemory measures what a connection costs beside its buffers.
func TestMemory(t *testing.T) {
	conf := lneto.Config{Conns: 40, Sockets: 60, Backlog: 16}
	w := cable.New(cable.Faults{})
	a, b := plug(t, w, at(1, conf)), plug(t, w, at(2, conf))
	heap := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	const n = 20
	open := func() (all [][2]int) {
		for range n {
			x, y := connected(t, a, b)
			all = append(all, [2]int{x, y})
		}
		return all
	}
	before := heap()
	all := open()
	each := (int(heap()) - int(before)) / (2 * n) // two ends
	const buffers, most = 2 * 2920, 2000
	t.Logf("a connection takes %d bytes, of which %d are its buffers", each, buffers)
	if each > buffers+most {
		t.Errorf("a connection takes %d bytes, want at most %d beside its buffers", each, most)
	}
	runtime.KeepAlive(all)
}

// TestAllocations receives and sends without taking memory.
func TestAllocations(t *testing.T) {
	w := cable.New(cable.Faults{})
	a, b := plug(t, w, at(1, lneto.Config{})), plug(t, w, at(2, lneto.Config{}))
	x, y := connected(t, a, b)
	buf, got := make([]byte, 100), make([]byte, 100)
	round := func() {
		if _, err := a.Send(x, buf, 0, time.Time{}); err != nil {
			t.Fatal(err)
		}
		for n := 0; n < len(buf); {
			m, err := b.Recv(y, got, 0, time.Time{})
			if err != nil {
				t.Fatal(err)
			}
			n += m
		}
	}
	round()
	// The wire takes 3 for a frame: a list, and two copies for its one port.
	if n := testing.AllocsPerRun(200, round); n > 9 {
		t.Errorf("a Send, a Recv, and the acknowledgement take %v allocations, want at most the wire's own 9", n)
	}
}
