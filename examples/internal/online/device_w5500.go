//go:build baremetal && w5500 && !ninafw && !wioterminal && !challenger_rp2040 && !comboat_fw

package online

import (
	"errors"
	"machine"
	"net/netip"
	"strconv"
	"time"

	"tinygo.org/x/drivers/netdev"
	"tinygo.org/x/drivers/w5500"

	"github.com/tinynet/tinynet/netdev/w5500mend"
)

// How the chip is wired and what it is called, each given with
// -ldflags="-X github.com/tinynet/tinynet/examples/internal/online.ip=192.168.1.50/24".
// The driver knows no DHCP.
var (
	cs      string // number of the chip select pin; by default 17, as on the W5500-EVB-Pico
	ip      string // address and network; by default 192.168.1.2/24
	gateway string // by default the network's first address
	dns     string // who knows names, if built with -tags netgo; by default the gateway
)

// join starts the W5500 on the board's first SPI bus and waits for its cable.
func join(_, _ string) (host string, err error) {
	or := func(s *string, value string) {
		if *s == "" {
			*s = value
		}
	}
	or(&cs, "17")
	or(&ip, "192.168.1.2/24")
	pin, err := strconv.ParseUint(cs, 10, 8)
	if err != nil {
		return "", errors.New("-X online.cs=" + cs + " is no number of a pin")
	}
	prefix, err := netip.ParsePrefix(ip)
	if err != nil || !prefix.Addr().Is4() {
		return "", errors.New("-X online.ip=" + ip + " is no address like 192.168.1.2/24")
	}
	or(&gateway, prefix.Masked().Addr().Next().String())
	via, err := netip.ParseAddr(gateway)
	if err != nil || !via.Is4() {
		return "", errors.New("-X online.gateway=" + gateway + " is no address like 192.168.1.1")
	}

	or(&dns, gateway)
	names, err := netip.ParseAddr(dns)
	if err != nil {
		return "", errors.New("-X online.dns=" + dns + " is no address like 192.168.1.1")
	}

	if err := machine.SPI0.Configure(machine.SPIConfig{Frequency: 20e6}); err != nil {
		return "", err
	}
	chip := machine.Pin(pin)
	chip.Configure(machine.PinConfig{Mode: machine.PinOutput})
	chip.High()

	bus := w5500mend.NewBus(machine.SPI0, chip)
	driver := w5500.New(bus, bus.CS())
	if err := driver.Configure(w5500.Config{
		MAC:        hardwareAddr(prefix.Addr()),
		IP:         prefix.Addr(),
		SubnetMask: mask(prefix.Bits()),
		Gateway:    via,
	}); err != nil {
		return "", err
	}
	dev := ethernet{w5500mend.NewDevice(driver, bus), netip.AddrPortFrom(names, 53)}
	device = dev
	netdev.UseNetdev(dev)
	for driver.LinkStatus() != w5500.LinkStatusUp {
		time.Sleep(100 * time.Millisecond)
	}
	return prefix.Addr().String(), nil
}

// An ethernet is the chip with what the cable's network adds.
type ethernet struct {
	*w5500mend.Device
	dns netip.AddrPort
}

// DNSConfig tells Go's resolver whom to ask. The chip itself cannot.
func (e ethernet) DNSConfig() (servers []netip.AddrPort, search []string) {
	return []netip.AddrPort{e.dns}, nil
}

// hardwareAddr is an address for the chip, which has none of its own: a locally
// administered one that differs where the IP addresses do.
func hardwareAddr(a netip.Addr) []byte {
	ip := a.As4()
	return []byte{0x02, 0x55, ip[0], ip[1], ip[2], ip[3]}
}

func mask(bits int) netip.Addr {
	m := ^uint32(0) << (32 - bits)
	return netip.AddrFrom4([4]byte{byte(m >> 24), byte(m >> 16), byte(m >> 8), byte(m)})
}
