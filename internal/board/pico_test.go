package board_test

import (
	"bytes"
	"context"
	"debug/elf"
	"encoding/binary"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/tinynet/tinynet/internal/board"
	"github.com/tinynet/tinynet/internal/execfile"
)

// picoInstall is where the emulator of the Pico is, if it can run here.
func picoInstall(t *testing.T) string {
	t.Helper()
	for _, tool := range []string{"node", "npm"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("no %s on PATH", tool)
		}
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		cache = t.TempDir()
	}
	install, err := board.InstallPico(context.Background(), filepath.Join(cache, "tinynet"), nil)
	if err != nil {
		t.Fatal(err)
	}
	return install
}

// pico starts programs on it.
func pico(t *testing.T) board.Starter {
	t.Helper()
	install := picoInstall(t)
	return func(ctx context.Context, p board.Program) (board.Machine, error) {
		p.Install = install
		return board.StartPico(ctx, p)
	}
}

// TestPicoProcessor: the instructions do what those of the emulator's library do,
// which is another implementation of them.
func TestPicoProcessor(t *testing.T) {
	t.Parallel()
	out, err := exec.Command("node", "testdata/processor.mjs", picoInstall(t), "100000").CombinedOutput()
	if err != nil || !strings.Contains(string(out), "100000 instructions, 0 differences") {
		t.Errorf("%v\n%s", err, out)
	}
}

// A block of a UF2 file.
type uf2 struct {
	start, second, flags, address, size, _, of, family uint32
	data                                               [476]byte
	end                                                uint32
}

// block is one for the RP2040.
func block(address uint32, data []byte) uf2 {
	b := uf2{start: 0x0a324655, second: 0x9e5d5157, flags: 0x2000, address: address, size: uint32(len(data)), of: 1, family: 0xe48bff56, end: 0x0ab16f30}
	copy(b.data[:], data)
	return b
}

func (b uf2) bytes() []byte {
	var out bytes.Buffer
	binary.Write(&out, binary.LittleEndian, b)
	return out.Bytes()
}

// code is firmware that consists of a few instructions and words behind them.
func code(instructions []uint16, words ...uint32) []byte {
	var out bytes.Buffer
	vectors := make([]uint32, 48)
	vectors[0], vectors[1] = 0x20001000, 0x10000100+48*4+1
	for i := 2; i < len(vectors); i++ {
		vectors[i] = vectors[1]
	}
	binary.Write(&out, binary.LittleEndian, vectors)
	binary.Write(&out, binary.LittleEndian, instructions)
	binary.Write(&out, binary.LittleEndian, words)
	return block(0x10000100, out.Bytes()).bytes()
}

// TestPicoEnds: whatever a program does at its end, it is told.
func TestPicoEnds(t *testing.T) {
	t.Parallel()
	start := pico(t)
	const (
		wfi  = 0xbf30
		back = 0xe7fd // to the instruction before
		self = 0xe7fe
		nop  = 0x46c0
	)
	for _, test := range []struct {
		name   string
		code   []byte
		status int
		says   string
	}{
		{"end", code([]uint16{wfi, back}), 0, ""},
		// ldr r0, [pc, #8]; ldr r1, [pc, #8]; str r1, [r0]; wfi
		{"status", code([]uint16{0x4802, 0x4903, 0x6001, wfi, back, nop}, 0x20041108, 0x54e70007), 7, ""},
		{"spin", code([]uint16{nop, self}), 0, "the program spins"},
		{"read", code([]uint16{0x4800, 0x6801}, 0x60000000), 0, "hard fault: read from the address 0x60000000, where there is nothing\nat 0x100001c2"},
		{"write", code([]uint16{0x4801, 0x6001, nop, nop}, 0), 0, "hard fault: write to the address 0x0, where there is nothing\nat 0x100001c2"},
		{"unaligned", code([]uint16{0x4801, 0x6801, nop, nop}, 0x20000001), 0, "hard fault: read of a word from the address 0x20000001"},
		{"trap", code([]uint16{nop, 0xde2a}), 0, "number 42\nat 0x100001c2"},
		{"second core", code([]uint16{0x4800, 0x6801}, 0xd0000050), 0, "the program starts the second core, which is not emulated; TinyGo builds for one with -scheduler=tasks\nat 0x100001c2"},
		// bx to address 0
		{"call of nothing", code([]uint16{0x4800, 0x4780}, 1), 0, "hard fault: read from the address 0x0"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(t.TempDir(), "firmware.uf2")
			if err := os.WriteFile(file, test.code, 0o666); err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithTimeout(context.Background(), patience)
			defer cancel()
			var said bytes.Buffer
			m, err := start(ctx, board.Program{File: file, Stderr: &said})
			if err != nil {
				t.Fatal(err)
			}
			defer m.Close()
			status, err := m.Wait()
			if test.says == "" {
				if status != test.status || err != nil {
					t.Errorf("got status %d, %v, want %d\n%s", status, err, test.status, &said)
				}
			} else if err == nil || !strings.Contains(err.Error(), test.says) {
				t.Errorf("got status %d, %v, want an error with %q\n%s", status, err, test.says, &said)
			}
			if c, err := m.(board.Counted).Counters(); err != nil || c.Cycles < 1 || c.Frequency != 125e6 {
				t.Errorf("got %+v, %v, want cycles at 125 MHz", c, err)
			}
		})
	}
}

// elfHeader is the beginning of an ELF file that has nothing in it.
func elfHeader(class elf.Class, machine elf.Machine) []byte {
	var out bytes.Buffer
	ident := [elf.EI_NIDENT]byte{0x7f, 'E', 'L', 'F', byte(class), byte(elf.ELFDATA2LSB), byte(elf.EV_CURRENT)}
	if class == elf.ELFCLASS64 {
		binary.Write(&out, binary.LittleEndian, elf.Header64{Ident: ident, Type: uint16(elf.ET_EXEC), Machine: uint16(machine), Version: 1, Ehsize: 64})
	} else {
		binary.Write(&out, binary.LittleEndian, elf.Header32{Ident: ident, Type: uint16(elf.ET_EXEC), Machine: uint16(machine), Version: 1, Ehsize: 52})
	}
	return out.Bytes()
}

// TestPicoRefuses: what is no firmware for the chip is not run, and it is told why.
func TestPicoRefuses(t *testing.T) {
	t.Parallel()
	good := code([]uint16{0xbf30, 0xe7fd})
	change := func(at int, word uint32) []byte {
		data := bytes.Clone(good)
		binary.LittleEndian.PutUint32(data[at:], word)
		return data
	}
	for _, test := range []struct {
		name string
		data []byte
		want string
	}{
		{"empty", nil, "neither ELF nor UF2"},
		{"text", []byte("package main\n"), "neither ELF nor UF2"},
		{"another chip", change(28, 0xe48bff59), "it is for RP2350 (ARM)"},
		{"a chip nobody knows", change(28, 0x12345678), "it is for the family 0x12345678"},
		{"cut off", good[:500], "it is cut off"},
		{"a beginning", []byte("\x7fELF\x01\x01\x01"), "it is cut off"},
		{"RISC-V", elfHeader(elf.ELFCLASS32, elf.EM_RISCV), "it is for RISC-V of 32 bits"},
		{"a computer", elfHeader(elf.ELFCLASS64, elf.EM_X86_64), "it is for a computer (X86_64) of 64 bits"},
		{"no block", change(508, 0), "block 0 of it is none"},
		{"too many bytes", change(16, 500), "block 0 of it has 500 bytes"},
		{"too large", append(bytes.Clone(good), block(0x10200000-4, make([]byte, 8)).bytes()...), "outside of the Pico's flash, which has 2097152 bytes"},
		{"for RAM", change(12, 0x20000000), "outside of the Pico's flash"},
		{"no vectors", block(0x10000000, make([]byte, 16)).bytes(), "it has no vectors"},
		{"no stack", change(32, 0x10000000), "its stack begins at 0x10000000"},
		{"no beginning", change(36, 0x10100001), "it begins at 0x10100001"},
	} {
		file := filepath.Join(t.TempDir(), "firmware.uf2")
		if err := os.WriteFile(file, test.data, 0o666); err != nil {
			t.Fatal(err)
		}
		_, err := board.StartPico(context.Background(), board.Program{File: file})
		if err == nil || !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), file) || !strings.Contains(err.Error(), "give the package") {
			t.Errorf("%s: got %v, want an error with %q, the file's name and what to do", test.name, err, test.want)
		}
	}
}

// TestPicoNeeds: it is told what is missing to run or to install the emulator, and
// nothing half installed is left.
func TestPicoNeeds(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the commands that stand in are scripts for sh")
	}
	const failing = "#!/bin/sh\necho no such package >&2\nexit 7\n"
	says := func(version string) string { return "#!/bin/sh\necho " + version + "\n" }
	for _, test := range []struct {
		name      string
		node, npm string
		want      []string
	}{
		{"no node", "", "", []string{"there is no node on PATH", "https://nodejs.org"}},
		{"a node that is too old", says("v16.20.2"), failing, []string{"is v16.20.2; the emulator needs Node 18 or newer"}},
		{"no version of node", says("hello"), failing, []string{"is hello; the emulator needs Node 18"}},
		{"a node that fails", failing, failing, []string{"--version: exit status 7"}},
		{"no npm", says("v20.1.0"), "", []string{"there is no npm on PATH", "npm comes with Node"}},
		{"npm fails", says("v20.1.0"), failing, []string{"npm ci, which fetches the emulator rp2040js: exit status 7", "no such package"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			bin, cache := t.TempDir(), t.TempDir()
			for name, script := range map[string]string{"node": test.node, "npm": test.npm} {
				if script == "" {
					continue
				}
				if err := execfile.Write(filepath.Join(bin, name), []byte(script)); err != nil {
					t.Fatal(err)
				}
			}
			t.Setenv("PATH", bin)
			dir, err := board.InstallPico(context.Background(), cache, nil)
			for _, want := range test.want {
				if err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("got %q, %v, want an error with %q", dir, err, want)
				}
			}
			if left, _ := filepath.Glob(filepath.Join(cache, "pico", "*")); len(left) > 0 {
				t.Errorf("%q are left in the cache, want nothing", left)
			}
		})
	}
}
