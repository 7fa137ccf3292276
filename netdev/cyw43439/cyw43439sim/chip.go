// Package cyw43439sim simulates the radio chip CYW43439 behind its command bus,
// so that the driver github.com/soypat/cyw43439 runs on a computer, unchanged.
// It was written after what the driver, and the data sheet's section on gSPI,
// ask of the chip: registers of the bus, the window into the backplane, the
// memory that takes the firmware, the reset and clock of its cores, then SDPCM
// packets: commands with their answers, events of joining, frames.
//
// The firmware is not executed. What it would do, this package does; it begins
// to when the firmware and its settings lie in the memory and the core is let go.
package cyw43439sim

import (
	"encoding/binary"
	"sync"
)

// An AccessPoint is a network in reach.
type AccessPoint struct {
	SSID       string
	Passphrase string // empty: open
}

// A Chip is the simulated chip. It has the methods of the driver's bus.
type Chip struct {
	mu     sync.Mutex
	mac    [6]byte
	send   func(frame []byte)
	points map[string]AccessPoint

	power   bool
	wide    bool // the bus has 32-bit words; until it is set up, halves are swapped
	bus     [0x20]byte
	sdio    map[uint32]byte // from 0x10000 on
	window  uint32
	ram     []byte
	regs    map[uint32]uint32 // of the backplane beyond the memory
	running bool              // the firmware is

	queue  [][]byte // packets for the driver
	seq    byte
	credit byte // the number of the first packet that the driver may not send yet
	told   byte // what of it the driver has been told
	pass   string
	sae    string
	secure bool
	joined string
	groups map[[6]byte]bool
	led    bool
	faults Faults
	counts Counts
}

// Faults are what can go wrong at once or later.
type Faults struct {
	Silent  bool // commands are not answered
	Garbage bool // packets to the driver have random bytes
}

// Counts is what has happened.
type Counts struct {
	FramesIn, FramesOut int
	Joins, Refusals     int
}

const (
	ramSize = 512 * 1024

	fnBus       = 0
	fnBackplane = 1
	fnWLAN      = 2

	testPattern = 0xfeedbead

	regBusControl  = 0x00
	regInterrupt   = 0x04
	regStatus      = 0x08
	regTestRead    = 0x14
	sdioWindowLow  = 0x1000a
	sdioWindowMid  = 0x1000b
	sdioWindowHigh = 0x1000c
	sdioClock      = 0x1000e

	armControl = 0x18103408
	armReset   = 0x18103800
	ramReset   = 0x18104800

	statusReady     = 0x20
	statusAvailable = 0x100

	interruptAvailable = 0x20
)

// New makes a chip. Frames that the driver sends while it is joined go to send.
func New(mac [6]byte, send func(frame []byte), points ...AccessPoint) *Chip {
	c := &Chip{mac: mac, send: send, points: map[string]AccessPoint{}}
	for _, p := range points {
		c.points[p.SSID] = p
	}
	return c
}

// Power is the pin WL_REG_ON.
func (c *Chip) Power(on bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !on || c.ram == nil {
		c.power, c.wide, c.running, c.secure = on, false, false, false
		c.bus = [0x20]byte{}
		c.sdio = map[uint32]byte{}
		c.regs = map[uint32]uint32{armReset: 1, ramReset: 1}
		c.ram = make([]byte, ramSize)
		c.queue, c.seq, c.credit, c.told, c.window = nil, 0, 0, 0, 0
		c.joined, c.pass, c.sae = "", "", ""
	}
	c.power = on
}

// Memory is the chip's memory, where the firmware lies from 0 on.
func (c *Chip) Memory() []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]byte(nil), c.ram...)
}

// Select is the pin CS. Commands come whole, so it has nothing to do.
func (c *Chip) Select(bool) {}

// SetFaults breaks the chip, and mends it.
func (c *Chip) SetFaults(f Faults) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.faults = f
}

// Counts tells what has happened.
func (c *Chip) Counts() Counts {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.counts
}

// LED tells whether the light on the radio's first pin is on.
func (c *Chip) LED() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.led
}

// Joined is the network that the chip has joined; empty if none.
func (c *Chip) Joined() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.joined
}

func swapHalves(v uint32) uint32 { return v>>16 | v<<16 }

type command struct {
	write bool
	fn    uint32
	addr  uint32
	size  int
}

func (c *Chip) decode(cmd uint32) command {
	if !c.wide {
		cmd = swapHalves(cmd)
	}
	return command{cmd>>31 == 1, cmd >> 28 & 3, cmd >> 11 & 0x1ffff, int(cmd & 0x7ff)}
}

// LastStatus is the status word that follows each command.
func (c *Chip) LastStatus() uint32 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.status()
}

func (c *Chip) status() (s uint32) {
	if !c.power {
		return 0
	}
	if c.running {
		s |= statusReady
	}
	if len(c.queue) > 0 {
		s |= statusAvailable | uint32(len(c.queue[0]))<<9
	}
	return s
}

// CmdRead is a command that reads.
func (c *Chip) CmdRead(cmd uint32, buf []uint32) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	clear(buf)
	if !c.power || len(buf) == 0 {
		return nil
	}
	k := c.decode(cmd)
	switch k.fn {
	case fnBus:
		v := c.readBus(k.addr)
		if !c.wide {
			v = swapHalves(v)
		}
		buf[0] = v
	case fnBackplane:
		// One word of delay comes first.
		if len(buf) > 1 {
			b := make([]byte, 4*(len(buf)-1))
			c.readBackplane(k.addr, k.size, b)
			copyWords(buf[1:], b)
		}
	case fnWLAN:
		if len(c.queue) == 0 {
			return nil
		}
		p := c.queue[0]
		c.queue = c.queue[1:]
		if c.faults.Garbage {
			for i := range p {
				p[i] ^= byte(i*31 + len(p))
			}
		}
		copyWords(buf, p)
	}
	return nil
}

// CmdWrite is a command that writes.
func (c *Chip) CmdWrite(cmd uint32, buf []uint32) error {
	c.mu.Lock()
	if !c.power || len(buf) == 0 {
		c.mu.Unlock()
		return nil
	}
	k := c.decode(cmd)
	var out []byte
	switch k.fn {
	case fnBus:
		v := buf[0]
		if !c.wide {
			v = swapHalves(v)
		}
		c.writeBus(k.addr, v, k.size)
	case fnBackplane:
		c.writeBackplane(k.addr, k.size, fromWords(buf))
	case fnWLAN:
		if c.running {
			data := fromWords(buf)
			out = c.packet(data[:min(k.size, len(data))])
		}
	}
	c.mu.Unlock()
	if out != nil {
		c.send(out)
	}
	return nil
}

func (c *Chip) readBus(addr uint32) uint32 {
	switch addr {
	case regTestRead:
		return testPattern
	case regStatus:
		return c.status()
	case regInterrupt:
		if len(c.queue) > 0 {
			return interruptAvailable
		}
		return 0
	}
	var b [4]byte
	if int(addr) < len(c.bus) {
		copy(b[:], c.bus[addr:])
	}
	return binary.LittleEndian.Uint32(b[:])
}

func (c *Chip) writeBus(addr, v uint32, size int) {
	const wordLength = 1
	var b [4]byte
	binary.LittleEndian.PutUint32(b[:], v)
	if int(addr) < len(c.bus) {
		copy(c.bus[addr:], b[:min(size, 4)])
	}
	if addr == regBusControl && v&wordLength != 0 {
		c.wide = true
	}
}

// at is the address behind the window.
func (c *Chip) at(addr uint32) uint32 { return c.window | addr&0x7fff }

func (c *Chip) readBackplane(addr uint32, size int, to []byte) {
	size = min(size, len(to))
	if addr >= 0x10000 {
		to[0] = c.readSDIO(addr)
		return
	}
	a := c.at(addr)
	if a < ramSize {
		copy(to[:size], c.ram[a:])
		return
	}
	var b [4]byte
	binary.LittleEndian.PutUint32(b[:], c.regs[a])
	copy(to[:min(size, 4)], b[:])
}

func (c *Chip) readSDIO(addr uint32) byte {
	v := c.sdio[addr]
	if addr == sdioClock {
		const (
			wantsALP, hasALP = 0x08, 0x40
			wantsHT, hasHT   = 0x10, 0x80
		)
		if v&wantsALP != 0 {
			v |= hasALP
		}
		if v&wantsHT != 0 || c.running {
			v |= hasHT
		}
	}
	return v
}

func (c *Chip) writeBackplane(addr uint32, size int, data []byte) {
	size = min(size, len(data))
	if addr >= 0x10000 {
		if size > 0 {
			c.sdio[addr] = data[0]
		}
		const mask = 0xff
		switch b := uint32(data[0]); addr {
		case sdioWindowLow:
			c.window = c.window&^(mask<<8) | b<<8
		case sdioWindowMid:
			c.window = c.window&^(mask<<16) | b<<16
		case sdioWindowHigh:
			c.window = c.window&^(mask<<24) | b<<24
		}
		return
	}
	a := c.at(addr)
	if a < ramSize {
		copy(c.ram[a:], data[:size])
		return
	}
	var b [4]byte
	copy(b[:], data[:min(size, 4)])
	c.regs[a] = binary.LittleEndian.Uint32(b[:])
	if a == armReset && c.regs[armReset]&1 == 0 {
		c.boot()
	}
}

// boot lets the core go: it runs if there is firmware, and settings at the end
// of the memory with the word that says how long they are.
func (c *Chip) boot() {
	const clock = 1
	if c.regs[armControl]&clock == 0 || c.regs[ramReset]&1 != 0 {
		return
	}
	word := binary.LittleEndian.Uint32(c.ram[ramSize-4:])
	words := word & 0xffff
	if words == 0 || word>>16 != ^words&0xffff {
		return
	}
	n := 0
	for _, b := range c.ram[:ramSize-4-4*int(words)] {
		if b != 0 {
			n++
		}
	}
	const least = 50_000 // no firmware is shorter
	c.running = n > least
	c.credit = window
}

func fromWords(buf []uint32) []byte {
	b := make([]byte, 4*len(buf))
	for i, v := range buf {
		binary.LittleEndian.PutUint32(b[4*i:], v)
	}
	return b
}

func copyWords(to []uint32, from []byte) {
	padded := make([]byte, 4*len(to))
	copy(padded, from)
	for i := range to {
		to[i] = binary.LittleEndian.Uint32(padded[4*i:])
	}
}
