// Package tether gives a board the network of the computer that it hangs on,
// over a serial line: a UART, USB, or anything that is an io.ReadWriter. The
// board needs no radio and no network chip.
//
//	dev := tether.New(tether.Serial(machine.Serial), tether.Config{})
//	netdev.Use(dev)
//
// At the line's other end, `tinynet tether /dev/ttyACM0` makes the calls with
// the computer's sockets; package host is that end for programs. What the board
// prints on the same line is shown there.
//
// A Device has all optional interfaces of package netdev but UnixNamer: unix
// sockets stay on the board, on the loopback that package net has built in. Its
// addresses are the computer's, and so are its names: the computer looks them
// up.
//
// Calls wait until the other end is there, for as long as their deadlines let
// them. If the line is cut, all goes on when it is mended. If the other end
// begins anew, connections are lost (ECONNRESET), and listeners and sockets
// for datagrams are opened there again.
//
// The other end is not trusted with more than the network is: whatever it says,
// a program does not crash, its memory has the bounds of Config, and bytes stay
// with the socket for which they came. docs/tether.md describes what goes over
// the line.
//
// This file has a device's life; session.go takes messages, socket.go and
// transfer.go have the methods of netdev.Netdever, half.go those that end calls,
// and calls.go what is asked of the other end.
package tether

import (
	"errors"
	"io"
	"sync"
	"time"

	"github.com/tinynet/tinynet/netdev/tether/internal/wire"
)

// Numbers of package netdev, which imports package net. This package does
// not, because a board's package net may have it built in.
const (
	afINET     = 0x2
	afINET6    = 0xa
	sockStream = 0x1
	sockDgram  = 0x2
	protoTCP   = 0x6
	protoUDP   = 0x11
	reads      = 1
	writes     = 2
	shutRead   = 0
	shutWrite  = 1
	solSocket  = 0x1
	soLinger   = 0xd
)

// Config may be left empty.
type Config struct {
	// Buffer is how many bytes of a connection, and of a socket for datagrams,
	// may wait for Recv; a larger datagram is lost. The default is 4096 on a
	// board, else 65536.
	Buffer int
	// Frame is the most bytes that go over the line in one piece, 64 to 4096. The
	// default is 512 on a board, else 1024.
	Frame int
	// Window is how many such pieces may be under way, 1 to 64; they are kept
	// until they have arrived. It is rounded down to a power of two. The default
	// is 8 on a board, else 32.
	Window int
}

// A Device is a network device at the end of a serial line.
type Device struct {
	pump *wire.Pump // its lock guards all below

	conf    Config
	split   wire.Splitter
	out     wire.Builder
	hello   wire.Hello    // of the other end
	ready   bool          // it has come
	session uint32        // counts
	socks   map[int]*sock // by the numbers that package net knows
	lastFD  int
	chans   map[uint16]*sock // by those on the line, in this session
	closing map[uint16]bool  // numbers that the other end has not given back
	last    uint16
	calls   map[uint16]*call
	lastID  uint16
	starved []*sync.Cond // wait for room on the line
	reacted int          // bytes that answer messages, since there was room
	broken  bool         // the session is to end: nothing more is taken of it
	changed *sync.Cond   // the session
	stop    chan struct{}
	err     error // why the line is gone
}

// New returns the device at this end of a line, and begins to use the line in
// goroutines of its own. A Read of rw may wait, or return 0 and no error when
// there is nothing.
func New(rw io.ReadWriter, c Config) *Device {
	if c.Buffer <= 0 {
		c.Buffer = defaultBuffer
	}
	c.Buffer = max(c.Buffer, 512)
	if c.Frame <= 0 {
		c.Frame = defaultFrame
	}
	if c.Window <= 0 {
		c.Window = defaultWindow
	}
	d := &Device{
		conf: c, socks: map[int]*sock{}, chans: map[uint16]*sock{}, closing: map[uint16]bool{}, calls: map[uint16]*call{},
		stop: make(chan struct{}),
	}
	d.split.Most = max(c.Buffer, leastMessage) + wire.MostHead
	d.split.Hold = func() bool { return d.broken }
	d.pump = wire.NewPump(wire.Config{
		ID: uint32(time.Now().UnixNano())<<1 | 1, MTU: c.Frame, Window: c.Window,
		Up: d.up, Down: d.down, Room: d.room,
		Data: func(p []byte) { d.split.Feed(p, d.message) },
	}, nil)
	d.changed = sync.NewCond(d.pump)
	go func() { d.gone(d.pump.Read(rw, readSize, d.stop)) }()
	go func() { d.gone(d.pump.Write(rw, c.Frame, d.stop)) }()
	return d
}

// gone ends everything: the line itself has failed.
func (d *Device) gone(err error) {
	d.pump.Lock()
	defer d.pump.Unlock()
	if d.err != nil {
		return
	}
	d.err = &lineError{err}
	close(d.stop)
	d.lost(d.err)
	d.changed.Broadcast()
}

type lineError struct{ err error }

func (e *lineError) Error() string { return "the tether's line: " + e.err.Error() }

func (e *lineError) Unwrap() error { return e.err }

const (
	closeWait    = time.Second
	mostClosing  = 256     // numbers that the other end has not given back
	mostReaction = 4 << 10 // bytes that answer messages and wait for the line
	leastMessage = 4 << 10 // that has to be taken, however small the buffers are
	mostAnswers  = 64      // addresses of a name
	mostServers  = 8
	mostLinks    = 64
	mostPrefixes = 32 // of one interface
	mostText     = 256
	mostBacklog  = 128
	mostDatagram = 65507
	mostFD       = 1 << 15
	readSize     = 2048
)

var (
	errTooMuch = errors.New("tether: the other end sends more than it may")
	errBroken  = errors.New("tether: the other end does not keep to the protocol")
)
