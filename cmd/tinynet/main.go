// Tinynet puts Go's own net, net/http and crypto/tls on microcontrollers.
// `tinynet help` says what it can do, docs/commands.md has it to read.
package main

import (
	"context"
	"io/fs"
	"os"

	"golang.org/x/term"

	"github.com/tinynet/tinynet/port"
)

func main() {
	os.Exit(mainStatus(port.FS, become))
}

// mainStatus is main with what tests choose: the port, and how to go on as
// another program.
func mainStatus(port fs.FS, become func(string, []string, []string) (int, error)) int {
	ctx, stop := signals(context.Background())
	defer stop()
	t := &tool{port: port, stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr}
	t.become = func(path string, args, env []string) (int, error) {
		stop() // from here on signals are for that program
		return become(path, args, env)
	}
	if term.IsTerminal(int(os.Stderr.Fd())) && os.Getenv("TERM") != "dumb" {
		t.progress = newProgress(os.Stderr)
	}
	return t.run(ctx, os.Args[1:])
}
