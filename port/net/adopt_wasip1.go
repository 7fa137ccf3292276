//go:build tinynetport && !tinygo

package net

import (
	"internal/poll"
	"net/netip"
	"os"
	"sync"
	"syscall"
	"time"
	_ "unsafe" // for go:linkname
)

// handed is the device of sockets that the host has opened, and hands to the
// program as files: wasip1 has calls to accept, read and write, but none that
// makes a socket or tells an address. The program's own device, or the built-in
// loopback, is beside it.
type handed struct {
	mu    sync.Mutex
	socks map[int]*poll.FD
}

var handedDevice = sync.OnceValue(func() *device { return newDevice(&handed{socks: map[int]*poll.FD{}}) })

// unknown stands for addresses, which a program here cannot learn.
var unknown = netip.AddrPortFrom(netip.IPv4Unspecified(), 0)

// fdType is in syscall: what the host says that a file is.
//
//go:linkname fdType syscall.fd_fdstat_get_type
func fdType(fd int) (syscall.Filetype, error)

// adoptFile makes a socket of a file that the host says is one.
func adoptFile(f *os.File) (dev *device, s systemSocket, err error) {
	kind, err := fdType(f.PollFD().Sysfd)
	if err != nil {
		return nil, s, err
	}
	s = systemSocket{family: ndAF_INET, connected: true, local: sockname{ip: unknown}, remote: sockname{ip: unknown}}
	network := "tcp"
	switch kind {
	case syscall.FILETYPE_SOCKET_STREAM:
		s.sotype = ndSOCK_STREAM
	case syscall.FILETYPE_SOCKET_DGRAM:
		s.sotype, network = ndSOCK_DGRAM, "udp"
	default:
		return nil, s, syscall.ENOTSOCK
	}
	dev = handedDevice()
	h := dev.driver.(*handed)
	pfd := f.PollFD().Copy()
	if err := pfd.Init(network, true); err != nil {
		pfd.Close()
		return nil, s, err
	}
	// A number of our own: two files may be of one descriptor.
	s.sockfd = h.add(&pfd)
	return dev, s, nil
}

func (h *handed) add(pfd *poll.FD) (num int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for num = 1; h.socks[num] != nil; num++ {
	}
	h.socks[num] = pfd
	return num
}

func (h *handed) sock(num int) (*poll.FD, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if pfd := h.socks[num]; pfd != nil {
		return pfd, nil
	}
	return nil, syscall.EBADF
}

// handedError gives errors the form that Go's net gives them.
func handedError(call string, err error) error {
	switch err.(type) {
	case nil:
		return nil
	case syscall.Errno:
		return os.NewSyscallError(call, err)
	}
	if err == poll.ErrNetClosing {
		return errClosed
	}
	return err
}

func (h *handed) Accept(num int) (int, netip.AddrPort, error) {
	l, err := h.sock(num)
	if err != nil {
		return -1, unknown, err
	}
	fd, _, call, err := l.Accept()
	if err != nil {
		if call == "" {
			call = "accept"
		}
		return -1, unknown, handedError(call, err)
	}
	pfd := &poll.FD{Sysfd: fd, IsStream: true, ZeroReadIsEOF: true}
	if err := pfd.Init("tcp", true); err != nil {
		pfd.Close()
		return -1, unknown, err
	}
	return h.add(pfd), unknown, nil
}

func (h *handed) Send(num int, buf []byte, _ int, _ time.Time) (int, error) {
	pfd, err := h.sock(num)
	if err != nil {
		return 0, err
	}
	n, err := pfd.Write(buf)
	return n, handedError("write", err)
}

func (h *handed) Recv(num int, buf []byte, _ int, _ time.Time) (int, error) {
	pfd, err := h.sock(num)
	if err != nil {
		return 0, err
	}
	n, err := pfd.Read(buf)
	return n, handedError("read", err)
}

// SetSockDeadline gives Send and Recv the deadlines that they have none as
// arguments for.
func (h *handed) SetSockDeadline(num, calls int, t time.Time) error {
	pfd, err := h.sock(num)
	if err != nil {
		return err
	}
	switch calls {
	case ndReads:
		return pfd.SetReadDeadline(t)
	case ndWrites:
		return pfd.SetWriteDeadline(t)
	}
	return pfd.SetDeadline(t)
}

func (h *handed) Shutdown(num, how int) error {
	pfd, err := h.sock(num)
	if err != nil {
		return err
	}
	return handedError("shutdown", pfd.Shutdown(how))
}

func (h *handed) Close(num int) error {
	h.mu.Lock()
	pfd := h.socks[num]
	delete(h.socks, num)
	h.mu.Unlock()
	if pfd == nil {
		return syscall.EBADF
	}
	return handedError("close", pfd.Close())
}

func (h *handed) GetSockname(int) (netip.AddrPort, error) { return unknown, nil }

// What only a socket that the program makes would need.

func (h *handed) Addr() (netip.Addr, error)                   { return unknown.Addr(), nil }
func (h *handed) GetHostByName(string) (netip.Addr, error)    { return netip.Addr{}, syscall.ENOTSUP }
func (h *handed) Socket(int, int, int) (int, error)           { return -1, syscall.ENOTSUP }
func (h *handed) Bind(int, netip.AddrPort) error              { return syscall.ENOTSUP }
func (h *handed) Connect(int, string, netip.AddrPort) error   { return syscall.ENOTSUP }
func (h *handed) Listen(int, int) error                       { return syscall.ENOTSUP }
func (h *handed) SetSockOpt(int, int, int, interface{}) error { return syscall.ENOTSUP }
