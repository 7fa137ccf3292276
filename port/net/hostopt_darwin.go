//go:build tinynetport && !nohostnet && !tinygo

package net

import "syscall"

// macOS has other names for the first of these, and Go's syscall none for the
// others: they are as in the system's netinet/tcp.h.
const (
	hostSO_REUSEPORT  = syscall.SO_REUSEPORT
	hostTCP_KEEPIDLE  = syscall.TCP_KEEPALIVE
	hostTCP_KEEPINTVL = 0x101
	hostTCP_KEEPCNT   = 0x102
)
