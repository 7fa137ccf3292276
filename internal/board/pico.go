package board

import (
	"bytes"
	"context"
	"crypto/sha256"
	"embed"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/tinynet/tinynet/netdev/w5500sim"
)

// picoFiles is the emulator: a program for Node on the npm package rp2040js.
// See docs/RATIONALE.md, "The Pico is emulated in Node".
//
//go:embed pico/package.json pico/package-lock.json pico/*.mjs
var picoFiles embed.FS

// Pico is the board whose chip, an RP2040, is emulated whole: it runs the very
// file that is written to a board.
const Pico = "pico"

// W5500Pico is WIZnet's W5500-EVB-Pico: a Pico whose network is a W5500. The firmware
// that is flashed runs unchanged, and the chip is package w5500sim's.
const W5500Pico = "w5500-evb-pico"

// W5500Tags are the build tags of programs for it.
const W5500Tags = "w5500,netgo"

// PicoBuild are TinyGo's options for a program that is to run on it. Only one of
// the chip's two cores is emulated.
var PicoBuild = []string{"-target=pico", "-scheduler=tasks"}

// picoSystem is how many bytes of memory are the system's stack: TinyGo has it first.
const picoSystem = 2 << 10

const oldestNode = 18

// FindNode finds Node, which the emulator needs.
func FindNode(ctx context.Context) (node, version string, err error) {
	const get = "Node is at https://nodejs.org (Debian: apt-get install nodejs npm)"
	if node, err = exec.LookPath("node"); err != nil {
		return "", "", fmt.Errorf("there is no node on PATH\n%s", get)
	}
	out, err := exec.CommandContext(ctx, node, "--version").Output()
	if err != nil {
		return node, "", fmt.Errorf("%s --version: %w\n%s", node, err, get)
	}
	version = strings.TrimSpace(string(out))
	major, _, _ := strings.Cut(strings.TrimPrefix(version, "v"), ".")
	if n, err := strconv.Atoi(major); err != nil || n < oldestNode {
		return node, version, fmt.Errorf("%s is %s; the emulator needs Node %d or newer\n%s", node, version, oldestNode, get)
	}
	return node, version, nil
}

// FindNPM finds npm, with which the emulator is installed.
func FindNPM() (string, error) {
	npm, err := exec.LookPath("npm")
	if err != nil {
		err = errors.New("there is no npm on PATH\nnpm comes with Node, https://nodejs.org (Debian: apt-get install npm)")
	}
	return npm, err
}

// InstallPico returns the folder in the cache where the emulator is, and installs
// it if it is not there. Before that, installing is called, and what it returns
// afterwards.
func InstallPico(ctx context.Context, cache string, installing func() (done func())) (string, error) {
	files := map[string][]byte{}
	sum := sha256.New()
	err := fs.WalkDir(picoFiles, "pico", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := picoFiles.ReadFile(name)
		files[d.Name()] = data
		fmt.Fprintf(sum, "%s %d\n%s", name, len(data), data)
		return err
	})
	if err != nil {
		return "", err
	}
	dir := filepath.Join(cache, "pico", fmt.Sprintf("%x", sum.Sum(nil)[:8]))
	if _, err := os.Stat(dir); err == nil {
		now := time.Now()
		os.Chtimes(dir, now, now)
		return dir, nil
	}
	if _, _, err := FindNode(ctx); err != nil {
		return "", err
	}
	npm, err := FindNPM()
	if err != nil {
		return "", err
	}
	if installing != nil {
		defer installing()()
	}
	if err := os.MkdirAll(filepath.Dir(dir), 0o777); err != nil {
		return "", err
	}
	// It gets its name only when it is whole.
	tmp, err := os.MkdirTemp(filepath.Dir(dir), "tmp-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(tmp)
	for name, data := range files {
		if err := os.WriteFile(filepath.Join(tmp, name), data, 0o666); err != nil {
			return "", err
		}
	}
	cmd := exec.CommandContext(ctx, npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
	cmd.Dir = tmp
	if out, err := cmd.CombinedOutput(); err != nil {
		if ctx.Err() != nil {
			return "", ctx.Err()
		}
		return "", fmt.Errorf("npm ci, which fetches the emulator rp2040js: %w\n%s", err, bytes.TrimSpace(out))
	}
	if err := os.Chmod(tmp, 0o755); err != nil {
		return "", err
	}
	if err := os.Rename(tmp, dir); err != nil {
		if _, there := os.Stat(dir); there != nil { // else somebody was faster
			return "", err
		}
	}
	return dir, nil
}

// TinyGo ends a program for the Pico with an endless loop. What stands in for its
// file leaves the exit status in the page first.
const (
	picoExitFile = "src/runtime/runtime_cortexm_abort.go"
	picoExitCode = `
// TINYGO: the emulator reads how the program has ended.
func endStatus(status int) {
	word := (*volatile.Register32)(unsafe.Pointer(uintptr(0x20041108)))
	if word.Get()>>16 != 0x54e7 {
		word.Set(0x54e70000 | uint32(status)&0xff)
	}
}
`
)

// PicoChanged makes, in a folder, the files that stand in for some of TinyGo's root
// when a program is built for the Pico with the tether in it. A TinyGo that ends
// programs in another way stays as it is.
func PicoChanged(root, dir string) (map[string]string, error) {
	data, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(picoExitFile)))
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	text := string(data)
	for _, edit := range [][2]string{
		{"import (\n", "import (\n\t\"runtime/volatile\"\n\t\"unsafe\"\n"},
		{"func exit(code int) {\n", "func exit(code int) {\n\tendStatus(code)\n"},
		{"func abort() {\n", "func abort() {\n\tendStatus(1)\n"},
	} {
		if strings.Count(text, edit[0]) != 1 {
			return nil, nil
		}
		text = strings.Replace(text, edit[0], edit[1], 1)
	}
	text += picoExitCode
	dir = filepath.Join(dir, "target")
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, err
	}
	file := filepath.Join(dir, fmt.Sprintf("%x-runtime_cortexm_abort.go", sha256.Sum256([]byte(text))))
	return map[string]string{picoExitFile: file}, write(dir, map[string][]byte{file: []byte(text)})
}

// Counters say how long a program has run.
type Counters struct {
	Cycles    int64 `json:"cycles"`    // in which the core did something
	Nanos     int64 `json:"nanos"`     // by the board's clock, with those in which it slept
	Frequency int64 `json:"frequency"` // of the core, in Hz, as the program has set it
}

// A Counted machine counts cycles.
type Counted interface{ Counters() (Counters, error) }

// A picoMachine is a process of Node that is the board.
type picoMachine struct {
	p       Program
	symbols *Symbols
	cmd     *exec.Cmd
	in      io.WriteCloser
	write   sync.Mutex // of messages to in
	line    *io.PipeReader
	counted chan Counters
	ended   chan struct{} // the process, and all below is known
	once    sync.Once

	unmeasured error // why memory is not

	end     *picoEnd
	memory  []byte
	samples []sample
	err     error
}

// A picoEnd is the emulator's last message.
type picoEnd struct {
	Counters
	Reason    string   `json:"reason"` // end, off, fault or spin
	What      string   `json:"what"`
	Registers []uint32 `json:"registers"`
	Status    int      `json:"status"` // -1 is unknown
	Panic     []uint32 `json:"panic"`  // the registers when it began, if that is how it ended
	Memory    *struct {
		Heap       int `json:"heap"`
		Stacks     int `json:"stacks"`
		Goroutines int `json:"goroutines"`
		Deepest    int `json:"deepest"`
		Looks      int `json:"looks"`
		Allocated  int `json:"allocated"`
	} `json:"memory"`
}

// StartPico runs firmware for the Pico.
func StartPico(ctx context.Context, p Program) (Machine, error) {
	image, err := firmware(p.File)
	if err != nil {
		return nil, err
	}
	m := &picoMachine{p: p, counted: make(chan Counters, 1), ended: make(chan struct{})}
	if m.p.Console == nil {
		m.p.Console = p.Stderr
	}
	if m.p.Console == nil {
		m.p.Console = io.Discard
	}
	if m.p.Stderr == nil {
		m.p.Stderr = io.Discard
	}
	m.symbols, _ = symbols(p.File) // a UF2 has none
	node, _, err := FindNode(ctx)
	if err != nil {
		return nil, err
	}
	m.cmd = exec.CommandContext(ctx, node, "emulator.mjs")
	m.cmd.Dir = p.Install
	m.cmd.Cancel = func() error { return m.in.Close() } // so that it tells how things stand
	m.cmd.WaitDelay = endWait
	m.cmd.Stderr = m.p.Stderr
	apart(m.cmd)
	if m.in, err = m.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := m.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := m.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", node, err)
	}
	given := map[string]any{"profile": p.Profile, "w5500": p.Ethernet != nil}
	// Functions of TinyGo's that tell how a program ends, where they are not part of
	// their callers.
	if at := m.symbols.named("os.Exit", "syscall.Exit", "runtime.exit"); len(at) > 0 {
		given["exit"] = at[0]
	}
	given["panics"] = m.symbols.named("runtime._panic", "runtime.runtimePanicAt")
	if p.Measure {
		if where, err := memorySymbols(p.File); err == nil {
			given["memory"] = where
		} else {
			m.unmeasured = err
		}
	}
	options, err := json.Marshal(given)
	if err != nil {
		return nil, err
	}
	go func() {
		m.send('O', options)
		m.send('F', image)
	}()
	line, w := io.Pipe()
	m.line = line
	go m.receive(ctx, out, w)
	return m, nil
}

// send sends a message to the emulator.
func (m *picoMachine) send(kind byte, data []byte) error {
	n := len(data)
	m.write.Lock()
	defer m.write.Unlock()
	_, err := m.in.Write(append([]byte{kind, byte(n), byte(n >> 8), byte(n >> 16)}, data...))
	return err
}

// receive takes the emulator's messages until it ends.
func (m *picoMachine) receive(ctx context.Context, out io.Reader, line *io.PipeWriter) {
	defer close(m.ended)
	err := m.messages(out, line)
	line.Close()
	m.in.Close() // for which it waits, in a thread
	io.Copy(io.Discard, out)
	waited := m.cmd.Wait()
	switch {
	case ctx.Err() != nil:
		m.err = ctx.Err()
	case m.end == nil && waited != nil:
		m.err = fmt.Errorf("the emulator: %w", waited)
	case m.end == nil:
		m.err = fmt.Errorf("the emulator has ended: %w", err)
	case m.end.Reason == "fault" && strings.HasPrefix(m.end.What, "the program "):
		m.err = errors.New(m.where(m.end.Registers[15] - 2)) // the chip would go on
	case m.end.Reason == "fault":
		m.err = errors.New("hard fault: " + m.where(m.end.Registers[15]-2))
	case m.end.Reason == "spin":
		m.err = errors.New(m.where(m.end.Registers[15]))
	case m.end.Reason == "end" && m.end.Status < 0 && m.panicked():
		m.end.Status = 1
		m.tellPanic()
	case m.end.Status > 0:
		m.tellPanic()
	}
}

func (m *picoMachine) messages(out io.Reader, line io.Writer) error {
	var head [4]byte
	for {
		if _, err := io.ReadFull(out, head[:]); err != nil {
			return err
		}
		data := make([]byte, int(head[1])|int(head[2])<<8|int(head[3])<<16)
		if _, err := io.ReadFull(out, data); err != nil {
			return err
		}
		switch head[0] {
		case 'L':
			if m.p.Ethernet != nil { // nothing but what the program prints
				m.p.Console.Write(data)
				break
			}
			line.Write(data) // fails when nobody reads any more
		case 'W':
			frame(m.p.Ethernet, data, nil)
		case 'Q':
			if len(data) != 5 {
				return fmt.Errorf("it asked with %d bytes", len(data))
			}
			answer := make([]byte, binary.LittleEndian.Uint16(data))
			frame(m.p.Ethernet, data[2:], answer)
			m.send('S', answer) // fails when the emulator has ended
		case 'U':
			m.p.Console.Write(data)
		case 'T':
			fmt.Fprintf(m.p.Stderr, "tinynet: %s\n", m.places(data))
		case 'C':
			var c Counters
			if err := json.Unmarshal(data, &c); err != nil {
				return err
			}
			m.counted <- c
		case 'M':
			m.memory = data[min(4, len(data)):]
		case 'P':
			for ; len(data) >= 8; data = data[8:] {
				m.samples = append(m.samples, sample{binary.LittleEndian.Uint32(data), binary.LittleEndian.Uint32(data[4:])})
			}
		case 'E':
			end := new(picoEnd)
			if err := json.Unmarshal(data, end); err != nil {
				return err
			}
			if len(end.Registers) != 16 {
				return fmt.Errorf("it told of %d registers", len(end.Registers))
			}
			m.end = end
			return nil
		default:
			return fmt.Errorf("it sent a message %q", head[0])
		}
	}
}

// frame is one of the SPI bus: what the chip gets, and then has to say.
func frame(chip *w5500sim.Chip, head, answer []byte) {
	if chip == nil {
		return
	}
	cs := chip.CS()
	cs.Set(false)
	chip.Tx(head, nil)
	chip.Tx(nil, answer)
	cs.Set(true)
}

// places puts the function beside each address in a text.
func (m *picoMachine) places(text []byte) []byte {
	return codeAddress.ReplaceAllFunc(text, func(b []byte) []byte {
		at, err := strconv.ParseUint(string(b[2:]), 16, 32)
		if err != nil {
			return b
		}
		return []byte(m.symbols.Place(uint32(at)))
	})
}

var codeAddress = regexp.MustCompile(`0x10[0-9a-f]{6}\b`)

// where says what stopped the program, and where that was.
func (m *picoMachine) where(pc uint32) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\nat %s", m.end.What, m.symbols.Place(pc))
	lr := m.end.Registers[14]
	if f := m.symbols.function(lr); f == nil || f != m.symbols.function(pc) {
		fmt.Fprintf(&b, "\ncalled from %s", m.symbols.Place(lr-4))
	}
	for _, at := range m.callers(m.end.Registers) {
		fmt.Fprintf(&b, "\ncalled, it seems, from %s", m.symbols.Place(at))
	}
	return b.String()
}

// tellPanic says where the program was when it gave up.
func (m *picoMachine) tellPanic() {
	registers := m.end.Registers
	var places []uint32
	if m.end.Panic != nil {
		registers = m.end.Panic
		// A panic of the runtime's says in the first register where it is from.
		for _, at := range []uint32{registers[0], registers[14]} {
			if f := m.symbols.function(at); at&1 != 0 && f != nil && !strings.HasPrefix(f.name, "runtime.") {
				places = append(places, at-4)
				break
			}
		}
	}
	places = append(places, m.callers(registers)...)
	for i, at := range places {
		if i == 0 {
			fmt.Fprintf(m.p.Stderr, "tinynet: the program ended with status %d, and called before that, it seems:\n", m.end.Status)
		}
		fmt.Fprintf(m.p.Stderr, "tinynet: \t%s\n", m.symbols.Place(at))
	}
}

// panicked tells of firmware that leaves no status whether it ended with a panic: it did
// not come out of it, or one of the functions of TinyGo's runtime for that is on the
// stack.
func (m *picoMachine) panicked() bool {
	return m.end.Panic != nil || slices.ContainsFunc(m.callers(m.end.Registers), func(at uint32) bool {
		f := m.symbols.function(at)
		return f != nil && strings.HasPrefix(f.name, "runtime.") && strings.Contains(strings.ToLower(f.name), "panic")
	})
}

// callers are places in functions to which the words on the stack may lead back:
// those that follow a call. Some may be left over from earlier.
func (m *picoMachine) callers(registers []uint32) (places []uint32) {
	if m.symbols == nil || len(registers) != 16 {
		return nil
	}
	pc, lr := registers[15], registers[14]
	image, err := firmware(m.p.File)
	if err != nil {
		return nil
	}
	seen := []*function{m.symbols.function(pc), m.symbols.function(lr)}
	sp := int64(registers[13]) - picoRAM
	const deep, most = 2048, 8
	for at := sp; at >= 0 && at+4 <= int64(len(m.memory)) && at < sp+deep && len(places) < most; at += 4 {
		word := binary.LittleEndian.Uint32(m.memory[at:])
		f := m.symbols.function(word &^ 1)
		i := int(word) - 1 - picoFlash
		if word&1 == 0 || f == nil || slices.Contains(seen, f) || i < 4 || i > len(image) {
			continue
		}
		high := binary.LittleEndian.Uint16(image[i-4:])
		low := binary.LittleEndian.Uint16(image[i-2:])
		if call := high>>11 == 0x1e && low>>14 == 3; !call && low>>7 != 0x8f { // BL, BLX
			continue
		}
		places, seen = append(places, word&^1-2), append(seen, f)
	}
	return places
}

func (m *picoMachine) Read(p []byte) (int, error) { return m.line.Read(p) }

// mostMessage is how many bytes go in one message.
const mostMessage = 64 << 10

func (m *picoMachine) Write(p []byte) (n int, err error) {
	for n < len(p) && err == nil {
		part := p[n:min(len(p), n+mostMessage)]
		if err = m.send('L', part); err == nil {
			n += len(part)
		}
	}
	return n, err
}

func (m *picoMachine) Reset() error { return m.send('R', nil) }

// Counters asks the emulator; after the end it returns the last ones.
func (m *picoMachine) Counters() (Counters, error) {
	if m.send('C', nil) == nil {
		select {
		case c := <-m.counted:
			return c, nil
		case <-m.ended:
		}
	}
	<-m.ended
	if m.end == nil {
		return Counters{}, errors.New("the emulator did not tell")
	}
	return m.end.Counters, nil
}

// Peak is known when the program has ended.
func (m *picoMachine) Peak() (p Peak, err error) {
	<-m.ended
	switch {
	case m.end == nil:
		return p, errors.New("the emulator did not tell")
	case !m.p.Measure:
		return p, errors.New("it was not to be measured")
	case m.unmeasured != nil:
		return p, m.unmeasured
	case m.end.Memory == nil:
		return p, errors.New("the program ended before it had a heap")
	}
	if p.Static, err = static(m.p.File); err != nil {
		return p, err
	}
	seen := m.end.Memory
	p.Heap, p.Stacks, p.Goroutines, p.Deepest = seen.Heap, seen.Stacks, seen.Goroutines, seen.Deepest
	p.Allocated, p.Looks = seen.Allocated, seen.Looks
	system := m.memory[:min(picoSystem, len(m.memory))]
	p.System = len(bytes.TrimLeft(system, "\x00"))
	return p, nil
}

// endWait is how long the emulator may take to tell how things stand.
const endWait = 20 * time.Second

// Close switches the board off: without its standard input, the emulator tells how
// things stand, and ends.
func (m *picoMachine) Close() error {
	m.once.Do(func() {
		m.in.Close()
		go io.Copy(io.Discard, m.line)
		select {
		case <-m.ended:
		case <-time.After(endWait):
			m.cmd.Process.Kill()
		}
	})
	<-m.ended
	m.line.Close()
	return nil
}

func (m *picoMachine) Wait() (int, error) {
	<-m.ended
	if m.err != nil {
		return 0, m.err
	}
	return max(m.end.Status, 0), nil
}
