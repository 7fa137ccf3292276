//go:build baremetal && w5500

package evb

import (
	"crypto/rand"
	"machine"
	"net/netip"

	"tinygo.org/x/drivers/netdev"
	"tinygo.org/x/drivers/w5500"

	"github.com/tinynet/tinynet/netdev/w5500mend"
)

// An oscillator gives the bits of the chip's ring oscillator. The port does not take
// them for keys by itself; for tests they will do.
type oscillator struct{}

func (oscillator) Read(p []byte) (int, error) {
	for i := range p {
		word, err := machine.GetRNG()
		if err != nil {
			return i, err
		}
		p[i] = byte(word)
	}
	return len(p), nil
}

// Join starts the chip, with the pins of WIZnet's board.
func Join() {
	if err := machine.SPI0.Configure(machine.SPIConfig{Frequency: 20e6}); err != nil {
		panic(err)
	}
	cs := machine.GPIO17
	cs.Configure(machine.PinConfig{Mode: machine.PinOutput})
	cs.High()
	bus := w5500mend.NewBus(machine.SPI0, cs)
	driver := w5500.New(bus, bus.CS())
	if err := driver.Configure(w5500.Config{
		MAC:        []byte{2, 0x55, 192, 168, 1, 2},
		IP:         netip.AddrFrom4([4]byte{192, 168, 1, 2}),
		SubnetMask: netip.AddrFrom4([4]byte{255, 255, 255, 0}),
		Gateway:    netip.AddrFrom4([4]byte{192, 168, 1, 1}),
	}); err != nil {
		panic(err)
	}
	rand.Reader = oscillator{}
	netdev.UseNetdev(w5500mend.NewDevice(driver, bus))
}
