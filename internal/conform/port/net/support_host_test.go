//go:build tinynetport && linux && !nohostnet

package net

import "internal/poll"

// systemFD is the socket of the system that is below a socket of the host
// device.
func systemFD(fd *netFD) *poll.FD {
	s, err := hostDevice().driver.(*host).sock(fd.sysfd)
	if err != nil {
		panic(err)
	}
	return &s.pfd
}
