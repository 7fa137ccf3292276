//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package main

import "syscall"

func mkfifo(name string) error { return syscall.Mkfifo(name, 0o600) }

func ownGroup() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

func interruptGroup(pid int) error { return syscall.Kill(-pid, syscall.SIGINT) }
