//go:build darwin || freebsd || netbsd || openbsd || dragonfly

package host

import "syscall"

const reusePort = syscall.SO_REUSEPORT
