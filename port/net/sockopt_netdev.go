//go:build tinynetport

package net

import "net/netip"

// setOption sets a socket option. What the values mean is written down in
// tinynet's package netdev: switches are bool, times seconds as int, sizes
// bytes as int.
func (fd *netFD) setOption(level, opt int, value any) error {
	if err := fd.enterOther(); err != nil {
		return err
	}
	defer fd.leave(fdOther)
	return fd.dev.get().SetSockOpt(fd.sysfd, level, opt, value)
}

func setReadBuffer(fd *netFD, bytes int) error {
	return fd.setOption(ndSOL_SOCKET, ndSO_RCVBUF, bytes)
}

func setWriteBuffer(fd *netFD, bytes int) error {
	return fd.setOption(ndSOL_SOCKET, ndSO_SNDBUF, bytes)
}

func setKeepAlive(fd *netFD, on bool) error {
	return fd.setOption(ndSOL_SOCKET, ndSO_KEEPALIVE, on)
}

// setLinger sets how many seconds Close may go on sending; negative is the
// device's default, in the background.
func setLinger(fd *netFD, seconds int) error {
	return fd.setOption(ndSOL_SOCKET, ndSO_LINGER, seconds)
}

// joinGroup makes fd receive what is sent to a group, from the interface ifi
// or, if that is nil, the one that the device chooses.
func (fd *netFD) joinGroup(ifi *Interface, group IP) error {
	m := fd.dev.get().multicasts
	if m == nil {
		return errNoMulticast
	}
	ip, ok := netip.AddrFromSlice(group)
	if !ok {
		return &AddrError{Err: "invalid multicast address", Addr: group.String()}
	}
	ip = ip.Unmap()
	index := 0
	if ifi != nil {
		index = ifi.Index
		if err := m.SetMulticastInterface(fd.sysfd, ip.Is6(), index); err != nil {
			return err
		}
	}
	if err := m.SetMulticastLoopback(fd.sysfd, ip.Is6(), false); err != nil {
		return err
	}
	return m.JoinGroup(fd.sysfd, ip, index)
}
