package w5500mend

import (
	"net/netip"
	"sync"
	"syscall"
	"time"
)

// Driver is the driver of the chip, *w5500.Device.
type Driver interface {
	GetHostByName(name string) (netip.Addr, error)
	Addr() (netip.Addr, error)
	Socket(domain int, stype int, protocol int) (int, error)
	Bind(sockfd int, ip netip.AddrPort) error
	Connect(sockfd int, host string, ip netip.AddrPort) error
	Listen(sockfd int, backlog int) error
	Accept(sockfd int) (int, netip.AddrPort, error)
	Send(sockfd int, buf []byte, flags int, deadline time.Time) (int, error)
	Recv(sockfd int, buf []byte, flags int, deadline time.Time) (int, error)
	Close(sockfd int) error
	SetSockOpt(sockfd int, level int, opt int, value any) error

	LinkStatus() uint8
}

// A Device is a network device for package net: a driver, a Connect that waits
// for the connection, and datagrams to and from more than one peer.
type Device struct {
	Driver
	bus *Bus

	dialling  sync.Mutex // Socket and Connect of the driver
	borrowing sync.Mutex
	mu        sync.Mutex
	udp       map[int]int // the chip's socket, by number
}

// NewDevice makes a device of a driver on a bus.
func NewDevice(driver Driver, bus *Bus) *Device {
	return &Device{Driver: driver, bus: bus, udp: map[int]int{}}
}

// borrow runs f while the driver is not using the bus: a method that does
// nothing else takes the driver's lock for it.
func (d *Device) borrow(f func(low *chip)) {
	d.borrowing.Lock()
	defer d.borrowing.Unlock()
	d.bus.borrowed.Store(&f)
	d.Driver.LinkStatus()
}

// Socket opens a socket.
func (d *Device) Socket(domain, stype, protocol int) (int, error) {
	d.dialling.Lock()
	defer d.dialling.Unlock()
	num, err := d.Driver.Socket(domain, stype, protocol)
	if err == nil {
		d.mu.Lock()
		delete(d.udp, num)
		if stype == 2 { // SOCK_DGRAM
			d.udp[num] = d.bus.lastUDP
		}
		d.mu.Unlock()
	}
	return num, err
}

// Connect connects, and waits for it.
func (d *Device) Connect(num int, host string, to netip.AddrPort) error {
	d.dialling.Lock()
	err := d.Driver.Connect(num, host, to)
	n := d.bus.lastDial
	d.dialling.Unlock()
	if err != nil || d.socket(num) >= 0 {
		return err
	}
	for pause := 100 * time.Microsecond; ; pause = min(2*pause, 10*time.Millisecond) {
		var status, ir byte
		d.borrow(func(low *chip) { status, ir = low.get(n, snSR), low.get(n, snIR) })
		switch {
		case status == stSynSent:
			time.Sleep(pause)
		case status == stEstablished || status == stCloseWait:
			return nil
		case ir&intTimeout != 0:
			return syscall.ETIMEDOUT
		default:
			return syscall.ECONNREFUSED
		}
	}
}

// socket is the chip's socket for a number of UDP, -1 for one of TCP.
func (d *Device) socket(num int) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	if n, ok := d.udp[num]; ok {
		return n
	}
	return -1
}

// SendTo sends a datagram.
func (d *Device) SendTo(num int, buf []byte, flags int, deadline time.Time, to netip.AddrPort) (int, error) {
	n := d.socket(num)
	if n < 0 || !to.Addr().Is4() {
		return 0, syscall.EINVAL
	}
	d.borrow(func(low *chip) {
		if low.get16(n, snPORT) == 0 {
			low.put16(n, snPORT, low.ephemeral(*low))
			low.order(n, cmdOpen)
		}
		ip := to.Addr().As4()
		low.put(n, snDIPR, ip[:]...)
		low.put16(n, snDPORT, to.Port())
	})
	return d.Driver.Send(num, buf, flags, deadline)
}

// RecvFrom receives a datagram.
func (d *Device) RecvFrom(num int, buf []byte, flags int, deadline time.Time) (int, netip.AddrPort, error) {
	s := d.socket(num)
	if s < 0 {
		return 0, netip.AddrPort{}, syscall.EINVAL
	}
	n, err := d.Driver.Recv(num, buf, flags, deadline)
	if err != nil {
		return 0, netip.AddrPort{}, err
	}
	return n, d.bus.socks[s].from, nil
}
