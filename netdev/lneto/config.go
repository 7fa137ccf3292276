package lneto

import (
	"errors"
	"net/netip"
	"time"
)

// A Link sends frames.
type Link interface {
	// Send sends one Ethernet frame, from the destination's address to the last
	// byte of what it carries. It keeps nothing of the frame when it returns. An
	// error means that the frame is lost, as on a cable.
	Send(frame []byte) error
}

// A Poller is a Link that has to be asked for frames.
type Poller interface {
	Link
	// Poll hands the frames that have arrived to Device.Receive, all of them or
	// some, and reports whether there may be more.
	Poll() (more bool, err error)
}

// A Config says what a device is like. The zero value of each field stands for
// the default, which is made for boards with 264 kB of memory; see [Large].
type Config struct {
	MAC      [6]byte
	Name     string // of the interface; by default eth0
	Hostname string // told to the DHCP server; by default tinynet
	MTU      int    // bytes of an IP packet, at most and by default 1500

	Addr    netip.Prefix // the address and its network; none: from DHCP
	Gateway netip.Addr   // with Addr: who takes what is for other networks
	DNS     []netip.Addr // who knows names, before those that DHCP tells

	Sockets        int // sockets of programs; by default 16
	Conns          int // connections, with those that are being closed; by default 10
	Backlog        int // connections that wait for Accept, at most, whatever Listen asks for; by default 4
	SendBuffer     int // bytes of a connection, at most 65,535; by default 2,920
	RecvBuffer     int // bytes of a connection, at most 65,535; by default 2,920
	Segments       int // segments of a connection that wait for their acknowledgement; by default 8
	Held           int // segments of a connection that came early and are kept; by default 2
	DatagramBuffer int // bytes of a datagram socket that wait, each way; by default 3,072

	ConnectTimeout time.Duration // after which Connect gives up; by default 20 s
	RetryTimeout   time.Duration // after which a connection whose peer does not answer is lost; by default 30 s
	CloseTimeout   time.Duration // for which a closed socket is kept to send what it has; by default 10 s
	LookupTimeout  time.Duration // after which a name is not found; by default 8 s
	ProbeTime      time.Duration // how long a new address is looked for on the network before it is used; by default 300 ms; negative: not at all

	PollEvery time.Duration // how often a Poller is asked when nothing happens; by default 3 ms

	// Seed is where port numbers, sequence numbers and the numbers of questions
	// come from. Whoever knows it can forge answers, so it is for tests. Zero, the
	// default, has them come from 128 random bits of the hardware.
	Seed uint64
}

// Large is for boards with 520 kB of memory and more.
func Large() Config {
	return Config{
		Sockets: 32, Conns: 24, Backlog: 8,
		SendBuffer: 5840, RecvBuffer: 8760, Segments: 16, Held: 4, DatagramBuffer: 6144,
	}
}

// Check tells what New would say of it, but for the MAC, which hardware may tell
// later.
func (c Config) Check() error {
	c.MAC = [6]byte{2}
	return c.fill()
}

const smallestMTU = 576

func (c *Config) fill() error {
	defaultTo(&c.Name, "eth0")
	defaultTo(&c.Hostname, "tinynet")
	defaultTo(&c.MTU, 1500)
	defaultTo(&c.Sockets, 16)
	defaultTo(&c.Conns, 10)
	defaultTo(&c.Backlog, 4)
	defaultTo(&c.SendBuffer, 2*1460)
	defaultTo(&c.RecvBuffer, 2*1460)
	defaultTo(&c.Segments, 8)
	defaultTo(&c.Held, 2)
	defaultTo(&c.DatagramBuffer, 3072)
	defaultTo(&c.ConnectTimeout, 20*time.Second)
	defaultTo(&c.RetryTimeout, 30*time.Second)
	defaultTo(&c.CloseTimeout, 10*time.Second)
	defaultTo(&c.LookupTimeout, 8*time.Second)
	defaultTo(&c.ProbeTime, 300*time.Millisecond)
	defaultTo(&c.PollEvery, 3*time.Millisecond)
	switch {
	case c.MAC == [6]byte{} || c.MAC[0]&1 != 0:
		return errors.New("lneto: MAC is no address of one device")
	case c.MTU < smallestMTU || c.MTU > 1500:
		return errors.New("lneto: MTU is not between 576 and 1500")
	case c.SendBuffer < 256 || c.SendBuffer > 65535 || c.RecvBuffer < 256 || c.RecvBuffer > 65535:
		return errors.New("lneto: SendBuffer and RecvBuffer are not between 256 and 65,535")
	case c.Segments < 1 || c.Segments > c.SendBuffer:
		return errors.New("lneto: Segments is less than 1 or more than SendBuffer")
	case c.Sockets < 1 || c.Conns < 1 || c.Backlog < 1 || c.Held < 0:
		return errors.New("lneto: a negative number of sockets, connections or segments")
	case c.DatagramBuffer < 256 || c.DatagramBuffer > 1<<20:
		return errors.New("lneto: DatagramBuffer is not between 256 bytes and 1 MB")
	case len(c.Hostname) > 63:
		return errors.New("lneto: Hostname is longer than 63 bytes")
	case c.Addr.IsValid() && !c.Addr.Addr().Is4():
		return errors.New("lneto: Addr is not of IPv4")
	case c.Addr.IsValid() && (!usable(c.Addr.Addr().As4()) || c.Addr.Bits() == 0):
		return errors.New("lneto: Addr is no address of one device and its network, like 192.168.1.2/24")
	case min(c.ConnectTimeout, c.RetryTimeout, c.CloseTimeout, c.LookupTimeout, c.PollEvery) < 0:
		return errors.New("lneto: a negative time")
	case c.Gateway.IsValid() && !c.Gateway.Is4():
		return errors.New("lneto: Gateway is not of IPv4")
	}
	for _, a := range c.DNS {
		if !a.Is4() {
			return errors.New("lneto: DNS is not of IPv4")
		}
	}
	return nil
}

func defaultTo[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}
