package board

import (
	"context"
	"encoding/binary"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestEscape: a program that was made by hand to ask QEMU for a command of this
// computer's gets none; but it gets the time, and can end with a status.
func TestEscape(t *testing.T) {
	i := slices.IndexFunc(QEMUs, func(q QEMU) bool { return q.Name == "qemu-cortex-m3" })
	q := QEMUs[i]
	if _, err := exec.LookPath(q.Emulator); err != nil {
		t.Skip(err)
	}
	dir := t.TempDir()
	command := "touch " + filepath.Join(dir, "escaped")
	var p []byte
	word := func(words ...uint32) {
		for _, w := range words {
			p = binary.LittleEndian.AppendUint32(p, w)
		}
	}
	word(
		0x20001000, 0x9, // the stack, and where to begin
		0x4905<<16|0x2012, 0x2011<<16|0xbeab, // SYS_SYSTEM with the first block
		0xbeab<<16|0x2100, 0x4903<<16|0x0f00, // SYS_TIME, of which the upper bits go to the second
		0x2020<<16|0x6048, 0xe7fe<<16|0xbeab, // SYS_EXIT_EXTENDED with that
		0x28, 0x30, // where the blocks are
		0x38, uint32(len(command)), // the first
		0x20026, 0, // the second
	)
	p = append(p, command+"\x00"...)
	file := filepath.Join(dir, "program.bin")
	if err := os.WriteFile(file, p, 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	m, err := q.Start(ctx, Program{File: file, Stderr: io.Discard})
	if err != nil {
		t.Fatal(err)
	}
	go io.Copy(io.Discard, m)
	status, err := m.Wait()
	m.Close()
	if want := int(time.Now().Unix() >> 28); err != nil || status != want {
		t.Errorf("the program ends with status %d (%v), want %d, which it has of the time", status, err, want)
	}
	if _, err := os.Stat(filepath.Join(dir, "escaped")); err == nil {
		t.Error("the program has run a command on this computer")
	}
}

// TestOnlyNetwork: a machine has no network card of its own, which QEMU would
// connect to this computer's network, loopback addresses and all.
func TestOnlyNetwork(t *testing.T) {
	for _, q := range QEMUs {
		t.Run(q.Name, func(t *testing.T) {
			if _, err := exec.LookPath(q.Emulator); err != nil {
				t.Skip(err)
			}
			file := filepath.Join(t.TempDir(), "program.bin")
			if err := os.WriteFile(file, []byte{0, 0x10, 0, 0x20, 9, 0, 0, 0, 0xfe, 0xe7, 0xfe, 0xe7}, 0o600); err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
			defer cancel()
			m, err := q.Start(ctx, Program{File: file, Stderr: io.Discard})
			if err != nil {
				t.Fatal(err)
			}
			go io.Copy(io.Discard, m)
			defer m.Close()
			var conn net.Conn
			for conn == nil && ctx.Err() == nil {
				if conn, err = net.Dial("unix", m.(*qemuMachine).monitor); err != nil {
					time.Sleep(10 * time.Millisecond)
				}
			}
			if conn == nil {
				t.Fatal(err)
			}
			defer conn.Close()
			conn.SetDeadline(time.Now().Add(10 * time.Second))
			io.WriteString(conn, "info network\nquit\n")
			got, _ := io.ReadAll(conn)
			if strings.Contains(string(got), "type=user") || strings.Contains(string(got), "net=") {
				t.Errorf("the machine has a network: %s", got)
			}
		})
	}
}
