// Package tap is a link to this computer's own TCP/IP: a TAP device of Linux,
// whose other end is a network interface. It needs root, or a network namespace
// in which the program is root.
package tap

import (
	"fmt"
	"net/netip"
	"os"
	"syscall"
	"unsafe"
)

// A Link is one end of the cable; the other is the interface.
type Link struct{ file *os.File }

const (
	tunSetIff = 0x400454ca
	iffTap    = 0x2
	iffNoPI   = 0x1000
	ifNameLen = 16
)

// ifreq is the system's struct of that name.
type ifreq struct {
	name [ifNameLen]byte
	data [24]byte
}

// Open makes an interface of that name, with the address, and switches it on.
func Open(name string, addr netip.Prefix, mtu int) (*Link, error) {
	fd, err := syscall.Open("/dev/net/tun", syscall.O_RDWR|syscall.O_NONBLOCK|syscall.O_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("open /dev/net/tun: %w", err)
	}
	var r ifreq
	copy(r.name[:ifNameLen-1], name)
	*(*uint16)(unsafe.Pointer(&r.data)) = iffTap | iffNoPI
	if err := ioctl(fd, tunSetIff, &r); err != nil {
		syscall.Close(fd)
		return nil, fmt.Errorf("make interface %s: %w", name, err)
	}
	if err := configure(name, addr, mtu); err != nil {
		syscall.Close(fd)
		return nil, fmt.Errorf("configure interface %s: %w", name, err)
	}
	return &Link{os.NewFile(uintptr(fd), "/dev/net/tun")}, nil
}

// Up switches an interface on, as the loopback of a new network namespace, which
// is off at first.
func Up(name string) error { return configure(name, netip.Prefix{}, 0) }

func configure(name string, addr netip.Prefix, mtu int) error {
	s, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_DGRAM, 0)
	if err != nil {
		return err
	}
	defer syscall.Close(s)
	call := func(what uintptr, set func(data *[24]byte)) error {
		var r ifreq
		copy(r.name[:ifNameLen-1], name)
		set(&r.data)
		return ioctl(s, what, &r)
	}
	inet := func(ip netip.Addr) func(*[24]byte) {
		return func(data *[24]byte) {
			*(*uint16)(unsafe.Pointer(data)) = syscall.AF_INET
			b := ip.As4()
			copy(data[4:], b[:])
		}
	}
	if addr.IsValid() {
		if err := call(syscall.SIOCSIFADDR, inet(addr.Addr())); err != nil {
			return err
		}
		mask := ^uint32(0) << (32 - addr.Bits())
		if err := call(syscall.SIOCSIFNETMASK, inet(netip.AddrFrom4([4]byte{byte(mask >> 24), byte(mask >> 16), byte(mask >> 8), byte(mask)}))); err != nil {
			return err
		}
	}
	if mtu > 0 {
		if err := call(syscall.SIOCSIFMTU, func(data *[24]byte) { *(*int32)(unsafe.Pointer(data)) = int32(mtu) }); err != nil {
			return err
		}
	}
	return call(syscall.SIOCSIFFLAGS, func(data *[24]byte) {
		*(*uint16)(unsafe.Pointer(data)) = syscall.IFF_UP | syscall.IFF_RUNNING
	})
}

func ioctl(fd int, what uintptr, r *ifreq) error {
	if _, _, e := syscall.Syscall(syscall.SYS_IOCTL, uintptr(fd), what, uintptr(unsafe.Pointer(r))); e != 0 {
		return e
	}
	return nil
}

// Send gives the system a frame.
func (l *Link) Send(frame []byte) error {
	_, err := l.file.Write(frame)
	return err
}

// Receive hands each frame of the system to f, until Close.
func (l *Link) Receive(f func(frame []byte)) error {
	buf := make([]byte, 1<<16)
	for {
		n, err := l.file.Read(buf)
		if err != nil {
			return err
		}
		f(buf[:n])
	}
}

// Close takes the interface away.
func (l *Link) Close() error { return l.file.Close() }
