//go:build tinynet_port

package w5500_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"testing"
	"time"

	"tinygo.org/x/drivers/netdev"
	"tinygo.org/x/drivers/w5500"

	"github.com/tinynet/tinynet/netdev/w5500mend"
	sim "github.com/tinynet/tinynet/netdev/w5500sim"
)

// patience is how long a failing test waits.
const patience = 20 * time.Second

var (
	chipIP = netip.MustParseAddr("192.168.1.50")
	hostIP = netip.MustParseAddr("192.168.1.1") // this computer, to the chip
)

// A world is a driver under package net, over a chip whose peers are on the
// built-in loopback: a peer's net.Dial("tcp", "127.0.0.1:...") and the like
// never reach the driver, and the program's to 192.168.1.0/24 always do.
type world struct {
	chip   *sim.Chip
	driver *w5500.Device
	mended bool
	ctx    context.Context
}

// each runs a test with the driver as it is, and with package w5500mend.
func each(t *testing.T, conf sim.Config, f func(t *testing.T, w *world)) {
	t.Run("driver", func(t *testing.T) { f(t, newWorld(t, conf, false)) })
	t.Run("mended", func(t *testing.T) { f(t, newWorld(t, conf, true)) })
}

func newWorld(t *testing.T, conf sim.Config, mended bool) *world {
	t.Helper()
	chip, err := sim.New(conf)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeoutCause(context.Background(), patience, errors.New("this does not come"))
	w := &world{chip: chip, mended: mended, ctx: ctx}
	var dev netdev.Netdever
	if mended {
		bus := w5500mend.NewBus(chip, chip.CS())
		w.driver = w5500.New(bus, bus.CS())
		dev = w5500mend.NewDevice(w.driver, bus)
	} else {
		w.driver = w5500.New(chip, chip.CS())
		dev = w.driver
	}
	err = w.driver.Configure(w5500.Config{
		MAC: net.HardwareAddr{2, 0, 0, 0, 0, 50}, IP: chipIP,
		SubnetMask: netip.MustParseAddr("255.255.255.0"), Gateway: hostIP,
		DNS: func(name string) (netip.Addr, error) {
			if name == "computer.example" {
				return hostIP, nil
			}
			return netip.Addr{}, netdev.ErrHostUnknown
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	netdev.UseNetdev(dev)
	t.Cleanup(func() {
		cancel()
		netdev.UseNetdev(nil)
		chip.Close()
	})
	return w
}

// listen listens on the device.
func (w *world) listen(t *testing.T, port uint16) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", netip.AddrPortFrom(chipIP, port).String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

// call is a peer that dials a port of the chip.
func (w *world) call(t *testing.T, port uint16) *net.TCPConn {
	t.Helper()
	at, err := w.chip.AwaitService(w.ctx, "tcp", port)
	if err != nil {
		t.Fatal(err)
	}
	c, err := net.DialTimeout("tcp", at.String(), patience)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	c.SetDeadline(time.Now().Add(patience))
	return c.(*net.TCPConn)
}

// accept returns both ends of a connection.
func (w *world) accept(t *testing.T, l net.Listener) (ours, theirs *net.TCPConn) {
	t.Helper()
	theirs = w.call(t, l.Addr().(*net.TCPAddr).AddrPort().Port())
	c, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	c.SetDeadline(time.Now().Add(patience))
	return c.(*net.TCPConn), theirs
}

// soon fails the test if done does not come.
func soon[T any](t *testing.T, what string, done <-chan T) (v T) {
	t.Helper()
	limit := time.NewTimer(patience)
	defer limit.Stop()
	select {
	case v = <-done:
	case <-limit.C:
		t.Fatalf("%s hangs", what)
	}
	return v
}

func inBackground(f func() error) <-chan error {
	done := make(chan error, 1)
	go func() { done <- f() }()
	return done
}

func echo(c net.Conn) {
	defer c.Close()
	io.Copy(c, c)
}

func pattern(n int) []byte {
	p := make([]byte, n)
	for i := range p {
		p[i] = byte(i*7 + i>>8)
	}
	return p
}
