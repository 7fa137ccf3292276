//go:build tinynetport && port.alone

package net

// A program without goroutines, as TinyGo's -scheduler=none makes them. One call of
// the driver is made at a time, and nobody can call it off. See docs/RATIONALE.md,
// "Programs without goroutines".

import (
	"context"
	"net/netip"
	"os"
	"time"
)

// alone says that there are no goroutines.
const alone = true

// start runs what has a goroutine elsewhere. It must not wait for its caller.
func start(f func()) { f() }

// inTurn are the addresses of a dial: those of one family are tried after the other's.
func inTurn(primaries, fallbacks addrList) (addrList, addrList) {
	return append(primaries, fallbacks...), nil
}

// afterwards has nothing to wait for: a lookup is over before anybody asks for it.
func afterwards(func(<-chan lookupResult, context.CancelFunc), <-chan lookupResult, context.CancelFunc) {
}

// patient gives deadlines to a driver that knows none but those passed with a call.
type patient struct {
	driver    netdever
	datagrams datagrammer
	socks     bySocket[socketDeadlines]
}

type socketDeadlines struct{ reads, writes time.Time }

func newPatient(dev netdever, datagrams datagrammer) *patient {
	return &patient{driver: dev, datagrams: datagrams}
}

func (p *patient) open(a *attempt) (*netFD, error) {
	if err := a.ctx.Err(); err != nil {
		return nil, mapErr(err)
	}
	fd, err := a.once()
	return fd, known(err)
}

func (p *patient) awaitRoom(error) bool { return false }

// connect is for an attempt in a worker, of which there are none.
func (a *attempt) connect(fd *netFD, host string, to netip.AddrPort) error {
	return a.dev.Connect(fd.sysfd, host, to)
}

func (p *patient) collect(num int, on bool) {}

func (p *patient) Socket(domain, stype, protocol int) (int, error) {
	return p.driver.Socket(domain, stype, protocol)
}

func (p *patient) Bind(num int, ip netip.AddrPort) error { return p.driver.Bind(num, ip) }

func (p *patient) Connect(num int, host string, ip netip.AddrPort) error {
	return p.driver.Connect(num, host, ip)
}

func (p *patient) Listen(num, backlog int) error { return p.driver.Listen(num, backlog) }

// Accept of a driver has no deadline, so one to come does not end it.
func (p *patient) Accept(num int) (int, netip.AddrPort, error) {
	if _, err := p.until(num, ndReads); err != nil {
		return -1, netip.AddrPort{}, err
	}
	return p.driver.Accept(num)
}

func (p *patient) SetSockOpt(num, level, opt int, value any) error {
	return p.driver.SetSockOpt(num, level, opt, value)
}

func (p *patient) SetSockDeadline(num, calls int, t time.Time) error {
	s := p.socks.get(num)
	if s == nil {
		if t.IsZero() {
			return nil
		}
		s = new(socketDeadlines)
		p.socks.set(num, s)
	}
	if calls&ndReads != 0 {
		s.reads = t
	}
	if calls&ndWrites != 0 {
		s.writes = t
	}
	return nil
}

// until is how long the driver's next call may wait.
func (p *patient) until(num, calls int) (time.Time, error) {
	now := time.Now()
	until := now.Add(patientSlice)
	s := p.socks.get(num)
	if s == nil {
		return until, nil
	}
	deadline := s.reads
	if calls == ndWrites {
		deadline = s.writes
	}
	switch {
	case deadline.IsZero() || deadline.After(until):
		return until, nil
	case deadline.After(now):
		return deadline, nil
	}
	return now, os.ErrDeadlineExceeded
}

func (p *patient) Recv(num int, buf []byte) (int, error) {
	n, _, err := p.receive(num, buf, false)
	return n, err
}

func (p *patient) RecvFrom(num int, buf []byte) (int, netip.AddrPort, error) {
	return p.receive(num, buf, true)
}

// receive asks the driver until it has something.
func (p *patient) receive(num int, buf []byte, datagram bool) (n int, peer netip.AddrPort, err error) {
	pause := time.Duration(0)
	for {
		until, err := p.until(num, ndReads)
		if err != nil {
			return 0, netip.AddrPort{}, err
		}
		if datagram {
			n, peer, err = p.datagrams.RecvFrom(num, buf, 0, until)
		} else {
			n, err = p.driver.Recv(num, buf, 0, until)
		}
		n, err = soundCount(n, len(buf), err)
		nothing := n == 0 && (err == nil && !peer.IsValid() || driverTimeout(err))
		if !nothing {
			return n, peer, err
		}
		if time.Until(until) > patientSlice/2 {
			pause = patientRest(pause) // a driver that does not wait
		}
	}
}

// Send asks the driver until it has taken all, or the deadline has passed between two
// calls: the calls have none, for a driver may say no better than -1 how much it had
// sent by then.
func (p *patient) Send(num int, buf []byte) (sent int, err error) {
	pause := time.Duration(0)
	for {
		if _, err := p.until(num, ndWrites); err != nil {
			return sent, err
		}
		n, err := p.driver.Send(num, buf[sent:], 0, time.Time{})
		if n < 0 && driverTimeout(err) {
			return sent, errUncounted
		}
		n, err = soundCount(n, len(buf)-sent, err)
		sent += n
		if sent == len(buf) || err != nil && !stale(err) {
			return sent, err
		}
		if n == 0 {
			pause = patientRest(pause)
		}
	}
}

func (p *patient) SendTo(num int, buf []byte, to netip.AddrPort) (int, error) {
	if _, err := p.until(num, ndWrites); err != nil {
		return 0, err
	}
	return p.datagrams.SendTo(num, buf, 0, time.Time{}, to)
}

func (p *patient) Close(num int) error {
	p.socks.set(num, nil)
	return p.driver.Close(num)
}
