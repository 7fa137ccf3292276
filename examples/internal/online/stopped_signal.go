//go:build !baremetal && !tinygo.wasm

package online

import (
	"os"
	"os/signal"
	"syscall"
)

// Stopped is closed when the user ends the program, by an interrupt (Ctrl-C) or
// SIGTERM; a second one ends it at once. Ask for it before you say that the
// program is up.
func Stopped() <-chan struct{} {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	stopped := make(chan struct{})
	go func() {
		<-signals
		signal.Stop(signals)
		close(stopped)
	}()
	return stopped
}
