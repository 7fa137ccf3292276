package main

import (
	"testing"

	"github.com/tinynet/tinynet/internal/pty"
)

// TestTetherTerminal has a pseudo-terminal for a serial port.
func TestTetherTerminal(t *testing.T) {
	near, far := pty.Open(t)
	tethered(t, near, far.Name())
}
