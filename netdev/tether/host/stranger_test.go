package host_test

import (
	"context"
	"encoding/binary"
	"hash/crc32"
	"io"
	"net/netip"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"sync"
	"testing"
	"time"

	"github.com/tinynet/tinynet/netdev/tether/host"
	"github.com/tinynet/tinynet/netdev/tether/internal/wire"
)

const patience = 30 * time.Second

// A pipe is one direction of a line.
type pipe struct {
	mu      sync.Mutex
	changed *sync.Cond
	buf     []byte
	closed  bool
}

func newPipe() *pipe {
	p := &pipe{}
	p.changed = sync.NewCond(&p.mu)
	return p
}

func (p *pipe) Read(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for len(p.buf) == 0 {
		if p.closed {
			return 0, io.EOF
		}
		p.changed.Wait()
	}
	n := copy(b, p.buf)
	p.buf = p.buf[:copy(p.buf, p.buf[n:])]
	p.changed.Broadcast()
	return n, nil
}

func (p *pipe) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for n := 0; n < len(b); {
		for len(p.buf) >= 64<<10 && !p.closed {
			p.changed.Wait()
		}
		if p.closed {
			return n, io.ErrClosedPipe
		}
		m := min(len(b)-n, 64<<10-len(p.buf))
		p.buf = append(p.buf, b[n:n+m]...)
		n += m
		p.changed.Broadcast()
	}
	return len(b), nil
}

func (p *pipe) Close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	p.changed.Broadcast()
	return nil
}

// An end is one side of a line.
type end struct{ in, out *pipe }

func (e end) Read(b []byte) (int, error)  { return e.in.Read(b) }
func (e end) Write(b []byte) (int, error) { return e.out.Write(b) }
func (e end) Close() error {
	e.in.Close()
	return e.out.Close()
}

func newLine() (board, computer end) {
	a, b := newPipe(), newPipe()
	return end{a, b}, end{b, a}
}

// serve runs a host. stop ends it as an interrupt does, and returns how long
// that took.
func serve(t testing.TB, c host.Config) (board end, stop func() time.Duration) {
	board, computer := newLine()
	if !c.Addr.IsValid() {
		c.Addr = netip.MustParseAddr("127.0.0.1")
	}
	h := host.New(c)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		h.Serve(ctx, computer)
		h.Close()
	}()
	stop = sync.OnceValue(func() time.Duration {
		begun := time.Now()
		cancel()
		<-ended
		board.Close()
		return time.Since(begun)
	})
	t.Cleanup(func() { stop() })
	return board, stop
}

// A board says what it likes, over a line that it keeps in order. It answers
// nothing by itself.
type board struct {
	t       testing.TB
	pump    *wire.Pump
	out     wire.Builder
	split   wire.Splitter
	changed *sync.Cond
	up      bool
	hello   bool
	downs   int
	replies map[uint16]reply
	got     []message
	lastID  uint16
}

type reply struct {
	err  wire.Error
	rest []byte
}

// A message is one that is no reply.
type message struct {
	op  wire.Op
	num uint16
	p   []byte
}

func newBoard(t testing.TB, line end) *board {
	b := &board{t: t, replies: map[uint16]reply{}}
	b.pump = wire.NewPump(wire.Config{
		ID: uint32(time.Now().UnixNano())<<1 | 1, MTU: 1024, Window: 32,
		Up: func() {
			b.up = true
			b.send(b.out.Begin(wire.OpHello).Hello(wire.Hello{Version: wire.Version, Stream: 64 << 10, Datagrams: 64 << 10}))
			b.changed.Broadcast()
		},
		Down: func() {
			b.up, b.hello = false, false
			b.downs++
			b.changed.Broadcast()
		},
		Data: func(p []byte) { b.split.Feed(p, b.message) },
		Room: func() { b.changed.Broadcast() },
	}, nil)
	b.changed = sync.NewCond(b.pump)
	stop := make(chan struct{})
	go read(b.pump, line)
	go b.pump.Write(line, 1024, stop)
	t.Cleanup(func() { close(stop) })
	b.await("the host's hello", func() bool { return b.hello })
	return b
}

func (b *board) message(r *wire.Reader) {
	defer b.changed.Broadcast()
	op := wire.Op(r.U8())
	switch op {
	case wire.OpHello:
		b.hello = true
	case wire.OpReply:
		id := r.U16()
		b.replies[id] = reply{r.Error(), append([]byte(nil), r.Rest()...)}
	default:
		b.got = append(b.got, message{op, r.U16(), append([]byte(nil), r.Rest()...)})
	}
}

// send is called with the lock.
func (b *board) send(m *wire.Builder) {
	b.pump.Line.Write(m.Message())
	b.pump.Wake()
}

// say sends a message.
func (b *board) say(make func(m *wire.Builder) *wire.Builder) {
	b.pump.Lock()
	defer b.pump.Unlock()
	b.send(make(&b.out))
}

// await waits until f, which is called with the lock.
func (b *board) await(what string, f func() bool) {
	b.t.Helper()
	if !b.within(patience, f) {
		b.t.Fatalf("%s: not within %v", what, patience)
	}
}

func (b *board) within(d time.Duration, f func() bool) bool {
	b.pump.Lock()
	defer b.pump.Unlock()
	late := false
	timer := time.AfterFunc(d, func() {
		b.pump.Lock()
		defer b.pump.Unlock()
		late = true
		b.changed.Broadcast()
	})
	defer timer.Stop()
	for !f() {
		if late {
			return false
		}
		b.changed.Wait()
	}
	return true
}

// begin begins a call, which has the number that it returns.
func (b *board) begin(op wire.Op, fill func(m *wire.Builder)) uint16 {
	b.pump.Lock()
	defer b.pump.Unlock()
	b.lastID++
	m := b.out.Begin(op).U16(b.lastID)
	fill(m)
	b.send(m)
	return b.lastID
}

func (b *board) reply(id uint16) (wire.Error, *wire.Reader) {
	b.t.Helper()
	var r reply
	b.await("a reply", func() (ok bool) {
		r, ok = b.replies[id]
		return ok
	})
	return r.err, reader(r.rest)
}

// reader reads what is left of a message.
func reader(p []byte) (r *wire.Reader) {
	var s wire.Splitter
	s.Feed(append([]byte{byte(len(p)), byte(len(p) >> 8)}, p...), func(found *wire.Reader) { r = found })
	if r == nil {
		r = &wire.Reader{}
	}
	return r
}

func read(p *wire.Pump, line io.Reader) { p.Read(line, 64<<10, nil) }

func (b *board) call(op wire.Op, fill func(m *wire.Builder)) (wire.Error, *wire.Reader) {
	b.t.Helper()
	return b.reply(b.begin(op, fill))
}

const (
	streams   = 1
	datagrams = 2
	inet      = 2
	inet6     = 10
)

func (b *board) open(num uint16, domain, kind byte) {
	b.say(func(m *wire.Builder) *wire.Builder { return m.Begin(wire.OpOpen).U16(num).U8(domain).U8(kind) })
}

func (b *board) close(num uint16, how byte) {
	b.t.Helper()
	b.say(func(m *wire.Builder) *wire.Builder { return m.Begin(wire.OpClose).U16(num).U8(how) })
	b.await("closed", func() bool {
		for i, m := range b.got {
			if m.op == wire.OpClosed && m.num == num {
				b.got = append(b.got[:i:i], b.got[i+1:]...)
				return true
			}
		}
		return false
	})
}

func (b *board) connect(num uint16, to netip.AddrPort) wire.Error {
	b.t.Helper()
	e, _ := b.call(wire.OpConnect, func(m *wire.Builder) { m.U16(num).AddrPort(to) })
	return e
}

func (b *board) bind(num uint16, at string) (wire.Error, netip.AddrPort) {
	b.t.Helper()
	e, r := b.call(wire.OpBind, func(m *wire.Builder) { m.U16(num).AddrPort(netip.MustParseAddrPort(at)) })
	return e, r.AddrPort()
}

func (b *board) lookup(name string) (wire.Error, []netip.Addr) {
	b.t.Helper()
	e, r := b.call(wire.OpLookup, func(m *wire.Builder) { m.Text("ip").Text(name) })
	var ips []netip.Addr
	if e.Code == wire.ErrNone {
		for n := r.U16(); n > 0 && !r.Bad; n-- {
			ips = append(ips, r.Addr())
		}
	}
	return e, ips
}

// alive ends the test if the host does not answer any more, or has ended the
// session meanwhile.
func (b *board) alive() {
	b.t.Helper()
	b.call(wire.OpLinks, func(*wire.Builder) {})
	b.pump.Lock()
	defer b.pump.Unlock()
	if b.downs > 0 {
		b.t.Fatal("the session has ended")
	}
}

// A mute board makes its frames by itself: it never acknowledges any, and sends
// as fast as the host takes its own.
type mute struct {
	t        testing.TB
	line     end
	id       uint32
	mu       sync.Mutex
	changed  *sync.Cond
	peer     uint32
	acked    uint8 // the frame that the host expects
	late     bool
	next     uint8
	taken    int // frames, by the host
	refusals int // in a row
}

func newMute(t testing.TB, line end) *mute {
	m := &mute{t: t, line: line, id: 77777}
	m.changed = sync.NewCond(&m.mu)
	go m.listen()
	m.await(func() bool { return m.peer != 0 })
	m.line.Write(m.frame(0, 1, 0, m.hello(1)))
	m.data(new(wire.Builder).Begin(wire.OpHello).Hello(wire.Hello{Version: wire.Version, Stream: 1 << 30, Datagrams: 1 << 30}).Message())
	m.await(func() bool { return m.taken > 0 })
	return m
}

func (m *mute) await(f func() bool) bool {
	timer := time.AfterFunc(patience, func() {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.late = true
		m.changed.Broadcast()
	})
	defer timer.Stop()
	m.mu.Lock()
	defer m.mu.Unlock()
	for !f() && !m.late {
		m.changed.Wait()
	}
	return !m.late
}

func (m *mute) hello(up byte) []byte {
	p := []byte{1, up}
	p = binary.LittleEndian.AppendUint32(p, m.id)
	p = binary.LittleEndian.AppendUint32(p, m.peer)
	return append(p, 0, 16, 64) // frames of 4096 bytes
}

// frame makes a frame; key 0 is that of a hello.
func (m *mute) frame(key uint32, kind, seq byte, payload []byte) []byte {
	raw := append([]byte{kind, seq, 0, byte(len(payload)), byte(len(payload) >> 8)}, payload...)
	raw = binary.LittleEndian.AppendUint32(raw, crc32.Update(key, crc32.IEEETable, raw))
	f := []byte{2}
	for _, c := range raw {
		switch c {
		case 0x02, 0x10, 0x11, 0x13:
			f = append(f, 0x10, c^0x40)
		default:
			f = append(f, c)
		}
	}
	return f
}

// listen looks at the heads of the host's frames.
func (m *mute) listen() {
	buf := make([]byte, 64<<10)
	var head []byte
	within, escaped := false, false
	for {
		n, err := m.line.Read(buf)
		if err != nil {
			return
		}
		for _, c := range buf[:n] {
			switch {
			case c == 2:
				head, within, escaped = head[:0], true, false
				continue
			case !within:
				continue
			case c == 0x10 && !escaped:
				escaped = true
				continue
			case escaped:
				c, escaped = c^0x40, false
			}
			head = append(head, c)
			want := 3
			if head[0] == 1 {
				want = 5 + 6 // a hello, up to the number of its session
			}
			if len(head) < want {
				continue
			}
			within = false
			m.mu.Lock()
			if head[0] == 1 {
				if m.peer == 0 {
					m.peer = binary.LittleEndian.Uint32(head[7:])
					m.line.Write(m.frame(0, 1, 0, m.hello(0)))
				}
			} else if head[0] &= 0x7f; head[0] == 2 || head[0] == 3 {
				m.taken += int(head[2] - m.acked)
				m.acked = head[2]
			}
			m.changed.Broadcast()
			m.mu.Unlock()
		}
	}
}

// data sends a frame of data, the one that the host takes next.
func (m *mute) data(p []byte) bool {
	m.mu.Lock()
	if m.next-m.acked >= 64 {
		late := false
		timer := time.AfterFunc(20*time.Millisecond, func() {
			m.mu.Lock()
			defer m.mu.Unlock()
			late = true
			m.changed.Broadcast()
		})
		for m.next-m.acked >= 64 && !late {
			m.changed.Wait()
		}
		timer.Stop()
		if late {
			m.next = m.acked // it has refused some
			m.refusals++
		} else {
			m.refusals = 0
		}
	}
	seq := m.next
	m.next++
	key := m.id ^ (m.peer<<16 | m.peer>>16)
	m.mu.Unlock()
	_, err := m.line.Write(m.frame(key, 2, seq, p))
	return err == nil
}

// flood sends these messages again and again, so many bytes in all.
func (m *mute) flood(bytes int, messages []byte) {
	var p []byte
	for len(p)+len(messages) <= 1000 {
		p = append(p, messages...)
	}
	for sent := 0; sent < bytes; sent += len(p) {
		// A host that has refused everything for a while waits for the board.
		if !m.data(p) || m.refusals > 20 {
			return
		}
	}
}

// watch returns a function that tells the most memory that was in use since.
func watch(t testing.TB) (peak func() int) {
	debug.FreeOSMemory()
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}, {Name: "/memory/classes/heap/unused:bytes"}, {Name: "/memory/classes/heap/stacks:bytes"}}
	read := func() int {
		metrics.Read(sample)
		return int(sample[0].Value.Uint64() + sample[1].Value.Uint64() + sample[2].Value.Uint64())
	}
	stop, most := make(chan struct{}), make(chan int)
	before := read()
	go func() {
		n := 0
		ticker := time.NewTicker(5 * time.Millisecond)
		defer ticker.Stop()
		for {
			n = max(n, read()-before)
			select {
			case <-ticker.C:
			case <-stop:
				most <- n
				return
			}
		}
	}()
	return func() int {
		close(stop)
		return <-most
	}
}

// goroutines waits until there are no more than so many.
func goroutines(t testing.TB, most int) {
	t.Helper()
	for deadline := time.Now().Add(patience); runtime.NumGoroutine() > most; runtime.Gosched() {
		if time.Now().After(deadline) {
			buf := make([]byte, 1<<16)
			t.Fatalf("%d goroutines, want %d\n%s", runtime.NumGoroutine(), most, buf[:runtime.Stack(buf, true)])
		}
	}
}
