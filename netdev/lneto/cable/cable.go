// Package cable is an Ethernet in memory, for tests: devices of package lneto,
// and whatever else sends frames, on one wire that loses, repeats, delays,
// reorders and damages as many frames as it is told to.
package cable

import (
	"math/rand/v2"
	"sync"
	"time"
)

// Faults are how many frames there are to one that has it, on average; 0 for
// never. Which frames these are follows from the seed, and from the order in
// which frames come.
type Faults struct {
	Seed     uint64
	Loss     int
	Double   int
	Reorder  int           // it comes after some of the next ones
	Corrupt  int           // one of its bytes changes
	Latency  time.Duration // how long each frame takes
	Jitter   time.Duration // how much longer it may take
	Only     func(frame []byte) bool
	MaxBytes int // longer frames are lost; 0: none
}

// A Wire joins its ports: what one sends, all others receive.
type Wire struct {
	mu     sync.Mutex
	faults Faults
	rand   *rand.Rand
	ports  []*Port
	counts Counts
	tap    func(frame []byte)
}

// Counts is what has happened to frames.
type Counts struct{ Sent, Lost, Doubled, Reordered, Corrupted int }

// New makes a wire.
func New(f Faults) *Wire {
	return &Wire{faults: f, rand: rand.New(rand.NewPCG(f.Seed, 0))}
}

// Set changes the faults.
func (w *Wire) Set(f Faults) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.faults = f
	w.rand = rand.New(rand.NewPCG(f.Seed, 0))
}

// Watch has f see each frame that is sent, before its fate. It must not keep it.
func (w *Wire) Watch(f func(frame []byte)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.tap = f
}

// Counts tells what has happened until now.
func (w *Wire) Counts() Counts {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.counts
}

// A Port is where something is connected.
type Port struct {
	wire    *Wire
	receive func(frame []byte)

	mu      sync.Mutex
	pending []pending // by time
	news    chan struct{}
	stop    chan struct{}
	once    sync.Once
	down    bool
}

type pending struct {
	at    time.Time
	frame []byte
}

// Join makes a port. Its frames go to receive, from a goroutine of the port,
// once that is set with Receive.
func (w *Wire) Join() *Port {
	p := &Port{wire: w, news: make(chan struct{}, 1), stop: make(chan struct{})}
	w.mu.Lock()
	w.ports = append(w.ports, p)
	w.mu.Unlock()
	return p
}

// Receive says where frames go, and begins to deliver them.
func (p *Port) Receive(f func(frame []byte)) {
	p.receive = f
	go p.deliver()
}

// Close takes the port off the wire.
func (p *Port) Close() {
	p.once.Do(func() {
		w := p.wire
		w.mu.Lock()
		defer w.mu.Unlock()
		for i, o := range w.ports {
			if o == p {
				w.ports = append(w.ports[:i], w.ports[i+1:]...)
				break
			}
		}
		close(p.stop)
	})
}

// Unplug loses all that comes and goes, until it is called with false.
func (p *Port) Unplug(on bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.down = on
}

func (p *Port) unplugged() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.down
}

// Send puts a frame on the wire.
func (p *Port) Send(frame []byte) error {
	if p.unplugged() {
		return nil
	}
	w := p.wire
	w.mu.Lock()
	defer w.mu.Unlock()
	w.counts.Sent++
	if w.tap != nil {
		w.tap(frame)
	}
	f := &w.faults
	one := func(in int) bool { return in > 0 && w.rand.IntN(in) == 0 }
	copies := 1
	var late time.Duration
	damage := -1
	if f.Only == nil || f.Only(frame) {
		switch {
		case f.MaxBytes > 0 && len(frame) > f.MaxBytes, one(f.Loss):
			w.counts.Lost++
			return nil
		case one(f.Double):
			w.counts.Doubled++
			copies = 2
		}
		if one(f.Reorder) {
			w.counts.Reordered++
			late = time.Duration(1+w.rand.IntN(3000)) * time.Microsecond
		}
		if one(f.Corrupt) {
			w.counts.Corrupted++
			damage = w.rand.IntN(len(frame))
		}
	}
	for range copies {
		b := append([]byte(nil), frame...)
		if damage >= 0 {
			b[damage] ^= byte(1 + w.rand.IntN(255))
		}
		d := f.Latency + late
		if f.Jitter > 0 {
			d += time.Duration(w.rand.Int64N(int64(f.Jitter)))
		}
		for _, o := range w.ports {
			if o != p {
				o.add(append([]byte(nil), b...), d)
			}
		}
	}
	return nil
}

func (p *Port) add(frame []byte, after time.Duration) {
	const most = 1000 // as a switch, the wire has no endless memory
	at := time.Now().Add(after)
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.down || len(p.pending) >= most {
		return
	}
	i := len(p.pending)
	for i > 0 && p.pending[i-1].at.After(at) {
		i--
	}
	p.pending = append(p.pending, pending{})
	copy(p.pending[i+1:], p.pending[i:])
	p.pending[i] = pending{at, frame}
	select {
	case p.news <- struct{}{}:
	default:
	}
}

func (p *Port) deliver() {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		p.mu.Lock()
		var frame []byte
		wait := time.Hour
		if len(p.pending) > 0 {
			if wait = time.Until(p.pending[0].at); wait <= 0 {
				frame = p.pending[0].frame
				p.pending = p.pending[1:]
			}
		}
		p.mu.Unlock()
		if frame != nil {
			p.receive(frame)
			continue
		}
		timer.Reset(wait)
		select {
		case <-p.stop:
			return
		case <-p.news:
		case <-timer.C:
		}
	}
}
