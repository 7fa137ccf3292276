package tether

import (
	"errors"
	"io"
	"net/netip"
	"testing"
	"time"

	"github.com/tinynet/tinynet/netdev/tether/internal/wire"
)

// A silent line says nothing until it is closed.
type silentLine chan struct{}

func (l silentLine) Read([]byte) (int, error) {
	<-l
	return 0, io.EOF
}

func (l silentLine) Write(p []byte) (int, error) { return len(p), nil }

// FuzzDevice gives a device messages that a computer would not send.
func FuzzDevice(f *testing.F) {
	var b wire.Builder
	add := func(messages ...*wire.Builder) {
		var p []byte
		for _, m := range messages {
			p = append(p, m.Message()...)
		}
		f.Add(p)
	}
	at := netip.MustParseAddrPort("192.0.2.1:80")
	add(b.Begin(wire.OpHello).Hello(wire.Hello{Version: wire.Version}))
	add(b.Begin(wire.OpReply).U16(1).Error(wire.Error{Code: wire.ErrRefused, Text: "refused"}))
	add(b.Begin(wire.OpAccepted).U16(1).U16(0x8001).AddrPort(at).AddrPort(at))
	add(b.Begin(wire.OpData).U16(2).Raw(make([]byte, 600)))
	add(b.Begin(wire.OpDatagram).U16(3).AddrPort(at).Raw([]byte("datagram")))
	add(b.Begin(wire.OpCredit).U16(2).U32(1 << 31))
	add(b.Begin(wire.OpFailed).U16(2).Error(wire.Error{Code: wire.ErrReset, Text: "reset"}))
	add(b.Begin(wire.OpEnd).U16(2))
	f.Fuzz(func(t *testing.T, p []byte) {
		line := make(silentLine)
		d := New(line, Config{Buffer: 512})
		defer close(line)
		var nums []int
		for range 3 {
			num, err := d.Socket(afINET, sockStream, 0)
			if err != nil {
				t.Fatal(err)
			}
			nums = append(nums, num)
		}
		d.pump.Lock()
		d.ready = true
		d.hello = wire.Hello{Version: wire.Version, Stream: 1000, Datagrams: 1000}
		d.socks[nums[0]].state = listening
		d.socks[nums[0]].backlog = 2
		d.socks[nums[1]].state = connected
		d.socks[nums[2]].stream = false
		d.split.Feed(p, d.message)
		for _, s := range d.socks {
			if s.in.n+len(s.msgs)*wire.DatagramCost > 512 || s.in.held() > 512+pieceSize || len(s.arrived) > 2 {
				t.Errorf("socket %d holds %d bytes, %d datagrams, %d connections", s.fd, s.in.n, len(s.msgs), len(s.arrived))
			}
			if (!s.stream || s.state != connected) && len(s.msgs) == 0 && s.in.n > 0 {
				t.Errorf("socket %d holds %d bytes that are nobody's", s.fd, s.in.n)
			}
		}
		if len(d.socks) > 3+2 || len(d.hello.Servers) > mostServers || d.reacted > mostReaction+100 {
			t.Errorf("%d sockets, %d servers, %d bytes of answers", len(d.socks), len(d.hello.Servers), d.reacted)
		}
		d.pump.Unlock()
		// Nobody is at the other end, so nothing but a deadline ends calls.
		past := time.Unix(1, 0)
		for _, num := range nums {
			d.SetSockDeadline(num, reads|writes, past)
			if _, _, err := d.Accept(num); err == nil {
				t.Error("Accept after the deadline gives no error")
			}
			d.Recv(num, make([]byte, 10), 0, time.Time{})
			d.Send(num, make([]byte, 10), 0, time.Time{})
		}
		d.pump.Lock()
		d.down()
		d.pump.Unlock()
		for _, num := range nums {
			if err := d.Close(num); err != nil && !errors.Is(err, errNoSocket) {
				t.Error(err)
			}
		}
		d.pump.Lock()
		defer d.pump.Unlock()
		if len(d.socks)+len(d.chans) > 0 {
			t.Errorf("%d sockets are left, %d on the line", len(d.socks), len(d.chans))
		}
	})
}

func FuzzRing(f *testing.F) {
	f.Add([]byte{10, 200, 30, 255, 90})
	f.Fuzz(func(t *testing.T, ops []byte) {
		r := ring{most: 700}
		var model []byte
		next := byte(0)
		for _, op := range ops {
			n := int(op&0x7f) * 3
			if op&0x80 == 0 {
				p := make([]byte, n)
				for i := range p {
					p[i] = next + byte(i)
				}
				if ok := r.put(p); ok != (len(model)+n <= 700) {
					t.Fatalf("put of %d to %d: %v", n, len(model), ok)
				} else if ok {
					model, next = append(model, p...), next+byte(n)
				}
				continue
			}
			p := make([]byte, n)
			got := r.get(p)
			if want := model[:min(n, len(model))]; string(p[:got]) != string(want) {
				t.Fatalf("get of %d gives %v, want %v", n, p[:got], want)
			}
			model = model[got:]
		}
	})
}

// held is how many bytes the pieces of a ring can hold.
func (r *ring) held() int {
	n := 0
	for p := r.head; p != nil; p = p.next {
		n += pieceSize
	}
	return n
}
