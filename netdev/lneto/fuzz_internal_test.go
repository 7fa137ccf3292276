package lneto

import (
	"encoding/binary"
	"testing"

	"github.com/soypat/lneto/dhcp/dhcpv4"
)

type noLink struct{}

func (noLink) Send([]byte) error { return nil }

// FuzzAnswer reads DNS messages of all sorts, as answers to a question: no panic,
// no end that does not come, and addresses only if there are some.
func FuzzAnswer(f *testing.F) {
	const name = "x.example"
	query, _ := appendQuery(nil, 7, name)
	head := func(answers byte) []byte {
		m := append([]byte(nil), query...)
		m[2], m[3], m[7] = 0x81, 0x80, answers
		return m
	}
	f.Add(append(head(1), "\xc0\x0c\x00\x01\x00\x01\x00\x00\x00\x3c\x00\x04\x0a\x07\x00\x2a"...))
	f.Add(append(head(2), "\xc0\x0c\x00\x05\x00\x01\x00\x00\x00\x3c\x00\x02\xc0\x0c\xc0\x1b\x00\x01\x00\x01"...))
	f.Add(head(255))
	f.Fuzz(func(t *testing.T, msg []byte) {
		addrs, result := readAnswer(msg, query, name)
		if (result == answered) != (len(addrs) > 0) {
			t.Errorf("the result is %d with %d addresses", result, len(addrs))
		}
		if result != notTheAnswer && (len(msg) < len(query) || binary.BigEndian.Uint16(msg) != 7) {
			t.Errorf("%x is taken for the answer", msg)
		}
	})
}

// FuzzLease hands a device that asks for an address messages of all sorts, each
// with the number of its question: no panic, and no address that nobody can have.
func FuzzLease(f *testing.F) {
	options := func(kind byte, more ...byte) []byte {
		return append([]byte{53, 1, kind, 54, 4, 10, 7, 0, 9, 1, 4, 255, 255, 255, 0, 51, 4, 0, 0, 0, 1}, more...)
	}
	offer, ack := options(2, 3, 4, 10, 7, 0, 254, 6, 8, 1, 1, 1, 1, 2, 2, 2, 2, 255), options(5, 58, 4, 0, 0, 0, 0, 59, 4, 255, 255, 255, 255)
	f.Add([]byte{10, 7, 0, 77}, offer, ack)
	f.Add([]byte{10, 7, 0, 77}, offer, options(6))
	f.Add([]byte{255, 255, 255, 255}, offer, ack)
	f.Add([]byte{10, 7, 0, 77}, []byte{53, 1, 2, 1, 4, 255, 0, 255, 0, 15, 255}, []byte{53, 0, 51, 0})
	f.Fuzz(func(t *testing.T, yours, first, second []byte) {
		d, err := New(noLink{}, Config{MAC: [6]byte{2, 0, 0, 0, 0, 1}, ProbeTime: -1, Seed: 1})
		if err != nil {
			t.Fatal(err)
		}
		defer d.Halt()
		d.mu.Lock()
		defer d.mu.Unlock()
		for _, opts := range [][]byte{first, second, second} {
			b := make([]byte, dhcpv4.OptionsOffset, dhcpv4.OptionsOffset+len(opts))
			b[0] = 2
			binary.BigEndian.PutUint32(b[4:], d.lease.xid)
			copy(b[16:20], yours)
			copy(b[28:], d.conf.MAC[:])
			binary.BigEndian.PutUint32(b[236:], dhcpv4.MagicCookie)
			d.lease.input(d, peer{ip4{10, 7, 0, 9}, dhcpServerPort}, append(b, opts...))
			const rounds = 20 // in which time passes as fast as there is something to do
			for range rounds {
				if d.lease.at != 0 {
					d.lease.tick(d, max(d.now(), d.lease.at))
				}
				d.lease.egress(d, d.tx, d.now())
			}
		}
		if d.ip != (ip4{}) && (!usable(d.ip) || d.bits < 1 || d.bits > 32) {
			t.Errorf("the address is %v/%d", d.ip, d.bits)
		}
	})
}
