//go:build !baremetal && tinynet

// TestJoinedRun puts this file in the place of the examples' own of its name, so
// that examples, unchanged, have the simulated radio for their network: driver,
// chip, access point, and behind that a TAP device of Linux.
package online

import (
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/tinynet/tinynet/netdev"
	"github.com/tinynet/tinynet/netdev/cyw43439"
	"github.com/tinynet/tinynet/netdev/cyw43439/cyw43439sim"
	"github.com/tinynet/tinynet/netdev/lneto"
	"github.com/tinynet/tinynet/netdev/lneto/tap"

	"net/netip"
)

func init() {
	linux, err := netip.ParsePrefix(os.Getenv("RADIO_LINUX"))
	if err != nil {
		Fail(err)
	}
	link, err := tap.Open("tap0", linux, 0)
	if err != nil {
		Fail(err)
	}
	home := cyw43439sim.AccessPoint{SSID: "home", Passphrase: "correct horse"}
	chip := cyw43439sim.New([6]byte{0x28, 0xcd, 0xc1, 0, 0, 1}, func(frame []byte) { link.Send(frame) }, home)
	go link.Receive(chip.Receive)

	// The test takes the access point away, and gives it back.
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGUSR1, syscall.SIGUSR2)
	go func() {
		for s := range signals {
			if s == syscall.SIGUSR1 {
				chip.Lose(home.SSID)
			} else {
				chip.Find(home)
			}
		}
	}()

	os.Stdout.WriteString("tap is up\n")
	radio, err := cyw43439.JoinWith(chip.Driver(), cyw43439.Config{
		SSID: home.SSID, Passphrase: home.Passphrase, Hostname: "thermometer",
		Device: lneto.Config{PollEvery: time.Millisecond},
		Changed: func(up bool) {
			if up {
				os.Stdout.WriteString("found\n")
			} else {
				os.Stdout.WriteString("lost\n")
			}
		},
	})
	if err != nil {
		Fail(err)
	}
	device = radio
	netdev.Use(radio)
	addr, err := radio.Addr()
	if err != nil {
		Fail(err)
	}
	os.Stdout.WriteString("joined as " + addr.String() + "\n")
}
