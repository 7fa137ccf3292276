//go:build tinynetport && !port.sockets && !port.wasisockets

package net

import "syscall"

// hosted says that the system has sockets of its own.
const hosted = false

func newHost() netdever { return nil }

func isSystemError(err error) bool {
	_, ok := err.(syscall.Errno)
	return ok
}
