package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// grace is how long a command may take to end after the first signal. One that
// waits for a file that nobody writes, such as a FIFO, would never end.
const grace = 2 * time.Second

// signals returns a context that ends at the first signal. If the command has
// not ended a while after that, the process ends; and a second signal ends it at
// once, as if nobody had asked to be told. Stop gives the signals back to the
// system.
func signals(ctx context.Context) (_ context.Context, stop func()) {
	var list []os.Signal
	for _, s := range []os.Signal{os.Interrupt, syscall.SIGTERM} {
		if !signal.Ignored(s) { // being told of a signal would end its being ignored
			list = append(list, s)
		}
	}
	if len(list) == 0 {
		return ctx, func() {}
	}
	ctx, cancel := context.WithCancel(ctx)
	came, done := make(chan os.Signal, 1), make(chan struct{})
	signal.Notify(came, list...)
	go func() {
		select {
		case <-came:
		case <-done:
			return
		}
		signal.Stop(came)
		cancel()
		late := time.NewTimer(grace)
		defer late.Stop()
		select {
		case <-late.C:
			fmt.Fprintln(os.Stderr, "tinynet: interrupted")
			os.Exit(statusFailed)
		case <-done:
		}
	}()
	stopped := false
	return ctx, func() {
		if !stopped {
			stopped = true
			signal.Stop(came)
			close(done)
		}
	}
}
