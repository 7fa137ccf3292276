// Tinynet puts Go's own net, net/http and crypto/tls on microcontrollers.
// `tinynet help` says what it can do, docs/commands.md has it to read.
package main

import (
	"context"
	"io/fs"
	"os"
	"os/signal"
	"syscall"

	"golang.org/x/term"

	"github.com/tinynet/tinynet/port"
)

func main() {
	os.Exit(mainStatus(port.FS, become))
}

// mainStatus is main with what tests choose: the port, and how to go on as
// another program.
func mainStatus(port fs.FS, become func(string, []string, []string) (int, error)) int {
	ctx := context.Background()
	var signals []os.Signal
	for _, s := range []os.Signal{os.Interrupt, syscall.SIGTERM} {
		if !signal.Ignored(s) { // being told of a signal would end its being ignored
			signals = append(signals, s)
		}
	}
	if len(signals) > 0 {
		var stop func()
		ctx, stop = signal.NotifyContext(ctx, signals...)
		defer stop()
	}
	t := &tool{port: port, stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr, become: become}
	if term.IsTerminal(int(os.Stderr.Fd())) && os.Getenv("TERM") != "dumb" {
		t.progress = newProgress(os.Stderr)
	}
	return t.run(ctx, os.Args[1:])
}
