//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd)

package main

import (
	"errors"
	"syscall"
)

func mkfifo(name string) error { return errors.ErrUnsupported }

func ownGroup() *syscall.SysProcAttr { return nil }

func interruptGroup(pid int) error { return errors.ErrUnsupported }
