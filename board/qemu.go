package board

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"time"
)

// A QEMU is a board that QEMU emulates and TinyGo builds for.
type QEMU struct {
	Name     string
	Emulator string   // QEMU's command
	args     []string // for the machine
	inherits string   // TinyGo's target
	script   string   // for the linker
}

//go:embed target/riscv32.ld
var riscvScript string

//go:embed target/cortex-m3.ld
var cortexScript string

// QEMUs are the boards that QEMU emulates.
var QEMUs = []QEMU{
	{
		Name: "qemu-riscv32", Emulator: "qemu-system-riscv32", inherits: "riscv-qemu", script: riscvScript,
		args: []string{"-machine", "virt", "-m", "128M", "-bios", "none"},
	},
	{
		Name: "qemu-cortex-m3", Emulator: "qemu-system-arm", inherits: "cortex-m-qemu", script: cortexScript,
		args: []string{"-machine", "mps2-an385", "-semihosting-config", "enable=on,target=native"},
	},
}

// stackSize is of each goroutine. The machine has memory enough for TLS.
const stackSize = 32 << 10

// Target writes a TinyGo target for the board into a folder, and returns its
// file, for -target.
func (q QEMU) Target(dir string) (string, error) {
	dir = filepath.Join(dir, "target")
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return "", err
	}
	script := filepath.Join(dir, q.Name+".ld")
	target, err := json.MarshalIndent(map[string]any{
		"inherits": []string{q.inherits}, "linkerscript": script, "default-stack-size": stackSize,
	}, "", "\t")
	if err != nil {
		return "", err
	}
	file := filepath.Join(dir, q.Name+".json")
	for name, data := range map[string][]byte{script: []byte(q.script), file: target} {
		if old, err := os.ReadFile(name); err == nil && string(old) == string(data) {
			continue
		}
		// Others may write the same at this moment: in one step, then.
		tmp, err := os.CreateTemp(dir, "tmp-")
		if err != nil {
			return "", err
		}
		_, err = tmp.Write(data)
		if err = errors.Join(err, tmp.Close()); err == nil {
			err = os.Rename(tmp.Name(), name)
		}
		if err != nil {
			os.Remove(tmp.Name())
			return "", err
		}
	}
	return file, nil
}

// A qemuMachine is a process of QEMU, whose standard input and output are the
// serial line.
type qemuMachine struct {
	cmd     *exec.Cmd
	in      io.WriteCloser
	out     *os.File
	dir     string
	monitor string
	ended   chan struct{}
	err     error
	once    sync.Once
}

// Start runs a program that TinyGo built for the board.
func (q QEMU) Start(ctx context.Context, p Program) (_ Machine, err error) {
	m := &qemuMachine{ended: make(chan struct{})}
	// A short name: those of unix sockets are limited.
	if m.dir, err = os.MkdirTemp("", "tnq"); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			os.RemoveAll(m.dir)
		}
	}()
	m.monitor = filepath.Join(m.dir, "monitor")
	args := append([]string{
		"-display", "none", "-serial", "stdio", "-monitor", "unix:" + m.monitor + ",server=on,wait=off",
	}, q.args...)
	m.cmd = exec.CommandContext(ctx, q.Emulator, append(args, "-kernel", p.File)...)
	m.cmd.WaitDelay = time.Second
	m.cmd.Stderr = p.Stderr
	apart(m.cmd)
	if m.in, err = m.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	m.out, m.cmd.Stdout = r, w
	err = m.cmd.Start()
	w.Close()
	if err != nil {
		r.Close()
		return nil, fmt.Errorf("start %s: %w", q.Emulator, err)
	}
	go func() {
		defer close(m.ended)
		m.err = m.cmd.Wait()
		if ctx.Err() != nil {
			m.err = ctx.Err()
		}
		os.RemoveAll(m.dir)
	}()
	return m, nil
}

func (m *qemuMachine) Read(p []byte) (int, error)  { return m.out.Read(p) }
func (m *qemuMachine) Write(p []byte) (int, error) { return m.in.Write(p) }

// Reset is that of QEMU's monitor: the machine begins anew, with its memory as
// the program's file has it.
func (m *qemuMachine) Reset() error {
	conn, err := net.Dial("unix", m.monitor)
	if err != nil {
		return fmt.Errorf("reach QEMU's monitor: %w", err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(30 * time.Second))
	if _, err := io.WriteString(conn, "system_reset\n"); err != nil {
		return err
	}
	// It prompts before and after.
	var said []byte
	buf := make([]byte, 1024)
	for bytes.Count(said, []byte("(qemu)")) < 2 {
		n, err := conn.Read(buf)
		if said = append(said, buf[:n]...); err != nil {
			return fmt.Errorf("QEMU's monitor: %w", err)
		}
	}
	return nil
}

func (m *qemuMachine) Close() error {
	m.once.Do(func() {
		m.cmd.Process.Kill()
		m.in.Close()
	})
	<-m.ended
	m.out.Close()
	return nil
}

func (m *qemuMachine) Wait() (int, error) {
	<-m.ended
	var exit *exec.ExitError
	if errors.As(m.err, &exit) && exit.ExitCode() >= 0 {
		return exit.ExitCode(), nil
	}
	return 0, m.err
}
