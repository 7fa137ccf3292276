//go:build unix

package main

import (
	"errors"
	"os"
	"os/exec"
	"syscall"
)

// become replaces this process, so that signals, the terminal and the exit
// status are the program's own.
func become(path string, args, env []string) (int, error) {
	err := syscall.Exec(path, args, env)
	return 0, &os.PathError{Op: "exec", Path: path, Err: err}
}

// foreign tells whether a program was not built for this system.
func foreign(err error) bool { return errors.Is(err, syscall.ENOEXEC) }

// interruptible lets cmd end with its context, by an interrupt. It is in a
// group of its own: what the terminal sends comes here first, so that it is
// known why cmd ended.
func interruptible(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGINT) }
}

// tied would have the programs that this process starts end when it is killed; only
// Windows can do that.
func tied() (untie func()) { return func() {} }
