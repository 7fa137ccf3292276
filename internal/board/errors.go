//go:build !plan9

package board

import "syscall"

// What the other end of a cable answers.
const (
	errRefused = syscall.ECONNREFUSED
	errNoRoute = syscall.EHOSTUNREACH
)
