package main

import (
	"bufio"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestKilledParent: who kills the command has also ended the program that it runs.
func TestKilledParent(t *testing.T) {
	cmd, addr, rest := spawned(t, func(*exec.Cmd) {})
	cmd.Process.Kill()
	// The child has the pipe, too, which so ends with it.
	if said, err := io.ReadAll(rest); err != nil || len(said) > 0 {
		t.Errorf("after its parent was killed, the child says %q, %v, want its end", said, err)
	}
	cmd.Wait()
	wantFree(t, addr)
}

// TestBreak: an event of the console reaches the program, and the command ends with
// the program's status.
func TestBreak(t *testing.T) {
	cmd, addr, rest := spawned(t, func(cmd *exec.Cmd) {
		cmd.SysProcAttr = &syscall.SysProcAttr{CreationFlags: syscall.CREATE_NEW_PROCESS_GROUP}
	})
	if ok, _, err := generateConsoleCtrlEvent.Call(syscall.CTRL_BREAK_EVENT, uintptr(cmd.Process.Pid)); ok == 0 {
		cmd.Process.Kill()
		cmd.Wait()
		t.Skip("no console: ", err)
	}
	said, err := io.ReadAll(rest)
	cmd.Wait()
	if status := cmd.ProcessState.ExitCode(); string(said) != "interrupted\n" || err != nil || status != 9 {
		t.Errorf("the child says %q, %v, and the command ends with status %d, want an interrupt and 9", said, err, status)
	}
	wantFree(t, addr)
}

// spawned starts a parent, and returns the address of its child and what it says
// after that. Both are given up after a minute.
func spawned(t *testing.T, setup func(*exec.Cmd)) (cmd *exec.Cmd, addr string, rest io.Reader) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd = exec.Command(self)
	cmd.Env = append(os.Environ(), "TINYNET_TEST=parent", "GORACE=atexit_sleep_ms=0")
	cmd.Stderr = os.Stderr
	setup(cmd)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	watch := time.AfterFunc(time.Minute, func() {
		cmd.Process.Kill()
		out.Close()
	})
	t.Cleanup(func() { watch.Stop() })
	lines := bufio.NewReader(out)
	line, err := lines.ReadString('\n')
	if err != nil {
		t.Fatalf("the child says %q, %v", line, err)
	}
	return cmd, strings.TrimSpace(line), lines
}

// wantFree fails if an address is not free.
func wantFree(t *testing.T, addr string) {
	t.Helper()
	ln, err := net.Listen("tcp", addr)
	if err != nil {
		t.Fatalf("the child's port is not free: %v", err)
	}
	ln.Close()
}
