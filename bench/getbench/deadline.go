//go:build linux && tinynet_get && !tinynet_plain

package main

import (
	"net/netip"
	"os"
	"sync"
	"syscall"
	"time"
)

// A deadlineDevice has SetSockDeadline beside the eleven methods, which
// tinygo-net does not look for. Its sockets are files to Go, whose runtime
// waits for them without a thread for each.
type deadlineDevice struct {
	systemDevice
	mu    sync.RWMutex
	files map[int]*os.File // of connected sockets
}

func newDeadlineDevice() *deadlineDevice { return &deadlineDevice{files: map[int]*os.File{}} }

func (d *deadlineDevice) file(fd int) (*os.File, error) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	if f := d.files[fd]; f != nil {
		return f, nil
	}
	return nil, syscall.ENOTCONN
}

func (d *deadlineDevice) Connect(fd int, host string, ip netip.AddrPort) error {
	if err := d.systemDevice.Connect(fd, host, ip); err != nil {
		return err
	}
	if err := syscall.SetNonblock(fd, true); err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.files[fd] = os.NewFile(uintptr(fd), "socket")
	return nil
}

func (d *deadlineDevice) Send(fd int, buf []byte, _ int, _ time.Time) (int, error) {
	f, err := d.file(fd)
	if err != nil {
		return -1, err
	}
	return f.Write(buf)
}

func (d *deadlineDevice) Recv(fd int, buf []byte, _ int, _ time.Time) (int, error) {
	f, err := d.file(fd)
	if err != nil {
		return -1, err
	}
	return f.Read(buf)
}

// SetSockDeadline leaves a socket without a deadline that is not connected: the
// server is nearby, and Connect does not wait.
func (d *deadlineDevice) SetSockDeadline(fd, calls int, t time.Time) error {
	const reads, writes = 1, 2
	f, err := d.file(fd)
	if err != nil {
		return nil
	}
	switch calls {
	case reads:
		return f.SetReadDeadline(t)
	case writes:
		return f.SetWriteDeadline(t)
	}
	return f.SetDeadline(t)
}

func (d *deadlineDevice) Close(fd int) error {
	d.mu.Lock()
	f := d.files[fd]
	delete(d.files, fd)
	d.mu.Unlock()
	if f != nil {
		return f.Close()
	}
	return d.systemDevice.Close(fd)
}
