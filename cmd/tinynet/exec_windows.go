package main

import (
	"errors"
	"os/exec"
	"syscall"
	"unsafe"

	// Windows' job objects, which the package syscall lacks.
	"golang.org/x/sys/windows"
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

// tied has the programs that this process starts end when it is killed, as the
// program that takes its place does on Unix: all are in a job, which Windows ends
// when nobody holds it any more. Once untied, they may outlive it. Where there is no such
// job, killing this process leaves them.
func tied() (untie func()) {
	job, err := windows.CreateJobObject(nil, nil)
	if err != nil {
		return func() {}
	}
	limit := func(flags uint32) error {
		var info windows.JOBOBJECT_EXTENDED_LIMIT_INFORMATION
		info.BasicLimitInformation.LimitFlags = flags
		_, err := windows.SetInformationJobObject(job, windows.JobObjectExtendedLimitInformation, uintptr(unsafe.Pointer(&info)), uint32(unsafe.Sizeof(info)))
		return err
	}
	if limit(windows.JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE) != nil ||
		windows.AssignProcessToJobObject(job, windows.CurrentProcess()) != nil {
		windows.CloseHandle(job)
		return func() {}
	}
	return func() {
		if limit(0) == nil { // otherwise to close it would end this process, too
			windows.CloseHandle(job)
		}
	}
}
