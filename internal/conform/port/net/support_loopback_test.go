//go:build tinynetport && (!linux || nohostnet)

package net

import (
	"errors"
	"internal/poll"
	"syscall"
)

// The system's calls, which the tests wrap though nobody makes them here.
var (
	socketFunc        = syscall.Socket
	connectFunc       = syscall.Connect
	listenFunc        = syscall.Listen
	getsockoptIntFunc = syscall.GetsockoptInt
)

func systemFD(*netFD) *poll.FD { panic("the loopback is no socket of the system") }

func parseProcNetIGMP(string, *Interface) []Addr  { panic("there is no /proc") }
func parseProcNetIGMP6(string, *Interface) []Addr { panic("there is no /proc") }

// What the tests do with the number of a socket is between the system and them
// elsewhere. Here it shows that they are given one.

func controlRawConn(c syscall.RawConn, _ Addr) error {
	given := false
	if err := c.Control(func(uintptr) { given = true }); err != nil {
		return err
	}
	if !given {
		return errors.New("Control did not call its function")
	}
	return nil
}

func controlOnConnSetup(network, address string, c syscall.RawConn) error {
	if network == "tcp" || network == "udp" || network == "ip" {
		return errors.New("the control function is told of the network " + network + ", which does not say the address family")
	}
	return controlRawConn(c, nil)
}

func readRawConn(c syscall.RawConn, _ []byte) (int, error) {
	return 0, c.Read(func(uintptr) bool { return true })
}

func writeRawConn(c syscall.RawConn, _ []byte) error {
	return c.Write(func(uintptr) bool { return true })
}
