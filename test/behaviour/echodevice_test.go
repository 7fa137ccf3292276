//go:build tinynet_port

package behaviour_test

import (
	"net/netip"
	"time"

	"github.com/tinynet/tinynet/netdev"
	"github.com/tinynet/tinynet/netdev/simdev"
)

var echoAddr = netip.MustParseAddr("10.0.0.1")

// An echoDevice sends back at once what it is given, and allocates nothing.
type echoDevice struct {
	netdev.Netdever
	size int
}

func newEchoDevice(methods simdev.Methods) netdev.Netdever {
	e := &echoDevice{}
	switch methods {
	case simdev.Interrupts:
		return &echoInterrupter{echoDatagrammer{e}}
	case simdev.All:
		return &echoDeadliner{echoDatagrammer{e}}
	}
	return e
}

func (e *echoDevice) Addr() (netip.Addr, error)                       { return echoAddr, nil }
func (e *echoDevice) Socket(domain, stype, protocol int) (int, error) { return 1, nil }
func (e *echoDevice) Bind(sockfd int, ip netip.AddrPort) error        { return nil }
func (e *echoDevice) Connect(int, string, netip.AddrPort) error       { return nil }
func (e *echoDevice) Close(sockfd int) error                          { return nil }
func (e *echoDevice) SetSockOpt(_, _, _ int, value interface{}) error { return nil }
func (e *echoDevice) Send(_ int, p []byte, _ int, _ time.Time) (int, error) {
	e.size = len(p)
	return len(p), nil
}

func (e *echoDevice) Recv(_ int, p []byte, _ int, _ time.Time) (int, error) {
	return min(e.size, len(p)), nil
}

type echoDatagrammer struct{ *echoDevice }

func (e echoDatagrammer) SendTo(num int, p []byte, _ int, _ time.Time, to netip.AddrPort) (int, error) {
	return e.Send(num, p, 0, time.Time{})
}

func (e echoDatagrammer) RecvFrom(num int, p []byte, _ int, _ time.Time) (int, netip.AddrPort, error) {
	n, err := e.Recv(num, p, 0, time.Time{})
	return n, netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, 0, 2}), 7), err
}

type echoInterrupter struct{ echoDatagrammer }

func (echoInterrupter) Interrupt(sockfd, calls int, on bool) error { return nil }

type echoDeadliner struct{ echoDatagrammer }

func (echoDeadliner) SetSockDeadline(sockfd, calls int, t time.Time) error { return nil }
