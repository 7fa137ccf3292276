//go:build tinynetport

package net

// When a driver without deadlines is asked again, with goroutines and without.

import (
	"os"
	"time"
)

const (
	// patientSlice is how long a driver is asked to wait in one Recv. It bounds
	// the time for which a closed connection stays in a driver that keeps the
	// deadlines that it is given.
	patientSlice = 100 * time.Millisecond

	// patientPause is the longest time until a driver is asked again that does
	// not wait itself.
	patientPause = 50 * time.Millisecond
)

// patientRest sleeps, each time longer.
func patientRest(before time.Duration) time.Duration {
	pause := min(2*before+time.Millisecond, patientPause)
	time.Sleep(pause)
	return pause
}

// errUncounted is what a Write gets when its connection can't be used any more.
var errUncounted error = &uncountedError{}

type uncountedError struct{}

func (*uncountedError) Error() string {
	return "the network device's driver has sent a part, and does not tell how much"
}

// stale reports whether an error of Send, which has no deadline, can only be due
// to one that the socket had before: there are drivers that do not clear it.
// Other errors that are timeouts say that the peer does not answer any more.
func stale(err error) bool { return err != nil && errorIs(err, os.ErrDeadlineExceeded) }
