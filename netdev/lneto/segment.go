package lneto

import (
	"net"
	"syscall"
	"time"

	"github.com/soypat/lneto/tcp"
)

const tcpHeader = 20

// tcpInput takes a TCP segment whose checksum is right.
func (d *Device) tcpInput(from ip4, mac [6]byte, frame []byte) {
	f, err := tcp.NewFrame(frame)
	if err != nil || f.HeaderLength() < tcpHeader || f.HeaderLength() > len(frame) || f.SourcePort() == 0 || f.DestinationPort() == 0 {
		d.stats.Malformed++
		return
	}
	seg := f.Segment(len(f.Payload()))
	remote, port := peer{from, f.SourcePort()}, f.DestinationPort()
	if c := d.find(port, remote); c != nil {
		c.segment(f, seg)
		return
	}
	if d.inTimeWait(remote, port, seg) {
		return
	}
	if seg.Flags&(tcp.FlagSYN|tcp.FlagACK|tcp.FlagRST|tcp.FlagFIN) == tcp.FlagSYN {
		if s := d.listening(port); s != nil {
			d.welcome(s, f, seg, remote)
			return
		}
	}
	d.stats.Unwanted++
	if seg.Flags.HasAny(tcp.FlagRST) {
		return
	}
	// RFC 9293, 3.10.7.1: what is for no connection is told so.
	if seg.Flags.HasAny(tcp.FlagACK) {
		d.out.segmentTo(d, mac, remote, port, seg.ACK, 0, tcp.FlagRST)
	} else {
		d.out.segmentTo(d, mac, remote, port, 0, tcp.Add(seg.SEQ, seg.LEN()), tcp.FlagRST|tcp.FlagACK)
	}
}

func (d *Device) listening(port uint16) *socket {
	for _, s := range d.socks {
		if s.lst != nil && s.port == port {
			return s
		}
	}
	return nil
}

// welcome begins a connection for a listener, if it has room. If it has none,
// nothing is said: the peer asks again in a second.
func (d *Device) welcome(s *socket, f tcp.Frame, seg tcp.Segment, remote peer) {
	if !s.lst.room(d) {
		d.stats.Unwanted++
		return
	}
	c := d.newConn()
	if c == nil {
		d.stats.Unwanted++
		return
	}
	iss := d.startConn(c, s.port, remote)
	c.lst = s.lst
	c.lst.sock = s
	s.lst.conns = append(s.lst.conns, c)
	if err := c.h.OpenListen(s.port, iss); err != nil {
		d.release(c)
		return
	}
	c.options(f)
	c.irs, c.wnd = seg.SEQ, seg.WND
	if !c.feed(f, seg.SEQ, 0, seg.WND, tcp.FlagSYN, nil) {
		d.release(c)
		return
	}
	c.rcvNxt = seg.SEQ + 1
	c.resendAt = d.now() + firstResend
}

// options reads the peer's limit for a segment. One that would make a flood of
// tiny segments is not heeded: the limit of RFC 9293, which every host takes.
func (c *conn) options(f tcp.Frame) {
	const smallestMSS = 216
	var codec tcp.OptionCodec
	codec.ForEachOption(f.Options(), func(kind tcp.OptionKind, data []byte) error {
		if kind == tcp.OptMaxSegmentSize && len(data) == 2 {
			c.mss = max(int(data[0])<<8|int(data[1]), smallestMSS)
		}
		return nil
	})
}

// feed gives the engine a segment. Its header is written right before the
// payload, which is nil or a part of the frame.
func (c *conn) feed(f tcp.Frame, seq, ack tcp.Value, wnd tcp.Size, flags tcp.Flags, payload []byte) bool {
	raw := f.RawData()
	start := 0
	if len(payload) > 0 {
		start = offset(raw, payload) - tcpHeader
	}
	head := raw[start : start+tcpHeader+len(payload)]
	src, dst := f.SourcePort(), f.DestinationPort()
	n, err := tcp.NewFrame(head)
	if err != nil {
		return false
	}
	n.ClearHeader()
	n.SetSourcePort(src)
	n.SetDestinationPort(dst)
	n.SetSegment(tcp.Segment{SEQ: seq, ACK: ack, WND: wnd, Flags: flags}, tcpHeader/4)
	if c.h.Recv(head) != nil {
		return false
	}
	if flags.HasAny(tcp.FlagACK) && c.rec.known.LessThan(ack) {
		c.rec.known = ack
	}
	return true
}

// offset is where in whole the part begins. The part is never empty.
func offset(whole, part []byte) int { return cap(whole) - cap(part) }

// segment takes a segment of this connection.
func (c *conn) segment(f tcp.Frame, seg tcp.Segment) {
	if c.ended || c.reset {
		return
	}
	switch c.h.State() {
	case tcp.StateSynSent:
		c.inSynSent(f, seg)
	case tcp.StateSynRcvd:
		c.inSynRcvd(f, seg)
	case tcp.StateClosed, tcp.StateListen:
		// A dialled connection whose SYN has not been sent, or one that ends.
	default:
		c.synchronized(f, seg)
	}
	if !c.ended {
		c.d.kick()
	}
}

func (c *conn) inSynSent(f tcp.Frame, seg tcp.Segment) {
	mine := seg.Flags.HasAny(tcp.FlagACK) && seg.ACK == c.rec.una+1
	switch {
	case seg.Flags.HasAny(tcp.FlagRST):
		if mine {
			c.end(syscall.ECONNREFUSED)
		}
	case seg.Flags.HasAny(tcp.FlagACK) && !mine:
		// From a connection before this one, perhaps of before the board was
		// switched on: RFC 9293 has it broken.
		c.d.out.segment(c.d, c.remote, c.port, seg.ACK, 0, tcp.FlagRST)
	case seg.Flags.HasAny(tcp.FlagSYN) && !seg.Flags.HasAny(tcp.FlagACK):
		// The peer dials us at the same moment. The engine is told when the peer's
		// answer to our SYN comes; the peer waits for ours to its own.
		c.options(f)
		c.irs, c.crossed = seg.SEQ, true
		c.answerCrossed()
	case !seg.Flags.HasAll(tcp.FlagSYN | tcp.FlagACK):
	default:
		c.options(f)
		if !c.feed(f, seg.SEQ, seg.ACK, seg.WND, tcp.FlagSYN|tcp.FlagACK, nil) {
			return
		}
		c.irs, c.rcvNxt, c.wnd = seg.SEQ, seg.SEQ+1, seg.WND
		c.establish(seg.ACK)
		c.ackNow = true
	}
}

// answerCrossed accepts the SYN of a peer that was dialling, too.
func (c *conn) answerCrossed() {
	c.d.out.segment(c.d, c.remote, c.port, c.iss, c.irs+1, tcp.FlagSYN|tcp.FlagACK)
}

func (c *conn) inSynRcvd(f tcp.Frame, seg tcp.Segment) {
	switch {
	case seg.Flags.HasAny(tcp.FlagRST):
		if seg.SEQ == c.rcvNxt {
			c.end(syscall.ECONNRESET)
		}
	case seg.Flags.HasAny(tcp.FlagSYN):
		if seg.SEQ == c.irs {
			c.again = true // our answer to it was lost
		}
	case !seg.Flags.HasAny(tcp.FlagACK):
	case seg.ACK != c.rec.una+1:
		c.d.out.segment(c.d, c.remote, c.port, seg.ACK, 0, tcp.FlagRST)
	default:
		payload := f.Payload()
		// The payload's own header is written over f's: the engine is shown the
		// acknowledgement first, from the scratch frame.
		scratch, _ := tcp.NewFrame(c.d.scratch[:tcpHeader])
		scratch.SetSourcePort(f.SourcePort())
		scratch.SetDestinationPort(f.DestinationPort())
		if !c.feed(scratch, c.rcvNxt, seg.ACK, seg.WND, tcp.FlagACK, nil) {
			return
		}
		c.wnd = seg.WND
		c.establish(seg.ACK)
		if c.lst != nil && c.lst.sock != nil {
			c.lst.sock.wakeAll()
		}
		if len(payload) > 0 || seg.Flags.HasAny(tcp.FlagFIN) {
			c.synchronized(f, seg)
		}
	}
}

func (c *conn) establish(ack tcp.Value) {
	now := c.d.now()
	c.rec.acked(ack, now)
	c.up, c.heard = true, now
	c.resendAt, c.resends, c.again = 0, 0, false
	c.wake()
}

// synchronized takes a segment in the states from ESTABLISHED on.
func (c *conn) synchronized(f tcp.Frame, seg tcp.Segment) {
	now := c.d.now()
	window := tcp.Size(c.h.FreeInput())
	// How far the segment is ahead of what is next; negative: behind.
	ahead := int32(seg.SEQ - c.rcvNxt)
	switch {
	case seg.Flags.HasAny(tcp.FlagRST):
		if ahead == 0 {
			c.end(syscall.ECONNRESET)
		} else if ahead > 0 && ahead < int32(max(window, 1)) {
			c.ackNow = true // RFC 5961: who did send it will send it again, rightly
		}
		return
	case seg.Flags.HasAny(tcp.FlagSYN):
		if c.crossed && seg.SEQ == c.irs && !seg.Flags.HasAny(tcp.FlagACK) {
			c.answerCrossed() // the first answer was lost
		}
		c.ackNow = true
		return
	case !seg.Flags.HasAny(tcp.FlagACK):
		return
	case c.rec.max.LessThan(seg.ACK):
		c.ackNow = true // of what was never sent
		return
	case ahead > 65535 || ahead < -1<<20:
		c.ackNow = true
		return
	}
	c.heard, c.keepSent, c.probedAt = now, 0, 0

	payload, fin := f.Payload(), seg.Flags.HasAny(tcp.FlagFIN)
	carries := len(payload) > 0 || fin
	if ahead < 0 { // the beginning of it, or all, is known
		c.ackNow = true // also what keep-alive, and a probe of our window, wait for
		if int(-ahead) <= len(payload) {
			payload, ahead = payload[-ahead:], 0
		} else {
			payload, fin, ahead = nil, false, 0
		}
		if len(payload) == 0 && c.fin {
			fin = false
		}
	}
	if ahead > 0 {
		c.ackNow = true
		if carries {
			c.hold(f, seg, payload)
		}
		payload, fin = nil, false
	}
	if len(payload) > int(window) {
		payload, fin = payload[:window], false
		c.ackNow = true
	}
	if c.fin { // nothing follows a FIN
		payload, fin = nil, false
	}

	duplicate := !carries && seg.ACK == c.rec.una && c.rec.inFlight() && seg.WND == c.wnd
	if duplicate {
		c.rec.duplicate()
		return
	}
	if c.rec.una.LessThanEq(seg.ACK) {
		c.wnd = seg.WND
		c.rec.acked(seg.ACK, now)
	}
	c.deliver(f, payload, fin)
	c.unhold()
	c.settle(now)
}

// deliver gives the engine what is next in the sequence.
func (c *conn) deliver(f tcp.Frame, payload []byte, fin bool) {
	state := c.h.State()
	if len(payload) > 0 && c.deaf && c.sock == nil {
		c.reset = true // the program has closed: nobody will read it
		return
	}
	if c.finSent && c.fin {
		return // what is missing is the acknowledgement of our FIN, which settle looks at
	}
	ack := c.rec.forEngine()
	flags := tcp.FlagACK
	if ack == c.rec.known && (state == tcp.StateEstablished || state == tcp.StateCloseWait) {
		// The engine would count it as a duplicate, although it is data, or the
		// news of a larger window.
		flags = tcp.FlagPSH
	}
	if fin {
		flags |= tcp.FlagFIN
	}
	before := c.h.BufferedInput()
	took := c.feed(f, c.rcvNxt, ack, c.wnd, flags, payload)
	if c.h.State() == tcp.StateClosed {
		if c.finSent && c.fin && c.rec.una == c.rec.max {
			c.end(nil) // it was the acknowledgement of our FIN, which was the last
		} else {
			c.end(syscall.ECONNRESET)
		}
		return
	}
	if !took {
		return
	}
	if len(payload) > 0 {
		c.rcvNxt = tcp.Add(c.rcvNxt, tcp.Size(c.h.BufferedInput()-before))
		c.ackNow = true
		if c.deaf {
			c.discard()
		}
		c.wake()
	}
	if fin {
		c.rcvNxt++
		c.fin, c.ackNow, c.owesFIN = true, true, true
		c.wake()
	}
}

// discard forgets what the engine has for the program.
func (c *conn) discard() {
	for c.h.BufferedInput() > 0 {
		if n, err := c.h.Read(c.d.scratch); n == 0 || err != nil {
			return
		}
	}
}

// settle draws the conclusions after a segment.
func (c *conn) settle(now int64) {
	if c.ended {
		return
	}
	if c.finSent && c.rec.una == c.rec.max {
		c.resendAt, c.again = 0, false
		if c.fin {
			if c.first {
				c.d.keepTimeWait(c)
			}
			c.end(nil)
			return
		}
		if c.sock == nil && c.closeBy == 0 {
			c.closeBy = now + int64(c.d.conf.CloseTimeout)
		}
	}
	if c.wnd > 0 {
		c.probeAt, c.probes = 0, 0
	}
	if !c.closing && c.h.FreeOutput() > 0 {
		c.wake()
	}
}

// hold keeps a segment that came before its turn.
func (c *conn) hold(f tcp.Frame, seg tcp.Segment, payload []byte) {
	if len(c.held) >= c.d.conf.Held {
		return
	}
	room := int64(c.h.FreeInput())
	if int64(int32(seg.SEQ-c.rcvNxt))+int64(len(payload)) > room {
		return
	}
	for _, h := range c.held {
		if o, _ := tcp.NewFrame(h); o.Seq() == seg.SEQ {
			return
		}
	}
	b := make([]byte, tcpHeader+len(payload))
	copy(b, f.RawData()[:tcpHeader])
	copy(b[tcpHeader:], payload)
	k, _ := tcp.NewFrame(b)
	_, flags := f.OffsetAndFlags()
	k.SetOffsetAndFlags(tcpHeader/4, flags)
	c.held = append(c.held, b)
}

// unhold delivers the kept segments whose turn has come.
func (c *conn) unhold() {
	for again := true; again && !c.ended && !c.reset && len(c.held) > 0; {
		again = false
		for i, b := range c.held {
			f, _ := tcp.NewFrame(b)
			ahead := int32(f.Seq() - c.rcvNxt)
			if ahead > 0 {
				continue
			}
			c.held[i] = c.held[len(c.held)-1]
			c.held = c.held[:len(c.held)-1]
			again = true
			payload, fin := f.Payload(), f.Segment(0).Flags.HasAny(tcp.FlagFIN)
			if int(-ahead) > len(payload) {
				break
			}
			payload = payload[-ahead:]
			if len(payload) > c.h.FreeInput() || c.fin || len(payload) == 0 && !fin {
				break
			}
			c.deliver(f, payload, fin)
			break
		}
	}
}

// output puts the next segment into buf and returns its length; 0: none.
func (c *conn) output(d *Device, buf []byte, now int64) int {
	if c.reset {
		n := c.make(buf, c.rec.max, tcp.FlagRST|tcp.FlagACK, now)
		c.end(syscall.ECONNRESET)
		return n
	}
	if c.ended {
		return 0
	}
	if c.again {
		c.again = false
		if c.finSent {
			return c.make(buf, c.finSeq, tcp.FlagFIN|tcp.FlagACK, now)
		}
		c.h.RequeueControl()
	}
	state := c.h.State()
	c.rec.data = state == tcp.StateEstablished || state == tcp.StateCloseWait
	if c.closing && !c.told && c.rec.data && !c.unsent() {
		c.told = true
		if err := c.h.Close(); err != nil {
			c.end(err)
			return 0
		}
	}
	for c.mayAsk(state) {
		unsent := c.h.BufferedUnsent()
		limit := len(buf)
		if c.up {
			limit = min(limit, tcpHeader+c.mss)
		}
		wasAgain := c.rec.again
		c.owesFIN = false
		n, err := c.h.Send(buf[:limit])
		if err != nil || n == 0 {
			if c.h.BufferedUnsent() < unsent && !wasAgain {
				// The engine has taken data for sent that was not. What would
				// follow it is not what the program has written.
				c.reset, c.err = true, syscall.EIO
				return c.output(d, buf, now)
			}
			if err == net.ErrClosed && state != tcp.StateClosed {
				c.end(syscall.ECONNRESET)
				return 0
			}
			break
		}
		f, _ := tcp.NewFrame(buf[:n])
		seg := f.Segment(n - f.HeaderLength())
		c.ackNow = false
		if seg.Flags.HasAny(tcp.FlagSYN) && c.resendAt == 0 {
			c.resendAt = now + firstResend
		}
		if seg.Flags.HasAny(tcp.FlagFIN) {
			c.finSent, c.finSeq = true, tcp.Add(seg.SEQ, seg.DATALEN)
			c.first = !c.fin
			c.resendAt, c.resends = now+int64(c.rec.rto), 0
			c.rec.data = false
		}
		if seg.Flags.HasAny(tcp.FlagRST) {
			c.end(syscall.ECONNRESET)
			return n
		}
		if end := tcp.Add(seg.SEQ, seg.LEN()); seg.DATALEN > 0 && end.LessThanEq(c.rec.una) {
			// The peer has it: it came of going back. The engine is told so.
			c.scratchAck()
			continue
		}
		return n
	}
	if c.probe {
		c.probe = false
		// One number before the next: whoever is there must answer.
		return c.make(buf, c.rec.una-1, tcp.FlagACK, now)
	}
	if c.ackNow && c.up {
		c.ackNow = false
		return c.make(buf, c.rec.max, tcp.FlagACK, now)
	}
	if c.up && !c.finSent && c.wnd == 0 && c.probeAt == 0 && c.h.BufferedUnsent() > 0 && !c.rec.inFlight() {
		c.probeAt = now + int64(c.rec.rto)
	}
	return 0
}

// mayAsk reports whether the engine may be asked for a segment. In CLOSE-WAIT it
// ends its own half as soon as it is asked and has nothing to send, although the
// program has not closed it. In CLOSING it forgets that our FIN was not acknowledged
// yet; when both have sent theirs, there is nothing left to be asked for.
func (c *conn) mayAsk(state tcp.State) bool {
	if c.finSent && c.fin {
		return false
	}
	return state != tcp.StateCloseWait || c.owesFIN || c.told || c.h.BufferedUnsent() > 0 || c.rec.again && c.rec.nxt != c.rec.known
}

// scratchAck tells the engine of an acknowledgement that it did not understand
// when it came.
func (c *conn) scratchAck() {
	f, _ := tcp.NewFrame(c.d.scratch[:tcpHeader])
	f.SetSourcePort(c.remote.port)
	f.SetDestinationPort(c.port)
	c.feed(f, c.rcvNxt, c.rec.forEngine(), c.wnd, tcp.FlagACK, nil)
}

// make writes a segment without data.
func (c *conn) make(buf []byte, seq tcp.Value, flags tcp.Flags, now int64) int {
	window := tcp.Size(0)
	if !c.ended && !c.reset {
		window = tcp.Size(c.h.FreeInput())
	}
	return putSegment(buf, c.port, c.remote.port, seq, c.rcvNxt, flags, window)
}

func putSegment(buf []byte, from, to uint16, seq, ack tcp.Value, flags tcp.Flags, window tcp.Size) int {
	f, err := tcp.NewFrame(buf[:tcpHeader])
	if err != nil {
		return 0
	}
	f.ClearHeader()
	f.SetSourcePort(from)
	f.SetDestinationPort(to)
	f.SetSegment(tcp.Segment{SEQ: seq, ACK: ack, WND: window, Flags: flags}, tcpHeader/4)
	return tcpHeader
}

// A timeWait is what is left of a connection for a while: the peer may repeat
// its FIN, if our last acknowledgement was lost.
type timeWait struct {
	remote peer
	port   uint16
	seq    tcp.Value
	ack    tcp.Value
	until  int64
}

const timeWaitFor = 10 * time.Second

func (d *Device) keepTimeWait(c *conn) {
	d.out.segment(d, c.remote, c.port, c.rec.max, c.rcvNxt, tcp.FlagACK)
	d.waits[d.nextWait] = timeWait{c.remote, c.port, c.rec.max, c.rcvNxt, d.now() + int64(timeWaitFor)}
	d.nextWait = (d.nextWait + 1) % len(d.waits)
}

func (d *Device) inTimeWait(remote peer, port uint16, seg tcp.Segment) bool {
	for i := range d.waits {
		w := &d.waits[i]
		if w.port != port || w.remote != remote || w.until < d.now() {
			continue
		}
		switch {
		case seg.Flags.HasAny(tcp.FlagRST):
			*w = timeWait{}
		case seg.Flags.HasAny(tcp.FlagSYN) && w.ack.LessThan(seg.SEQ):
			*w = timeWait{} // a new connection with numbers beyond the old one's
			return false
		case seg.LEN() > 0:
			d.out.segment(d, remote, port, w.seq, w.ack, tcp.FlagACK)
		}
		return true
	}
	return false
}

// A listener has the connections that wait for Accept.
type listener struct {
	sock    *socket
	backlog int
	conns   []*conn
}

// first is the connection that has waited longest, if one is established.
func (l *listener) first() *conn {
	for _, c := range l.conns {
		if c.up {
			return c
		}
	}
	return nil
}

func (l *listener) remove(c *conn) {
	for i, o := range l.conns {
		if o == c {
			l.conns = append(l.conns[:i], l.conns[i+1:]...)
			return
		}
	}
}

// room makes room for one more, if need be in the place of one that its peer has
// abandoned.
func (l *listener) room(d *Device) bool {
	if len(l.conns) < l.backlog {
		return true
	}
	for _, c := range l.conns {
		if c.abandoned(d.now()) {
			d.stats.Evicted++
			d.release(c)
			return true
		}
	}
	return false
}
