//go:build tinynet_port && linux

package w5500_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"testing"

	"github.com/tinynet/tinynet/netdev"
	"github.com/tinynet/tinynet/netdev/devtest"
	sim "github.com/tinynet/tinynet/netdev/w5500sim"
)

// computerNetwork connects a chip to the sockets of the system, which package
// net does not reach while a device is set.
type computerNetwork struct{ devtest.Peer }

func (n computerNetwork) Dial(_ context.Context, to netip.AddrPort) (net.Conn, error) {
	return n.Peer.Dial(to)
}

func (n computerNetwork) Listen(netip.AddrPort) (net.Listener, error) { return n.Peer.Listen() }

func (n computerNetwork) ListenPacket(netip.AddrPort) (net.PacketConn, error) {
	return n.Peer.ListenPacket()
}

var localhost = netip.MustParseAddr("127.0.0.1")

// systemSockets is the host device, at home only.
type systemSockets struct {
	hostDevice
}

type hostDevice interface {
	netdev.Netdever
	netdev.Datagrammer
	netdev.SockNamer
	netdev.Deadliner
	netdev.Shutdowner
}

func (systemSockets) Addr() (netip.Addr, error) { return localhost, nil }

// TestComputer has the system's TCP and UDP between chip and peers.
func TestComputer(t *testing.T) {
	host := must(devtest.Device(systemSockets{netdev.Host().(hostDevice)}))(t)
	w := newWorld(t, sim.Config{Network: computerNetwork{host}, Backlog: true}, true)
	served := inBackground(func() error {
		l, err := net.Listen("tcp", ":80")
		if err != nil {
			return err
		}
		t.Cleanup(func() { l.Close() })
		return http.Serve(l, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			fmt.Fprintf(w, "hello %s", r.URL)
		}))
	})
	at, err := w.chip.AwaitService(w.ctx, "tcp", 80)
	noError(t, err)
	c := must(host.Dial(at))(t)
	defer c.Close()
	io.WriteString(c, "GET /world HTTP/1.0\r\n\r\n")
	got := make(chan string, 1)
	go func() {
		p, _ := io.ReadAll(c)
		got <- string(p)
	}()
	if s := soon(t, "the answer", got); len(s) < 12 || s[len(s)-12:] != "hello /world" {
		t.Errorf("the answer is %q", s)
	}

	l := must(host.Listen())(t)
	defer l.Close()
	go func() {
		if c, err := l.Accept(); err == nil {
			echo(c)
		}
	}()
	d := must(net.Dial("tcp", netip.AddrPortFrom(hostIP, l.Addr().(*net.TCPAddr).AddrPort().Port()).String()))(t)
	defer d.Close()
	d.SetDeadline(in(patience))
	data := pattern(100000)
	go d.Write(data)
	buf := make([]byte, len(data))
	if _, err := io.ReadFull(d, buf); err != nil || string(buf) != string(data) {
		t.Errorf("the echo: %v, or other bytes", err)
	}

	pc := must(host.ListenPacket())(t)
	defer pc.Close()
	u := must(net.Dial("udp", netip.AddrPortFrom(hostIP, pc.LocalAddr().(*net.UDPAddr).AddrPort().Port()).String()))(t)
	defer u.Close()
	u.SetDeadline(in(patience))
	must(u.Write([]byte("ping")))(t)
	n, from, err := pc.ReadFrom(buf)
	noError(t, err)
	must(pc.WriteTo(buf[:n], from))(t)
	if n, err := u.Read(buf); err != nil || string(buf[:n]) != "ping" {
		t.Errorf("Read gives %q, %v", buf[:n], err)
	}
	select {
	case err := <-served:
		t.Error(err)
	default:
	}
}
