//go:build tinynetport && nohostnet

package net

import (
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
