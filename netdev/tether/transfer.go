package tether

import (
	"io"
	"net/netip"
	"sync"
	"time"

	"github.com/tinynet/tinynet/netdev/tether/internal/wire"
)

// Send is netdev.Netdever's.
func (d *Device) Send(sockfd int, buf []byte, flags int, deadline time.Time) (int, error) {
	d.pump.Lock()
	defer d.pump.Unlock()
	s, err := d.sock(sockfd)
	if err != nil {
		return 0, err
	}
	if !s.stream {
		return d.sendDatagram(s, buf, deadline, netip.AddrPort{})
	}
	if !deadline.IsZero() {
		defer s.wr.until(deadline)()
	}
	for n := 0; ; {
		if err := d.maySend(s, deadline); err != nil {
			return n, err
		}
		if n == len(buf) {
			return n, nil
		}
		most := min(len(buf)-n, d.conf.Frame, d.most()-d.pump.Line.Queued())
		if uint32(max(most, 0)) > s.credit {
			most = int(s.credit)
		}
		if most > 0 && d.ready {
			d.pump.Line.Write(d.out.Begin(wire.OpData).U16(s.num).Head(most))
			d.pump.Line.Write(buf[n : n+most])
			d.pump.Wake()
			s.credit -= uint32(most)
			n += most
			continue
		}
		d.starve(s.wr.cond)
	}
}

// starve waits for credit, or for room on the line.
func (d *Device) starve(c *sync.Cond) {
	if d.ready && d.pump.Line.Queued() >= d.most() {
		known := false
		for _, had := range d.starved {
			known = known || had == c
		}
		if !known {
			d.starved = append(d.starved, c)
		}
	}
	c.Wait()
}

// maySend tells why nothing can be sent.
func (d *Device) maySend(s *sock, deadline time.Time) error {
	if err := d.usable(s); err != nil {
		return err
	}
	if err := s.wr.late(deadline); err != nil {
		return err
	}
	switch {
	case s.err != nil:
		return s.err
	case s.noSend:
		return errPipe
	case s.stream && s.state != connected:
		return errNotConnected
	}
	if err := s.failed; err != nil {
		s.failed = nil
		return err
	}
	return nil
}

// sendDatagram sends one.
func (d *Device) sendDatagram(s *sock, buf []byte, deadline time.Time, to netip.AddrPort) (int, error) {
	if !to.IsValid() && s.state != connected {
		return 0, errNotConnected
	}
	if len(buf) > mostDatagram {
		return 0, errTooLong
	}
	if !deadline.IsZero() {
		defer s.wr.until(deadline)()
	}
	cost := uint32(len(buf) + wire.DatagramCost)
	for {
		if err := d.maySend(s, deadline); err != nil {
			return 0, err
		}
		if d.ready && cost > d.hello.Datagrams {
			return 0, errTooLong
		}
		if d.ready && cost <= s.credit && d.pump.Line.Queued() < d.most() {
			d.pump.Line.Write(d.out.Begin(wire.OpDatagram).U16(s.num).AddrPort(to).Head(len(buf)))
			d.pump.Line.Write(buf)
			d.pump.Wake()
			s.credit -= cost
			return len(buf), nil
		}
		d.starve(s.wr.cond)
	}
}

// SendTo is netdev.Datagrammer's.
func (d *Device) SendTo(sockfd int, buf []byte, flags int, deadline time.Time, to netip.AddrPort) (int, error) {
	d.pump.Lock()
	defer d.pump.Unlock()
	s, err := d.sock(sockfd)
	switch {
	case err != nil:
		return 0, err
	case s.stream || !to.IsValid():
		return 0, errInvalid
	}
	return d.sendDatagram(s, buf, deadline, to)
}

// Recv is netdev.Netdever's.
func (d *Device) Recv(sockfd int, buf []byte, flags int, deadline time.Time) (int, error) {
	d.pump.Lock()
	defer d.pump.Unlock()
	s, err := d.sock(sockfd)
	if err != nil {
		return 0, err
	}
	if !s.stream {
		n, _, err := d.recvDatagram(s, buf, deadline)
		return n, err
	}
	if !deadline.IsZero() {
		defer s.rd.until(deadline)()
	}
	for {
		if err := d.usable(s); err != nil {
			return 0, err
		}
		if err := s.rd.late(time.Time{}); err != nil {
			return 0, err
		}
		switch {
		case s.noRecv:
			return 0, io.EOF
		case s.in.n > 0:
			n := s.in.get(buf)
			d.repay(s, n, d.send)
			return n, nil
		case s.err != nil:
			return 0, s.err
		case s.ended:
			return 0, io.EOF
		case s.state != connected:
			return 0, errNotConnected
		case len(buf) == 0:
			return 0, nil
		}
		if err := s.rd.late(deadline); err != nil {
			return 0, err
		}
		s.rd.cond.Wait()
	}
}

// RecvFrom is netdev.Datagrammer's.
func (d *Device) RecvFrom(sockfd int, buf []byte, flags int, deadline time.Time) (int, netip.AddrPort, error) {
	d.pump.Lock()
	defer d.pump.Unlock()
	s, err := d.sock(sockfd)
	if err != nil {
		return 0, netip.AddrPort{}, err
	}
	if s.stream {
		return 0, netip.AddrPort{}, errInvalid
	}
	return d.recvDatagram(s, buf, deadline)
}

func (d *Device) recvDatagram(s *sock, buf []byte, deadline time.Time) (int, netip.AddrPort, error) {
	if !deadline.IsZero() {
		defer s.rd.until(deadline)()
	}
	for {
		if err := d.usable(s); err != nil {
			return 0, netip.AddrPort{}, err
		}
		if err := s.rd.late(time.Time{}); err != nil {
			return 0, netip.AddrPort{}, err
		}
		switch {
		case s.noRecv:
			return 0, netip.AddrPort{}, io.EOF
		case len(s.msgs) > 0:
			m := s.msgs[0]
			s.msgs = s.msgs[:copy(s.msgs, s.msgs[1:])]
			n := s.in.get(buf[:min(len(buf), m.size)])
			s.in.skip(m.size - n)
			d.repay(s, m.size+wire.DatagramCost, d.send)
			return n, m.from, nil
		case s.err != nil:
			return 0, netip.AddrPort{}, s.err
		case s.failed != nil:
			err := s.failed
			s.failed = nil
			return 0, netip.AddrPort{}, err
		}
		if err := s.rd.late(deadline); err != nil {
			return 0, netip.AddrPort{}, err
		}
		s.rd.cond.Wait()
	}
}
