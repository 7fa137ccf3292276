//go:build !unix && !windows

package main

import (
	"os"
	"os/exec"
)

func become(path string, args, env []string) (int, error) { return spawn(path, args, env) }

// foreign tells whether a program was not built for this system.
func foreign(error) bool { return false }

// interruptible lets cmd end with its context, by an interrupt.
func interruptible(cmd *exec.Cmd) {
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
}

// tied would have the programs that this process starts end when it is killed; only
// Windows can do that.
func tied() (untie func()) { return func() {} }
