//go:build tinynetport && !port.alone

package net

// Receiving and sending, streams and datagrams, for a driver without deadlines.

import (
	"net/netip"
	"time"
)

func (p *patient) Recv(num int, buf []byte) (int, error) {
	n, _, err := p.receive(num, buf, opRecv)
	return n, err
}

func (p *patient) RecvFrom(num int, buf []byte) (int, netip.AddrPort, error) {
	return p.receive(num, buf, opRecvFrom)
}

func (p *patient) receive(num int, buf []byte, op patientOp) (int, netip.AddrPort, error) {
	l := p.lockLane(num, false)
	n, peer, err := l.receive(buf, op)
	l.mu.Unlock()
	return n, peer, err
}

// receive has a worker receive, unless one does already or has, and copies what
// it brings.
func (l *lane) receive(buf []byte, op patientOp) (int, netip.AddrPort, error) {
	for !l.ready {
		if err := l.usable(); err != nil {
			return 0, netip.AddrPort{}, err
		}
		if !l.busy {
			// What the worker brings may be for a later call, with more room: of
			// a stream it gets the rest, of a datagram it would not.
			if l.whole {
				l.size(max(len(buf), patientBuffer))
			} else {
				l.size(patientBuffer)
			}
			l.start(op)
		}
		l.waitTidily()
	}
	if err := l.usable(); err != nil {
		return 0, netip.AddrPort{}, err
	}
	n := copy(buf, l.got)
	peer := l.peer
	if l.got = l.got[n:]; !l.whole && (len(l.got) > 0 || n > 0 && l.err != nil) {
		return n, peer, nil // the rest, or the error, is for the next call
	}
	return n, peer, l.take()
}

// receiving asks the driver until it has something, or until the connection counts
// as idle: then the watch goes on.
func (l *lane) receiving() {
	p := l.p
	p.alone.Add(1)
	pause := time.Duration(0)
	for empty := 1; ; empty++ {
		until := time.Now().Add(patientSlice)
		n, peer, err, nothing := l.ask(l.buf, until)
		if !nothing || !l.wanted() {
			p.alone.Add(-1)
			l.bring(n, peer, err, !nothing)
			return
		}
		switch left := time.Until(until); {
		case left > patientSlice/2:
			pause = patientRest(pause) // a driver that does not wait: don't spin
		case left < -patientLate:
			empty = 0 // a driver that does not keep its deadlines well enough
		}
		if patientAlone > 0 && l.op == opRecv && !l.whole && empty > 0 {
			p.mu.Lock()
			idle := p.idle
			p.mu.Unlock()
			if idle != nil && (empty >= patientAlone || p.alone.Load() > patientIdle) {
				p.alone.Add(-1)
				idle(l)
				return
			}
		}
	}
}

// ask makes one call of the driver that receives. It reports whether there was
// nothing until then.
func (l *lane) ask(buf []byte, until time.Time) (n int, peer netip.AddrPort, err error, nothing bool) {
	if l.op == opRecvFrom {
		n, peer, err = l.p.datagrams.RecvFrom(l.num, buf, 0, until)
	} else {
		n, err = l.p.driver.Recv(l.num, buf, 0, until)
	}
	n, err = soundCount(n, len(buf), err)
	nothing = n == 0 && (err == nil && !peer.IsValid() || driverTimeout(err))
	return n, peer, err, nothing
}

// bring ends a receiving call with what is in the first n bytes of l.buf, or without
// a result.
func (l *lane) bring(n int, peer netip.AddrPort, err error, ready bool) {
	if ready {
		l.mu.Lock()
		l.got, l.peer, l.err = l.buf[:n], peer, err
		l.mu.Unlock()
	}
	l.done(ready)
}

func (p *patient) Send(num int, buf []byte) (int, error) {
	return p.send(num, buf, opSend, netip.AddrPort{})
}

func (p *patient) SendTo(num int, buf []byte, to netip.AddrPort) (int, error) {
	return p.send(num, buf, opSendTo, to)
}

// send gives a worker a copy of buf. What it has counts as sent, as in the send
// buffer of a system: if the caller leaves, the error of it is the next call's.
func (p *patient) send(num int, buf []byte, op patientOp, to netip.AddrPort) (int, error) {
	l := p.lockLane(num, true)
	n, err := l.send(buf, op, to)
	l.mu.Unlock()
	return n, err
}

func (l *lane) send(buf []byte, op patientOp, to netip.AddrPort) (int, error) {
	for l.busy {
		if err := l.usable(); err != nil {
			return 0, err
		}
		l.wait()
	}
	if l.ready {
		if err := l.take(); err != nil {
			return 0, err
		}
	}
	if err := l.usable(); err != nil {
		return 0, err
	}
	if !l.whole {
		buf = buf[:min(len(buf), patientBuffer)]
	}
	l.size(len(buf))
	copy(l.buf, buf)
	l.to = to
	l.start(op)
	if err := l.result(); err != nil {
		return len(buf), err
	}
	left := len(l.got)
	return len(buf) - left, l.take()
}

// sending has the driver send what is in l.buf, and leaves the rest in l.got.
// There is no deadline: a driver may say no better than -1 how much it had sent
// by then, and what is sent again may arrive twice.
func (l *lane) sending() {
	rest := l.buf
	pause := time.Duration(0)
	for {
		var n int
		var err error
		if l.op == opSendTo {
			n, err = l.p.datagrams.SendTo(l.num, rest, 0, time.Time{}, l.to)
		} else {
			n, err = l.p.driver.Send(l.num, rest, 0, time.Time{})
		}
		uncounted := n < 0 && driverTimeout(err)
		n, err = soundCount(n, len(rest), err)
		rest = rest[n:]
		done := len(rest) == 0 || l.whole
		switch {
		case uncounted:
			err = errUncounted
		case (err == nil && !done || stale(err)) && l.open():
			if n == 0 {
				pause = patientRest(pause)
			}
			continue
		}
		l.mu.Lock()
		l.got, l.err = rest, err
		l.mu.Unlock()
		l.done(true)
		return
	}
}
