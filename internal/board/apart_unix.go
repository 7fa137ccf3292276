//go:build unix

package board

import (
	"os/exec"
	"syscall"
)

// apart keeps what a terminal sends from cmd: its end is decided here.
func apart(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }
