//go:build tinynetport && !nohostnet && !tinygo

package net

import "syscall"

// OpenBSD has one setting of keep-alive for all of its sockets, and none for
// one: there are no such options.
const (
	hostSO_REUSEPORT  = syscall.SO_REUSEPORT
	hostTCP_KEEPIDLE  = 0
	hostTCP_KEEPINTVL = 0
	hostTCP_KEEPCNT   = 0
)
