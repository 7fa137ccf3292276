package host

import (
	"io"

	"github.com/tinynet/tinynet/netdev/internal/errno"
	"github.com/tinynet/tinynet/netdev/tether/internal/wire"
)

// This file moves the bytes of a connection.

// start moves bytes between the connection and the board.
func (s *socket) start() {
	s.work(s.read)
	s.work(s.write)
}

// read sends the board what the peer sends, as far as the board takes it.
func (s *socket) read() {
	h := s.h
	buf := make([]byte, h.conf.Frame)
	for {
		var most uint32
		h.locked(func() {
			if s.ready(1) {
				most = min(uint32(len(buf)), s.credit)
			}
		})
		if most == 0 {
			return
		}
		n, err := s.conn.Read(buf[:most])
		h.locked(func() {
			if s.gone {
				err = io.EOF
				return
			}
			if n > 0 {
				s.credit -= uint32(n)
				h.send(h.out.Begin(wire.OpData).U16(s.num).Raw(buf[:n]))
			}
			if err == io.EOF {
				h.send(h.out.Begin(wire.OpEnd).U16(s.num))
			} else if err != nil {
				s.fail(err)
			}
		})
		if err != nil {
			return
		}
	}
}

// fail tells the board that a stream is over.
func (s *socket) fail(err error) {
	if s.state != failed {
		s.tell(err)
		s.state = failed
	}
}

// data takes bytes from the board.
func (s *socket) data(p []byte) {
	if len(p) == 0 {
		return
	}
	if s.queued+len(p) > streamCredit {
		s.fail(&refusal{"the board sends more than the tether lets it", errno.EMSGSIZE})
		s.conn.SetLinger(0)
		s.conn.Close()
		return
	}
	s.queued += len(p)
	s.out = append(s.out, p...)
	s.cond.Broadcast()
}

// write sends to the peer what the board sends, and at last closes the
// connection.
func (s *socket) write() {
	h := s.h
	halved := false
	for {
		var buf []byte
		halve := false
		h.locked(func() {
			for !s.gone && len(s.out) == 0 && (halved || s.state != finished) {
				s.cond.Wait()
			}
			buf, s.out = s.out, nil
			halve = !s.gone && len(buf) == 0
			if s.broken {
				buf = nil
			}
		})
		switch {
		case halve:
			s.conn.CloseWrite()
			halved = true
			continue
		case len(buf) == 0:
			s.conn.Close()
			return
		}
		_, err := s.conn.Write(buf)
		h.locked(func() {
			if err != nil {
				s.fail(err)
				s.out = nil
			}
			s.repay(len(buf), len(s.out) > 0)
		})
	}
}
