package wire

import (
	"net/netip"
	"reflect"
	"testing"
)

func TestMessages(t *testing.T) {
	hello := Hello{
		Version: Version, Stream: 1 << 20, Datagrams: 77, Addr: netip.MustParseAddr("192.0.2.7"),
		Servers: []netip.AddrPort{netip.MustParseAddrPort("[2001:db8::1%eth0]:53")},
	}
	link := Link{
		Index: 2, MTU: 1500, Flags: 3, Name: "eth0", Hardware: []byte{1, 2, 3},
		Prefixes: []netip.Prefix{netip.MustParsePrefix("192.0.2.7/24"), netip.MustParsePrefix("fe80::1/64")},
	}
	var b Builder
	var stream []byte
	add := func(b *Builder) { stream = append(stream, b.Message()...) }
	add(b.Begin(OpHello).Hello(hello))
	add(b.Begin(OpReply).U16(513).Error(Error{ErrRefused, "connection refused"}).Link(link).Error(Error{}))
	add(b.Begin(OpData).U16(9).Raw(make([]byte, 5000)))
	add(b.Begin(OpOption).U32(0xdeadbeef).U8(7).Text("text").Addr(netip.Addr{}))

	for _, size := range []int{1, 2, 3, 7, 1000, len(stream)} {
		var s Splitter
		var ops []Op
		for p := stream; len(p) > 0; {
			n := min(size, len(p))
			s.Feed(p[:n], func(r *Reader) {
				op := Op(r.U8())
				ops = append(ops, op)
				switch op {
				case OpHello:
					if got := r.Hello(); !reflect.DeepEqual(got, hello) {
						t.Errorf("%+v, want %+v", got, hello)
					}
				case OpReply:
					if id, e := r.U16(), r.Error(); id != 513 || e != (Error{ErrRefused, "connection refused"}) {
						t.Errorf("reply %d, %v", id, e)
					}
					if got := r.Link(); !reflect.DeepEqual(got, link) {
						t.Errorf("%+v, want %+v", got, link)
					}
					if e := r.Error(); e != (Error{}) {
						t.Errorf("error %v", e)
					}
				case OpData:
					if num, n := r.U16(), len(r.Rest()); num != 9 || n != 5000 {
						t.Errorf("socket %d gets %d bytes", num, n)
					}
				case OpOption:
					if a, b, c, d := r.U32(), r.U8(), r.Text(), r.Addr(); a != 0xdeadbeef || b != 7 || c != "text" || d.IsValid() {
						t.Errorf("%#x, %d, %q, %v", a, b, c, d)
					}
				}
				if len(r.Rest()) > 0 || r.Bad {
					t.Errorf("message %d is of another length than its parts", op)
				}
			})
			p = p[n:]
		}
		if !reflect.DeepEqual(ops, []Op{OpHello, OpReply, OpData, OpOption}) {
			t.Errorf("in pieces of %d: %v", size, ops)
		}
	}
}

func TestTooLong(t *testing.T) {
	var b Builder
	if b.Begin(OpDatagram).Raw(make([]byte, 70_000)).Message() != nil {
		t.Error("a message of 70,000 bytes")
	}
}

// FuzzReader reads messages that are none.
func FuzzReader(f *testing.F) {
	f.Add([]byte{3, 0, 1, 2, 3})
	f.Add([]byte{4, 0, 9, 1, 2, 3}) // no address has 9 bytes
	f.Fuzz(func(t *testing.T, p []byte) {
		var s Splitter
		total := 0
		s.Feed(p, func(r *Reader) {
			total += 2 + len(r.buf)
			for _, take := range []func(*Reader){
				func(r *Reader) { r.Hello() }, func(r *Reader) { r.Link() }, func(r *Reader) { r.AddrPort() }, func(r *Reader) { r.Error() },
			} {
				c := *r
				take(&c)
				if c.Bad && len(c.buf) > 0 {
					t.Error("it goes on after an error")
				}
			}
		})
		if total+len(s.buf) != len(p) {
			t.Errorf("of %d bytes, %d are in messages and %d wait", len(p), total, len(s.buf))
		}
	})
}
