//go:build tinynetport && wasip1

package net

import (
	"errors"
	"io"
	"os"
	"syscall"
	"time"
)

// tetherLine is standard input and output. Input is read through the runtime's
// poller: a read that waits must not stop all goroutines.
func tetherLine() io.ReadWriter {
	syscall.SetNonblock(0, true)
	return &stdLine{os.NewFile(0, "tether"), shortTetherWait}
}

type stdLine struct {
	in   *os.File
	wait time.Duration
}

// How long to wait until the poller is not trusted.
const (
	shortTetherWait = 500 * time.Microsecond
	longTetherWait  = 8 * time.Millisecond
)

// Read looks again after a while even if the poller says nothing: it is not
// asked as long as a goroutine spins, and one of os/signal does on wasip1. Where the
// host has no input that can be polled, as on Windows, there is no deadline, and a
// read says at once that there is nothing.
func (l *stdLine) Read(p []byte) (int, error) {
	for {
		l.in.SetReadDeadline(time.Now().Add(l.wait))
		n, err := l.in.Read(p)
		switch {
		case n == 0 && errors.Is(err, syscall.EAGAIN):
			time.Sleep(l.wait)
		case n > 0 || !errors.Is(err, os.ErrDeadlineExceeded):
			l.wait = shortTetherWait
			return n, err
		}
		l.wait = min(2*l.wait, longTetherWait)
	}
}

func (l *stdLine) Write(p []byte) (int, error) { return os.Stdout.Write(p) }
