package cyw43439_test

import (
	"errors"
	"net/netip"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	driver "github.com/soypat/cyw43439"

	radio "github.com/tinynet/tinynet/netdev/cyw43439"
	"github.com/tinynet/tinynet/netdev/cyw43439/cyw43439sim"
	"github.com/tinynet/tinynet/netdev/devtest"
	"github.com/tinynet/tinynet/netdev/lneto"
	"github.com/tinynet/tinynet/netdev/lneto/cable"
)

var (
	home = cyw43439sim.AccessPoint{SSID: "home", Passphrase: "correct horse"}
	cafe = cyw43439sim.AccessPoint{SSID: "cafe"}
	mac  = [6]byte{0x28, 0xcd, 0xc1, 0, 0, 1}
)

// board is a simulated radio whose access points lead to a wire, and the
// unchanged driver on it.
func board(t *testing.T, w *cable.Wire) (*cyw43439sim.Chip, *driver.Device) {
	t.Helper()
	if runtime.GOARCH != "amd64" && runtime.GOARCH != "arm" {
		t.Skip("the driver knows the byte order of amd64 and arm only")
	}
	port := w.Join()
	chip := cyw43439sim.New(mac, func(frame []byte) { port.Send(frame) }, home, cafe)
	port.Receive(chip.Receive)
	t.Cleanup(port.Close)
	return chip, chip.Driver()
}

func config(ap cyw43439sim.AccessPoint) radio.Config {
	return radio.Config{
		SSID: ap.SSID, Passphrase: ap.Passphrase, Hostname: "sim",
		Device: lneto.Config{Addr: netip.MustParsePrefix("10.8.0.2/24"), ProbeTime: -1, PollEvery: time.Millisecond},
	}
}

func other(t *testing.T, w *cable.Wire) *lneto.Device {
	t.Helper()
	p := w.Join()
	dev, err := lneto.New(p, lneto.Config{MAC: [6]byte{2, 0, 0, 0, 0, 9}, Addr: netip.MustParsePrefix("10.8.0.9/24"), ProbeTime: -1})
	if err != nil {
		t.Fatal(err)
	}
	p.Receive(dev.Receive)
	t.Cleanup(func() { dev.Halt(); p.Close() })
	return dev
}

// TestJoin joins an open network and a closed one; the driver's firmware is taken.
func TestJoin(t *testing.T) {
	for _, ap := range []cyw43439sim.AccessPoint{home, cafe} {
		t.Run(ap.SSID, func(t *testing.T) {
			t.Parallel()
			w := cable.New(cable.Faults{})
			chip, dev := board(t, w)
			r, err := radio.JoinWith(dev, config(ap))
			if err != nil {
				t.Fatal(err)
			}
			defer r.Halt()
			if got := chip.Joined(); got != ap.SSID {
				t.Errorf("the chip has joined %q, want %q", got, ap.SSID)
			}
			if want := driver.DefaultWifiConfig().Firmware; string(chip.Memory()[:len(want)]) != want {
				t.Errorf("the chip's memory does not have the firmware, of %d bytes", len(want))
			}
			ifs, err := r.Interfaces()
			if err != nil || len(ifs) != 1 || ifs[0].Name != "wlan0" || [6]byte(ifs[0].HardwareAddr) != mac {
				t.Errorf("Interfaces: %+v, %v; want wlan0 with %x", ifs, err, mac)
			}
			if err := r.LED(true); err != nil || !chip.LED() {
				t.Errorf("LED(true): %v; the light is on: %v", err, chip.LED())
			}
			if err := r.LED(false); err != nil || chip.LED() {
				t.Errorf("LED(false): %v; the light is on: %v", err, chip.LED())
			}
		})
	}
}

// TestRules holds the whole, from the radio's bus to the sockets, against the
// rules of all drivers.
func TestRules(t *testing.T) {
	w := cable.New(cable.Faults{})
	_, dev := board(t, w)
	conf := config(home)
	r, err := radio.JoinWith(dev, conf)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Halt()
	peer, err := devtest.Device(other(t, w))
	if err != nil {
		t.Fatal(err)
	}
	devtest.Run(t, func(t *testing.T) devtest.Setup { return devtest.Setup{Dev: r, Peer: peer} })
}

// TestWords holds what Join says when it fails, which follows the driver's texts.
func TestWords(t *testing.T) {
	for name, test := range map[string]struct {
		conf func(*radio.Config)
		want error
		text string
	}{
		"wrong pass phrase": {func(c *radio.Config) { c.Passphrase = "incorrect horse" }, radio.ErrNotJoined, "pass phrase"},
		"no such network":   {func(c *radio.Config) { c.SSID = "elsewhere" }, radio.ErrNoNetwork, "no network"},
		"no time":           {func(c *radio.Config) { c.Timeout = 100 * time.Millisecond }, radio.ErrTimeout, "too long"},
		"short phrase":      {func(c *radio.Config) { c.Passphrase = "short" }, nil, "8 to 64"},
		"no name":           {func(c *radio.Config) { c.SSID = "" }, nil, "SSID"},
		"no DHCP server":    {func(c *radio.Config) { c.Device.Addr = netip.Prefix{}; c.Timeout = 6 * time.Second }, nil, "DHCP"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, dev := board(t, cable.New(cable.Faults{}))
			conf := config(home)
			conf.Timeout = 40 * time.Second
			test.conf(&conf)
			start := time.Now()
			r, err := radio.JoinWith(dev, conf)
			if err == nil {
				r.Halt()
				t.Fatal("Join succeeds")
			}
			if test.want != nil && !errors.Is(err, test.want) || !strings.Contains(err.Error(), test.text) {
				t.Errorf("Join fails with %v; want %v, with the words %q", err, test.want, test.text)
			}
			if took := time.Since(start); took > conf.Timeout+2*time.Second {
				t.Errorf("Join fails after %v, with a timeout of %v", took, conf.Timeout)
			}
		})
	}
}

// TestLost loses the access point, and finds it again: a connection that was
// silent goes on.
func TestLost(t *testing.T) {
	t.Parallel()
	w := cable.New(cable.Faults{})
	chip, dev := board(t, w)
	conf := config(home)
	news := make(chan bool, 10)
	var ups atomic.Int32
	conf.Changed = func(up bool) {
		if up {
			ups.Add(1)
		}
		news <- up
	}
	r, err := radio.JoinWith(dev, conf)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Halt()
	peer, err := devtest.Device(other(t, w))
	if err != nil {
		t.Fatal(err)
	}
	l, err := peer.Listen()
	if err != nil {
		t.Fatal(err)
	}
	num, err := r.Socket(2, 1, 6)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Connect(num, "", netip.MustParseAddrPort(l.Addr().String())); err != nil {
		t.Fatal(err)
	}
	conn, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	expect := func(want bool) {
		t.Helper()
		select {
		case got := <-news:
			if got != want || r.Up() != want {
				t.Fatalf("the network is there: %v, and Up: %v; want %v", got, r.Up(), want)
			}
		case <-time.After(60 * time.Second):
			t.Fatalf("no news in 60 s; want %v", want)
		}
	}
	for round, lose := range []func(){func() { chip.Lose("home") }, chip.Deauthenticate} {
		lose()
		expect(false)
		chip.Find(home)
		expect(true)
		if _, err := r.Send(num, []byte("still here"), 0, time.Time{}); err != nil {
			t.Fatalf("round %d: Send: %v", round, err)
		}
		conn.SetDeadline(time.Now().Add(20 * time.Second))
		buf := make([]byte, 20)
		n, err := conn.Read(buf)
		if string(buf[:n]) != "still here" || err != nil {
			t.Fatalf("round %d: the peer reads %q, %v", round, buf[:n], err)
		}
	}
}
