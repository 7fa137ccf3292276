package wire

import "net/netip"

// The stream is made of messages: 2 bytes that say how many follow, an [Op],
// and what belongs to it. Numbers are little-endian.

// An Op says what a message is.
type Op byte

// Messages. A board calls with those from OpBind to OpMulticast, which have a
// number of 2 bytes right after the Op, and gets an OpReply with that number.
const (
	OpHello Op = 1 + iota // the first of either end: see Hello

	// From the board.
	OpOpen      // socket, domain, type: there is a socket
	OpClose     // socket, how: the board is done with it; see CloseBreak
	OpBind      // call, socket, address -> local address
	OpConnect   // call, socket, address -> local address
	OpListen    // call, socket, backlog(2) -> local address
	OpOption    // call, socket, level(4), option(4), value(4) ->
	OpLookup    // call, network, name -> count(2), addresses
	OpLinks     // call -> count(2), interfaces; see Link
	OpMulticast // call, socket, what(1), address, number(4) ->; see MulticastJoin

	// From the computer.
	OpReply    // call, error, results
	OpAccepted // listener, socket, local address, peer's address
	OpClosed   // socket: its number is free
	OpFailed   // socket, error: nothing more will come, or one datagram failed

	// From both.
	OpData     // socket, bytes of a stream
	OpDatagram // socket, address, bytes
	OpEnd      // socket: no more bytes will come
	OpCredit   // socket, number(4): as many more bytes may come (connections, for a listener)
)

// DatagramCost is what a datagram takes of the credit, besides its bytes.
const DatagramCost = 32

// HostSocket is the first number of those that the computer gives, to what it
// accepts. Lower ones are the board's.
const HostSocket = 0x8000

// CloseBreak, in OpClose, breaks the connection instead of ending it.
const CloseBreak = 1

// What OpMulticast does.
const (
	MulticastJoin      = 1 // address: the group, number: the interface
	MulticastInterface = 2 // address: any of the family, number: the interface
	MulticastLoopback  = 3 // address: any of the family, number: 1 or 0
)

// Codes of errors, which come with a text.
const (
	ErrNone = iota
	ErrOther
	ErrTimeout
	ErrRefused
	ErrReset
	ErrAddrInUse
	ErrAddrNotAvailable
	ErrNetUnreachable
	ErrHostUnreachable
	ErrDenied
	ErrNotSupported
	ErrUnknownHost
	ErrInvalid
	ErrPipe
	ErrTooMany
	ErrTooLong
	ErrAborted
	ErrNotConnected
)

// An Error is a call's error on its way.
type Error struct {
	Code byte
	Text string
}

// A Hello is what an end tells the other about itself.
type Hello struct {
	Version   byte
	Stream    uint32 // credit that each connection has at first
	Datagrams uint32 // and that for datagrams

	// From the computer only.
	Addr    netip.Addr       // the board's address
	Servers []netip.AddrPort // of DNS
}

// A Link is a network interface.
type Link struct {
	Index, MTU, Flags uint32 // the flags are those of net.Interface
	Name              string
	Hardware          []byte
	Prefixes          []netip.Prefix
}

// A Builder makes one message.
type Builder struct{ buf []byte }

// Begin starts a message. What an earlier one was made of is used again.
func (b *Builder) Begin(op Op) *Builder {
	b.buf = append(b.buf[:0], 0, 0, byte(op))
	return b
}

// U8 adds a byte. The other methods add what their names say.
func (b *Builder) U8(v byte) *Builder { b.buf = append(b.buf, v); return b }

// U16 adds 2 bytes.
func (b *Builder) U16(v uint16) *Builder {
	b.buf = append(b.buf, byte(v), byte(v>>8))
	return b
}

// U32 adds 4 bytes.
func (b *Builder) U32(v uint32) *Builder { return b.U16(uint16(v)).U16(uint16(v >> 16)) }

// Text adds a string, with its length in 2 bytes.
func (b *Builder) Text(s string) *Builder {
	s = s[:min(len(s), 1<<10)]
	b.U16(uint16(len(s)))
	b.buf = append(b.buf, s...)
	return b
}

// Addr adds an address: 0, 4 or 16 as a byte, so many bytes, and for 16 the
// zone as text.
func (b *Builder) Addr(a netip.Addr) *Builder {
	switch {
	case !a.IsValid():
		return b.U8(0)
	case a.Is4():
		raw := a.As4()
		b.U8(4)
		b.buf = append(b.buf, raw[:]...)
		return b
	}
	raw := a.As16()
	b.U8(16)
	b.buf = append(b.buf, raw[:]...)
	return b.Text(a.Zone())
}

// AddrPort adds an address and a port.
func (b *Builder) AddrPort(a netip.AddrPort) *Builder { return b.Addr(a.Addr()).U16(a.Port()) }

// Raw adds bytes as they are.
func (b *Builder) Raw(p []byte) *Builder { b.buf = append(b.buf, p...); return b }

// Error adds an error: a code, and its text if it is one.
func (b *Builder) Error(e Error) *Builder {
	b.U8(e.Code)
	if e.Code != ErrNone {
		b.Text(e.Text)
	}
	return b
}

// Hello adds a Hello.
func (b *Builder) Hello(h Hello) *Builder {
	b.U8(h.Version).U32(h.Stream).U32(h.Datagrams).Addr(h.Addr).U8(byte(len(h.Servers)))
	for _, s := range h.Servers {
		b.AddrPort(s)
	}
	return b
}

// Link adds a Link.
func (b *Builder) Link(l Link) *Builder {
	b.U32(l.Index).U32(l.MTU).U32(l.Flags).Text(l.Name).Text(string(l.Hardware)).U16(uint16(len(l.Prefixes)))
	for _, p := range l.Prefixes {
		b.Addr(p.Addr()).U8(byte(p.Bits()))
	}
	return b
}

// Message returns the message, which is good until the next Begin; nil if it
// is too long to be one.
func (b *Builder) Message() []byte {
	if len(b.buf) > MostMessage {
		return nil
	}
	put16(b.buf, uint16(len(b.buf)-2))
	return b.buf
}

// Len returns how long the message is so far.
func (b *Builder) Len() int { return len(b.buf) }

// Head returns the beginning of an OpData or OpDatagram message with so many
// bytes to follow.
func (b *Builder) Head(n int) []byte {
	put16(b.buf, uint16(len(b.buf)-2+n))
	return b.buf
}

// MostHead is the most that a message with bytes at its end has before them.
const MostHead = 64

// MostMessage is the most that a message can be.
const MostMessage = 2 + 0xffff

// A Splitter takes messages from the stream.
type Splitter struct {
	// Most is how long a message may be, if not 0. A longer one is passed over:
	// no memory is needed for it.
	Most int
	// Hold, if not nil, tells that no message can be taken for now. What comes
	// then is kept until Resume; whoever feeds has to see that it is not much.
	Hold func() bool

	buf  []byte // the beginning of a message
	skip int    // how much of one that is too long is to come
	rest []byte // what came meanwhile
}

// Reset forgets the beginning of a message, and what is held.
func (s *Splitter) Reset() { s.buf, s.skip, s.rest = s.buf[:0], 0, nil }

// Holds reports whether there is something that could not be taken.
func (s *Splitter) Holds() bool { return len(s.rest) > 0 }

// Resume goes on with what is held.
func (s *Splitter) Resume(message func(*Reader)) {
	p := s.rest
	s.rest = nil
	s.Feed(p, message)
}

// Feed hands on the messages that end in p, without their size.
func (s *Splitter) Feed(p []byte, message func(*Reader)) {
	for len(p) > 0 {
		if len(s.rest) > 0 || s.Hold != nil && s.Hold() {
			s.rest = append(s.rest, p...)
			return
		}
		if s.skip > 0 {
			n := min(len(p), s.skip)
			p, s.skip = p[n:], s.skip-n
			continue
		}
		if len(s.buf) == 0 && len(p) >= 2 {
			if n := 2 + int(get16(p)); len(p) >= n {
				whole := p[2:n]
				p = p[n:]
				if s.fits(len(whole)) {
					message(&Reader{buf: whole})
				}
				continue
			}
		}
		want := 2
		if len(s.buf) >= 2 {
			want += int(get16(s.buf))
		}
		n := min(len(p), want-len(s.buf))
		s.buf = append(s.buf, p[:n]...)
		p = p[n:]
		if len(s.buf) < 2 {
			continue
		}
		size := int(get16(s.buf))
		switch {
		case !s.fits(size):
			s.skip = size - (len(s.buf) - 2)
			s.buf = s.buf[:0]
		case len(s.buf) == 2+size:
			whole := s.buf
			s.buf = s.buf[:0]
			message(&Reader{buf: whole[2:]})
			if cap(s.buf) > keptMessage {
				s.buf = nil
			}
		}
	}
}

func (s *Splitter) fits(size int) bool { return s.Most == 0 || size <= s.Most }

// keptMessage is the largest buffer that a Splitter keeps.
const keptMessage = 4 << 10

// A Reader takes a message apart. What is not there reads as zero, and Bad
// tells so.
type Reader struct {
	buf []byte
	Bad bool
}

func (r *Reader) take(n int) []byte {
	if n > len(r.buf) {
		r.Bad = true
		r.buf = nil
		return nil
	}
	p := r.buf[:n:n]
	r.buf = r.buf[n:]
	return p
}

// U8 takes a byte. The other methods take what their names say.
func (r *Reader) U8() byte {
	if p := r.take(1); p != nil {
		return p[0]
	}
	return 0
}

// U16 takes 2 bytes.
func (r *Reader) U16() uint16 {
	if p := r.take(2); p != nil {
		return get16(p)
	}
	return 0
}

// U32 takes 4 bytes.
func (r *Reader) U32() uint32 {
	if p := r.take(4); p != nil {
		return get32(p)
	}
	return 0
}

// Text takes a string.
func (r *Reader) Text() string { return string(r.take(int(r.U16()))) }

// mostZone is how long the zone of an address may be: addresses are kept.
const mostZone = 64

// Addr takes an address.
func (r *Reader) Addr() netip.Addr {
	switch r.U8() {
	case 0:
	case 4:
		if p := r.take(4); p != nil {
			return netip.AddrFrom4([4]byte(p))
		}
	case 16:
		if p := r.take(16); p != nil {
			a := netip.AddrFrom16([16]byte(p))
			if zone := r.take(int(r.U16())); len(zone) <= mostZone {
				return a.WithZone(string(zone))
			}
			r.Bad, r.buf = true, nil
		}
	default:
		r.Bad, r.buf = true, nil
	}
	return netip.Addr{}
}

// AddrPort takes an address and a port.
func (r *Reader) AddrPort() netip.AddrPort {
	a := r.Addr()
	return netip.AddrPortFrom(a, r.U16())
}

// Error takes an error.
func (r *Reader) Error() (e Error) {
	if e.Code = r.U8(); e.Code != ErrNone {
		e.Text = r.Text()
	}
	return e
}

// Hello takes a Hello.
func (r *Reader) Hello() (h Hello) {
	h.Version, h.Stream, h.Datagrams, h.Addr = r.U8(), r.U32(), r.U32(), r.Addr()
	for n := r.U8(); n > 0 && !r.Bad; n-- {
		h.Servers = append(h.Servers, r.AddrPort())
	}
	return h
}

// Link takes a Link.
func (r *Reader) Link() (l Link) {
	l.Index, l.MTU, l.Flags = r.U32(), r.U32(), r.U32()
	l.Name, l.Hardware = r.Text(), []byte(r.Text())
	for n := r.U16(); n > 0 && !r.Bad; n-- {
		a := r.Addr()
		l.Prefixes = append(l.Prefixes, netip.PrefixFrom(a, int(r.U8())))
	}
	return l
}

// Rest takes what is left. It is good until the function that was given the
// Reader returns.
func (r *Reader) Rest() []byte { return r.take(len(r.buf)) }
