package main

import (
	"errors"
	"os/exec"
	"syscall"
)

func become(path string, args, env []string) (int, error) { return spawn(path, args, env) }

// foreign tells whether a program was not built for this system: Windows says
// that it is no program, or one for another processor.
func foreign(err error) bool {
	const badFormat, otherMachine = syscall.Errno(193), syscall.Errno(216)
	return errors.Is(err, badFormat) || errors.Is(err, otherMachine)
}

var generateConsoleCtrlEvent = syscall.NewLazyDLL("kernel32.dll").NewProc("GenerateConsoleCtrlEvent")

// interruptible lets cmd end with its context. Windows has no signals for
// processes, but the events of a console: one for cmd's group reaches cmd and
// the programs that it has started, and Go's programs take it for an interrupt.
// Without a console, cmd is ended at once.
func interruptible(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{CreationFlags: syscall.CREATE_NEW_PROCESS_GROUP}
	cmd.Cancel = func() error {
		if ok, _, _ := generateConsoleCtrlEvent.Call(syscall.CTRL_BREAK_EVENT, uintptr(cmd.Process.Pid)); ok == 0 {
			return cmd.Process.Kill()
		}
		return nil
	}
}
