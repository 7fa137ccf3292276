package lneto

import (
	"time"

	"github.com/soypat/lneto/tcp"
)

// A recovery is what tells lneto's engine to send again: RFC 6298's timer and
// the third duplicate of an acknowledgement. It stands in for tcp.RTO, whose
// timer starts anew with each segment that arrives while data is on the way, so
// that it never runs out while the peer sends.
//
// It also knows the numbers of the send sequence, which the engine does not
// tell. When everything is sent again, nxt goes back to known, which may be less
// than una: the engine does not understand an acknowledgement beyond nxt.
type recovery struct {
	una   tcp.Value // the peer has what is before this
	known tcp.Value // as una, as far as the engine has been told
	nxt   tcp.Value // what the engine sends next
	max   tcp.Value // one past what has ever been sent

	srtt, rttvar, rto time.Duration
	timed             bool // the time that timedSeq takes is being measured
	timedSeq          tcp.Value
	timedAt           int64

	deadline int64     // when the timer runs out; 0: it does not run
	since    int64     // when the peer was last heard to get further; 0: nothing is on the way
	again    bool      // the engine has to go back to una
	data     bool      // the engine is in a state in which it can
	recover  tcp.Value // what had been sent when it last went back
	back     bool      // it has gone back, and the peer does not have all that was sent before
	dups     int
	count    uint64 // how often it went back
}

const (
	firstRTO = time.Second
	minRTO   = 200 * time.Millisecond
	maxRTO   = 20 * time.Second
)

var _ tcp.LossRecovery = (*recovery)(nil)

// begin is called with the first sequence number.
func (r *recovery) begin(iss tcp.Value) {
	*r = recovery{una: iss, known: iss, nxt: iss, max: iss, rto: firstRTO, count: r.count}
}

// Reset is called by the engine when it opens and ends; begin does it here.
func (r *recovery) Reset() {}

// NextDeadline is not used: conn.next looks at the deadline.
func (r *recovery) NextDeadline() int64 { return r.deadline }

// PreRx keeps every segment: conn has looked at it already.
func (r *recovery) PreRx(tcp.Segment, int64) tcp.RxDirective { return tcp.RxDirective{Keep: true} }

// PreTx tells the engine to go back.
func (r *recovery) PreTx(now int64) tcp.TxDirective {
	if !r.again || !r.data {
		return tcp.TxDirective{}
	}
	r.again = false
	r.nxt = r.known
	r.timed = false
	r.count++
	return tcp.TxDirective{RetransmitAll: true}
}

// PostTx sees each segment that the engine sends.
func (r *recovery) PostTx(seg tcp.Segment, now int64) {
	if seg.LEN() == 0 {
		return
	}
	end := tcp.Add(seg.SEQ, seg.LEN())
	if r.nxt.LessThan(end) {
		r.nxt = end
	}
	if r.max.LessThan(end) {
		r.max = end
		if !r.timed {
			r.timed, r.timedSeq, r.timedAt = true, end, now
		}
	}
	if r.deadline == 0 {
		r.deadline = now + int64(r.rto)
	}
	if r.since == 0 {
		r.since = now
	}
}

// inFlight reports whether something was sent that the peer may not have.
func (r *recovery) inFlight() bool { return r.una != r.max }

// acked takes an acknowledgement that is not beyond max.
func (r *recovery) acked(ack tcp.Value, now int64) {
	if !r.una.LessThan(ack) {
		return
	}
	r.una = ack
	r.dups = 0
	if r.timed && r.timedSeq.LessThanEq(ack) {
		r.timed = false
		r.measure(time.Duration(now - r.timedAt))
	}
	if r.back && r.recover.LessThanEq(ack) {
		r.back = false
	}
	if r.una == r.max {
		r.deadline, r.since = 0, 0
		return
	}
	r.deadline, r.since = now+int64(r.rto), now
}

// forEngine is the acknowledgement that the engine understands.
func (r *recovery) forEngine() tcp.Value {
	if r.nxt.LessThan(r.una) {
		return r.nxt
	}
	return r.una
}

// duplicate takes an acknowledgement that says nothing new, while something is
// on the way: the peer has got a segment that came too early.
func (r *recovery) duplicate() {
	if r.dups++; r.dups == 3 && !r.back {
		r.goBack()
	}
}

func (r *recovery) goBack() {
	r.again, r.back, r.recover = true, true, r.max
}

// timeout is called when the timer has run out.
func (r *recovery) timeout(now int64) {
	r.rto = min(2*r.rto, maxRTO)
	r.deadline = now + int64(r.rto)
	r.dups = 0
	r.goBack()
}

func (r *recovery) measure(sample time.Duration) {
	if r.srtt == 0 {
		r.srtt, r.rttvar = sample, sample/2
	} else {
		diff := max(r.srtt-sample, sample-r.srtt)
		r.rttvar += (diff - r.rttvar) / 4
		r.srtt += (sample - r.srtt) / 8
	}
	r.rto = min(max(r.srtt+4*r.rttvar, minRTO), maxRTO)
}
