//go:build linux && tinynet_get && !tinynet_plain

package main

import (
	"io"
	"net/netip"
	"os"
	"sync"
	"syscall"
	"time"
	"unsafe"
)

// An interruptDevice is a systemDevice with one optional method of package
// netdev beside the eleven, Interrupt, which tinygo-net does not look for. It
// is for a client of a server nearby: only Recv waits.
type interruptDevice struct {
	systemDevice
	mu    sync.Mutex
	wakes map[int]*wake // by socket
}

// A wake has a byte in its pipe while calls are to be interrupted.
type wake struct {
	pipe [2]int
	on   bool
}

func newInterruptDevice() *interruptDevice { return &interruptDevice{wakes: map[int]*wake{}} }

func (d *interruptDevice) Socket(domain, stype, protocol int) (int, error) {
	fd, err := d.systemDevice.Socket(domain, stype, protocol)
	if err != nil {
		return -1, err
	}
	w := new(wake)
	if err := syscall.Pipe2(w.pipe[:], syscall.O_CLOEXEC|syscall.O_NONBLOCK); err != nil {
		syscall.Close(fd)
		return -1, err
	}
	d.mu.Lock()
	d.wakes[fd] = w
	d.mu.Unlock()
	return fd, nil
}

func (d *interruptDevice) wake(fd int) *wake {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.wakes[fd]
}

func (d *interruptDevice) Interrupt(fd, calls int, on bool) error {
	const reads = 1
	if calls&reads == 0 {
		return nil
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	w := d.wakes[fd]
	if w == nil {
		return syscall.EBADF
	}
	if w.on == on {
		return nil
	}
	w.on = on
	var b [1]byte
	var err error
	if on {
		_, err = syscall.Write(w.pipe[1], b[:])
	} else {
		_, err = syscall.Read(w.pipe[0], b[:])
	}
	return err
}

func (d *interruptDevice) Recv(fd int, buf []byte, _ int, deadline time.Time) (int, error) {
	w := d.wake(fd)
	if w == nil {
		return -1, syscall.EBADF
	}
	for {
		n, err := recvNow(fd, buf)
		if err != syscall.EAGAIN {
			return n, err
		}
		if !deadline.IsZero() && !time.Now().Before(deadline) {
			return -1, os.ErrDeadlineExceeded
		}
		var ready syscall.FdSet
		bits := int(8 * unsafe.Sizeof(ready.Bits[0]))
		for _, f := range [...]int{fd, w.pipe[0]} {
			ready.Bits[f/bits] |= 1 << (f % bits)
		}
		wait := syscall.NsecToTimeval(int64(poll))
		if _, err := syscall.Select(max(fd, w.pipe[0])+1, &ready, nil, nil, &wait); err != nil && err != syscall.EINTR {
			return -1, err
		} else if err == nil && ready.Bits[w.pipe[0]/bits]&(1<<(w.pipe[0]%bits)) != 0 {
			return -1, os.ErrDeadlineExceeded
		}
	}
}

// recvNow is Recv where nothing waits: EAGAIN is an error.
func recvNow(fd int, buf []byte) (int, error) {
	for {
		n, _, err := syscall.Recvfrom(fd, buf, syscall.MSG_DONTWAIT)
		switch {
		case err == syscall.EINTR:
		case err != nil:
			return -1, err
		case n == 0:
			return 0, io.EOF
		default:
			return n, nil
		}
	}
}

func (d *interruptDevice) Close(fd int) error {
	d.mu.Lock()
	w := d.wakes[fd]
	delete(d.wakes, fd)
	d.mu.Unlock()
	if w == nil {
		return syscall.EBADF
	}
	syscall.Close(w.pipe[0])
	syscall.Close(w.pipe[1])
	return d.systemDevice.Close(fd)
}

// A moduleDevice takes its time as a Wi-Fi module does: each call is a command
// on a bus, one after the other, and what the server says arrives a round trip
// later. Recv asks again and again.
type moduleDevice struct {
	systemDevice
	bus sync.Mutex

	mu   sync.Mutex
	sent map[int]time.Time // when something was last sent on a socket
}

const (
	command   = time.Millisecond     // a call on the bus
	roundTrip = 5 * time.Millisecond // to the server and back, by Wi-Fi
)

func newModuleDevice() *moduleDevice { return &moduleDevice{sent: map[int]time.Time{}} }

func (d *moduleDevice) command() {
	d.bus.Lock()
	defer d.bus.Unlock()
	time.Sleep(command)
}

func (d *moduleDevice) Socket(domain, stype, protocol int) (int, error) {
	d.command()
	return d.systemDevice.Socket(domain, stype, protocol)
}

func (d *moduleDevice) SetSockOpt(fd, level, opt int, value any) error {
	d.command()
	return d.systemDevice.SetSockOpt(fd, level, opt, value)
}

func (d *moduleDevice) Connect(fd int, host string, ip netip.AddrPort) error {
	d.command()
	time.Sleep(roundTrip)
	return d.systemDevice.Connect(fd, host, ip)
}

func (d *moduleDevice) Send(fd int, buf []byte, flags int, deadline time.Time) (int, error) {
	d.command()
	d.mu.Lock()
	d.sent[fd] = time.Now()
	d.mu.Unlock()
	return d.systemDevice.Send(fd, buf, flags, deadline)
}

func (d *moduleDevice) Recv(fd int, buf []byte, _ int, deadline time.Time) (int, error) {
	for {
		d.command()
		d.mu.Lock()
		arrived := time.Since(d.sent[fd]) >= roundTrip
		d.mu.Unlock()
		if arrived {
			if n, err := recvNow(fd, buf); err != syscall.EAGAIN {
				return n, err
			}
		}
		if !deadline.IsZero() && !time.Now().Before(deadline) {
			return -1, os.ErrDeadlineExceeded
		}
		time.Sleep(command)
	}
}

func (d *moduleDevice) Close(fd int) error {
	d.command()
	d.mu.Lock()
	delete(d.sent, fd)
	d.mu.Unlock()
	return d.systemDevice.Close(fd)
}
