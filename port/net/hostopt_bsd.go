//go:build tinynetport && !nohostnet && !tinygo && (dragonfly || freebsd || netbsd)

package net

import "syscall"

// Numbers that are not the same on all systems with host_bsd.go.
const (
	hostSO_REUSEPORT  = syscall.SO_REUSEPORT
	hostTCP_KEEPIDLE  = syscall.TCP_KEEPIDLE
	hostTCP_KEEPINTVL = syscall.TCP_KEEPINTVL
	hostTCP_KEEPCNT   = syscall.TCP_KEEPCNT
)
