// Package w5500mend lets programs do with tinygo.org/x/drivers/w5500 what that driver
// alone gets wrong: dial TCP, receive UDP, read all that a peer sent before it
// closed, and tell the peer about Close. The driver stays as it is. A [Bus]
// stands between it and the chip, and changes the few accesses to the chip that
// are wrong; a [Device] adds what the driver's methods leave out.
//
//	bus := w5500mend.NewBus(machine.SPI0, csPin)
//	driver := w5500.New(bus, bus.CS())
//	driver.Configure(...)
//	netdev.UseNetdev(w5500mend.NewDevice(driver, bus))
//
// docs/w5500.md lists the bugs, each with the test that shows it.
package w5500mend

import (
	"encoding/binary"
	"net/netip"
	"runtime"
	"sync/atomic"
)

// SPI is a bus, as in tinygo.org/x/drivers.
type SPI interface {
	Tx(w, r []byte) error
	Transfer(b byte) (byte, error)
}

// Pin is an output, such as machine.Pin.
type Pin interface{ Set(high bool) }

// A Bus is the SPI bus of a driver, and passes on what it does to that of the
// chip. The driver's lock keeps its accesses apart, so there is none here.
type Bus struct {
	spi SPI
	cs  Pin

	head     [3]byte // of the driver's frame
	got      int     // how much of it has come
	socks    [8]sock
	freePort uint16

	lastUDP, lastDial int                             // the socket that was last made, and dialled
	borrowed          atomic.Pointer[func(low *chip)] // what PHYCFGR is read for
}

// A sock is what the registers of a socket don't tell.
type sock struct {
	mode    byte // Sn_MR
	aimed   bool // Sn_DPORT was set, and no OPEN has followed
	sending bool // SEND was given, and the driver has not seen the end of it

	// UDP
	filter bool           // only datagrams from this peer are received
	peer   netip.AddrPort // where datagrams go
	from   netip.AddrPort // who sent the datagram that is being read
	size   int            // and its size; -1 if there is none
}

const (
	// Registers, see the datasheet.
	phycfgr = 0x2e

	snMR, snCR, snIR, snSR = 0, 1, 2, 3
	snPORT                 = 0x04
	snDIPR                 = 0x0c
	snDPORT                = 0x10
	snTXFSR                = 0x20
	snRXRSR                = 0x26
	snRXRD                 = 0x28

	cmdOpen, cmdConnect, cmdDiscon, cmdClose, cmdSend, cmdRecv = 0x01, 0x04, 0x08, 0x10, 0x20, 0x40

	intDiscon, intTimeout, intSendOK = 2, 8, 16

	stClosed, stInit, stSynSent, stEstablished, stCloseWait, stUDP = 0, 0x13, 0x15, 0x17, 0x1c, 0x22

	modeTCP, modeUDP = 1, 2
)

// NewBus makes the bus for one chip on an SPI bus, with its chip select pin.
func NewBus(spi SPI, cs Pin) *Bus {
	b := &Bus{spi: spi, cs: cs, freePort: 49152}
	for i := range b.socks {
		b.socks[i].size = -1
	}
	return b
}

// CS is what the driver takes for its chip select pin.
func (b *Bus) CS() Pin { return (*selectPin)(b) }

type selectPin Bus

// Set ends a frame, or begins one. The chip itself is selected per access, so
// that it is never left selected after one without data.
func (p *selectPin) Set(bool) { p.got = 0 }

// Tx takes a piece of the driver's frame: its head, or its data.
func (b *Bus) Tx(w, r []byte) error {
	for len(w) > 0 && b.got < len(b.head) {
		b.head[b.got] = w[0]
		b.got++
		w = w[1:]
	}
	if len(w) > 0 {
		b.write(w)
	}
	if len(r) > 0 {
		b.read(r)
	}
	return nil
}

// Transfer is Tx for one byte.
func (b *Bus) Transfer(x byte) (byte, error) {
	one := [1]byte{x}
	if b.head[2]&4 != 0 || b.got < len(b.head) {
		return 0, b.Tx(one[:], nil)
	}
	err := b.Tx(nil, one[:])
	return one[0], err
}

func (b *Bus) target() (block byte, addr uint16) {
	return b.head[2] >> 3, binary.BigEndian.Uint16(b.head[:])
}

// A chip is the bus without the driver.
type chip struct{ *Bus }

func (c chip) frame(block byte, addr uint16, control byte, w, r []byte) {
	c.cs.Set(false)
	c.spi.Tx([]byte{byte(addr >> 8), byte(addr), block<<3 | control}, nil)
	c.spi.Tx(w, r)
	c.cs.Set(true)
}

func (c chip) put(n int, reg uint16, v ...byte) { c.frame(byte(n)*4+1, reg, 4, v, nil) }

func (c chip) get(n int, reg uint16) byte {
	var v [1]byte
	c.frame(byte(n)*4+1, reg, 0, nil, v[:])
	return v[0]
}

// get16 reads until it has the same value twice: the chip changes one byte after
// the other.
func (c chip) get16(n int, reg uint16) uint16 {
	var v, w [2]byte
	c.frame(byte(n)*4+1, reg, 0, nil, v[:])
	for {
		c.frame(byte(n)*4+1, reg, 0, nil, w[:])
		if v == w {
			return binary.BigEndian.Uint16(v[:])
		}
		v = w
	}
}

func (c chip) put16(n int, reg, v uint16) { c.put(n, reg, byte(v>>8), byte(v)) }

func (c chip) order(n int, cmd byte) {
	c.put(n, snCR, cmd)
	for c.get(n, snCR) != 0 {
		runtime.Gosched() // a chip without a cable never takes it: that may stop one call, not the board
	}
}

// write is a write of the driver.
func (b *Bus) write(p []byte) {
	block, addr := b.target()
	low := chip{b}
	n := int(block >> 2)
	s := &b.socks[n]
	if block&3 != 1 {
		low.frame(block, addr, 4, p, nil)
		return
	}
	switch addr {
	case snMR:
		*s = sock{mode: p[0] & 0xf, size: -1}
		if s.mode == modeUDP {
			b.lastUDP = n
		}
		low.put16(n, snPORT, 0)
	case snDPORT:
		s.aimed = true
	case snIR:
		s.sending = s.sending && p[0]&(intSendOK|intTimeout) == 0
	case snRXRD:
		if s.size >= 0 { // behind the datagram, read in whole or not
			low.put16(n, snRXRD, low.get16(n, snRXRD)+8+uint16(s.size))
			s.size = -1
			return
		}
	case snCR:
		b.command(low, n, p[0])
		return
	}
	low.frame(block, addr, 4, p, nil)
}

func (b *Bus) command(low chip, n int, cmd byte) {
	s := &b.socks[n]
	status := low.get(n, snSR)
	switch {
	case cmd == cmdOpen:
		aimed := s.aimed
		s.aimed = false
		if low.get16(n, snPORT) == 0 {
			low.put16(n, snPORT, b.ephemeral(low))
		}
		var to [6]byte
		low.frame(byte(n)*4+1, snDIPR, 0, nil, to[:])
		s.peer = netip.AddrPortFrom(netip.AddrFrom4([4]byte(to[:])), binary.BigEndian.Uint16(to[4:]))
		s.filter = aimed
		if aimed && s.mode == modeUDP && status == stUDP {
			return // what has arrived stays
		}
		low.put(n, snIR, 0xff) // of the socket's last life
		if !aimed || s.mode != modeTCP {
			low.order(n, cmdOpen)
			return
		}
		if status != stInit {
			low.order(n, cmdOpen)
		}
		low.order(n, cmdConnect) // which is what the driver means
		b.lastDial = n
	case cmd == cmdClose && (status == stEstablished || status == stCloseWait):
		low.order(n, cmdDiscon)
	case cmd == cmdSend:
		s.sending = true
		low.put(n, snIR, intSendOK) // of a SEND that nobody waited for
		low.order(n, cmdSend)
	default:
		low.order(n, cmd)
	}
}

// ephemeral is a port that no socket has.
func (b *Bus) ephemeral(low chip) uint16 {
	for {
		if b.freePort++; b.freePort < 49152 {
			b.freePort = 49152
		}
		used := false
		for n := range b.socks {
			used = used || low.get16(n, snPORT) == b.freePort
		}
		if !used {
			return b.freePort
		}
	}
}

// read is a read of the driver.
func (b *Bus) read(p []byte) {
	block, addr := b.target()
	low := chip{b}
	n := int(block >> 2)
	s := &b.socks[n]
	switch {
	case block == 0 && addr == phycfgr:
		if f := b.borrowed.Swap(nil); f != nil {
			(*f)(&low)
		}
	case block&3 == 3 && s.size >= 0:
		addr += 8 // the header
		p = p[:min(len(p), s.size)]
	case block&3 == 1 && len(p) == 2 && (addr == snTXFSR || addr == snRXRSR):
		v := low.get16(n, addr)
		if addr == snRXRSR && s.mode == modeUDP {
			v = b.nextDatagram(low, n)
		}
		binary.BigEndian.PutUint16(p, v)
		return
	}
	low.frame(block, addr, 0, nil, p)
	if block&3 == 1 && s.mode == modeTCP {
		switch addr {
		case snIR:
			p[0] = b.interrupts(low, n, p[0])
		case snSR:
			if p[0] == stCloseWait {
				p[0] = stEstablished // for Accept: there may be something to read
			}
		}
	}
}

// interrupts changes what the driver sees of Sn_IR. It takes DISCON for the end
// of everything, also when there is something to read, or to send.
func (b *Bus) interrupts(low chip, n int, ir byte) byte {
	s := &b.socks[n]
	closed := low.get(n, snSR) == stClosed
	if closed {
		ir |= intDiscon // RST and time-outs, too
	}
	readable := low.get16(n, snRXRSR) > 0
	answered := ir&(intTimeout|intSendOK) != 0
	if !closed && (s.sending || readable) || closed && readable && (!s.sending || answered) {
		ir &^= intDiscon
	}
	return ir
}

// nextDatagram gives the size of the datagram that is first in the RX buffer,
// 0 if there is none.
func (b *Bus) nextDatagram(low chip, n int) uint16 {
	s := &b.socks[n]
	if s.size >= 0 {
		return uint16(s.size)
	}
	for low.get16(n, snRXRSR) >= 8 {
		at := low.get16(n, snRXRD)
		var head [8]byte
		low.frame(byte(n)*4+3, at, 0, nil, head[:])
		from := netip.AddrPortFrom(netip.AddrFrom4([4]byte(head[:])), binary.BigEndian.Uint16(head[4:]))
		size := binary.BigEndian.Uint16(head[6:])
		// The driver has no means to receive an empty one.
		if size > 0 && (!s.filter || from == s.peer) {
			s.from, s.size = from, int(size)
			return size
		}
		low.put16(n, snRXRD, at+8+size)
		low.order(n, cmdRecv)
	}
	return 0
}
