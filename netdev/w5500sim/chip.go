package w5500sim

import (
	"context"
	"encoding/binary"
	"errors"
	"net"
	"net/netip"
	"sync"
	"time"
)

// Config is how a chip is wired. The zero Config is as good as any.
type Config struct {
	// Network is how the chip reaches the computer; nil is package net, on the
	// loopback interface only.
	Network Network

	// HostIP is the computer on the chip's network; 192.168.1.1 by default.
	HostIP netip.Addr

	// Backlog has peers wait until a socket listens again, where the chip would
	// refuse them. For tests that are about something else.
	Backlog bool

	// ResetInterrupt has a RST from the peer set DISCON in Sn_IR.
	ResetInterrupt bool

	// Listening, if not nil, is told where a port of the chip is on the computer
	// whenever it opens there. It is called with the chip's lock held, so it must
	// not wait, nor call the chip.
	Listening func(network string, port uint16, at netip.AddrPort)

	// Faster divides the chip's times: ARPTO and TCPTO, 1.8 s and 31.8 s after a
	// reset.
	Faster int
}

// A Chip is a simulated W5500. It is the SPI bus of its driver, with Tx and
// Transfer.
type Chip struct {
	conf   Config
	cancel context.CancelFunc // of what the chip dials
	ctx    context.Context
	done   sync.WaitGroup // the chip's goroutines

	mu      sync.Mutex
	cond    sync.Cond     // anything has changed
	changed chan struct{} // the same for those who wait with a context; nil if none does
	closed  bool
	link    bool
	dead    map[netip.Addr]bool
	toHost  map[netip.AddrPort]netip.AddrPort
	toChip  map[netip.AddrPort]netip.AddrPort
	dropped int

	services  map[service]netip.AddrPort // ports of the chip, on the computer
	listeners map[uint16]*listener
	conns     map[net.Conn]struct{} // all that are open on the computer

	frame  frame
	common [commonSize]byte
	socks  [8]socket
}

// A frame is how far the SPI frame is that is being shifted in (section 2.2).
type frame struct {
	selected bool
	head     int // bytes of address and control phase so far
	addr     uint16
	control  byte
	left     int // data bytes in fixed length mode; -1 in variable length mode
}

// New makes a chip that was just reset, with its cable plugged in.
func New(conf Config) (*Chip, error) {
	if !conf.HostIP.IsValid() {
		conf.HostIP = netip.AddrFrom4([4]byte{192, 168, 1, 1})
	}
	if !conf.HostIP.Is4() {
		return nil, errors.New("w5500sim: HostIP is no IPv4 address")
	}
	if conf.Network == nil {
		conf.Network = loopback{}
	}
	c := &Chip{
		conf: conf, link: true,
		dead:   map[netip.Addr]bool{},
		toHost: map[netip.AddrPort]netip.AddrPort{}, toChip: map[netip.AddrPort]netip.AddrPort{},
		services: map[service]netip.AddrPort{}, listeners: map[uint16]*listener{}, conns: map[net.Conn]struct{}{},
	}
	c.ctx, c.cancel = context.WithCancel(context.Background())
	c.cond.L = &c.mu
	c.reset()
	return c, nil
}

// Close ends the chip: its peers are reset, and all its goroutines have ended
// when it returns.
func (c *Chip) Close() error {
	c.mu.Lock()
	c.closed = true
	c.cancel()
	for i := range c.socks {
		c.abandon(&c.socks[i])
		c.socks[i].sr = Closed
	}
	for port := range c.listeners {
		c.unlisten(port)
	}
	for conn := range c.conns {
		c.resetConn(conn)
	}
	c.signal()
	c.mu.Unlock()
	c.done.Wait()
	return nil
}

// CS is the chip select pin, which is active low.
func (c *Chip) CS() *Pin { return &Pin{c} }

// A Pin is an input of the chip.
type Pin struct{ chip *Chip }

// Set sets the pin's level.
func (p *Pin) Set(high bool) {
	c := p.chip
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.frame.selected == high { // an edge
		c.frame = frame{selected: !high}
	}
}

// Tx shifts w into the chip and r out of it, at the same time. One may be nil.
// No register changes by itself meanwhile.
func (c *Chip) Tx(w, r []byte) error {
	if w != nil && r != nil && len(w) != len(r) {
		return errors.New("w5500sim: Tx with buffers of two lengths")
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for i := range max(len(w), len(r)) {
		var in byte
		if w != nil {
			in = w[i]
		}
		if out := c.shift(in); r != nil {
			r[i] = out
		}
	}
	return nil
}

// Transfer shifts one byte in and one out.
func (c *Chip) Transfer(b byte) (byte, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.shift(b), nil
}

// shift is one byte time of the bus.
func (c *Chip) shift(in byte) (out byte) {
	f := &c.frame
	if !f.selected {
		return 0xff // nobody drives the line
	}
	switch f.head {
	case 0:
		f.addr = uint16(in) << 8
	case 1:
		f.addr |= uint16(in)
	case 2:
		f.control = in
		f.left = [4]int{-1, 1, 2, 4}[in&3]
	default:
		block := int(f.control >> 3)
		if f.control&4 != 0 {
			c.write(block, f.addr, in)
		} else {
			out = c.read(block, f.addr)
		}
		f.addr++
		if f.left > 0 {
			if f.left--; f.left == 0 {
				// The next frame follows even if CSn stays low (section 2.4).
				*f = frame{selected: true}
			}
		}
		return out
	}
	f.head++
	return 0
}

func (c *Chip) read(block int, addr uint16) byte {
	if block == blockCommon {
		switch {
		case addr == regSIR:
			return c.interrupts()
		case addr == regPHYCFGR && c.link:
			return c.common[regPHYCFGR] | 7 // 100 Mbps, full duplex, link up
		case addr < commonSize:
			return c.common[addr]
		}
		return 0
	}
	s := &c.socks[block>>2]
	switch block & 3 {
	case blockSocket:
		return s.register(addr)
	case blockTX:
		if len(s.tx) > 0 {
			return s.tx[int(addr)%len(s.tx)]
		}
	case blockRX:
		if len(s.rx) > 0 {
			return s.rx[int(addr)%len(s.rx)]
		}
	}
	return 0
}

func (c *Chip) write(block int, addr uint16, b byte) {
	if block == blockCommon {
		switch {
		case addr == regMR && b&0x80 != 0: // RST
			c.reset()
		case addr == regIR:
			c.common[regIR] &^= b
		case addr == regPHYCFGR:
			c.common[regPHYCFGR] = b & 0xf8
		case addr == regSIR, addr >= regUIPR && addr < regPHYCFGR, addr >= regVERSIONR:
			// read only
		case addr < commonSize:
			c.common[addr] = b
		}
		return
	}
	s := &c.socks[block>>2]
	switch block & 3 {
	case blockSocket:
		switch addr {
		case snCR:
			c.command(s, b)
		case snIR:
			s.ir &^= b
		case snSR, snTXFSR, snTXFSR + 1, snTXRD, snTXRD + 1, snRXRSR, snRXRSR + 1, snRXWR, snRXWR + 1:
			// read only
		case snRXBUFSIZE, snTXBUFSIZE:
			s.regs[addr] = b
			c.divide()
		default:
			if addr < socketSize {
				s.regs[addr] = b
			}
		}
	case blockTX:
		if len(s.tx) > 0 {
			s.tx[int(addr)%len(s.tx)] = b
		}
	}
}

// reset is the software reset by MR (section 4.1), and the one at power-up.
func (c *Chip) reset() {
	for i := range c.socks {
		c.abandon(&c.socks[i])
	}
	for port := range c.listeners {
		c.unlisten(port)
	}
	var sock [socketSize]byte
	c.common, sock = powerUp()
	for i := range c.socks {
		c.socks[i] = socket{n: i, regs: sock}
	}
	c.divide()
	c.signal()
}

// divide gives each socket its part of the two memories of 16 kB, as
// Sn_TXBUF_SIZE and Sn_RXBUF_SIZE say: 0, 1, 2, 4, 8 or 16 kB. What is beyond
// 16 kB in all is not there.
func (c *Chip) divide() {
	tx, rx := 16, 16
	part := func(buf []byte, left *int, kb byte) []byte {
		size := int(kb)
		if size&(size-1) != 0 || size > *left {
			size = 0
		}
		*left -= size
		if len(buf) == size<<10 {
			return buf
		}
		return make([]byte, size<<10)
	}
	for i := range c.socks {
		s := &c.socks[i]
		s.tx = part(s.tx, &tx, s.regs[snTXBUFSIZE])
		s.rx = part(s.rx, &rx, s.regs[snRXBUFSIZE])
	}
}

func (c *Chip) interrupts() (sir byte) {
	for i := range c.socks {
		if c.socks[i].ir != 0 {
			sir |= 1 << i
		}
	}
	return sir
}

// Interrupt reports whether the chip asserts its INTn pin.
func (c *Chip) Interrupt() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i := range c.socks {
		s := &c.socks[i]
		if s.ir&s.regs[snIMR] != 0 && c.common[regSIMR]&(1<<i) != 0 {
			return true
		}
	}
	return c.common[regIR]&c.common[regIMR] != 0
}

// arpTimeout is ARPTO (section 4.1, RTR and RCR).
func (c *Chip) arpTimeout() time.Duration {
	return c.fast(c.retryTime() * time.Duration(int(c.common[regRCR])+1))
}

// tcpTimeout is TCPTO: the time doubles with each retransmission, up to what
// 16 bits of 100 µs hold.
func (c *Chip) tcpTimeout() (sum time.Duration) {
	one := c.retryTime()
	for range int(c.common[regRCR]) + 1 {
		sum += one
		if 2*one <= 0xffff*100*time.Microsecond {
			one *= 2
		}
	}
	return c.fast(sum)
}

func (c *Chip) retryTime() time.Duration {
	return time.Duration(binary.BigEndian.Uint16(c.common[regRTR:])) * 100 * time.Microsecond
}

func (c *Chip) fast(d time.Duration) time.Duration { return d / time.Duration(max(c.conf.Faster, 1)) }

// signal tells everybody who waits that something has changed.
func (c *Chip) signal() {
	c.cond.Broadcast()
	if c.changed != nil {
		close(c.changed)
		c.changed = nil
	}
}

// await waits until ok, which is called with c.mu held.
func (c *Chip) await(ctx context.Context, ok func() bool) error {
	for {
		c.mu.Lock()
		if ok() {
			c.mu.Unlock()
			return nil
		}
		if c.changed == nil {
			c.changed = make(chan struct{})
		}
		changed := c.changed
		c.mu.Unlock()
		select {
		case <-changed:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// Status is the state of a socket.
func (c *Chip) Status(n int) Status {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.socks[n].sr
}

// OpenSockets counts the sockets that are not in SOCK_CLOSED.
func (c *Chip) OpenSockets() (n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i := range c.socks {
		if c.socks[i].sr != Closed {
			n++
		}
	}
	return n
}

// Dropped counts the datagrams for which there was no room.
func (c *Chip) Dropped() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.dropped
}

// AwaitStatus waits until a socket is in a state.
func (c *Chip) AwaitStatus(ctx context.Context, n int, want Status) error {
	return c.await(ctx, func() bool { return c.socks[n].sr == want })
}

// AwaitAny waits until some socket is in a state, and tells which.
func (c *Chip) AwaitAny(ctx context.Context, want Status) (n int, err error) {
	err = c.await(ctx, func() bool {
		for n = range c.socks {
			if c.socks[n].sr == want {
				return true
			}
		}
		return false
	})
	return n, err
}

// AwaitInterrupt waits until all these bits are set in a socket's Sn_IR.
func (c *Chip) AwaitInterrupt(ctx context.Context, n int, bits byte) error {
	return c.await(ctx, func() bool { return c.socks[n].ir&bits == bits })
}

// AwaitReceived waits until there are that many bytes in a socket's RX buffer.
func (c *Chip) AwaitReceived(ctx context.Context, n, size int) error {
	return c.await(ctx, func() bool { return c.socks[n].received() >= size })
}

// AwaitOpen waits until some number of sockets is open.
func (c *Chip) AwaitOpen(ctx context.Context, want int) error {
	return c.await(ctx, func() bool {
		n := 0
		for i := range c.socks {
			if c.socks[i].sr != Closed {
				n++
			}
		}
		return n == want
	})
}

// AwaitService waits until some socket listens at a port of TCP, or has a port
// of UDP open, and tells where a program reaches it.
func (c *Chip) AwaitService(ctx context.Context, network string, port uint16) (at netip.AddrPort, err error) {
	state := Listen
	if network == "udp" {
		state = UDP
	}
	err = c.await(ctx, func() bool {
		for i := range c.socks {
			if s := &c.socks[i]; s.sr == state && s.port() == port {
				at = c.hostAddr(network, port)
				return true
			}
		}
		return false
	})
	return at, err
}
