// Package wire is what both ends of a tether have in common: how bytes are
// carried over a serial line that loses some of them, without loss and in
// order, with ordinary text between them; and the messages that these bytes
// are. docs/tether.md describes it for those who write an end of their own.
//
// A program has no need of this package. It imports nothing but what package
// net imports too.
package wire

import "time"

// Version is of the protocol that this package speaks.
const Version = 1

// A Line is one end of a connection over a serial line. It does nothing by
// itself: what comes from the line is given to Input, and what Output returns
// goes to the line. A Line is not safe for concurrent use.
type Line struct {
	conf Config
	in   decoder
	raw  []byte // scratch for Output

	// The session.
	peer     uint32 // the other end's ID, 0 if unknown
	up       bool   // the other end knows this one too
	sessions int    // how many there have been
	hello    bool   // one is due
	again    time.Time
	pause    time.Duration
	ending   bool // a farewell is due
	breaking bool // the same, and then another session
	left     bool // it has been said
	mtu, win int  // agreed

	// What is sent. Frames una to next are under way, those before send have
	// been put on the line since the last going back.
	queue           []byte // not yet in a frame
	taken           int    // from queue
	slots           []slot
	una, next, send uint8
	probing         bool // one frame only, until something is acknowledged

	// When to give up waiting.
	deadline  time.Time
	wait      time.Duration // without the doubling
	doublings uint
	rtt, dev  time.Duration // smoothed; rtt 0 if there is none yet

	// What is received.
	expect        uint8
	ackDue, gap   bool
	complained    bool // about the frame that is expected
	refused       bool // because of Full
	frames, spoil int  // statistics
}

type slot struct {
	data   []byte
	at     time.Time // when it was sent first
	resent bool
}

// Config says what a Line is to do. The functions are called by Input and
// Output; they may call Write.
type Config struct {
	ID     uint32 // of this session's end; not 0. One that differs from the last one's is best
	Host   bool   // this is the computer's end: it asks oftener whether a board is there
	MTU    int    // the most payload of a frame, 64 to 4096 bytes
	Window int    // the most frames under way to the peer, 1 to 64, rounded down to a power of two

	Up   func()       // a session has begun; nothing is left of an earlier one
	Down func()       // the session has ended
	Data func([]byte) // the next bytes of the stream
	// Full, if not nil, tells that no Data can be taken. The peer keeps what it
	// sends, and Again asks it to send that once more.
	Full func() bool
	Room func()       // some of what was written has gone
	Text func([]byte) // bytes that are not part of frames
	// Other is told of a peer with another version of the protocol.
	Other func(version int)
}

// Limits for Config.
const (
	MinMTU    = 64
	MaxMTU    = 4096
	MaxWindow = 64
)

const (
	firstWait = 1 * time.Second
	leastWait = 200 * time.Millisecond
	mostWait  = 2 * time.Second

	hostPause       = 200 * time.Millisecond // between two greetings
	firstBoardPause = 100 * time.Millisecond // it doubles up to the next
	lastBoardPause  = 2 * time.Second

	helloSize = 13
)

// NewLine returns an end that greets the other one.
func NewLine(c Config) *Line {
	c.MTU = max(MinMTU, min(c.MTU, MaxMTU))
	c.Window = max(1, min(c.Window, MaxWindow))
	for c.Window&(c.Window-1) != 0 {
		c.Window &= c.Window - 1 // so that frames 255 and 0 have different slots
	}
	l := &Line{conf: c, in: newDecoder(max(c.MTU, helloSize)), raw: make([]byte, headerSize+max(c.MTU, helloSize)+checkSize)}
	l.slots = make([]slot, c.Window)
	l.hello = true
	l.pause = firstBoardPause
	if c.Host {
		l.pause = hostPause
	}
	return l
}

// IsUp reports whether there is a session.
func (l *Line) IsUp() bool { return l.up }

// Sessions returns how many have begun.
func (l *Line) Sessions() int { return l.sessions }

// Queued returns how many bytes were written that are not yet in a frame.
func (l *Line) Queued() int { return len(l.queue) - l.taken }

// Idle reports whether all that was written has arrived.
func (l *Line) Idle() bool { return l.Queued() == 0 && l.una == l.next }

// Spoiled returns how many frames came, and how many were damaged.
func (l *Line) Spoiled() (frames, damaged int) { return l.frames, l.spoil }

// Write adds to the stream. Without a session it does nothing.
func (l *Line) Write(p []byte) {
	if !l.up || l.breaking {
		return
	}
	if l.taken > 0 && len(l.queue)+len(p) > cap(l.queue) {
		l.queue = l.queue[:copy(l.queue, l.queue[l.taken:])]
		l.taken = 0
	}
	l.queue = append(l.queue, p...)
}

// Bye ends the session, and tells the other end. Until Greet, there is no other.
func (l *Line) Bye() { l.ending = l.up; l.left = !l.up }

// Break ends the session because something is wrong with it, and tells the other
// end. Nothing of it is taken any more. Output does it, so that Break may be
// called within the functions of Config. Then there can be another session.
func (l *Line) Break() { l.breaking = l.up }

// Again asks for what was refused because of Full.
func (l *Line) Again() {
	if l.refused && l.up {
		l.refused = false
		l.complained, l.gap, l.ackDue = true, true, true
	}
}

// Greet looks for the other end, after Bye.
func (l *Line) Greet() {
	if l.left {
		l.left, l.hello = false, true
	}
}

// key is that of frames from one end to another.
func key(from, to uint32) uint32 { return from ^ (to<<16 | to>>16) }

// Input takes bytes from the line.
func (l *Line) Input(p []byte, now time.Time) {
	l.in.feed(p, func(frame []byte) { l.frame(frame, now) }, l.damaged, l.text)
}

func (l *Line) text(p []byte) {
	if l.conf.Text != nil {
		l.conf.Text(p)
	}
}

// damaged asks for what may have been in a frame that came damaged, instead of
// waiting until the next one shows it.
func (l *Line) damaged() {
	l.frames++
	l.spoil++
	l.complain()
}

func (l *Line) complain() {
	if l.up && !l.complained {
		l.complained, l.gap, l.ackDue = true, true, true
	}
}

func (l *Line) frame(f []byte, now time.Time) {
	body := f[:len(f)-checkSize]
	sum := get32(f[len(body):])
	kind := f[0]
	payload := body[headerSize:]
	if kind == kindHello && sum == crc(0, body) {
		l.frames++
		l.greeted(payload, now)
		return
	}
	if l.peer == 0 || sum != crc(key(l.peer, l.conf.ID), body) {
		l.damaged()
		return
	}
	l.frames++
	if !l.up {
		l.begin() // who sends such frames knows this end
	}
	switch kind & kindMask {
	case kindData:
		l.acknowledged(f[2], kind&flagGap != 0, now)
		l.ackDue = true
		if f[1] != l.expect {
			if int8(f[1]-l.expect) > 0 {
				l.complain()
			}
			return
		}
		if l.breaking {
			return
		}
		if l.conf.Full != nil && l.conf.Full() {
			l.refused = true
			return
		}
		l.expect++
		l.complained, l.gap = false, false
		l.conf.Data(payload)
	case kindAck:
		l.acknowledged(f[2], kind&flagGap != 0, now)
	case kindBye:
		l.end()
		l.peer = 0
	}
}

// greeted deals with a greeting.
func (l *Line) greeted(p []byte, now time.Time) {
	if len(p) < helloSize || p[0] != Version {
		if len(p) > 0 && p[0] != Version && l.conf.Other != nil {
			l.conf.Other(int(p[0]))
		}
		return
	}
	theirs, mine := get32(p[2:]), get32(p[6:])
	knows := p[1]&1 != 0    // the other end has a session
	isHost := p[1]&2 != 0   //
	us := mine == l.conf.ID // and it is with this end
	if theirs == 0 || theirs == l.conf.ID || isHost == l.conf.Host {
		return // an echo, or a second end of the same kind
	}
	if l.left {
		return
	}
	// Lines keep the order. So an end that has a session with this one, and
	// then does not know it, has begun anew.
	if theirs != l.peer || l.up && !us {
		l.end()
		l.peer = theirs
		l.mtu = max(MinMTU, min(l.conf.MTU, int(get16(p[10:]))))
		l.win = max(1, min(l.conf.Window, int(p[12])))
	}
	if us && !l.up {
		l.begin()
	}
	if !knows || !us {
		l.hello = true
	}
}

func (l *Line) begin() {
	l.up = true
	l.sessions++
	l.again = time.Time{}
	if l.conf.Up != nil {
		l.conf.Up()
	}
}

// end forgets the session.
func (l *Line) end() {
	was := l.up
	l.up, l.ending, l.breaking, l.refused = false, false, false, false
	l.queue, l.taken = l.queue[:0], 0
	l.una, l.next, l.send, l.expect = 0, 0, 0, 0
	l.ackDue, l.gap, l.complained, l.probing = false, false, false, false
	l.deadline, l.doublings = time.Time{}, 0
	l.rtt, l.dev, l.wait = 0, 0, firstWait
	l.again = time.Time{}
	l.hello = true
	if !l.conf.Host {
		l.pause = firstBoardPause
	}
	if was && l.conf.Down != nil {
		l.conf.Down()
	}
}

func (l *Line) acknowledged(ack uint8, gap bool, now time.Time) {
	n := ack - l.una
	if n > l.next-l.una {
		return // of frames that were never sent
	}
	if n > 0 {
		if s := &l.slots[int(ack-1)%len(l.slots)]; !s.resent {
			l.measure(now.Sub(s.at))
		}
		if l.send-l.una < n {
			l.send = ack
		}
		l.una = ack
		l.probing, l.doublings = false, 0
		l.arm(now)
		if l.conf.Room != nil {
			l.conf.Room()
		}
	}
	if gap && l.una != l.next {
		l.send = l.una
	}
}

func (l *Line) measure(rtt time.Duration) {
	if l.rtt == 0 {
		l.rtt, l.dev = rtt, rtt/2
	} else {
		off := l.rtt - rtt
		l.dev += (max(off, -off) - l.dev) / 4
		l.rtt += (rtt - l.rtt) / 8
	}
	l.wait = max(leastWait, min(l.rtt+4*l.dev, mostWait))
}

// arm begins to wait for an acknowledgement, or stops if none is due.
func (l *Line) arm(now time.Time) {
	if l.una == l.next {
		l.deadline = time.Time{}
		return
	}
	l.deadline = now.Add(min(l.wait<<l.doublings, mostWait))
}

// Timer returns when Output has something to do that it has not now; the zero
// time is never.
func (l *Line) Timer() time.Time {
	switch {
	case l.left:
		return time.Time{}
	case !l.up:
		return l.again
	}
	return l.deadline
}

// Output appends to dst the next frame that has to go over the line, if there
// is one.
func (l *Line) Output(dst []byte, now time.Time) []byte {
	if l.left {
		return dst
	}
	if !l.up && !l.hello && !now.Before(l.again) {
		l.hello = true
	}
	if l.hello {
		return l.greet(dst, now)
	}
	if !l.up {
		return dst
	}
	if l.breaking {
		dst = appendFrame(dst, l.raw, key(l.conf.ID, l.peer), kindBye, 0, l.expect, nil)
		l.end()
		l.peer = 0
		return dst
	}
	if l.ending {
		dst = appendFrame(dst, l.raw, key(l.conf.ID, l.peer), kindBye, 0, l.expect, nil)
		l.end()
		l.peer, l.left = 0, true
		return dst
	}
	if !l.deadline.IsZero() && !now.Before(l.deadline) {
		l.send, l.probing = l.una, true
		l.doublings = min(l.doublings+1, 8)
		l.arm(now)
	}
	var s *slot
	switch {
	case l.probing && l.send != l.una:
	case l.send != l.next:
		s = &l.slots[int(l.send)%len(l.slots)]
		s.resent = true
	case l.Queued() > 0 && int(l.next-l.una) < l.win && !l.probing:
		s = &l.slots[int(l.next)%len(l.slots)]
		n := min(l.Queued(), l.mtu)
		s.data = append(s.data[:0], l.queue[l.taken:l.taken+n]...)
		s.at, s.resent = now, false
		if l.taken += n; l.taken == len(l.queue) {
			l.queue, l.taken = l.queue[:0], 0
		}
		l.next++
		if l.deadline.IsZero() {
			l.arm(now)
		}
		if l.conf.Room != nil {
			l.conf.Room()
		}
	}
	kind := byte(kindAck)
	var payload []byte
	seq := byte(0)
	switch {
	case s != nil:
		kind, payload, seq = kindData, s.data, l.send
		l.send++
	case !l.ackDue:
		return dst
	}
	if l.gap {
		kind |= flagGap
	}
	l.ackDue, l.gap = false, false
	return appendFrame(dst, l.raw, key(l.conf.ID, l.peer), kind, seq, l.expect, payload)
}

func (l *Line) greet(dst []byte, now time.Time) []byte {
	l.hello = false
	if !l.up {
		l.again = now.Add(l.pause)
		if !l.conf.Host {
			l.pause = min(2*l.pause, lastBoardPause)
		}
	}
	var p [helloSize]byte
	p[0] = Version
	if l.up {
		p[1] |= 1
	}
	if l.conf.Host {
		p[1] |= 2
	}
	put32(p[2:], l.conf.ID)
	put32(p[6:], l.peer)
	put16(p[10:], uint16(l.conf.MTU))
	p[12] = MaxWindow
	return appendFrame(dst, l.raw, 0, kindHello, 0, 0, p[:])
}
