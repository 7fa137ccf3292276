//go:build tinynetport && !nohostnet && !tinygo && tinynet_bsd

package net

import "syscall"

// Numbers for host_bsd.go, where it is tried on Linux.
const (
	hostSO_REUSEPORT  = 0xf // as most processors have it; Go's syscall lacks it for some
	hostTCP_KEEPIDLE  = syscall.TCP_KEEPIDLE
	hostTCP_KEEPINTVL = syscall.TCP_KEEPINTVL
	hostTCP_KEEPCNT   = syscall.TCP_KEEPCNT
)
