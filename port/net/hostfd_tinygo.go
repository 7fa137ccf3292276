//go:build tinynetport && port.sockets && tinygo

package net

import (
	"io"
	"os"
	"sync"
	"syscall"
	"time"
)

// hostFD is a file descriptor under TinyGo, whose runtime has no poller: calls
// do not block, and a goroutine that must wait asks again after a short sleep.
// It has the methods of internal/poll's FD that the host device calls.
type hostFD struct {
	Sysfd         int
	IsStream      bool
	ZeroReadIsEOF bool

	mu       sync.Mutex
	closed   bool
	users    int          // system calls that use the descriptor now
	deadline [2]time.Time // of reads and writes
}

// The sleep between two tries grows from one to the other.
const (
	hostShortNap = 50 * time.Microsecond
	hostLongNap  = 2 * time.Millisecond
)

var errHostFDClosing error = netClosingError{}

// readyLocked reports why a call may not go on; what is the kind of one that
// would wait, or 0.
func (fd *hostFD) readyLocked(what int) error {
	if fd.closed {
		return errHostFDClosing
	}
	if what != 0 {
		if t := fd.deadline[what-1]; !t.IsZero() && !time.Now().Before(t) {
			return os.ErrDeadlineExceeded
		}
	}
	return nil
}

// enter lets a system call use the descriptor: it is not closed before the call
// leaves, and so its number is nobody else's. Calls that wait for something name
// what; for others it is 0.
func (fd *hostFD) enter(what int) error {
	fd.mu.Lock()
	defer fd.mu.Unlock()
	err := fd.readyLocked(what)
	if err == nil {
		fd.users++
	}
	return err
}

// leave closes the descriptor if Close has left that to the last call.
func (fd *hostFD) leave() {
	fd.mu.Lock()
	fd.users--
	last := fd.closed && fd.users == 0
	fd.mu.Unlock()
	if last {
		syscall.Close(fd.Sysfd)
	}
}

// use makes a system call with the descriptor. What is as for enter.
func (fd *hostFD) use(what int, f func() error) error {
	if err := fd.enter(what); err != nil {
		return err
	}
	defer fd.leave()
	return f()
}

// again calls f until it does not ask to wait.
func (fd *hostFD) again(what int, f func() error) error {
	nap := hostShortNap
	for {
		err := fd.use(what, f)
		if err == syscall.EINTR {
			continue
		}
		if err != syscall.EAGAIN {
			return err
		}
		time.Sleep(nap)
		nap = min(2*nap, hostLongNap)
	}
}

func (fd *hostFD) Init(string, bool) error { return nil }

func (fd *hostFD) Close() error {
	fd.mu.Lock()
	defer fd.mu.Unlock()
	if fd.closed {
		return errHostFDClosing
	}
	fd.closed = true
	if fd.users > 0 {
		return nil // the last of them closes it
	}
	return syscall.Close(fd.Sysfd)
}

func (fd *hostFD) setDeadline(t time.Time, calls int) error {
	fd.mu.Lock()
	defer fd.mu.Unlock()
	if fd.closed {
		return errHostFDClosing
	}
	for i := range fd.deadline {
		if calls&(ndReads<<i) != 0 {
			fd.deadline[i] = t
		}
	}
	return nil
}

func (fd *hostFD) SetDeadline(t time.Time) error      { return fd.setDeadline(t, ndReads|ndWrites) }
func (fd *hostFD) SetReadDeadline(t time.Time) error  { return fd.setDeadline(t, ndReads) }
func (fd *hostFD) SetWriteDeadline(t time.Time) error { return fd.setDeadline(t, ndWrites) }

func (fd *hostFD) Read(p []byte) (n int, err error) {
	err = fd.again(ndReads, func() (err error) {
		n, err = syscall.Read(fd.Sysfd, p)
		return err
	})
	if err == nil && n == 0 && len(p) > 0 && fd.ZeroReadIsEOF {
		err = io.EOF
	}
	return max(n, 0), err
}

// Write does without the signal that a closed connection causes: TinyGo's runtime
// does not catch it, and the program would end.
func (fd *hostFD) Write(p []byte) (done int, err error) {
	for {
		n := 0
		err = fd.again(ndWrites, func() (err error) {
			n, err = syscall.SendmsgN(fd.Sysfd, p[done:], nil, nil, syscall.MSG_NOSIGNAL)
			return err
		})
		done += max(n, 0)
		if err != nil || done == len(p) || !fd.IsStream {
			return done, err
		}
	}
}

// WaitWrite waits until the socket can be written to: connected, or failed.
func (fd *hostFD) WaitWrite() error {
	time.Sleep(hostShortNap) // who calls this asks the system again itself
	return fd.use(ndWrites, func() error { return nil })
}

func (fd *hostFD) Accept() (newfd int, peer syscall.Sockaddr, call string, err error) {
	err = fd.again(ndReads, func() (err error) {
		newfd, peer, err = syscall.Accept4(fd.Sysfd, syscall.SOCK_NONBLOCK|syscall.SOCK_CLOEXEC)
		return err
	})
	return newfd, peer, "accept4", err
}

func (fd *hostFD) ReadFrom(p []byte) (n int, from syscall.Sockaddr, err error) {
	err = fd.again(ndReads, func() (err error) {
		n, from, err = syscall.Recvfrom(fd.Sysfd, p, 0)
		return err
	})
	return max(n, 0), from, err
}

func (fd *hostFD) ReadFromInet4(p []byte, from *syscall.SockaddrInet4) (int, error) {
	n, sa, err := fd.ReadFrom(p)
	if sa, ok := sa.(*syscall.SockaddrInet4); ok {
		*from = *sa
	}
	return n, err
}

func (fd *hostFD) ReadFromInet6(p []byte, from *syscall.SockaddrInet6) (int, error) {
	n, sa, err := fd.ReadFrom(p)
	if sa, ok := sa.(*syscall.SockaddrInet6); ok {
		*from = *sa
	}
	return n, err
}

func (fd *hostFD) WriteTo(p []byte, to syscall.Sockaddr) (int, error) {
	err := fd.again(ndWrites, func() error { return syscall.Sendto(fd.Sysfd, p, syscall.MSG_NOSIGNAL, to) })
	if err != nil {
		return 0, err
	}
	return len(p), nil
}

func (fd *hostFD) WriteToInet4(p []byte, to *syscall.SockaddrInet4) (int, error) {
	return fd.WriteTo(p, to)
}

func (fd *hostFD) WriteToInet6(p []byte, to *syscall.SockaddrInet6) (int, error) {
	return fd.WriteTo(p, to)
}

func (fd *hostFD) ReadMsg(p, oob []byte, flags int) (n, oobn, got int, from syscall.Sockaddr, err error) {
	err = fd.again(ndReads, func() (err error) {
		n, oobn, got, from, err = syscall.Recvmsg(fd.Sysfd, p, oob, flags)
		return err
	})
	if err == nil && n == 0 && len(p) > 0 && fd.ZeroReadIsEOF {
		err = io.EOF
	}
	return max(n, 0), oobn, got, from, err
}

func (fd *hostFD) ReadMsgInet4(p, oob []byte, flags int, from *syscall.SockaddrInet4) (int, int, int, error) {
	n, oobn, got, sa, err := fd.ReadMsg(p, oob, flags)
	if sa, ok := sa.(*syscall.SockaddrInet4); ok {
		*from = *sa
	}
	return n, oobn, got, err
}

func (fd *hostFD) ReadMsgInet6(p, oob []byte, flags int, from *syscall.SockaddrInet6) (int, int, int, error) {
	n, oobn, got, sa, err := fd.ReadMsg(p, oob, flags)
	if sa, ok := sa.(*syscall.SockaddrInet6); ok {
		*from = *sa
	}
	return n, oobn, got, err
}

func (fd *hostFD) WriteMsg(p, oob []byte, to syscall.Sockaddr) (n, oobn int, err error) {
	err = fd.again(ndWrites, func() (err error) {
		n, err = syscall.SendmsgN(fd.Sysfd, p, oob, to, syscall.MSG_NOSIGNAL)
		return err
	})
	if err != nil {
		return 0, 0, err
	}
	return n, len(oob), nil
}

func (fd *hostFD) WriteMsgInet4(p, oob []byte, to *syscall.SockaddrInet4) (int, int, error) {
	return fd.WriteMsg(p, oob, to)
}

func (fd *hostFD) WriteMsgInet6(p, oob []byte, to *syscall.SockaddrInet6) (int, int, error) {
	return fd.WriteMsg(p, oob, to)
}

func (fd *hostFD) Writev(v *[][]byte) (total int64, err error) {
	for len(*v) > 0 {
		n, err := fd.Write((*v)[0])
		total += int64(n)
		if (*v)[0] = (*v)[0][n:]; err != nil {
			return total, err
		}
		*v = (*v)[1:]
	}
	return total, nil
}

func (fd *hostFD) Shutdown(how int) error {
	return fd.use(0, func() error { return syscall.Shutdown(fd.Sysfd, how) })
}

func (fd *hostFD) SetsockoptInt(level, opt, value int) error {
	return fd.use(0, func() error { return syscall.SetsockoptInt(fd.Sysfd, level, opt, value) })
}

func (fd *hostFD) SetsockoptLinger(level, opt int, l *syscall.Linger) error {
	return fd.use(0, func() error { return syscall.SetsockoptLinger(fd.Sysfd, level, opt, l) })
}

func (fd *hostFD) SetsockoptIPMreqn(level, opt int, m *syscall.IPMreqn) error {
	return fd.use(0, func() error { return syscall.SetsockoptIPMreqn(fd.Sysfd, level, opt, m) })
}

func (fd *hostFD) SetsockoptIPv6Mreq(level, opt int, m *syscall.IPv6Mreq) error {
	return fd.use(0, func() error { return syscall.SetsockoptIPv6Mreq(fd.Sysfd, level, opt, m) })
}

func (fd *hostFD) RawControl(f func(uintptr)) error {
	return fd.use(0, func() error {
		f(uintptr(fd.Sysfd))
		return nil
	})
}

func (fd *hostFD) RawRead(f func(uintptr) bool) error  { return fd.raw(ndReads, f) }
func (fd *hostFD) RawWrite(f func(uintptr) bool) error { return fd.raw(ndWrites, f) }

func (fd *hostFD) raw(what int, f func(uintptr) bool) error {
	return fd.again(what, func() error {
		if !f(uintptr(fd.Sysfd)) {
			return syscall.EAGAIN
		}
		return nil
	})
}

func (fd *hostFD) Dup() (newfd int, call string, err error) {
	err = fd.use(0, func() (err error) {
		newfd, call, err = dupHostFD(fd.Sysfd)
		return err
	})
	return newfd, call, err
}

// dupHostFD copies a file descriptor, and names the system call that failed.
func dupHostFD(osfd int) (newfd int, call string, err error) {
	r, _, errno := syscall.Syscall(syscall.SYS_FCNTL, uintptr(osfd), syscall.F_DUPFD_CLOEXEC, 0)
	if errno != 0 {
		return -1, "fcntl", errno
	}
	return int(r), "", nil
}
