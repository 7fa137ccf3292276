//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package host_test

import (
	"context"
	"net"
	"net/netip"
	"syscall"
	"testing"
	"time"

	"golang.org/x/net/ipv4"

	"github.com/tinynet/tinynet/netdev/tether/host"
	"github.com/tinynet/tinynet/netdev/tether/internal/wire"
)

// TestGroup hears a group at a port that the computer's own responder has, too:
// what is sent to the group comes, what is sent to the responder does not.
func TestGroup(t *testing.T) {
	lo, err := loopback()
	if err != nil {
		t.Skip(err)
	}
	share := net.ListenConfig{Control: func(_, _ string, c syscall.RawConn) (err error) {
		c.Control(func(fd uintptr) {
			err = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_REUSEADDR, 1)
		})
		return err
	}}
	responder, err := share.ListenPacket(context.Background(), "udp4", "0.0.0.0:0")
	if err != nil {
		t.Fatal(err)
	}
	defer responder.Close()
	port := responder.LocalAddr().(*net.UDPAddr).AddrPort().Port()
	group := netip.AddrPortFrom(netip.MustParseAddr("224.0.0.77"), port)
	for name, test := range map[string]struct {
		conf host.Config
		want byte
	}{
		"allowed":    {host.Config{Rules: host.Rules{Allow: rules(t, "224.0.0.77")}}, wire.ErrNone},
		"everything": {host.Config{AnyPort: true}, wire.ErrNone},
		"denied":     {host.Config{Rules: host.Rules{Deny: rules(t, "224.0.0.0/4")}}, wire.ErrDenied},
	} {
		t.Run(name, func(t *testing.T) {
			line, _ := serve(t, test.conf)
			b := newBoard(t, line)
			b.open(1, inet, datagrams)
			if e, _ := b.call(wire.OpOption, func(m *wire.Builder) { m.U16(1).U32(1).U32(2).U32(1) }); e.Code != wire.ErrNone {
				t.Fatalf("SO_REUSEADDR: %+v", e)
			}
			e, at := b.bind(1, netip.AddrPortFrom(netip.IPv4Unspecified(), port).String())
			if e.Code != wire.ErrNone || at.Port() != port {
				t.Fatalf("bind to port %d gives %v, %+v", port, at, e)
			}
			e, _ = b.call(wire.OpMulticast, func(m *wire.Builder) {
				m.U16(1).U8(wire.MulticastJoin).Addr(group.Addr()).U32(uint32(lo.Index))
			})
			if e.Code != test.want {
				t.Fatalf("to join gives %+v, want error %d", e, test.want)
			}
			sender, err := net.ListenPacket("udp4", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			defer sender.Close()
			p := ipv4.NewPacketConn(sender)
			if err := p.SetMulticastInterface(lo); err != nil {
				t.Skip(err)
			}
			p.SetMulticastLoopback(true)
			if _, err := sender.WriteTo([]byte("for one"), net.UDPAddrFromAddrPort(netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), port))); err != nil {
				t.Fatal(err)
			}
			if _, err := sender.WriteTo([]byte("for all"), net.UDPAddrFromAddrPort(group)); err != nil {
				t.Skip(err)
			}
			if test.want == wire.ErrNone {
				b.await("what is sent to the group", func() bool { return b.heard(1, "for all") })
			}
			b.alive()
			b.pump.Lock()
			if b.heard(1, "for one") || test.want != wire.ErrNone && b.heard(1, "for all") {
				t.Error("the board hears what is not for it")
			}
			b.pump.Unlock()
			responder.SetReadDeadline(time.Now().Add(patience))
			buf := make([]byte, 20)
			for {
				n, _, err := responder.ReadFrom(buf)
				if err != nil {
					t.Fatalf("the responder does not hear what is for it: %v", err)
				}
				if string(buf[:n]) == "for one" {
					break
				}
			}
		})
	}
}

// heard tells whether a datagram has come. The lock is held.
func (b *board) heard(num uint16, text string) bool {
	for _, m := range b.got {
		if m.op == wire.OpDatagram && m.num == num {
			r := reader(m.p)
			r.AddrPort()
			if string(r.Rest()) == text {
				return true
			}
		}
	}
	return false
}

func loopback() (*net.Interface, error) {
	list, err := net.Interfaces()
	if err != nil {
		return nil, err
	}
	for _, i := range list {
		if i.Flags&net.FlagLoopback != 0 && i.Flags&net.FlagUp != 0 {
			return &i, nil
		}
	}
	return nil, syscall.ENODEV
}
