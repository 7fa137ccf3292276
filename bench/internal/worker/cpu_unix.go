//go:build unix

package worker

import (
	"syscall"
	"time"
)

// cpuTime is how long this process has computed so far, the system's work for
// it included.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
