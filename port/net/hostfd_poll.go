//go:build tinynetport && port.sockets && !tinygo && !windows

package net

import "internal/poll"

// hostFD is a file descriptor for which Go's runtime waits.
type hostFD = poll.FD

var errHostFDClosing = poll.ErrNetClosing

// dupHostFD copies a file descriptor, and names the system call that failed.
func dupHostFD(osfd int) (newfd int, call string, err error) {
	return poll.DupCloseOnExec(osfd)
}
