//go:build tinynetport && (!linux || nohostnet || baremetal)

package net

import "syscall"

// hosted says that the system has sockets of its own.
const hosted = false

func newHost() netdever { return nil }

func isSystemError(err error) bool {
	_, ok := err.(syscall.Errno)
	return ok
}

func hostInterfaceTable(int) ([]Interface, error)                { return nil, nil }
func hostInterfaceAddrTable(*Interface) ([]Addr, error)          { return nil, nil }
func hostInterfaceMulticastAddrTable(*Interface) ([]Addr, error) { return nil, nil }
