//go:build tinynetport

package net

import (
	"io"
	"net/netip"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// A netFD is a socket of a netdev.
//
// A call of the device runs in the goroutine of its caller. What must end it
// early is told to the device as a deadline of the socket, which is a state
// and not an event, so it cannot slip in just before the call begins.
// See docs/RATIONALE.md, "Deadlines are the socket's".
type netFD struct {
	dev   hidden[device]
	sysfd int

	// immutable until Close
	family      int
	sotype      int
	isConnected bool
	net         string
	laddr       Addr
	raddr       Addr

	// state tells which calls are inside the device: at most one each that
	// reads or writes (ndReads, ndWrites), any number of others (counted in steps
	// of fdOther). It also tells whether somebody waits for one of them to come
	// out (fdWaited), that no more go in (fdClosed), and that reads find the end
	// of the stream although the device does not know it (fdDeaf).
	state atomic.Uint32

	mu   sync.Mutex    // held to set fdWaited, fdClosed, fdDeaf, and a deadline
	left chan struct{} // closed when a call has come out, if fdWaited

	// local is the other half of a socket on the wildcard address, on the
	// built-in loopback, where dev is not on the loopback itself.
	local hidden[localHalf]
}

const (
	fdWaited = 1 << 2
	fdClosed = 1 << 3
	fdDeaf   = 1 << 4
	fdOther  = 1 << 5

	fdCalls = ndReads | ndWrites | ^uint32(fdOther-1) // any call
)

func newFD(dev *device, sysfd, family, sotype int, network string) *netFD {
	return &netFD{dev: hide(dev), sysfd: sysfd, family: family, sotype: sotype, net: network}
}

func (fd *netFD) setAddr(laddr, raddr Addr) {
	fd.laddr, fd.raddr = laddr, raddr
	// So that nothing here may point back at fd: it would never be collected.
	runtime.SetFinalizer(fd, (*netFD).Close)
}

func (fd *netFD) name() string {
	text := fd.net + ":"
	if fd.laddr != nil {
		text += fd.laddr.String()
	}
	text += "->"
	if fd.raddr != nil {
		text += fd.raddr.String()
	}
	return text
}

// enter waits until no other read, or write, uses the device, and makes the others
// wait. what says which of the two it is; the caller gives it to leave when the
// device is done. A closed socket is an error.
func (fd *netFD) enter(what uint32) error {
	for {
		switch s := fd.state.Load(); {
		case s&fdClosed != 0:
			return errClosed
		case s&what != 0:
			fd.await(what)
		case fd.state.CompareAndSwap(s, s|what):
			return nil
		}
	}
}

// enterOther lets a call in that neither reads nor writes, beside others, unless
// the socket is closed. While it is inside, Close waits: once the device has closed
// the socket, the number may be somebody else's. It is left with leave(fdOther).
func (fd *netFD) enterOther() error {
	for {
		s := fd.state.Load()
		if s&fdClosed != 0 {
			return errClosed
		}
		if fd.state.CompareAndSwap(s, s+fdOther) {
			return nil
		}
	}
}

func (fd *netFD) leave(what uint32) {
	for {
		s := fd.state.Load()
		if !fd.state.CompareAndSwap(s, (s-what)&^fdWaited) {
			continue
		}
		if s&fdWaited != 0 {
			fd.mu.Lock()
			if fd.left != nil { // or another has been here meanwhile
				close(fd.left)
				fd.left = nil
			}
			fd.mu.Unlock()
		}
		return
	}
}

// await returns when one of these calls has come out of the device, or none is
// inside.
func (fd *netFD) await(what uint32) {
	fd.mu.Lock()
	for {
		s := fd.state.Load()
		if s&what == 0 {
			fd.mu.Unlock()
			return
		}
		// The last to leave takes fdWaited away, and the channel.
		if s&fdWaited != 0 || fd.state.CompareAndSwap(s, s|fdWaited) {
			break
		}
	}
	if fd.left == nil {
		fd.left = make(chan struct{})
	}
	left := fd.left
	fd.mu.Unlock()
	<-left
}

// failure turns the error of a device's call into the caller's.
func (fd *netFD) failure(err error) error {
	if fd.closed() {
		return errClosed
	}
	return known(err)
}

func (fd *netFD) closed() bool { return fd.state.Load()&fdClosed != 0 }

func (fd *netFD) Close() error {
	fd.mu.Lock()
	for {
		s := fd.state.Load()
		if s&fdClosed != 0 {
			fd.mu.Unlock()
			return errClosed
		}
		if fd.state.CompareAndSwap(s, s|fdClosed) {
			if calls := s & (ndReads | ndWrites); calls != 0 {
				fd.dev.get().SetSockDeadline(fd.sysfd, int(calls), aLongTimeAgo)
			}
			break
		}
	}
	fd.mu.Unlock()
	for fd.state.Load()&fdCalls != 0 {
		fd.await(fdCalls)
	}
	runtime.SetFinalizer(fd, nil)
	if fd.local.get() != nil {
		fd.local.get().close()
	}
	return fd.dev.get().Close(fd.sysfd)
}

func (fd *netFD) shutdown(how int) error {
	if err := fd.enterOther(); err != nil {
		return err
	}
	defer fd.leave(fdOther)
	return fd.dev.get().Shutdown(fd.sysfd, how)
}

// closeRead ends the reading half. The peer is told nothing of that, so a device
// that cannot do it is not needed for it: the half is ended here.
func (fd *netFD) closeRead() error {
	if fd.dev.get().hasShutdown() {
		return fd.shutdown(ndSHUT_RD)
	}
	fd.mu.Lock()
	defer fd.mu.Unlock()
	for {
		s := fd.state.Load()
		if s&fdClosed != 0 {
			return errClosed
		}
		if fd.state.CompareAndSwap(s, s|fdDeaf) {
			if s&ndReads != 0 {
				// The read that waits has to come out, to find the end.
				return fd.dev.get().SetSockDeadline(fd.sysfd, ndReads, aLongTimeAgo)
			}
			return nil
		}
	}
}

func (fd *netFD) closeWrite() error { return fd.shutdown(ndSHUT_WR) }

// deaf reports whether closeRead has ended the reading half here.
func (fd *netFD) deaf() bool { return fd.state.Load()&fdDeaf != 0 }

// datagram reports whether the socket keeps the boundaries of messages.
func (fd *netFD) datagram() bool {
	return fd.sotype == ndSOCK_DGRAM || fd.sotype == ndSOCK_RAW
}

func (fd *netFD) Read(p []byte) (int, error) {
	if err := fd.enter(ndReads); err != nil {
		return 0, err
	}
	defer fd.leave(ndReads)
	if len(p) == 0 {
		if !fd.datagram() {
			return 0, nil
		}
		// A datagram is received, and lost. There are drivers that wait for ever
		// with no room for it.
		_, err := fd.read(make([]byte, 1))
		return 0, err
	}
	return fd.read(p)
}

func (fd *netFD) read(p []byte) (int, error) {
	for pause := time.Duration(0); ; {
		if fd.deaf() {
			return 0, io.EOF
		}
		n, err := fd.dev.get().Recv(fd.sysfd, p)
		n, err = soundCount(n, len(p), err)
		switch {
		case n > 0:
			return n, nil // an error will come again
		case fd.datagram() && (err == nil || sameError(err, io.EOF)):
			return 0, nil
		case err == nil:
			// Nothing, and no reason: the end would be io.EOF. Don't spin on it.
			pause = min(2*pause+time.Millisecond, 50*time.Millisecond)
			time.Sleep(pause)
			continue
		}
		if fd.closedByPeer(err) || fd.deaf() && !fd.closed() {
			return 0, io.EOF
		}
		return 0, fd.failure(err)
	}
}

// closedByPeer reports whether a driver calls a connection closed that is open
// here.
func (fd *netFD) closedByPeer(err error) bool {
	return fd.sotype == ndSOCK_STREAM && faultOf(err) == faultClosed && fd.checkOpen() == nil
}

func (fd *netFD) checkOpen() error {
	if fd.closed() {
		return errClosed
	}
	return nil
}

func (fd *netFD) Write(p []byte) (int, error) {
	if err := fd.enter(ndWrites); err != nil {
		return 0, err
	}
	defer fd.leave(ndWrites)
	if len(p) == 0 && fd.sotype == ndSOCK_STREAM {
		return 0, nil
	}
	done := 0
	for {
		rest := p[done:]
		n, err := fd.dev.get().Send(fd.sysfd, rest)
		n, err = soundCount(n, len(rest), err)
		done += n
		switch {
		case err != nil && fd.closedByPeer(err):
			return done, sysError("write", syscall.EPIPE)
		case err != nil:
			return done, fd.failure(err)
		case done == len(p):
			return done, nil
		case fd.datagram():
			return done, io.ErrShortWrite // there is no part of a datagram
		case n == 0:
			return done, io.ErrUnexpectedEOF
		}
	}
}

// soundCount mends what drivers return: -1 beside an error, and counts that
// cannot be.
func soundCount(n, most int, err error) (int, error) {
	if n < 0 {
		n = 0
	}
	if n > most {
		return 0, errBadCount
	}
	return n, err
}

// readFrom receives one datagram and tells its sender.
func (fd *netFD) readFrom(p []byte) (int, netip.AddrPort, error) {
	if err := fd.enter(ndReads); err != nil {
		return 0, netip.AddrPort{}, err
	}
	defer fd.leave(ndReads)
	if len(p) == 0 {
		_, from, err := fd.receiveFrom(make([]byte, 1)) // as in Read
		return 0, from, err
	}
	return fd.receiveFrom(p)
}

func (fd *netFD) receiveFrom(p []byte) (int, netip.AddrPort, error) {
	for {
		if fd.local.get() != nil {
			if n, from, ok := fd.local.get().recvNow(p); ok {
				return n, from, nil
			}
		}
		n, from, err := fd.dev.get().RecvFrom(fd.sysfd, p)
		n, err = soundCount(n, len(p), err)
		if err == nil || sameError(err, io.EOF) {
			if fd.isConnected && !fd.dev.get().hasDatagrams() {
				from = addrPortOf(fd.raddr)
			}
			return n, from, nil
		}
		if fd.local.get() == nil || !fd.local.get().woke() {
			return 0, netip.AddrPort{}, fd.failure(err)
		}
	}
}

// writeTo sends one datagram to an address, which must be of fd's family.
func (fd *netFD) writeTo(p []byte, to netip.AddrPort) (int, error) {
	if err := fd.enter(ndWrites); err != nil {
		return 0, err
	}
	defer fd.leave(ndWrites)
	if fd.local.get() != nil && to.Addr().Unmap().IsLoopback() {
		return fd.local.get().send(p, to)
	}
	if !fd.dev.get().hasDatagrams() {
		return 0, errNoDatagrams
	}
	n, err := fd.dev.get().SendTo(fd.sysfd, p, to)
	n, err = soundCount(n, len(p), err)
	if err != nil {
		return n, fd.failure(err)
	}
	if n < len(p) {
		return n, io.ErrShortWrite // there is no part of a datagram
	}
	return n, nil
}

func (fd *netFD) SetDeadline(t time.Time) error {
	return fd.setDeadline(t, ndReads|ndWrites)
}

func (fd *netFD) SetReadDeadline(t time.Time) error {
	return fd.setDeadline(t, ndReads)
}

func (fd *netFD) SetWriteDeadline(t time.Time) error {
	return fd.setDeadline(t, ndWrites)
}

func (fd *netFD) setDeadline(t time.Time, calls int) error {
	fd.mu.Lock()
	defer fd.mu.Unlock()
	if fd.closed() {
		return errClosed
	}
	if fd.local.get() != nil {
		return fd.local.get().setDeadline(t, calls)
	}
	if fd.deaf() {
		// A read that is still inside keeps the deadline that brings it out.
		if calls &^= ndReads; calls == 0 {
			return nil
		}
	}
	return fd.dev.get().SetSockDeadline(fd.sysfd, calls, t)
}

// Errors for what a device cannot do.
var (
	errNoHalfClose error = &deviceLack{"closing the writing half of a connection", "has no Shutdown"}
	errNoDatagrams error = &deviceLack{"datagrams to more than one peer", "has no SendTo and RecvFrom"}
	errNoMulticast error = &deviceLack{"multicast", "has no JoinGroup"}
	errNoGroups    error = &deviceLack{"a list of the groups that it has joined", "has no method for that"}
	errNoServers   error = &deviceLack{"DNS lookups", "has no DNSConfig, or names no server"}
	errNoIPv4      error = &deviceLack{"IPv4", "has no such addresses"}
	errNoIPv6      error = &deviceLack{"IPv6", "has no such addresses"}
	errNoFile      error = &deviceLack{"files of sockets", "is not the system"}
	errNoMessages  error = &deviceLack{"out-of-band data", "is not the system"}
	errNoRaw       error = &deviceLack{"raw reads and writes", "is not the system"}
)

// A deviceLack is the error of an operation that the device has no means for.
type deviceLack struct {
	what, why string
}

func (e *deviceLack) Error() string {
	return "the network device does not support " + e.what + " (it " + e.why + ")"
}

func (e *deviceLack) Is(target error) bool { return sameError(target, syscall.ENOTSUP) }

var errBadCount error = &badCountError{}

type badCountError struct{}

func (*badCountError) Error() string {
	return "the network device's driver reports more bytes than it was given"
}
