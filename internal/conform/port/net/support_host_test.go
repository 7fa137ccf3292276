//go:build tinynetport && linux && !nohostnet

package net

import (
	"internal/poll"
	"sync"
	"syscall"
)

// getsockoptIntFunc is by what Go's own net learns how a connect went. The host
// device calls connect again instead; so that a test can interfere at that
// moment, this is called then.
var getsockoptIntFunc = syscall.GetsockoptInt

func init() {
	extraTestHookInstallers = append(extraTestHookInstallers, func() {
		connect := connectFunc
		var pending sync.Map // by socket
		connectFunc = func(fd int, to syscall.Sockaddr) error {
			err := connect(fd, to)
			if _, again := pending.LoadAndDelete(fd); again && (err == nil || err == syscall.EISCONN) {
				if code, e := getsockoptIntFunc(fd, syscall.SOL_SOCKET, syscall.SO_ERROR); e != nil {
					return e
				} else if code != 0 {
					return syscall.Errno(code)
				}
			} else if err == nil || err == syscall.EINPROGRESS {
				// One that is done at once may be called pending by a test.
				pending.Store(fd, nil)
			}
			return err
		}
	})
}

// systemFD is the socket of the system that is below a socket of the host
// device.
func systemFD(fd *netFD) *poll.FD {
	s, err := hostDevice().driver.(*host).sock(fd.sysfd)
	if err != nil {
		panic(err)
	}
	return &s.pfd
}
