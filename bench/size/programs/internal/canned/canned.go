// Package canned is the smallest network device that the programs can be run
// against: every socket reads one canned text, then io.EOF; what is sent is
// printed; a listener accepts one connection.
package canned

import (
	"io"
	"net/netip"
	"time"

	"tinygo.org/x/drivers/netdev"
)

type Dev struct {
	Canned   string // what each connection reads
	fd       int
	accepted bool
	read     int
}

// Use sets a fake netdev whose connections read canned.
func Use(canned string) { netdev.UseNetdev(&Dev{Canned: canned}) }

func (d *Dev) GetHostByName(name string) (netip.Addr, error) {
	return netip.AddrFrom4([4]byte{10, 0, 0, 2}), nil
}
func (d *Dev) Addr() (netip.Addr, error) { return netip.AddrFrom4([4]byte{10, 0, 0, 1}), nil }
func (d *Dev) Socket(domain, stype, protocol int) (int, error) {
	d.fd++
	return d.fd, nil
}
func (d *Dev) Bind(fd int, ip netip.AddrPort) error                 { return nil }
func (d *Dev) Connect(fd int, host string, ip netip.AddrPort) error { return nil }
func (d *Dev) Listen(fd int, backlog int) error                     { return nil }
func (d *Dev) Accept(fd int) (int, netip.AddrPort, error) {
	if d.accepted {
		time.Sleep(100 * time.Millisecond)
		return -1, netip.AddrPort{}, netdev.ErrNoMoreSockets
	}
	d.accepted = true
	d.fd++
	return d.fd, netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, 0, 2}), 4242), nil
}
func (d *Dev) Send(fd int, buf []byte, flags int, deadline time.Time) (int, error) {
	print(string(buf))
	return len(buf), nil
}
func (d *Dev) Recv(fd int, buf []byte, flags int, deadline time.Time) (int, error) {
	if d.read == len(d.Canned) {
		return 0, io.EOF
	}
	n := copy(buf, d.Canned[d.read:])
	d.read += n
	return n, nil
}
func (d *Dev) Close(fd int) error { return nil }
func (d *Dev) SetSockOpt(fd, level, opt int, value interface{}) error {
	return nil
}
