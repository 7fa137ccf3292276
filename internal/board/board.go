package board

import (
	"context"
	"io"

	"github.com/tinynet/tinynet/netdev/w5500sim"
)

// A Machine is a board that runs.
type Machine interface {
	// The serial line. Its Read ends when the board has been switched off, by
	// Close or by the program's end.
	io.ReadWriteCloser
	// Reset begins the program anew. The line stays.
	Reset() error
	// Wait waits for the end of the program, and returns its exit status.
	Wait() (status int, err error)
}

// A Program is what a machine runs.
type Program struct {
	File     string   // as the board's builder made it
	Args     []string // without the program's name; only wasm has any
	Env      []string // as Args
	Files    string   // a folder that wasm's program sees as /, and may write; "" is none
	Name     string
	Measure  bool           // note the most memory in use; on QEMU's boards the program was built with the tag MeasureTag
	Cache    string         // a folder for what can be used again; "" is none
	Install  string         // a folder in which the board pico's emulator is installed
	Profile  bool           // take samples of where the program is; see Profiled
	Ethernet *w5500sim.Chip // on the SPI bus of W5500Pico; its Close is the caller's
	Console  io.Writer      // what the program prints on USB; nil is Stderr
	Stderr   io.Writer      // messages of the machine, and what the program prints besides the line
}

// MeasureTag is the build tag of a program for QEMU's boards that notes how much memory
// it uses.
const MeasureTag = "tinynet_stats"

// A Starter switches a board on. The machine ends with ctx at the latest.
type Starter func(ctx context.Context, p Program) (Machine, error)
