package main

import (
	"errors"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
)

// spawn runs a program to its end, hands on the signals that come, and returns
// its exit status. It does for become where a process cannot be replaced.
func spawn(path string, args, env []string) (int, error) {
	cmd := exec.Command(path)
	cmd.Args, cmd.Env = args, env
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	defer signal.Stop(signals)
	defer tied()()
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	for {
		select {
		case s := <-signals:
			cmd.Process.Signal(s) // where that does nothing, the console told the program itself
		case err := <-ended:
			var exit *exec.ExitError
			if !errors.As(err, &exit) {
				return 0, err
			}
			if status := exit.ExitCode(); status >= 0 {
				return status, nil
			}
			return statusFailed, nil // ended by a signal
		}
	}
}
