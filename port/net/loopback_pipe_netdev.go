//go:build tinynetport

package net

// One direction of a connection on the built-in loopback: how a writer's bytes
// reach a reader, and how each of them learns that the other has gone.

import (
	"io"
	"os"
	"sync"
	"syscall"
	"time"
)

// A loopStream is what works the pipes of a connected stream. Only connect names
// loopStreams, and only Listen names connect: a program that never listens can
// connect to nobody here, and links neither.
type loopStream struct {
	read, write func(s *loopSock, buf []byte) (int, error)
	setDeadline func(s *loopSock, calls int, t time.Time)
	close       func(s *loopSock, abort bool)
}

var loopStreams = loopStream{
	read:        func(s *loopSock, buf []byte) (int, error) { return s.in.read(buf) },
	write:       func(s *loopSock, buf []byte) (int, error) { return s.out.write(buf) },
	setDeadline: (*loopSock).setPipeDeadlines,
	close:       (*loopSock).closePipes,
}

func (s *loopSock) setPipeDeadlines(calls int, t time.Time) {
	if calls&ndReads != 0 {
		s.in.mu.Lock()
		s.in.rd.set(t, &s.in.readable)
		s.in.mu.Unlock()
	}
	if calls&ndWrites != 0 {
		s.out.mu.Lock()
		s.out.wr.set(t, &s.out.writable)
		s.out.mu.Unlock()
	}
}

func (s *loopSock) closePipes(abort bool) {
	in, out := s.in, s.out
	in.mu.Lock()
	abort = abort || in.data.n > 0 // what is not read is lost: RFC 9293, 3.10.4, RFC 1122, 4.2.2.13
	in.gone = true
	in.late = s.stype == ndSOCK_STREAM && s.domain != ndAF_UNIX && !abort
	in.rd.stop()
	in.data = ring{}
	in.readable.Broadcast()
	in.writable.Broadcast()
	in.mu.Unlock()
	out.mu.Lock()
	out.ended = true
	if abort && s.domain != ndAF_UNIX {
		out.reset = true
		out.data = ring{}
	}
	out.wr.stop()
	out.readable.Broadcast()
	out.writable.Broadcast()
	out.mu.Unlock()
}

// A loopPipe is one direction of a stream.
type loopPipe struct {
	mu       sync.Mutex
	readable sync.Cond
	writable sync.Cond
	data     ring
	packets  *[]int // sizes of the messages in data, only for SOCK_SEQPACKET
	ended    bool   // the writer is done
	deaf     bool   // the reader shut down: what comes is thrown away
	gone     bool   // the reader is closed
	reset    bool   // the writer broke the connection
	late     bool   // the reader is closed, and the writer has yet to find out
	rd, wr   loopDeadline

	// A reader that waits leaves its buffer here, so that a writer can fill it
	// at once; taken says how far it did.
	waiting []byte
	taken   int
}

func newLoopPipe(packet bool) *loopPipe {
	p := &loopPipe{}
	if packet {
		p.packets = new([]int)
	}
	p.readable.L, p.writable.L = &p.mu, &p.mu
	return p
}

// read waits for bytes, the end, or the deadline.
func (p *loopPipe) read(buf []byte) (int, error) {
	p.mu.Lock()
	n, err := p.readLocked(buf)
	p.mu.Unlock()
	return n, err
}

func (p *loopPipe) readLocked(buf []byte) (int, error) {
	for {
		switch {
		case p.rd.expired:
			return 0, os.ErrDeadlineExceeded
		case p.gone:
			return 0, errClosed
		case p.packets != nil && len(*p.packets) > 0:
			sizes := *p.packets
			size := sizes[0]
			*p.packets = sizes[:copy(sizes, sizes[1:])]
			n := p.data.get(buf[:min(len(buf), size)])
			p.data.skip(size - n)
			p.writable.Broadcast()
			return n, nil
		case p.packets == nil && p.data.n > 0:
			full := p.data.room() == 0
			n := p.data.get(buf)
			if full {
				p.writable.Broadcast()
			}
			return n, nil
		case p.reset:
			return 0, sysError("read", syscall.ECONNRESET)
		case p.ended || p.deaf:
			return 0, io.EOF
		case len(buf) == 0:
			return 0, nil
		}
		mine := p.waiting == nil && p.packets == nil
		if mine {
			p.waiting, p.taken = buf, 0
		}
		p.readable.Wait()
		if mine {
			n := p.taken
			p.waiting, p.taken = nil, 0
			if n > 0 {
				return n, nil
			}
		}
	}
}

// write waits until all of buf is taken, or as long as it can.
func (p *loopPipe) write(buf []byte) (int, error) {
	p.mu.Lock()
	n, err := p.writeLocked(buf)
	p.mu.Unlock()
	return n, err
}

func (p *loopPipe) writeLocked(buf []byte) (int, error) {
	done := 0
	for {
		switch {
		case p.wr.expired:
			return done, os.ErrDeadlineExceeded
		case p.late && !p.ended && len(buf) <= loopBuffer:
			// With TCP only the answer to this would tell (RFC 9293, 3.10.7.1),
			// and programs write their goodbye to peers that are gone.
			p.late = false
			return len(buf), nil
		case p.ended || p.gone:
			return done, sysError("write", syscall.EPIPE)
		case p.reset:
			return done, sysError("write", syscall.ECONNRESET)
		case p.deaf:
			return len(buf), nil
		case p.packets != nil:
			if len(buf) > loopBuffer {
				return 0, sysError("write", syscall.EMSGSIZE)
			}
			if p.data.room() >= len(buf) && len(*p.packets) < loopQueue {
				p.data.put(buf)
				*p.packets = append(*p.packets, len(buf))
				p.readable.Broadcast()
				return len(buf), nil
			}
		default:
			if p.waiting != nil && p.taken == 0 && p.data.n == 0 {
				p.taken = copy(p.waiting, buf[done:])
				done += p.taken
				p.readable.Signal()
			}
			if done < len(buf) {
				empty := p.data.n == 0
				if n := p.data.put(buf[done:]); n > 0 {
					done += n
					if empty && p.taken == 0 {
						p.readable.Signal()
					}
				}
			}
			if done == len(buf) {
				return done, nil
			}
		}
		p.writable.Wait()
	}
}
