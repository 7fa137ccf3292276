package board

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/tinynet/tinynet/internal/assemble"
)

// A QEMU is a board that QEMU emulates and TinyGo builds for.
type QEMU struct {
	Name     string
	Emulator string   // QEMU's command
	args     []string // for the machine
	size     string   // of the memory, which begins there:
	memory   uint32
	ram      int    // bytes of it for the program's variables, at most
	page     uint32 // what the program and this computer tell each other
	inherits string // TinyGo's target
	script   string // for the linker
}

//go:embed target/riscv32.ld
var riscvScript string

//go:embed target/cortex-m3.ld
var cortexScript string

// QEMUs are the boards that QEMU emulates.
var QEMUs = []QEMU{
	{
		Name: "qemu-riscv32", Emulator: "qemu-system-riscv32", inherits: "riscv-qemu", script: riscvScript,
		args: []string{"-machine", "virt", "-bios", "none"},
		size: "128M", memory: 0x80000000, ram: 64 << 20, page: 0x86000000,
	},
	{
		Name: "qemu-cortex-m3", Emulator: "qemu-system-arm", inherits: "cortex-m-qemu", script: cortexScript,
		// Semihosting ends programs and tells the time. All else of it, which is
		// files and commands of this computer, is a debugger's, and there is none.
		args: []string{"-machine", "mps2-an385", "-semihosting-config", "enable=on,target=gdb"},
		size: "16M", memory: 0x21000000, ram: 16<<20 - 4096, page: 0x21fff000,
	},
}

// stackSize is of each goroutine. The machine has memory enough for TLS.
const stackSize = 32 << 10

// MostRAM is the most bytes of RAM that Target can give a program.
func (q QEMU) MostRAM() int { return q.ram }

// Target writes a TinyGo target for the board into a folder, and returns its
// file, for -target. The program has so many bytes of RAM; 0 is the most there can
// be.
func (q QEMU) Target(dir string, ram int) (string, error) {
	if ram == 0 {
		ram = q.ram
	}
	if ram < 0 || ram > q.ram {
		return "", fmt.Errorf("%d bytes of RAM: the board %s has %d", ram, q.Name, q.ram)
	}
	name := q.Name
	if ram != q.ram {
		name += fmt.Sprintf("-%d", ram)
	}
	dir = filepath.Join(dir, "target")
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return "", err
	}
	script := filepath.Join(dir, name+".ld")
	target, err := json.MarshalIndent(map[string]any{
		"inherits": []string{q.inherits}, "linkerscript": script, "default-stack-size": stackSize,
		// Programs hang with the scheduler for several cores, as of TinyGo 0.40: without
		// any network, too.
		"scheduler": "tasks",
	}, "", "\t")
	if err != nil {
		return "", err
	}
	file := filepath.Join(dir, name+".json")
	return file, write(dir, map[string][]byte{
		script: []byte(strings.Replace(q.script, "LENGTH = @RAM@", fmt.Sprint("LENGTH = ", ram), 1)), file: target,
	})
}

// write writes files in a folder, unless they are there.
func write(dir string, files map[string][]byte) error {
	for name, data := range files {
		if old, err := os.ReadFile(name); err == nil && string(old) == string(data) {
			continue
		}
		// Others may write the same at this moment: in one step, then.
		tmp, err := assemble.NewFile(dir, "tmp-")
		if err != nil {
			return err
		}
		_, err = tmp.Write(data)
		if err = errors.Join(err, tmp.Close()); err == nil {
			err = os.Rename(tmp.Name(), name)
		}
		if err != nil {
			os.Remove(tmp.Name())
			return err
		}
	}
	return nil
}

// TinyGo ends a program on the machine of ARM with a call of QEMU that knows success
// and failure. There is another that takes a status.
const (
	exitFile = "src/runtime/runtime_cortexm_qemu.go"
	exitCall = "arm.SemihostingCall(arm.SemihostingReportException, arm.SemihostingRunTimeErrorUnknown)"
	exitFunc = `
// exitStatus ends the program with a status.
func exitStatus(status int) {
	const sysExitExtended, applicationExit = 0x20, 0x20026
	block := [2]uintptr{applicationExit, uintptr(status)}
	arm.SemihostingCall(sysExitExtended, uintptr(unsafe.Pointer(&block)))
}
`
)

// Changed makes, in a folder, the files that stand in for some of TinyGo's root
// when a program is built for the board. A TinyGo that ends programs in another
// way stays as it is.
func (q QEMU) Changed(root, dir string) (map[string]string, error) {
	if q.Emulator != "qemu-system-arm" {
		return nil, nil
	}
	data, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(exitFile)))
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	text := string(data)
	if strings.Count(text, exitCall) != 1 || !strings.Contains(text, "func exit(code int) {") {
		return nil, nil
	}
	text = strings.Replace(text, exitCall, "exitStatus(code) // TINYGO: with its status", 1) + exitFunc
	dir = filepath.Join(dir, "target")
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, err
	}
	file := filepath.Join(dir, fmt.Sprintf("%x-%s", sha256.Sum256([]byte(text)), path.Base(exitFile)))
	return map[string]string{exitFile: file}, write(dir, map[string][]byte{file: []byte(text)})
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
	peak    Peak
	peakErr error
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
	seed := make([]byte, 32)
	if _, err := rand.Read(seed); err != nil {
		return nil, err
	}
	seedFile := filepath.Join(m.dir, "seed")
	if err := os.WriteFile(seedFile, seed, 0o600); err != nil {
		return nil, err
	}
	m.monitor = filepath.Join(m.dir, "monitor")
	args := append([]string{
		"-display", "none", "-serial", "stdio", "-monitor", "unix:" + m.monitor + ",server=on,wait=off",
		"-device", fmt.Sprintf("loader,file=%s,addr=%#x,force-raw=on", seedFile, q.page),
		"-m", q.size,
		"-nic", "none", // else QEMU connects one to this computer's network by itself
	}, q.args...)
	memory := ""
	if p.Measure {
		// What the program leaves in the memory can be read when it has ended.
		memory = filepath.Join(m.dir, "memory")
		args = append(args, "-object", "memory-backend-file,id=memory,share=on,size="+q.size+",mem-path="+memory, "-machine", "memory-backend=memory")
	}
	m.cmd = exec.CommandContext(ctx, q.Emulator, append(args, "-kernel", p.File)...)
	m.cmd.WaitDelay = time.Second
	var stderr *lineFilter
	if p.Stderr != nil {
		stderr = &lineFilter{to: p.Stderr, drop: []string{"has no peer"}}
		m.cmd.Stderr = stderr
	}
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
		if stderr != nil {
			stderr.flush()
		}
		if ctx.Err() != nil {
			m.err = ctx.Err()
		}
		if memory == "" {
			m.peakErr = errors.New("it was not to be measured")
		} else {
			m.peak, m.peakErr = q.peak(p.File, memory)
		}
		os.RemoveAll(m.dir)
	}()
	return m, nil
}

func (m *qemuMachine) Read(p []byte) (int, error)  { return m.out.Read(p) }
func (m *qemuMachine) Write(p []byte) (int, error) { return m.in.Write(p) }

// Peak is known when the program has ended.
func (m *qemuMachine) Peak() (Peak, error) {
	<-m.ended
	return m.peak, m.peakErr
}

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
