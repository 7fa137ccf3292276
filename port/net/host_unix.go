//go:build tinynetport && port.sockets && !windows

package net

import (
	"os"
	"syscall"
)

// hostHandle is the type in which the system counts sockets.
type hostHandle = int

const (
	hostNumberStep  = 1     // between the numbers of sockets
	hostPollsAtOnce = false // a socket must not be known to the poller before it is connected
	hostSO_TYPE     = syscall.SO_TYPE

	// The calls that errors name, as Go's net does.
	hostCallRead     = "read"
	hostCallWrite    = "write"
	hostCallRecvFrom = "recvfrom"
	hostCallSendTo   = "sendto"
	hostCallRecvMsg  = "recvmsg"
	hostCallSendMsg  = "sendmsg"
	hostCallWritev   = "writev"
)

// The system's calls, which Go's own tests have fail or wait.
var (
	socketFunc        = syscall.Socket
	connectFunc       = syscall.Connect
	listenFunc        = syscall.Listen
	getsockoptIntFunc = syscall.GetsockoptInt
)

func newHostFD(handle hostHandle, _, sotype int) hostFD {
	return hostFD{
		Sysfd:         handle,
		IsStream:      sotype == ndSOCK_STREAM,
		ZeroReadIsEOF: sotype != ndSOCK_DGRAM && sotype != ndSOCK_RAW,
	}
}

func hostJoinPoller(fd *hostFD) error { return fd.Init("netdev", true) }

func hostClose(handle hostHandle) error { return syscall.Close(handle) }

// connect connects to sa. The socket is not blocked by it: the poller tells
// when there is an outcome, and SO_ERROR which.
func (s *hostSock) connect(sa syscall.Sockaddr) error {
	err := connectFunc(s.pfd.Sysfd, sa)
	if e := s.poll(); e != nil {
		return e
	}
	for {
		switch err {
		case nil, syscall.EISCONN:
			return nil
		case syscall.EINPROGRESS, syscall.EALREADY, syscall.EINTR:
		default:
			return os.NewSyscallError("connect", err)
		}
		if err := s.pfd.WaitWrite(); err != nil {
			return hostError("connect", err)
		}
		code, e := getsockoptIntFunc(s.pfd.Sysfd, syscall.SOL_SOCKET, syscall.SO_ERROR)
		if e != nil {
			return os.NewSyscallError("getsockopt", e)
		}
		if err = syscall.Errno(code); code != 0 {
			continue
		}
		// No error is no connection yet: the poller gives false alarms.
		if _, e := syscall.Getpeername(s.pfd.Sysfd); e == nil {
			return nil
		}
		err = syscall.EINPROGRESS
	}
}

func (h *host) dup(sockfd int, name string) (*os.File, error) {
	s, err := h.sock(sockfd)
	if err != nil {
		return nil, err
	}
	osfd, call, err := s.pfd.Dup()
	if err != nil {
		return nil, hostError(call, err)
	}
	return newUnixFile(osfd, name), nil
}

// newUnixFile is in os. Unlike with os.NewFile, the file's Fd gives a
// descriptor that blocks, which programs have come to expect of sockets.
func newUnixFile(fd int, name string) *os.File

// hostDupFile copies the socket that f is. The copy does not block.
func hostDupFile(f *os.File) (hostHandle, error) {
	osfd, call, err := dupHostFD(int(f.Fd()))
	if err != nil {
		return -1, hostError(call, err)
	}
	if err := syscall.SetNonblock(osfd, true); err != nil {
		hostClose(osfd)
		return -1, os.NewSyscallError("setnonblock", err)
	}
	return osfd, nil
}
